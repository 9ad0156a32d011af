package standingspdf

import (
	"testing"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-fonts/dejavu/dejavusanscondensedbold"
	"golang.org/x/image/font/sfnt"
)

// A reader of a PDF tells what a letter is even where the font draws none: the font itself must be asked.
func TestTheFontDrawsEveryLetter(t *testing.T) {
	t.Parallel()
	const letters = "әғқңөұүһі" +
		"абвгдеёжзийклмнопрстуфхцчшщъыьэюя" +
		"abcdefghijklmnopqrstuvwxyz" +
		"äöüßñçéèşğıáíóúžščřłøåæ" + "0123456789#/|·…□№'-.,:()"
	for name, ttf := range map[string][]byte{"regular": dejavusanscondensed.TTF, "bold": dejavusanscondensedbold.TTF} {
		font, err := sfnt.Parse(ttf)
		if err != nil {
			t.Fatal(err)
		}
		var buffer sfnt.Buffer
		for _, small := range letters {
			for _, letter := range []rune{small, unicode.ToUpper(small)} {
				glyph, err := font.GlyphIndex(&buffer, letter)
				if err != nil || glyph == 0 {
					t.Errorf("%s: no glyph for %c, %v", name, letter, err)
				}
			}
		}
	}
}
