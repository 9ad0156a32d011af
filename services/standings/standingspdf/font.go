// Package standingspdf writes lists and certificates as PDF. What stands in them is the standings' business; how it lies on
// paper is decided here.
package standingspdf

import (
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-fonts/dejavu/dejavusanscondensedbold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"

	"raceday/services/standings"
)

// family is the name of the font in a document; DejaVu has the letters of Kazakh, as of most that is written with the Latin,
// Greek, Cyrillic, Armenian or Georgian alphabet.
const family = "dejavu"

// unknownLetter stands for what the font does not have.
const unknownLetter = '□'

// Printer writes papers.
type Printer struct{ font *sfnt.Font }

// NewPrinter returns a printer with its font read.
func NewPrinter() (*Printer, error) {
	font, err := sfnt.Parse(dejavusanscondensed.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	return &Printer{font}, nil
}

// document is a PDF under way.
type document struct {
	*fpdf.Fpdf
	font *sfnt.Font
	// buffer is for questions to the font; known keeps their answers.
	buffer sfnt.Buffer
	known  map[rune]bool
}

// The size of A4, in millimetres.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
)

// newDocument begins a document on A4, upright.
func (p *Printer) newDocument(title string) *document {
	pdf := fpdf.New(fpdf.OrientationPortrait, fpdf.UnitMillimeter, fpdf.PageSizeA4, "")
	d := &document{Fpdf: pdf, font: p.font, known: map[rune]bool{}}
	d.SetCatalogSort(true) // the same paper, the same bytes
	d.AddUTF8FontFromBytes(family, "", dejavusanscondensed.TTF)
	d.AddUTF8FontFromBytes(family, "B", dejavusanscondensedbold.TTF)
	d.SetAutoPageBreak(false, 0)
	d.SetMargins(0, 0, 0)
	d.SetCellMargin(cellMargin)
	d.SetTitle(title, true)
	d.SetCreator("raceday", true)
	return d
}

// letters returns text as the font can write it: composed, and with a sign for each letter that it lacks.
func (d *document) letters(text string) string {
	return strings.Map(func(r rune) rune {
		has, asked := d.known[r]
		if !asked {
			glyph, err := d.font.GlyphIndex(&d.buffer, r)
			has = err == nil && glyph != 0 && r < 0xFFFF
			d.known[r] = has
		}
		if !has {
			return unknownLetter
		}
		return r
	}, norm.NFC.String(text))
}

const (
	// cellMargin is to the left and right of a text in its cell.
	cellMargin = 0.7
	// leastShrink is how small, as a part of its size, a text becomes to fit before it is cut.
	leastShrink = 0.7
)

// cell writes text into a box, smaller where it would not fit, and cut where it would have to become too small. Align is L, R
// or C.
func (d *document) cell(x, y, width, height float64, style string, points float64, align, text string) {
	text = d.letters(text)
	room := width - 2*cellMargin
	d.SetFont(family, style, points)
	if wide := d.GetStringWidth(text); wide > room {
		d.SetFontSize(points * max(room/wide, leastShrink))
		text = d.cut(text, room)
	}
	d.SetXY(x, y)
	d.CellFormat(width, height, text, "", 0, align+"M", false, 0, "")
}

// cut returns text that fits into a room, with an ellipsis where letters are missing.
func (d *document) cut(text string, room float64) string {
	const rounding = 1e-6
	if d.GetStringWidth(text) <= room+rounding {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 {
		runes = runes[:len(runes)-1]
		if shorter := strings.TrimRight(string(runes), " ") + "…"; d.GetStringWidth(shorter) <= room {
			return shorter
		}
	}
	return ""
}

// group is what tells people of an entrant's kind: the age group, else a team's category, else the sex.
func group(r *standings.OfficialRow) string {
	switch {
	case r.AgeGroup != "":
		return r.AgeGroup
	case r.Category != "":
		return r.Category
	}
	return r.Sex
}
