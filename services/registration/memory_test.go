package registration

import (
	"context"
	"slices"
	"sync"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// memory is a Store of one event in memory, by the clock of a synctest bubble. What the database guarantees is tested on
// the database; this is for time.
type memory struct {
	event *race.Event
	// mu guards what follows; a transaction holds it.
	mu sync.Mutex
	// entries are in order of entry; an entry's ID is its index and 1.
	entries []Entry
	// looks counts how often somebody asked what is unsettled.
	looks int
	// failing is returned by the next look.
	failing error
}

var errNoSuchEvent = fault.New(fault.NotFound, "EVENT_NOT_FOUND", "there is no event with this id")

func (m *memory) EventVersion(_ context.Context, id race.EventID) (*race.Event, int64, error) {
	if id != m.event.ID {
		return nil, 0, errNoSuchEvent
	}
	return m.event, 1, nil
}

func (m *memory) places(id race.ID) Places {
	p := Places{Race: id, Limited: true, Capacity: m.event.Race(id).Capacity, Taking: ByTimes}
	for i := range m.entries {
		switch e := &m.entries[i]; {
		case e.Race != id:
		case e.State.HasPlace():
			p.Taken++
		case e.State == Waitlisted:
			p.Waiting++
		}
	}
	return p
}

func (m *memory) due(id race.ID) []Entry {
	var due []Entry
	for _, e := range m.entries {
		if e.Race == id && !e.ExpiresAt.IsZero() && !e.ExpiresAt.After(time.Now()) {
			due = append(due, e)
		}
	}
	return due
}

func (m *memory) Unsettled(context.Context) (races []Unsettled, next time.Duration, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	if err, m.failing = m.failing, nil; err != nil {
		return nil, 0, false, err
	}
	for i := range m.event.Races {
		id := m.event.Races[i].ID
		if p := m.places(id); len(m.due(id)) > 0 || p.Waiting > 0 && p.Taken < p.Capacity {
			races = append(races, Unsettled{RaceKey: RaceKey{m.event.ID, id}, Due: true})
		}
	}
	for _, e := range m.entries {
		if d := time.Until(e.ExpiresAt); !e.ExpiresAt.IsZero() && d > 0 && (!ok || d < next) {
			next, ok = d, true
		}
	}
	return races, next, ok, nil
}

func (m *memory) InRaces(ctx context.Context, _ Basis, f func(ctx context.Context, tx Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return f(ctx, memoryTx{m, time.Now()})
}

func (m *memory) Look(context.Context, race.EventID, race.ID, Question) (Seen, error) {
	return Seen{}, nil
}

func (m *memory) Find(context.Context, race.EventID, Key) (Entry, error) {
	return Entry{}, ErrEntryNotFound
}

func (m *memory) ListEntries(context.Context, race.EventID, race.ID, race.EntrantID, int) ([]Entry, error) {
	return m.entries, nil
}

func (m *memory) Counts(context.Context, race.EventID) ([]Counted, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var counted []Counted
	for i := range m.event.Races {
		r := &m.event.Races[i]
		counted = append(counted, Counted{Places: m.places(r.ID), EventCapacity: r.Capacity})
	}
	return counted, nil
}

func (m *memory) Totals(context.Context, race.EventID) ([]Totals, error) { return nil, nil }

func (m *memory) WaitingAhead(context.Context, race.EventID, race.ID, race.EntrantID) (int, error) {
	return 0, nil
}

type memoryTx struct {
	*memory
	now time.Time
}

func (tx memoryTx) Now() time.Time           { return tx.now }
func (tx memoryTx) Places(id race.ID) Places { return tx.places(id) }

func (tx memoryTx) Ask(_ context.Context, q Question) (Known, error) {
	known := Known{
		Requests: map[string]Answered{}, People: map[Digest][]Holding{}, Bibs: map[race.Bib]Wearer{},
		Chips: map[race.Chip]Wearer{},
	}
	for _, id := range q.Races {
		known.Due = append(known.Due, tx.due(id)...)
	}
	for i := range q.IDs {
		known.IDs = append(known.IDs, race.EntrantID(len(tx.entries)+i+1))
	}
	return known, nil
}

func (tx memoryTx) Waiting(_ context.Context, id race.ID, limit int) ([]Entry, error) {
	waiting := slices.DeleteFunc(slices.Clone(tx.entries), func(e Entry) bool {
		return e.Race != id || e.State != Waitlisted
	})
	return waiting[:min(limit, len(waiting))], nil
}

func (tx memoryTx) Entries(context.Context) ([]Entry, error) { return tx.entries, nil }

func (tx memoryTx) Save(_ context.Context, changes Changes) error {
	for _, c := range changes.Entries {
		if c.Before == nil {
			tx.memory.entries = append(tx.memory.entries, c.After)
		} else {
			tx.entries[c.After.ID-1] = c.After
		}
	}
	return nil
}
