package registration

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"raceday/services/rules/race"
)

// Entry is the registration of a person or a team for a race of an event.
type Entry struct {
	// Entrant is who runs, as the roster has it. Its ID is given by the store and never changes; Gone is not used.
	race.Entrant
	Reference Reference
	State     State
	// RequestID is the client's name for the request that made the entry; empty for entries of a roster file.
	RequestID string
	// RequestDigest tells a repeat of that request from another one under the same id.
	RequestDigest Digest
	EnteredAt     time.Time
}

// Reference is the short code that the owner knows an entry by, such as 7K3M-Q2XD; unique in the event.
type Reference string

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// State is where an entry stands.
type State string

// The states. Only a confirmed entry has a place, a line on the roster, and a claim to its bibs, chips and people.
const (
	Confirmed State = "CONFIRMED"
	Withdrawn State = "WITHDRAWN"
)

const (
	maxTextRunes = 200
	maxAgeYears  = 125
)

// OnRoster reports whether the entry is a line of the roster: confirmed and with a bib.
func (e *Entry) OnRoster() bool { return e.State == Confirmed && e.Bib != "" }

// Line returns the entry's line of the roster, which is gone where the entry is not on the roster.
func (e *Entry) Line() race.Entrant {
	line := e.Entrant
	line.Gone = !e.OnRoster()
	return line
}

// Claims are what an entry holds and no other entry of the event may hold while it is confirmed.
type Claims struct {
	Bibs   []race.Bib
	Chips  []race.Chip
	People []Digest
}

// Claims returns what a confirmed entry holds, members included; nothing for any other state. A person is held where the
// birth date is known.
func (e *Entry) Claims() Claims {
	var c Claims
	if e.State != Confirmed {
		return c
	}
	c.add(e.Bib, e.Chips)
	if len(e.Members) == 0 {
		c.addPerson(e.Person)
	}
	for i := range e.Members {
		c.add(e.Members[i].Bib, e.Members[i].Chips)
		c.addPerson(e.Members[i].Person)
	}
	return c
}

func (c *Claims) add(bib race.Bib, chips []string) {
	if bib != "" {
		c.Bibs = append(c.Bibs, bib)
	}
	for _, text := range chips {
		// What is no chip was refused before it came here.
		if chip, err := race.ParseChip(text); err == nil {
			c.Chips = append(c.Chips, chip)
		}
	}
}

func (c *Claims) addPerson(p race.Person) {
	if person, known := personOf(p); known {
		c.People = append(c.People, person)
	}
}

// personOf tells people apart by name without regard to case and blanks, birth date and sex; false where the birth date
// is not known.
func personOf(p race.Person) (Digest, bool) {
	if p.BirthDay.IsZero() {
		return Digest{}, false
	}
	name := strings.ToLower(strings.ToUpper(strings.Join(strings.Fields(p.Name), " ")))
	return sha256.Sum256([]byte(name + "\x00" + p.BirthDay.String() + "\x00" + p.Sex.String())), true
}

// knowOneAge drops an age where the birth day says it better.
func knowOneAge(p *race.Person) {
	if !p.BirthDay.IsZero() {
		p.AgeYears = nil
	}
}

// referenceLetters leaves out what is read as something else: 0, 1, I, L, O, U.
const referenceLetters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// newReference makes eight random letters, about 6·10¹¹ codes; the store refuses one that is taken.
func newReference() Reference {
	const fair = 256 - 256%len(referenceLetters)
	code := make([]byte, 0, 9)
	var random [16]byte
	for {
		_, _ = rand.Read(random[:]) // It never fails; see crypto/rand.
		for _, b := range random {
			if int(b) >= fair {
				continue
			}
			if len(code) == 4 {
				code = append(code, '-')
			}
			if code = append(code, referenceLetters[int(b)%len(referenceLetters)]); len(code) == 9 {
				return Reference(code)
			}
		}
	}
}

// wellFormed reports whether the reference can be one at all.
func (r Reference) wellFormed() bool {
	if len(r) != 9 || r[4] != '-' {
		return false
	}
	return strings.Trim(string(r), referenceLetters+"-") == ""
}

// isText reports whether text is one line that every store and file can hold.
func isText(text string) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxTextRunes || strings.TrimSpace(text) != text {
		return false
	}
	return !strings.ContainsFunc(text, unicode.IsControl)
}
