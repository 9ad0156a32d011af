package registration

import (
	"context"
	"math"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/team"
)

// session is the deciding of one batch while the places of races are held. What it decides is written at its end, all
// together.
type session struct {
	tx    Tx
	event *race.Event
	now   time.Time
	known Known
	// places are those of the races that are held, as they are after what was decided so far.
	places map[race.ID]*Places
	// asked are the people who were asked for.
	asked map[Digest]bool
	// queues are those who waited, as far as they were asked for.
	queues map[race.ID]queued
	// current are the entries that were changed, as they are after that.
	current map[race.EntrantID]Entry
	changes Changes
}

// open asks what is to be known, gives back the places that have run out of time, and offers those that are free to who
// waits: so none of them is given to somebody who came later.
func open(ctx context.Context, tx Tx, event *race.Event, held []race.ID, q Question) (*session, error) {
	s := &session{
		tx: tx, event: event, now: tx.Now(), places: map[race.ID]*Places{}, current: map[race.EntrantID]Entry{},
		asked: map[Digest]bool{}, queues: map[race.ID]queued{},
	}
	for _, person := range q.People {
		s.asked[person] = true
	}
	for _, id := range held {
		places := tx.Places(id)
		s.places[id] = &places
	}
	q.Races = held
	var err error
	if s.known, err = tx.Ask(ctx, q); err != nil {
		return nil, err
	}
	for i := range s.known.Due {
		s.runOut(s.known.Due[i])
	}
	return s, s.offer(ctx)
}

// learn asks for people, bibs and chips that nobody thought of before.
func (s *session) learn(ctx context.Context, claims Claims) error {
	q := Question{Bibs: claims.Bibs, Chips: claims.Chips}
	for _, person := range claims.People {
		if !s.asked[person] {
			s.asked[person] = true
			q.People = append(q.People, person)
		}
	}
	found, err := s.tx.Ask(ctx, q)
	if err != nil {
		return err
	}
	for person, holdings := range found.People {
		for _, holding := range holdings {
			if _, changed := s.current[holding.Entrant]; !changed {
				s.known.People[person] = append(s.known.People[person], holding)
			}
		}
	}
	for chip, wearer := range found.Chips {
		if _, changed := s.current[wearer.Entrant]; !changed {
			s.known.Chips[chip] = wearer
		}
	}
	for bib, wearer := range found.Bibs {
		if _, changed := s.current[wearer.Entrant]; !changed {
			s.known.Bibs[bib] = wearer
		}
	}
	return nil
}

// close offers what became free and writes everything.
func (s *session) close(ctx context.Context) error {
	if err := s.offer(ctx); err != nil {
		return err
	}
	c := &s.changes
	if len(c.Entries)+len(c.Requests)+len(c.Payments)+len(c.Papers)+len(c.Races) == 0 {
		return nil
	}
	return s.tx.Save(ctx, *c)
}

// free returns the free places of a race, math.MaxInt where there is no limit.
func (s *session) free(id race.ID) int {
	places := s.places[id]
	if !places.Limited {
		return math.MaxInt
	}
	return places.Capacity - places.Taken
}

// entry returns an entry as it now stands, false where there is none with this key.
func (s *session) entry(key Key) (Entry, bool) {
	e, ok := s.known.Entries[key]
	if now, changed := s.current[e.ID]; ok && changed {
		return now, true
	}
	return e, ok
}

// nextID returns the id of a new entry.
func (s *session) nextID() race.EntrantID {
	id := s.known.IDs[0]
	s.known.IDs = s.known.IDs[1:]
	return id
}

// record notes that an entry changed, or with a nil before that it was made.
func (s *session) record(before *Entry, after Entry, cause Cause) {
	cause.At = s.now
	s.changes.Entries = append(s.changes.Entries, Change{before, after, cause})
	s.current[after.ID] = after
	if before != nil {
		s.count(before, -1)
		s.disclaim(before)
	}
	s.count(&after, 1)
	s.claim(&after)
}

func (s *session) count(e *Entry, n int) {
	places := s.places[e.Race]
	if places == nil { // The race is gone from the event.
		return
	}
	switch {
	case e.State.HasPlace():
		places.Taken += n
	case e.State == Waitlisted:
		places.Waiting += n
	}
}

func (s *session) claim(e *Entry) {
	claims := e.Claims()
	for _, bib := range claims.Bibs {
		s.known.Bibs[bib] = Wearer{e.ID, e.Bib}
	}
	for _, chip := range claims.Chips {
		s.known.Chips[chip] = Wearer{e.ID, e.Bib}
	}
	for _, person := range claims.People {
		s.known.People[person] = append(s.known.People[person], Holding{
			Entrant: e.ID, Reference: e.Reference, InTeam: e.isTeam(), EnteredBy: e.EnteredBy, Owner: e.Owner,
		})
	}
}

func (s *session) disclaim(e *Entry) {
	claims := e.Claims()
	for _, bib := range claims.Bibs {
		delete(s.known.Bibs, bib)
	}
	for _, chip := range claims.Chips {
		delete(s.known.Chips, chip)
	}
	for _, person := range claims.People {
		var others []Holding
		for _, holding := range s.known.People[person] {
			if holding.Entrant != e.ID {
				others = append(others, holding)
			}
		}
		s.known.People[person] = others
	}
}

// runOut gives back the place of an entry that has run out of time, with bibs and chips. What was paid of the fee is to be
// given back. A team that may be completed for longer than was said when it paid keeps its place.
func (s *session) runOut(before Entry) {
	after := before
	r := s.event.Race(before.Race)
	if before.State == Held && before.OwedMinor() == 0 && r.Team != nil && s.now.Before(timeOf(r.Team.CompleteUntil)) {
		after.ExpiresAt = timeOf(r.Team.CompleteUntil)
		s.record(&before, after, Cause{Action: ActionExtend})
		return
	}
	after.State, after.ExpiresAt = Expired, time.Time{}
	after.Bib, after.Chips, after.Members = "", nil, unmarked(before.Members)
	s.giveBack(&after)
	s.record(&before, after, Cause{Action: ActionExpire})
}

// giveBack notes that what was paid for an entry that never was confirmed is to be given back.
func (s *session) giveBack(e *Entry) {
	if e.PaidMinor > 0 {
		e.PaidMinor = 0
		s.changes.Refunds = append(s.changes.Refunds, e.ID)
		for id, p := range s.known.Payments {
			if p.Entrant == e.ID {
				p.RefundDue = true
				s.known.Payments[id] = p
			}
		}
		for i := range s.changes.Payments { // Those of this session are not stored yet.
			if p := &s.changes.Payments[i]; p.Entrant == e.ID {
				p.RefundDue = true
			}
		}
	}
}

// unmarked returns members without bibs and chips.
func unmarked(members []race.Member) []race.Member {
	members = slices.Clone(members)
	for i := range members {
		members[i].Bib, members[i].Chips = "", nil
	}
	return members
}

// offer gives the free places to who waits, longest first.
func (s *session) offer(ctx context.Context) error {
	if s.event.Cancelled {
		return nil
	}
	for id, places := range s.places {
		free := s.free(id)
		if free <= 0 || places.Waiting == 0 {
			continue
		}
		// Some of those who waited may have changed in this session.
		waiting, err := s.waitedBefore(ctx, id, min(free, places.Waiting)+len(s.current))
		if err != nil {
			return err
		}
		for i := range waiting {
			before := waiting[i]
			if now, changed := s.current[before.ID]; changed {
				before = now
			}
			if before.State != Waitlisted || before.Race != id || free <= 0 {
				continue
			}
			after := before
			after.State, after.ExpiresAt = Offered, s.now.Add(s.event.Race(id).Registration.Offer)
			s.record(&before, after, Cause{Action: ActionOffer})
			free--
		}
	}
	return nil
}

// queued are those who waited for a race before a session, as many as were asked for.
type queued struct {
	entries []Entry
	limit   int
}

// waitedBefore returns at least limit of those who waited before this session, who waits longest first, or all of them. It
// asks for twice as many as are needed, so that a batch that gives back many places does not ask for each.
func (s *session) waitedBefore(ctx context.Context, id race.ID, limit int) ([]Entry, error) {
	q := s.queues[id]
	if q.limit >= limit || len(q.entries) < q.limit {
		return q.entries, nil
	}
	q.limit = 2 * limit
	var err error
	if q.entries, err = s.tx.Waiting(ctx, id, q.limit); err != nil {
		return nil, err
	}
	s.queues[id] = q
	return q.entries, nil
}

// advance moves an entry that has a place on: it is confirmed once nothing is owed and a team is complete, and held until
// then. A place that is held already goes on until the same instant.
func (s *session) advance(e *Entry) {
	r := s.event.Race(e.Race)
	switch {
	case e.OwedMinor() > 0:
		if e.State != Held || e.ExpiresAt.IsZero() {
			e.ExpiresAt = s.now.Add(r.Registration.Hold)
		}
		e.State = Held
	case !isComplete(r, e): // Teams that can no longer be completed were refused.
		e.State, e.ExpiresAt = Held, timeOf(r.Team.CompleteUntil)
	default:
		e.State, e.ExpiresAt = Confirmed, time.Time{}
	}
}

// isComplete reports whether nobody is missing from a team; a person never is.
func isComplete(r *race.Race, e *Entry) bool { return r.Team == nil || team.Complete(r, e.Members) }

// timeOf returns the zero time for an instant that is not given.
func timeOf(at racetime.Instant) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return at.Time()
}
