package registration

import (
	"context"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/team"
)

// Joining adds a member to a team.
type Joining struct {
	Event     race.EventID
	RequestID string
	JoinCode  JoinCode
	Person    race.Person
	// Leg counts from 1, 0 is a reserve; nil is the first free leg, else a reserve.
	Leg      *int
	Guardian *Guardian
}

// JoinTeam adds a member to the team with a join code, until teams must be complete. A team that is complete and owes
// nothing is confirmed. Faults: ErrJoinCodeUnknown, ErrJoinClosed, ErrTeamSize, ErrTeamComposition, ErrLegInvalid,
// ErrMemberInTwoTeams, ErrAlreadyEntered, ErrGuardianMissing, those of a person's data and of a request.
func (s *Service) JoinTeam(ctx context.Context, actor string, j Joining) (Entry, error) {
	t := &transition{
		event: j.Event, key: Key{JoinCode: j.JoinCode}, requestID: j.RequestID,
		cause: Cause{Action: ActionJoinTeam, Actor: actor}, people: peopleOf(j.Person),
	}
	if !t.key.wellFormed() {
		return Entry{}, ErrJoinCodeUnknown
	}
	t.apply = func(_ context.Context, s *session, before Entry) error {
		r := s.event.Race(before.Race)
		switch {
		case s.event.Cancelled:
			return ErrEventCancelled
		case !before.State.Stands() || !mayComplete(r, s.now):
			return ErrJoinClosed
		}
		after := before
		after.Members = slices.Clone(before.Members)
		member := race.Member{Person: j.Person, Leg: freeLeg(r, before.Members)}
		if j.Leg != nil {
			member.Leg = *j.Leg
		}
		after.Members = append(after.Members, member)
		sortByLeg(after.Members)
		return s.regroup(&before, after, j.Person, j.Guardian, t.cause)
	}
	return s.transit(ctx, t, j)
}

// freeLeg returns the first leg that nobody runs, 0 where there is none.
func freeLeg(r *race.Race, members []race.Member) int {
	for leg := 1; leg <= r.Team.Size; leg++ {
		if !slices.ContainsFunc(members, func(m race.Member) bool { return m.Leg == leg }) {
			return leg
		}
	}
	return 0
}

// Substitution lets somebody else run a leg.
type Substitution struct {
	Event     race.EventID
	RequestID string
	Reference Reference
	Leg       int
	// Reserve counts from 1; 0 where a new person takes the place of the regular, who leaves the team.
	Reserve  int
	Person   race.Person
	Guardian *Guardian
}

// SubstituteMember lets a reserve or a new person run a leg, until the race's deadline; chips and bib stay with the leg's
// place in the team. Ages and composition are checked again. Faults: ErrEntryNotFound, ErrEntryEnded, ErrRaceTakesPersons,
// ErrLegInvalid, ErrReserveUnknown, ErrSubstitutionClosed, ErrTeamComposition, ErrMemberInTwoTeams, ErrAlreadyEntered,
// ErrGuardianMissing, those of a person's data and of a request. [RULES.md, Ekiden and other relays]
func (s *Service) SubstituteMember(ctx context.Context, actor string, u Substitution) (Entry, error) {
	t := &transition{
		event: u.Event, key: Key{Reference: u.Reference}, requestID: u.RequestID,
		cause: Cause{Action: ActionSubstituteMember, Actor: actor},
	}
	if u.Reserve == 0 {
		t.people = peopleOf(u.Person)
	}
	t.apply = func(_ context.Context, s *session, before Entry) error {
		r := s.event.Race(before.Race)
		switch {
		case !before.State.Stands():
			return ErrEntryEnded
		case r.Team == nil:
			return ErrRaceTakesPersons
		case !before.CheckedInAt.IsZero():
			return ErrAlreadyCheckedIn // Nobody would see who the new runner is.
		case substitutionEnds(r) != 0 && racetime.At(s.now) > substitutionEnds(r):
			return ErrSubstitutionClosed
		}
		after := before
		after.Members = slices.Clone(before.Members)
		regular := slices.IndexFunc(after.Members, func(m race.Member) bool { return m.Leg == u.Leg && u.Leg > 0 })
		if regular < 0 {
			return ErrLegInvalid.With(ErrLegInvalid.At("leg"))
		}
		if u.Reserve == 0 {
			after.Members[regular].Person = u.Person
			return s.regroup(&before, after, u.Person, u.Guardian, t.cause)
		}
		reserve := slices.IndexFunc(after.Members, func(m race.Member) bool { return m.Leg == 0 }) + u.Reserve - 1
		if reserve < regular || u.Reserve < 0 || reserve >= len(after.Members) {
			return ErrReserveUnknown.With(ErrReserveUnknown.At("reserve"))
		}
		m := after.Members
		m[regular].Person, m[reserve].Person = m[reserve].Person, m[regular].Person
		if err := s.checkTeamChange(&before, &after); err != nil {
			return err
		}
		s.record(&before, after, t.cause)
		return nil
	}
	return s.transit(ctx, t, u)
}

// substitutionEnds returns the last instant at which a member may be replaced, zero where it is not known: the race's, else
// its first gun.
func substitutionEnds(r *race.Race) racetime.Instant {
	if r.Team.SubstituteUntil != 0 {
		return r.Team.SubstituteUntil
	}
	first := racetime.Instant(0)
	for _, wave := range r.Waves {
		if wave.Gun != 0 && (first == 0 || wave.Gun < first) {
			first = wave.Gun
		}
	}
	return first
}

// regroup records a team with a new member, if the person may be one.
func (s *session) regroup(before *Entry, after Entry, p race.Person, g *Guardian, cause Cause) error {
	r := s.event.Race(after.Race)
	at := paths{person: "person."}
	if err := checkTexts(at, p, nil, nil); err != nil {
		return err
	}
	if err := checkPerson(at, s.event, r, p); err != nil {
		return err
	}
	if err := checkGuardian("guardian", s.event, r, p, g, s.now); err != nil {
		return err
	}
	if err := s.checkTeamChange(before, &after); err != nil {
		return err
	}
	if person, known := personOf(p); known {
		if holdings := s.known.People[person]; len(holdings) > 0 {
			found := ErrAlreadyEntered
			if holdings[0].InTeam {
				found = ErrMemberInTwoTeams
			}
			return found.With(found.At("person"))
		}
		if g != nil {
			paper := Paper{Entrant: before.ID, Whose: Whose(person), Guardian: dated(g, s.now)}
			s.changes.Papers = append(s.changes.Papers, paper)
		}
	}
	if after.State == Held {
		s.advance(&after)
	}
	s.record(before, after, cause)
	return nil
}

// checkTeamChange refuses what a change makes worse of a team.
func (s *session) checkTeamChange(before, after *Entry) error {
	r, at := s.event.Race(after.Race), paths{}
	old := teamProblems(at, s.event, r, before.Category, before.Members, s.now)
	if !team.Complete(r, before.Members) && team.Complete(r, after.Members) {
		old = nil // It must be a whole team from now on.
	}
	of := subject{r, after.Category, after.Members}
	return faultOf("", of, worsened(old, teamProblems(at, s.event, r, after.Category, after.Members, s.now), false))
}

// peopleOf returns who a person is, nothing where the birth date is not known.
func peopleOf(p race.Person) []Digest {
	if person, known := personOf(p); known {
		return []Digest{person}
	}
	return nil
}
