package registration

import (
	"crypto/rand"
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
	// EnteredBy is the actor that made the entry, Owner who that actor made it for, by a name of the actor's own.
	EnteredBy, Owner string
	// ExpiresAt is when the place of a held or offered entry is given back; zero where it is not.
	ExpiresAt time.Time
	// FeeMinor is the fee of the day of entry, CharityMinor the share of it for charity, PaidMinor what was paid, beyond the
	// fee too, all in minor units of the event's currency.
	FeeMinor, CharityMinor, PaidMinor int64
	// ExpectedTime is the finish time that the entrant expects; zero where it is not known.
	ExpectedTime time.Duration
	// SecondEntry: a registrar, or a roster file, entered the person although there is another entry.
	SecondEntry bool
	// JoinCode is by what members join a team; empty for others.
	JoinCode JoinCode
	// CameFrom is the entry whose place this one took, WentTo the one that took its place; zero where there is none.
	CameFrom, WentTo Elsewhere
	// CheckedInAt is when bib and chip were handed out.
	CheckedInAt time.Time
}

// Reference is the short code that the owner knows an entry by, such as 7K3M-Q2XD; unique in the event.
type Reference string

// JoinCode is the short code that lets members join a team, like a Reference but known to all of the team.
type JoinCode string

// Elsewhere names an entry of any event.
type Elsewhere struct {
	Event     race.EventID
	Reference Reference
}

// State is where an entry stands.
type State string

// The states. Held, Confirmed and Offered entries have a place; these and Waitlisted ones have a claim to their people;
// only a confirmed entry has a line on the roster.
const (
	// Held awaits the payment, or members of a team.
	Held State = "HELD"
	// Confirmed has everything that is asked before the day.
	Confirmed State = "CONFIRMED"
	// Waitlisted waits for a place of a full race.
	Waitlisted State = "WAITLISTED"
	// Offered has a freed place, to be accepted or paid.
	Offered State = "OFFERED"
	// Withdrawn was taken back by its owner or the race office.
	Withdrawn State = "WITHDRAWN"
	// Expired was held or offered until its time ran out.
	Expired State = "EXPIRED"
	// Transferred gave its place to another entry.
	Transferred State = "TRANSFERRED"
)

// States returns every state.
func States() []State {
	return []State{Held, Confirmed, Waitlisted, Offered, Withdrawn, Expired, Transferred}
}

// HasPlace reports whether an entry in this state has a place.
func (s State) HasPlace() bool { return s == Held || s == Confirmed || s == Offered }

// Stands reports whether an entry in this state has or waits for a place.
func (s State) Stands() bool { return s.HasPlace() || s == Waitlisted }

const (
	maxTextRunes = 200
	maxAgeYears  = 125
)

// OwedMinor returns what is still to be paid of the fee, in minor units.
func (e *Entry) OwedMinor() int64 { return max(0, e.FeeMinor-e.PaidMinor) }

// OverpaidMinor returns what was paid beyond the fee and is to be given back, in minor units; what was paid for an entry that
// was transferred is the other one's.
func (e *Entry) OverpaidMinor() int64 {
	if e.State == Transferred {
		return 0
	}
	return max(0, e.PaidMinor-e.FeeMinor)
}

// OnRoster reports whether the entry is a line of the roster: confirmed and with a bib.
func (e *Entry) OnRoster() bool { return e.State == Confirmed && e.Bib != "" }

// Line returns the entry's line of the roster, which is gone where the entry is not on the roster.
func (e *Entry) Line() race.Entrant {
	line := e.Entrant
	line.Gone = !e.OnRoster()
	return line
}

// passedTo reports whether another entry of this event took the entry's place.
func (e *Entry) passedTo(event race.EventID) bool {
	return e.State == Transferred && e.WentTo.Event == event
}

// isTeam reports whether the entry has members.
func (e *Entry) isTeam() bool { return len(e.Members) > 0 }

// people returns who runs: the person, or the members of a team.
func (e *Entry) people() []race.Person {
	if !e.isTeam() {
		return []race.Person{e.Person}
	}
	people := make([]race.Person, len(e.Members))
	for i := range e.Members {
		people[i] = e.Members[i].Person
	}
	return people
}

// Claims are what an entry holds and no other entry of the event may hold while it stands.
type Claims struct {
	Bibs   []race.Bib
	Chips  []race.Chip
	People []Digest
}

// Claims returns what an entry that stands holds, members included; nothing for one that has ended. A person is held where
// the birth date is known.
func (e *Entry) Claims() Claims {
	var c Claims
	if !e.State.Stands() {
		return c
	}
	c.add(e.Bib, e.Chips)
	if !e.isTeam() {
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

// knowOneAge drops an age where the birth day says it better.
func knowOneAge(p *race.Person) {
	if !p.BirthDay.IsZero() {
		p.AgeYears = nil
	}
}

// codeLetters leaves out what is read as something else: 0, 1, I, L, O, U.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// newCode makes eight random letters, about 6·10¹¹ codes; the store refuses one that is taken.
func newCode() string {
	const fair = 256 - 256%len(codeLetters)
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
			if code = append(code, codeLetters[int(b)%len(codeLetters)]); len(code) == 9 {
				return string(code)
			}
		}
	}
}

func newReference() Reference { return Reference(newCode()) }

// isCode reports whether text can be a reference or a join code at all.
func isCode[T ~string](text T) bool {
	if len(text) != 9 || text[4] != '-' {
		return false
	}
	return strings.Trim(string(text), codeLetters+"-") == ""
}

// isText reports whether text is one line that every store and file can hold.
func isText(text string) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxTextRunes || strings.TrimSpace(text) != text {
		return false
	}
	return !strings.ContainsFunc(text, unicode.IsControl)
}
