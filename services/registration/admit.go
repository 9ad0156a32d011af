package registration

import (
	"context"
	"fmt"
	"slices"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// admit answers every application of a batch: all are for one race. Those for a race that is full are refused without
// holding its places, as of one instant; all others are decided together in one transaction.
func (s *Service) admit(ctx context.Context, at lane, batch []*application) {
	left, err := s.refuseFull(ctx, at, batch)
	if err == nil && len(left) > 0 {
		err = s.decide(ctx, at, left)
	}
	for _, a := range left {
		if err != nil {
			a.entry, a.err = Entry{}, fmt.Errorf("admit: %w", err)
		}
		close(a.answered)
	}
}

// refuseFull answers the applications that need no place held, where the race had none when it was last looked at, and
// returns the others.
func (s *Service) refuseFull(ctx context.Context, at lane, batch []*application) (left []*application, err error) {
	if !s.isFull(at) {
		return batch, nil
	}
	event, version, err := s.event(ctx, at.event, false)
	if err != nil {
		return batch, err
	}
	r := event.Race(at.race)
	if r == nil {
		return batch, nil
	}
	seen, err := s.store.Look(ctx, at.event, at.race, questionOf(batch))
	if err != nil {
		return batch, err
	}
	// Whatever is not in order is decided with the places held.
	places := seen.Places.Places
	full := places.Limited && places.Taken >= places.Capacity && len(seen.Known.Due) == 0
	if seen.Version != version || seen.Places.EventCapacity != r.Capacity || !full {
		s.setFull(at, false)
		return batch, nil
	}
	d := &admission{
		session: &session{
			event: event, now: seen.Now, known: seen.Known, places: map[race.ID]*Places{at.race: &places},
		},
		race: r,
	}
	waitlist := places.Waiting < r.Registration.Waitlist
	for _, a := range batch {
		if a.late != nil || a.JoinWaitlist && waitlist && !d.isKnown(a) {
			left = append(left, a)
			continue
		}
		d.answer(a)
		close(a.answered)
	}
	return left, nil
}

func (s *Service) isFull(at lane) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full[at]
}

func (s *Service) setFull(at lane, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if full {
		s.full[at] = true
	} else {
		delete(s.full, at)
	}
}

func questionOf(batch []*application) Question {
	q := Question{IDs: len(batch)}
	for _, a := range batch {
		q.RequestIDs = append(q.RequestIDs, a.RequestID)
		q.People = append(q.People, a.people()...)
	}
	return q
}

// decide answers a batch in one transaction. Its error answers all of it: nothing was decided.
func (s *Service) decide(ctx context.Context, at lane, batch []*application) error {
	q := questionOf(batch)
	full := false
	err := s.inRaces(ctx, at.event, onlyRace(at.race), func(ctx context.Context, tx Tx, event *race.Event) error {
		held, err := open(ctx, tx, event, []race.ID{at.race}, q)
		if err != nil {
			return err
		}
		d := &admission{session: held, race: event.Race(at.race)}
		for _, a := range batch {
			d.answer(a)
		}
		full = d.free(at.race) <= 0
		return d.close(ctx)
	})
	if err == nil {
		s.setFull(at, full)
	}
	return err
}

// admission is the deciding of applications for one race.
type admission struct {
	*session
	race *race.Race
}

func (d *admission) isKnown(a *application) bool {
	_, known := d.known.Requests[a.RequestID]
	return known
}

// answer decides an application and records the entry that it makes.
func (d *admission) answer(a *application) {
	a.entry, a.err = Entry{}, nil
	if earlier, ok := d.known.Requests[a.RequestID]; ok {
		if earlier.Digest != a.digest {
			a.err = ErrRequestIDReused
			return
		}
		a.entry = earlier.Entry
		if now, changed := d.current[a.entry.ID]; changed {
			a.entry = now
		}
		return
	}
	if a.err = d.refusal(a); a.err != nil {
		return
	}
	e := a.newEntry(d.nextID(), d.race, d.now)
	cause := Cause{Action: ActionRegister, Actor: a.actor}
	if a.late != nil {
		cause = Cause{Action: ActionRegisterLate, Actor: a.actor, Reason: a.late.Reason}
	}
	switch free := d.free(a.Race) > 0; {
	case free:
		d.advance(&e)
	case a.late != nil:
		d.makePlace(cause)
		d.advance(&e)
	default:
		e.State = Waitlisted
	}
	d.record(nil, e, cause)
	d.changes.Papers = append(d.changes.Papers, a.newPapers(&e)...)
	d.known.Requests[a.RequestID] = Answered{Digest: a.digest, Entry: e}
	a.entry = e
}

// makePlace raises the capacity by one.
func (d *admission) makePlace(cause Cause) {
	places := d.places[d.race.ID]
	before := *places
	places.Capacity++
	cause.At = d.now
	d.changes.Races = append(d.changes.Races, RaceChange{before, *places, cause})
}

// refusal returns why an application cannot have a place: what can be mended first, a full race last.
func (d *admission) refusal(a *application) error {
	switch {
	case d.race.Team != nil && !a.team:
		return ErrRaceTakesTeams
	case d.race.Team == nil && a.team:
		return ErrRaceTakesPersons
	case d.event.Cancelled:
		return ErrEventCancelled
	}
	places := d.places[d.race.ID]
	if a.late == nil {
		if closed := phaseOf(d.event, d.race, places.Taking, d.now); closed != nil {
			return closed
		}
	}
	if err := d.dataFault(a); err != nil {
		return err
	}
	if err := d.heldElsewhere(a); err != nil {
		return err
	}
	switch {
	case d.free(d.race.ID) > 0 || a.late != nil:
		return nil
	case !a.JoinWaitlist && places.Waiting < d.race.Registration.Waitlist:
		return errMayWait
	case !a.JoinWaitlist || d.race.Registration.Waitlist == 0:
		return ErrRaceFull
	case places.Waiting >= d.race.Registration.Waitlist:
		return ErrWaitlistFull
	}
	return nil
}

// errMayWait is ErrRaceFull with what to do about it.
var errMayWait = ErrRaceFull.With(fault.Violation{
	Path: "join_waitlist", Reason: ErrRaceFull.Reason, Message: "set it to wait for a place",
})

// dataFault returns what is wrong with the person or the team and its members.
func (d *admission) dataFault(a *application) error {
	at := paths{person: "person."}
	if a.team {
		at.person = "team."
	}
	if err := checkTexts(at, a.Person, a.Members, a.Tags); err != nil {
		return err
	}
	if err := checkApplication(a); err != nil {
		return err
	}
	if !a.team {
		if err := checkPerson(at, d.event, d.race, a.Person); err != nil {
			return err
		}
		return checkGuardian("guardian", d.event, d.race, a.Person, a.Guardian, d.now)
	}
	if err := checkUnmarked(at.root, a.Members); err != nil {
		return err
	}
	if err := checkTeam(at, d.event, d.race, a.Person, a.Members, d.now); err != nil {
		return err
	}
	for i := range a.Members {
		var guardian *Guardian
		if g, ok := a.Guardians[i]; ok {
			guardian = &g
		}
		path := fmt.Sprintf("guardians[%d]", i)
		if err := checkGuardian(path, d.event, d.race, a.Members[i].Person, guardian, d.now); err != nil {
			return err
		}
	}
	return nil
}

// heldElsewhere refuses people who are entered already. The owner of the first entry is told which it is.
func (d *admission) heldElsewhere(a *application) error {
	others := d.known.People
	if a.late != nil && a.late.AllowSecondEntry {
		others = nil // Only nobody twice in the entry itself.
	}
	err := heldElsewhere("", others, 0, a.team, a.Person, a.Members)
	if err == nil || a.team {
		return err
	}
	person, _ := personOf(a.Person)
	first := d.known.People[person][0]
	if a.late != nil || a.Owner != "" && a.Owner == first.Owner && a.actor == first.EnteredBy {
		return ErrAlreadyEntered.With(fault.Violation{
			Path: "person", Reason: ErrAlreadyEntered.Reason, Message: "the first entry is " + string(first.Reference),
		})
	}
	return err
}

// heldElsewhere returns who of an entry runs in another entry of the event already, or twice in this team; root leads to
// the members. What the entry itself holds does not count; itself is 0 for a new one.
func heldElsewhere(
	root string, people map[Digest][]Holding, itself race.EntrantID, isTeam bool, p race.Person, members []race.Member,
) error {
	elsewhere := func(person Digest) *Holding {
		i := slices.IndexFunc(people[person], func(h Holding) bool { return h.Entrant != itself || itself == 0 })
		if i < 0 {
			return nil
		}
		return &people[person][i]
	}
	if !isTeam {
		if person, known := personOf(p); known && elsewhere(person) != nil {
			return ErrAlreadyEntered
		}
		return nil
	}
	var first *fault.Fault
	var violations []fault.Violation
	here := map[Digest]bool{}
	for i := range members {
		person, known := personOf(members[i].Person)
		if !known {
			continue
		}
		holding := elsewhere(person)
		if holding == nil && !here[person] {
			here[person] = true
			continue
		}
		found := ErrAlreadyEntered
		if holding != nil && holding.InTeam {
			found = ErrMemberInTwoTeams
		}
		if first == nil {
			first = found
		}
		violations = append(violations, found.At(fmt.Sprintf("%smembers[%d].person", root, i)))
	}
	if first == nil {
		return nil
	}
	return first.With(violations...)
}
