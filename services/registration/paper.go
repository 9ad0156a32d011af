package registration

import (
	"context"
	"fmt"
	"time"

	"raceday/services/rules/document"
	"raceday/services/rules/race"
)

// PaperStore keeps what is known of people beside their entries.
type PaperStore interface {
	// Papers returns what is on record of an entry, in the transaction of ctx if it is one of the Store's.
	Papers(ctx context.Context, event race.EventID, entrant race.EntrantID) (Papers, error)
}

// Papers are what is on record of an entry beside itself.
type Papers struct {
	Contact Contact
	// Guardians and Documents are by whom they are of.
	Guardians map[Whose]Guardian
	Documents map[Whose][]Document
}

// ByPerson returns the guardians and documents person by person: those of the entrant itself, then those of members in
// their order. Papers of whom the entry no longer has are left out.
func (p Papers) ByPerson(e *Entry) []PersonPapers {
	var papers []PersonPapers
	add := func(member *int, whose Whose) {
		of := PersonPapers{Member: member, Documents: p.Documents[whose]}
		if g, ok := p.Guardians[whose]; ok {
			of.Guardian = &g
		}
		if of.Guardian != nil || len(of.Documents) > 0 {
			papers = append(papers, of)
		}
	}
	add(nil, Whose{})
	for i := range e.Members {
		if whose, known := whoseMember(&e.Members[i]); known {
			add(&i, whose)
		}
	}
	return papers
}

// PersonPapers are those of one person of an entry.
type PersonPapers struct {
	// Member is the index in the entry's members, nil for the entrant itself.
	Member *int
	// Guardian is nil where none is on record.
	Guardian  *Guardian
	Documents []Document
}

// Whose says of whom of an entry a paper is: the zero Whose is the entrant itself, any other a member of a team whose
// birth date is known, wherever it runs. A member whose name or birth date is corrected needs its papers anew.
type Whose Digest

// Paper is one to be kept; exactly one of the fields behind Whose is set. It replaces the one of its kind.
type Paper struct {
	Entrant  race.EntrantID
	Whose    Whose
	Contact  *Contact
	Guardian *Guardian
	Document *Document
}

// Contact is how the race office reaches who entered.
type Contact struct {
	// Name is that of a team's captain; empty for a person.
	Name, Email, Phone string
}

// Guardian answers for a minor.
type Guardian struct {
	Name string
	// Contact is an e-mail address or a telephone number.
	Contact string
	// ConsentVersion is the version of the text that the guardian consented to.
	ConsentVersion string
	ConsentedAt    time.Time
}

// Document is a paper that an official saw.
type Document struct {
	document.Held
	VerifiedBy string
	VerifiedAt time.Time
}

// whoseMember returns of whom a member's papers are, false where the birth date is not known.
func whoseMember(m *race.Member) (Whose, bool) {
	person, known := personOf(m.Person)
	return Whose(person), known
}

// GetPapers returns an entry and what is on record of it beside itself, or ErrEntryNotFound.
func (s *Service) GetPapers(ctx context.Context, event race.EventID, reference Reference) (Entry, Papers, error) {
	entry, err := s.GetEntry(ctx, event, Key{Reference: reference})
	if err != nil {
		return Entry{}, Papers{}, err
	}
	papers, err := s.papers.Papers(ctx, event, entry.ID)
	if err != nil {
		return Entry{}, Papers{}, fmt.Errorf("get papers: %w", err)
	}
	return entry, papers, nil
}
