package registration

import (
	"context"
	"fmt"
	"slices"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// transition is something to be done to an entry that exists, and waits for its answer.
type transition struct {
	turn
	event race.EventID
	// key names the entry.
	key       Key
	requestID string
	digest    Digest
	cause     Cause
	// What it must know beside the entry: people and chips that would be claimed, a payment, another race that it changes, and whether
	// it makes an entry.
	people  []Digest
	chips   []string
	payment PaymentID
	toRace  race.ID
	makes   bool
	// follows: it is a payment, and concerns the entry that took over from the one that is named, where that one owes
	// something; chain are then the entries from the one that is named on.
	follows bool
	chain   []race.EntrantID
	// withoutRace: it may concern an entry whose race the event no longer has.
	withoutRace bool
	// apply decides, and records in the session what it changes; an error changes nothing. It is not called for a request
	// that was answered already. It may be called again in another session.
	apply func(ctx context.Context, s *session, e Entry) error
	// The answer: the entry as it now stands, and whether the payment is to be given back.
	entry     Entry
	refundDue bool
	err       error
}

// transit waits until the transition is done and returns the entry as it then stands. A request id that is known is
// answered with the entry as it now stands. Faults: those of apply, ErrEntryNotFound, ErrRequestIDInvalid,
// ErrRequestIDReused, ErrQueueFull, ErrBusy.
func (s *Service) transit(ctx context.Context, t *transition, request any) (Entry, error) {
	if err := checkRequestID(t.requestID); err != nil {
		return Entry{}, err
	}
	if !t.key.wellFormed() {
		return Entry{}, ErrEntryNotFound
	}
	if _, _, err := s.event(ctx, t.event, false); err != nil {
		return Entry{}, err
	}
	var err error
	if t.digest, err = digestOf(t.cause.Action, request); err != nil {
		return Entry{}, err
	}
	t.turn = newTurn()
	if err := s.transitions.run(ctx, lane{event: t.event}, t, s.doBatch); err != nil {
		return Entry{}, err
	}
	return t.entry, t.err
}

// doBatch does a batch of transitions in one transaction; all are for one event.
func (s *Service) doBatch(ctx context.Context, batch []*transition) {
	err := s.tryBatch(ctx, batch)
	for _, t := range batch {
		if err != nil {
			t.entry, t.err = Entry{}, fmt.Errorf("decide: %w", err)
		}
		close(t.answered)
	}
}

// errMoved: since it was looked for, an entry came to a race whose places are not held.
var errMoved = fmt.Errorf("an entry came to another race: %w", ErrOvertaken)

// tryBatch looks which races the entries are in, holds those, and decides.
func (s *Service) tryBatch(ctx context.Context, batch []*transition) error {
	q := Question{}
	for _, t := range batch {
		q.RequestIDs = append(q.RequestIDs, t.requestID)
		q.Entries = append(q.Entries, t.key)
		q.People = append(q.People, t.people...)
		for _, text := range t.chips {
			if chip, err := race.ParseChip(text); err == nil {
				q.Chips = append(q.Chips, chip)
			}
		}
		if t.payment != "" {
			q.Payments = append(q.Payments, t.payment)
		}
		if t.makes {
			q.IDs++
		}
	}
	event := batch[0].event
	var held []race.ID
	named := q.Entries
	choose := func(of *race.Event) (_ []race.ID, err error) {
		held, q.Entries, err = s.racesOfBatch(ctx, of, batch, named)
		return held, err
	}
	return s.inRaces(ctx, event, choose, func(ctx context.Context, tx Tx, event *race.Event) error {
		session, err := open(ctx, tx, event, held, q)
		if err != nil {
			return err
		}
		for _, t := range batch {
			if err := session.do(ctx, t); err != nil {
				return err
			}
		}
		return session.close(ctx)
	})
}

// racesOfBatch looks which races of the event the entries of a batch are in, or are to go to, and returns the keys of the
// entries with those of the ones that took over.
func (s *Service) racesOfBatch(
	ctx context.Context, event *race.Event, batch []*transition, keys []Key,
) ([]race.ID, []Key, error) {
	seen, err := s.store.Look(ctx, event.ID, "", Question{Entries: keys})
	if err != nil {
		return nil, nil, err
	}
	keys = slices.Clone(keys)
	var races []race.ID
	for _, t := range batch {
		e, ok := seen.Known.Entries[t.key]
		if ok {
			races = append(races, e.Race)
		}
		for ok && t.follows && e.passedTo(event.ID) {
			next := Key{Reference: e.WentTo.Reference}
			found, err := s.store.Look(ctx, event.ID, "", Question{Entries: []Key{next}})
			if err != nil {
				return nil, nil, err
			}
			if e, ok = found.Known.Entries[next]; ok {
				races, keys = append(races, e.Race), append(keys, next)
			}
		}
		if t.toRace != "" {
			races = append(races, t.toRace)
		}
	}
	slices.Sort(races)
	races = slices.Compact(races)
	return slices.DeleteFunc(races, func(id race.ID) bool { return event.Race(id) == nil }), keys, nil
}

// do answers one transition. Its error is none of the transition's own.
func (s *session) do(ctx context.Context, t *transition) error {
	t.entry, t.err = Entry{}, nil
	if earlier, ok := s.known.Requests[t.requestID]; ok {
		if earlier.Digest != t.digest {
			t.err = ErrRequestIDReused
			return nil
		}
		t.entry, t.refundDue = s.asNow(earlier.Entry), s.known.Payments[t.payment].RefundDue
		return nil
	}
	e, ok := s.entry(t.key)
	if ok && t.follows {
		if e, ok = s.follow(t, e); !ok {
			return errMoved
		}
	}
	switch {
	case !ok:
		t.err = ErrEntryNotFound
		if t.key.JoinCode != "" {
			t.err = ErrJoinCodeUnknown
		}
		return nil
	case s.event.Race(e.Race) == nil && !t.withoutRace:
		t.err = ErrRaceNotFound
		return nil
	case s.event.Race(e.Race) != nil && s.places[e.Race] == nil:
		return errMoved
	case t.toRace != "" && s.places[t.toRace] == nil:
		t.err = ErrRaceNotFound
		return nil
	}
	// What the one before gave back is for who waits, not for this one.
	if err := s.offer(ctx); err != nil {
		return err
	}
	if err := t.apply(ctx, s, s.asNow(e)); err != nil {
		if f, decided := fault.Of(err); !decided || f.Kind == fault.Unavailable {
			return err
		}
		t.err = err
		return nil
	}
	t.entry, t.refundDue = s.asNow(e), s.known.Payments[t.payment].RefundDue
	s.known.Requests[t.requestID] = Answered{Digest: t.digest, Entry: t.entry}
	s.changes.Requests = append(s.changes.Requests, Request{ID: t.requestID, Digest: t.digest, Entrant: e.ID})
	return nil
}

// follow notes the entries from one on, each of which took over from the one before, and returns the one that the payment
// is known for, else the last if it owes something, else the first; false where one of them is not known.
func (s *session) follow(t *transition, first Entry) (Entry, bool) {
	t.chain = []race.EntrantID{first.ID}
	paidBefore := s.known.Payments[t.payment].Entrant
	for e := first; ; {
		if e.ID == paidBefore {
			return e, true
		}
		if !e.passedTo(s.event.ID) {
			if e.OwedMinor() == 0 {
				return first, true
			}
			return e, true
		}
		next, ok := s.byReference(e.WentTo.Reference)
		if !ok {
			return Entry{}, false
		}
		e = next
		t.chain = append(t.chain, e.ID)
	}
}

// byReference returns an entry as it now stands, one that this session made too.
func (s *session) byReference(reference Reference) (Entry, bool) {
	if e, ok := s.entry(Key{Reference: reference}); ok {
		return e, true
	}
	for _, e := range s.current {
		if e.Reference == reference {
			return e, true
		}
	}
	return Entry{}, false
}

// asNow returns an entry as it stands after what was decided so far.
func (s *session) asNow(e Entry) Entry {
	if now, changed := s.current[e.ID]; changed {
		return now
	}
	return e
}
