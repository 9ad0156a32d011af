package registration

import (
	"context"
	"fmt"
	"slices"

	"raceday/services/fault"
	"raceday/services/rules/document"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/team"
)

// CheckIn is the hand-out of bib and chip.
type CheckIn struct {
	Event     race.EventID
	RequestID string
	// Key is a reference or a bib.
	Key Key
	// IdentitySeen and AgeConfirmed are the official's word, of a team for all of its members.
	IdentitySeen, AgeConfirmed bool
	// Chips are given now; none: those that are assigned.
	Chips []string
}

// CheckIn hands out bib and chip. Faults: ErrEntryNotFound, ErrAlreadyCheckedIn, ErrCheckInRefused with everything that is
// missing as its fields, ErrChipInvalid, ErrChipTaken, ErrChipRepeated and those of a request. [RULES.md, Ages]
func (s *Service) CheckIn(ctx context.Context, actor string, c CheckIn) (Entry, error) {
	if err := checkMarks("", "", c.Chips); err != nil {
		return Entry{}, err
	}
	t := &transition{
		event: c.Event, key: c.Key, requestID: c.RequestID, cause: Cause{Action: ActionCheckIn, Actor: actor},
		chips: c.Chips,
	}
	t.apply = func(ctx context.Context, held *session, before Entry) error {
		if !before.CheckedInAt.IsZero() {
			return ErrAlreadyCheckedIn
		}
		after := before
		if len(c.Chips) > 0 {
			after.Chips = slices.Clone(c.Chips)
		}
		if err := checkTwice("", allChips(&after)); err != nil {
			return err
		}
		papers, err := s.papers.Papers(ctx, c.Event, before.ID)
		if err != nil {
			return err
		}
		if missing := held.missing(&after, c, papers); len(missing) > 0 {
			return ErrCheckInRefused.With(missing...)
		}
		if err := held.chipsTaken("", &after); err != nil {
			return err
		}
		after.CheckedInAt = held.now
		held.record(&before, after, t.cause)
		return nil
	}
	e, err := s.transit(ctx, t, c)
	if err != nil {
		return Entry{}, fmt.Errorf("check in: %w", err)
	}
	return e, nil
}

// allChips are the entry's own and those of its members.
func allChips(e *Entry) []string {
	chips := slices.Clone(e.Chips)
	for i := range e.Members {
		chips = append(chips, e.Members[i].Chips...)
	}
	return chips
}

// missing returns everything that keeps bib and chip from being handed out.
func (s *session) missing(e *Entry, c CheckIn, papers Papers) []fault.Violation {
	var missing []fault.Violation
	add := func(path, reason, message string) {
		missing = append(missing, fault.Violation{Path: path, Reason: reason, Message: message})
	}
	r := s.event.Race(e.Race)
	if e.State != Confirmed {
		add("state", "NOT_CONFIRMED", "the entry is "+string(e.State)+", not CONFIRMED")
	}
	if e.Bib == "" {
		add("bib", "BIB_MISSING", "no bib is assigned")
	}
	missing = append(missing, missingChips(r, e)...)
	if !c.IdentitySeen {
		add("identity_seen", "IDENTITY_NOT_SEEN", "nobody says that the identity was seen; set identity_seen (--identity-seen)")
	}
	if !c.AgeConfirmed {
		add("age_confirmed", "AGE_NOT_CONFIRMED", "nobody says that the age was confirmed; set age_confirmed (--age-confirmed)")
	}
	of := subject{r, e.Category, e.Members}
	for _, p := range s.teamMisses(r, e) {
		add(p.Path, faults[p.Reason].Reason, of.message(p.Reason))
	}
	for i, p := range e.people() {
		path, whose := "person", Whose{}
		if e.isTeam() {
			path = fmt.Sprintf("members[%d].person", i)
			whose, _ = whoseMember(&e.Members[i])
		}
		for _, problem := range entry.CheckAge(r, p, s.event.Day) {
			add(path+"."+problem.Path, faults[problem.Reason].Reason, of.message(problem.Reason))
		}
		if _, answers := papers.Guardians[whose]; !answers && entry.Minor(r, p, s.event.Day) {
			add(path, ErrGuardianMissing.Reason, ErrGuardianMissing.Message)
		}
		held := make([]document.Held, len(papers.Documents[whose]))
		for j, d := range papers.Documents[whose] {
			held[j] = d.Held
		}
		for _, lacking := range document.Missing(r, p, held, s.event.Day) {
			add(path, "DOCUMENT_MISSING", DocumentName(lacking)+" is missing or no longer valid on the day")
		}
	}
	return missing
}

// teamMisses returns what keeps the members of a team from running as one; the category alone keeps nobody, and of a team
// without members nothing is known.
func (s *session) teamMisses(r *race.Race, e *Entry) []entry.Problem {
	if r.Team == nil || !e.isTeam() {
		return nil
	}
	return slices.DeleteFunc(compositionProblems(s.event, r, e), func(p entry.Problem) bool {
		return p.Reason == team.CategoryUnknown
	})
}

// missingChips tells who of an entry has no chip that should wear one.
func missingChips(r *race.Race, e *Entry) []fault.Violation {
	const reason, message = "CHIP_MISSING", "no chip is assigned"
	if r.Team == nil || r.Team.Chip == race.TeamChip || !e.isTeam() {
		if len(e.Chips) == 0 {
			return []fault.Violation{{Path: "chips", Reason: reason, Message: message}}
		}
		return nil
	}
	var missing []fault.Violation
	for i := range e.Members {
		if e.Members[i].Leg > 0 && len(e.Members[i].Chips) == 0 {
			missing = append(missing, fault.Violation{Path: fmt.Sprintf("members[%d].chips", i), Reason: reason, Message: message})
		}
	}
	return missing
}

// DocumentName is a document's type as stores and people write it.
func DocumentName(t race.DocumentType) string {
	switch t {
	case race.Consent:
		return "CONSENT"
	case race.Identity:
		return "IDENTITY"
	}
	return "MEDICAL_CERTIFICATE"
}

// chipsTaken refuses chips that another entry wears, and names the other bib.
func (s *session) chipsTaken(root string, e *Entry) error {
	var violations []fault.Violation
	refuse := func(path string, chips []string) {
		for i, text := range chips {
			chip, err := race.ParseChip(text)
			if err != nil {
				continue
			}
			if wearer, worn := s.known.Chips[chip]; worn && wearer.Entrant != e.ID {
				violations = append(violations, takenBy(ErrChipTaken, fmt.Sprintf("%s%s[%d]", root, path, i), wearer.Bib))
			}
		}
	}
	refuse("chips", e.Chips)
	for i := range e.Members {
		refuse(fmt.Sprintf("members[%d].chips", i), e.Members[i].Chips)
	}
	if len(violations) > 0 {
		return ErrChipTaken.With(violations...)
	}
	return nil
}

// takenBy is a fault at a field that names the bib of who stands against it.
func takenBy(f *fault.Fault, path string, bib race.Bib) fault.Violation {
	violation := f.At(path)
	if bib != "" {
		violation.Message = f.Message + ": bib " + string(bib)
	}
	return violation
}
