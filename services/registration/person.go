package registration

import (
	"crypto/sha256"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"raceday/services/rules/race"
)

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// personOf tells people apart by name, birth date and sex; false where the birth date is not known.
func personOf(p race.Person) (Digest, bool) {
	if p.BirthDay.IsZero() {
		return Digest{}, false
	}
	return sha256.Sum256([]byte(foldedName(p.Name) + "\x01" + p.BirthDay.String() + "\x01" + p.Sex.String())), true
}

// foldedName is a name without regard to case, accents and blanks. Scripts stay as they were entered: Cyrillic and Latin
// spellings are different names.
func foldedName(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if !isASCII(name) {
		name = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(name))
	}
	return strings.ToLower(strings.ToUpper(name))
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
