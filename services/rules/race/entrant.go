package race

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"raceday/services/rules/civil"
)

// EntrantID names an entrant for as long as the event is kept, whatever becomes of its bib.
type EntrantID int64

// Sex is the sex that an entrant competes in.
type Sex byte

// The sexes; teams of several are X.
const (
	SexUnknown Sex = 0
	Female     Sex = 'F'
	Male       Sex = 'M'
	X          Sex = 'X'
)

// ParseSex reads M, F or X; empty text is SexUnknown.
func ParseSex(text string) (Sex, bool) {
	switch text {
	case "":
		return SexUnknown, true
	case "F", "M", "X":
		return Sex(text[0]), true
	}
	return SexUnknown, false
}

// String writes the sex as a roster has it.
func (s Sex) String() string {
	if s == SexUnknown {
		return ""
	}
	return string(rune(s))
}

// Entrant is a person or a team on the roster of a race.
type Entrant struct {
	ID   EntrantID
	Race ID
	Bib  Bib
	// Chips are as the roster has them.
	Chips []string
	Person
	// Wave is empty where the roster names none; see Race.WaveOf.
	Wave WaveID
	Tags []string
	// Members are a relay's, in the order of legs.
	Members []Member
	// Gone means that the entrant is no longer on the roster.
	Gone bool
}

// Person is who runs, or a team as such.
type Person struct {
	Name     string
	Sex      Sex
	BirthDay civil.Day
	// AgeYears is the age on the event's day where the birth day is not known; nil where neither is.
	AgeYears *int
	Country  string
	Club     string
	Category string
	// NameShown says how the name is published.
	NameShown NameShown
}

// NameShown says how a person's name is published.
type NameShown int

// The ways of showing a name. [RULES.md, Publication and privacy]
const (
	// NameByAge shows it in full, a minor's by its initials.
	NameByAge NameShown = iota
	// NameHidden does not show it; row and rank stay.
	NameHidden
	// NameInFull shows a minor's too: whoever answers for the minor consented.
	NameInFull
)

// ShownName returns the name that is published: nothing where it is hidden, and of a minor, unless whoever answers for
// the minor consented, the initials, such as A. E. [RULES.md, Publication and privacy]
func (p Person) ShownName(minor bool) string {
	switch {
	case p.NameShown == NameHidden:
		return ""
	case p.NameShown == NameByAge && minor:
		return initials(p.Name)
	}
	return p.Name
}

// initials returns the first letter of each word with the marks on it, such as the breve of a decomposed Й. Title case is
// upper case, but for digraphs (ǆ becomes ǅ) and for scripts that begin no word with a capital (Georgian).
func initials(name string) string {
	var letters []string
	for word := range strings.FieldsSeq(name) {
		first := strings.IndexFunc(word, unicode.IsLetter)
		if first < 0 {
			continue
		}
		letter, size := utf8.DecodeRuneInString(word[first:])
		rest := word[first+size:]
		marks := rest[:len(rest)-len(strings.TrimLeftFunc(rest, unicode.IsMark))]
		letters = append(letters, string(unicode.ToTitle(letter))+marks+".")
	}
	return strings.Join(letters, " ")
}

// Member is one runner of a relay.
type Member struct {
	Person
	// Leg counts from 1; a reserve has 0.
	Leg   int
	Bib   Bib
	Chips []string
}

// AllChips returns the chips of an entrant and its members as they are compared.
func (e *Entrant) AllChips() []Chip {
	var chips []Chip
	add := func(written []string) {
		for _, text := range written {
			if chip, err := ParseChip(text); err == nil {
				chips = append(chips, chip)
			}
		}
	}
	add(e.Chips)
	for i := range e.Members {
		add(e.Members[i].Chips)
	}
	return chips
}

// HasTag reports whether the entrant carries a tag.
func (e *Entrant) HasTag(tag string) bool { return slices.Contains(e.Tags, tag) }

// Years returns the age that a race takes its groups by; false where it is not known.
func (r *Race) Years(p Person, eventDay civil.Day) (int, bool) {
	switch {
	case !p.BirthDay.IsZero():
		return r.Age.Years(p.BirthDay, eventDay), true
	case p.AgeYears != nil:
		return *p.AgeYears, true
	}
	return 0, false
}

// WaveOf returns the wave of an entrant: the roster's, else the one whose range holds the bib, else the race's only
// one. It is nil where none of these is.
func (r *Race) WaveOf(wave WaveID, bib Bib) *Wave {
	if wave != "" {
		return r.Wave(wave)
	}
	for i := range r.Waves {
		for _, bibs := range r.Waves[i].Bibs {
			if bibs.Contains(bib) {
				return &r.Waves[i]
			}
		}
	}
	if len(r.Waves) == 1 {
		return &r.Waves[0]
	}
	return nil
}
