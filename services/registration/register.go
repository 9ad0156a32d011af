package registration

import (
	"context"
	"slices"
	"strings"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/fee"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Registration asks for a place.
type Registration struct {
	Event race.EventID
	Race  race.ID
	// RequestID is made by the client; the same id is the same request.
	RequestID string
	// Person is who enters, or the team as such.
	Person race.Person
	// Members are a team's.
	Members []race.Member
	Tags    []string
	// JoinWaitlist asks to wait where the race is full.
	JoinWaitlist bool
	// Owner is the caller's own name of who enters.
	Owner   string
	Contact *Contact
	// Guardian answers for the person, Guardians for members by their index.
	Guardian  *Guardian
	Guardians map[int]Guardian
	// ExpectedTime is the finish time that the entrant expects; zero where it is not known.
	ExpectedTime time.Duration
}

// Late is what lets a registrar enter after closing and beyond the capacity.
type Late struct {
	// Reason says why; it is kept with the entry.
	Reason string
	// AllowSecondEntry admits a person who is entered already.
	AllowSecondEntry bool
}

// application is a registration that waits for its answer.
type application struct {
	Registration
	turn
	actor string
	team  bool
	// late is nil for all but a registrar.
	late   *Late
	digest Digest
	entry  Entry
	err    error
}

// RegisterPerson enters a person for an actor and returns the entry; a request id that is known is answered with the entry
// that it made, as it now stands. Faults: one that says that there is no such event, ErrRaceNotFound, ErrRaceTakesTeams,
// ErrEventCancelled, ErrRegistrationNotOpen, ErrRegistrationClosed, ErrAlreadyEntered, ErrRaceFull, ErrWaitlistFull,
// ErrRequestIDInvalid, ErrRequestIDReused, ErrQueueFull, ErrBusy, and those of the person's data.
func (s *Service) RegisterPerson(ctx context.Context, actor string, r Registration) (Entry, error) {
	return s.register(ctx, &application{Registration: r, actor: actor})
}

// RegisterTeam enters a team with its members, all or nothing, and otherwise does as RegisterPerson. Where the race lets
// teams be completed later, members may be missing. Further faults: ErrRaceTakesPersons, ErrTeamSize, ErrTeamComposition,
// ErrTeamCategoryUnknown, ErrLegInvalid, ErrMemberInTwoTeams, and ErrFieldNotTaken for a member with a bib or chips.
func (s *Service) RegisterTeam(ctx context.Context, actor string, r Registration) (Entry, error) {
	return s.register(ctx, &application{Registration: r, actor: actor, team: true})
}

// RegisterLate enters a person or a team by a registrar's hand, whatever the times of registration. Where no place is free
// it raises the capacity by one. Further fault: ErrReasonMissing.
func (s *Service) RegisterLate(ctx context.Context, actor string, r Registration, team bool, late Late) (Entry, error) {
	var err error
	if late.Reason, err = checkReason(late.Reason); err != nil {
		return Entry{}, err
	}
	r.JoinWaitlist = false
	return s.register(ctx, &application{Registration: r, actor: actor, team: team, late: &late})
}

func (s *Service) register(ctx context.Context, a *application) (Entry, error) {
	if a.team && a.Person.Sex == race.SexUnknown {
		a.Person.Sex = race.X
	}
	if err := checkRequestID(a.RequestID); err != nil {
		return Entry{}, err
	}
	action := ActionRegister
	if a.late != nil {
		action = ActionRegisterLate
	}
	var err error
	if a.digest, err = digestOf(action, []any{a.Registration, a.team, a.late}); err != nil {
		return Entry{}, err
	}
	a.turn = newTurn()
	at := lane{a.Event, a.Race}
	if err := s.admissions.run(ctx, at, a, func(ctx context.Context, batch []*application) {
		s.admit(ctx, at, batch)
	}); err != nil {
		return Entry{}, err
	}
	return a.entry, a.err
}

// people returns who would run.
func (a *application) people() []Digest {
	e := Entry{Entrant: race.Entrant{Person: a.Person, Members: a.Members}, State: Held}
	return e.Claims().People
}

// newEntry returns the entry that the application asks for, without a state.
func (a *application) newEntry(id race.EntrantID, r *race.Race, at time.Time) Entry {
	members := slices.Clone(a.Members)
	sortByLeg(members)
	person := a.Person
	knowOneAge(&person)
	for i := range members {
		knowOneAge(&members[i].Person)
	}
	price := fee.At(r, racetime.At(at))
	e := Entry{
		Entrant:       race.Entrant{ID: id, Race: a.Race, Person: person, Tags: a.Tags, Members: members},
		Reference:     newReference(),
		RequestID:     a.RequestID,
		RequestDigest: a.digest,
		EnteredAt:     at,
		EnteredBy:     a.actor,
		Owner:         a.Owner,
		FeeMinor:      price.AmountMinor,
		CharityMinor:  price.CharityMinor,
		ExpectedTime:  a.ExpectedTime,
		SecondEntry:   a.late != nil && a.late.AllowSecondEntry,
	}
	e.JoinCode = joinCodeFor(r)
	return e
}

// joinCodeFor returns a code for a team of a race whose teams may be completed later, none for others.
func joinCodeFor(r *race.Race) JoinCode {
	if r.Team == nil || r.Team.CompleteUntil == 0 {
		return ""
	}
	return JoinCode(newCode())
}

// newPapers returns what the application says of the people of its entry.
func (a *application) newPapers(e *Entry) []Paper {
	var papers []Paper
	if a.Contact != nil {
		papers = append(papers, Paper{Entrant: e.ID, Contact: a.Contact})
	}
	if a.Guardian != nil {
		papers = append(papers, Paper{Entrant: e.ID, Guardian: dated(a.Guardian, e.EnteredAt)})
	}
	for i := range a.Members {
		guardian, ok := a.Guardians[i]
		if whose, known := whoseMember(&a.Members[i]); ok && known {
			papers = append(papers, Paper{Entrant: e.ID, Whose: whose, Guardian: dated(&guardian, e.EnteredAt)})
		}
	}
	return papers
}

// dated returns the guardian with an instant of consent.
func dated(g *Guardian, at time.Time) *Guardian {
	consented := *g
	if consented.ConsentedAt.IsZero() {
		consented.ConsentedAt = at
	}
	return &consented
}

// checkReason returns the reason without blanks around it, or why it is none.
func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return "", ErrReasonMissing.With(ErrReasonMissing.At("reason"))
	}
	if !isText(reason) {
		return "", ErrTextInvalid.With(ErrTextInvalid.At("reason"))
	}
	return reason, nil
}

// phaseOf returns why a race takes no entries at an instant, nil where it does.
func phaseOf(event *race.Event, r *race.Race, taking Taking, now time.Time) *fault.Fault {
	window, at := r.Registration, racetime.At(now)
	switch {
	case event.Cancelled:
		return ErrEventCancelled
	case taking == Closed:
		return ErrRegistrationClosed
	case taking == Open:
		return nil
	case window.OpensAt != 0 && at < window.OpensAt:
		return ErrRegistrationNotOpen
	case window.ClosesAt != 0 && at > window.ClosesAt:
		return ErrRegistrationClosed
	}
	return nil
}
