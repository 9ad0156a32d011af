package registration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"raceday/services/rules/fee"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Transfer passes an entry on. Exactly one of ToPerson, ToRace and ToEvent is set, ToEvent with ToRace.
type Transfer struct {
	Event     race.EventID
	RequestID string
	Reference Reference
	ToPerson  *Successor
	ToRace    race.ID
	// ToEvent takes over entries of a cancelled event.
	ToEvent race.EventID
}

// Successor is who takes over the place of a person.
type Successor struct {
	Person       race.Person
	Contact      *Contact
	Guardian     *Guardian
	Owner        string
	ExpectedTime time.Duration
}

// TransferEntry passes a confirmed entry on with what was paid, and returns it and the new one, which has a reference of
// its own and no bib. Where more is owed in another race the new one is held. Faults: ErrEntryNotFound,
// ErrEntryNotConfirmed, ErrTransferClosed, ErrRaceNotFound, ErrAlreadyInRace, ErrRaceTakesTeams, ErrRaceTakesPersons, ErrEventNotCancelled,
// ErrEventCancelled, ErrCurrencyDiffers, ErrAlreadyEntered, ErrRaceFull, those of a person's data and of a request.
func (s *Service) TransferEntry(ctx context.Context, actor string, transfer Transfer) (before, after Entry, err error) {
	t := &transition{
		event: transfer.Event, key: Key{Reference: transfer.Reference}, requestID: transfer.RequestID,
		cause: Cause{Action: ActionTransfer, Actor: actor}, makes: true,
	}
	switch {
	case transfer.ToEvent != "":
		return s.deferEntry(ctx, t, transfer)
	case transfer.ToPerson != nil:
		t.people = peopleOf(transfer.ToPerson.Person)
		t.apply = func(_ context.Context, s *session, e Entry) error { return s.toPerson(e, transfer.ToPerson, t.cause) }
	default:
		t.toRace = transfer.ToRace
		t.apply = func(_ context.Context, s *session, e Entry) error { return s.toRace(e, transfer.ToRace, t.cause) }
	}
	old, err := s.transit(ctx, t, transfer)
	if err != nil {
		return Entry{}, Entry{}, err
	}
	return s.withSuccessor(ctx, old)
}

// withSuccessor returns an entry and the one that took its place.
func (s *Service) withSuccessor(ctx context.Context, old Entry) (before, after Entry, err error) {
	after, err = s.store.Find(ctx, old.WentTo.Event, Key{Reference: old.WentTo.Reference})
	if err != nil {
		return Entry{}, Entry{}, fmt.Errorf("find the entry that took over: %w", err)
	}
	return old, after, nil
}

// successor returns the entry that takes the place of another, with what was paid for it.
func (s *session) successor(old *Entry, id race.EntrantID, now time.Time, cause Cause) Entry {
	e := *old
	e.ID, e.Reference, e.JoinCode = id, newReference(), ""
	e.Bib, e.Chips, e.Wave = "", nil, ""
	e.Members = unmarked(old.Members)
	e.RequestID, e.RequestDigest = "", Digest{}
	e.EnteredAt, e.EnteredBy, e.ExpiresAt, e.CheckedInAt = now, cause.Actor, time.Time{}, time.Time{}
	e.CameFrom, e.WentTo = Elsewhere{s.event.ID, old.Reference}, Elsewhere{}
	return e
}

// release ends an entry that another one took the place of.
func (s *session) release(old Entry, wentTo Elsewhere, cause Cause) {
	after := old
	after.State, after.ExpiresAt, after.WentTo = Transferred, time.Time{}, wentTo
	s.record(&old, after, cause)
}

// carry records what an entry brought with it.
func (s *session) carry(e, old *Entry, cause Cause) {
	s.changes.Inherited = append(s.changes.Inherited, Inheritance{e.CameFrom.Event, old.ID, e.ID})
	s.pass(e, cause)
}

// pass records what was paid for an entry before it was this one.
func (s *session) pass(e *Entry, cause Cause) {
	if e.PaidMinor > 0 {
		s.changes.Payments = append(s.changes.Payments, Payment{
			ID: carriedFrom(e.CameFrom), Entrant: e.ID, AmountMinor: e.PaidMinor, At: s.now, Actor: cause.Actor,
		})
	}
}

// transferable refuses what cannot be passed on by its owner.
func (s *session) transferable(old *Entry) error {
	ends := s.event.Race(old.Race).Registration.TransfersEnd()
	switch {
	case old.State != Confirmed:
		return ErrEntryNotConfirmed
	case !old.CheckedInAt.IsZero() || ends != 0 && racetime.At(s.now) > ends:
		return ErrTransferClosed
	case s.event.Cancelled:
		return ErrEventCancelled
	}
	return nil
}

// toPerson lets somebody else run: a fresh entry with its own checks and consents.
func (s *session) toPerson(old Entry, to *Successor, cause Cause) error {
	if err := s.transferable(&old); err != nil {
		return err
	}
	r := s.event.Race(old.Race)
	if r.Team != nil {
		return ErrRaceTakesPersons
	}
	a := &application{Registration: Registration{
		Person: to.Person, Owner: to.Owner, Contact: to.Contact, Guardian: to.Guardian, ExpectedTime: to.ExpectedTime,
	}}
	if err := (&admission{session: s, race: r}).dataFault(a); err != nil {
		return err
	}
	if err := heldElsewhere("", s.known.People, old.ID, false, to.Person, nil); err != nil {
		return err
	}
	e := s.successor(&old, s.nextID(), s.now, cause)
	e.Person, e.Tags, e.Owner, e.ExpectedTime, e.SecondEntry = to.Person, nil, to.Owner, to.ExpectedTime, false
	knowOneAge(&e.Person)
	s.release(old, Elsewhere{s.event.ID, e.Reference}, cause)
	s.advance(&e)
	s.record(nil, e, cause)
	s.pass(&e, cause)
	s.changes.Papers = append(s.changes.Papers, a.newPapers(&e)...)
	return nil
}

// toRace lets the same entrant run another race: by its rules, its places and its fee.
func (s *session) toRace(old Entry, to race.ID, cause Cause) error {
	if err := s.transferable(&old); err != nil {
		return err
	}
	if to == old.Race {
		return ErrAlreadyInRace.With(ErrAlreadyInRace.At("race"))
	}
	if err := s.fits(&old, to); err != nil {
		return err
	}
	r := s.event.Race(to)
	if closed := phaseOf(s.event, r, s.places[to].Taking, s.now); closed != nil {
		return closed
	}
	e := s.successor(&old, s.nextID(), s.now, cause)
	price := fee.At(r, racetime.At(s.now))
	e.JoinCode = joinCodeFor(r)
	e.Race, e.FeeMinor, e.CharityMinor = to, price.AmountMinor, price.CharityMinor
	s.release(old, Elsewhere{s.event.ID, e.Reference}, cause)
	s.advance(&e)
	s.record(nil, e, cause)
	s.carry(&e, &old, cause)
	return nil
}

// fits refuses an entry that a race does not take, or has no place for.
func (s *session) fits(e *Entry, to race.ID) error {
	r := s.event.Race(to)
	switch {
	case r.Team != nil && !e.isTeam():
		return ErrRaceTakesTeams
	case r.Team == nil && e.isTeam():
		return ErrRaceTakesPersons
	}
	var err error
	if at := (paths{person: "person."}); e.isTeam() {
		err = checkTeam(at, s.event, r, e.Person, e.Members, s.now)
	} else {
		err = checkPerson(at, s.event, r, e.Person)
	}
	if err != nil {
		return err
	}
	if s.free(to) <= 0 {
		return ErrRaceFull
	}
	return nil
}

// deferEntry passes an entry of a cancelled event that has a place on to another event, whatever that one's times of
// registration, with its fee and what was paid of it: in the same currency. Both events change in one transaction.
func (s *Service) deferEntry(ctx context.Context, t *transition, transfer Transfer) (before, after Entry, err error) {
	if err := checkRequestID(t.requestID); err != nil {
		return Entry{}, Entry{}, err
	}
	if !t.key.wellFormed() {
		return Entry{}, Entry{}, ErrEntryNotFound
	}
	if t.digest, err = digestOf(t.cause.Action, transfer); err != nil {
		return Entry{}, Entry{}, err
	}
	old, err := s.GetEntry(ctx, transfer.Event, t.key)
	if err != nil {
		return Entry{}, Entry{}, err
	}
	for attempt := range competitions {
		if err = s.tryDefer(ctx, t, transfer, old.Race, attempt > 0); !errors.Is(err, errOtherChanged) {
			break
		}
		err = ErrBusy
	}
	if err != nil {
		return Entry{}, Entry{}, fmt.Errorf("defer entry: %w", err)
	}
	return s.withSuccessor(ctx, t.entry)
}

// errOtherChanged: the event that takes over is not what it was when it was read.
var errOtherChanged = errors.New("the event that takes over has changed")

func (s *Service) tryDefer(ctx context.Context, t *transition, transfer Transfer, from race.ID, anew bool) error {
	to, version, err := s.event(ctx, transfer.ToEvent, anew)
	if err != nil {
		return err
	}
	if to.Race(transfer.ToRace) == nil {
		return ErrRaceNotFound.With(ErrRaceNotFound.At("event.race"))
	}
	only := func(*race.Event) ([]race.ID, error) { return []race.ID{from}, nil }
	q := Question{RequestIDs: []string{t.requestID}, Entries: []Key{t.key}}
	return s.inRaces(ctx, transfer.Event, only, func(ctx context.Context, tx Tx, event *race.Event) error {
		old, err := open(ctx, tx, event, []race.ID{from}, q)
		if err != nil {
			return err
		}
		t.apply = func(ctx context.Context, old *session, e Entry) error {
			if !event.Cancelled {
				return ErrEventNotCancelled
			}
			if !e.State.HasPlace() {
				return ErrEntryEnded
			}
			if event.Currency != to.Currency && (e.FeeMinor > 0 || e.PaidMinor > 0) {
				return ErrCurrencyDiffers
			}
			on := basisOf(to, version).only([]race.ID{transfer.ToRace})
			err := s.store.InRaces(ctx, on, func(ctx context.Context, tx Tx) error {
				return arrive(ctx, tx, to, old, e, transfer.ToRace, t.cause)
			})
			if errors.Is(err, ErrOvertaken) {
				return errOtherChanged
			}
			return err
		}
		if err := old.do(ctx, t); err != nil {
			return err
		}
		if t.err != nil {
			return t.err
		}
		return old.close(ctx)
	})
}

// arrive makes the entry of the other event.
func arrive(
	ctx context.Context, tx Tx, event *race.Event, from *session, old Entry, to race.ID, cause Cause,
) error {
	if event.Cancelled {
		return ErrEventCancelled
	}
	s, err := open(ctx, tx, event, []race.ID{to}, Question{IDs: 1, People: old.Claims().People})
	if err != nil {
		return err
	}
	if err := s.fits(&old, to); err != nil {
		return err
	}
	if err := heldElsewhere("", s.known.People, 0, old.isTeam(), old.Person, old.Members); err != nil {
		return err
	}
	e := from.successor(&old, s.nextID(), s.now, cause)
	e.Race, e.JoinCode = to, joinCodeFor(event.Race(to))
	s.advance(&e)
	s.record(nil, e, cause)
	s.carry(&e, &old, cause)
	from.release(old, Elsewhere{event.ID, e.Reference}, cause)
	return s.close(ctx)
}
