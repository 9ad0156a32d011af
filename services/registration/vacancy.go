package registration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/fee"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Vacancy is what a race has left.
type Vacancy struct {
	Places
	// Closed is why the race takes no entries; nil where it does.
	Closed *fault.Fault
	// FeeMinor and CharityMinor are those of an entry made now.
	FeeMinor, CharityMinor int64
	// Waitlist says whether entries of a full race may wait.
	Waitlist bool
}

// Free returns the free places; false where there is no limit.
func (v *Vacancy) Free() (int, bool) {
	return max(0, v.Capacity-v.Taken), v.Limited
}

func vacancyOf(event *race.Event, r *race.Race, places Places, now time.Time) Vacancy {
	price := fee.At(r, racetime.At(now))
	return Vacancy{
		Places: places, Closed: phaseOf(event, r, places.Taking, now),
		FeeMinor: price.AmountMinor, CharityMinor: price.CharityMinor, Waitlist: r.Registration.Waitlist > 0,
	}
}

// GetVacancies returns what each race of an event has left, in the event's order: from memory, as of the last news of a
// change.
func (s *Service) GetVacancies(ctx context.Context, event race.EventID) ([]Vacancy, error) {
	left, err := s.vacancies.get(ctx, event)
	if err != nil {
		return nil, fmt.Errorf("get vacancies: %w", err)
	}
	return left.at(s.now()), nil
}

// watchEvery is how often a watcher is told at the most.
const watchEvery = time.Second

// WatchVacancies sends what each race of an event has left, and again when it changes, at most once a second; the last is
// always exact. It returns nil when ctx ends, else the error of send.
func (s *Service) WatchVacancies(ctx context.Context, event race.EventID, send func([]Vacancy) error) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	var sent []Vacancy
	for {
		left, err := s.vacancies.get(ctx, event)
		if err != nil {
			return fmt.Errorf("watch vacancies: %w", err)
		}
		if now := left.at(s.now()); !slices.Equal(sent, now) {
			if err := send(now); err != nil {
				return err
			}
			sent = now
			if !wait(ctx, pause, watchEvery, nil) {
				return nil
			}
			continue // It may have changed meanwhile.
		}
		if !wait(ctx, pause, untilNext(left.event, s.now()), left.changed) {
			return nil
		}
	}
}

// untilNext returns the time until the event's own times change something, negative where they will not.
func untilNext(event *race.Event, now time.Time) time.Duration {
	next := time.Duration(-1)
	consider := func(at racetime.Instant) {
		if d := at.Time().Sub(now); at != 0 && d >= 0 && (next < 0 || d < next) {
			next = d
		}
	}
	for i := range event.Races {
		r := &event.Races[i]
		consider(r.Registration.OpensAt)
		// What ends at an instant holds at that very instant.
		consider(r.Registration.ClosesAt.Add(time.Microsecond))
		for _, tier := range r.Fees {
			consider(tier.Until.Add(time.Microsecond))
		}
	}
	return next
}

// VacancyBoard keeps in memory what the races of events have left: whoever asks does not wait for the database, however
// many ask.
type VacancyBoard struct {
	events Events
	census Census
	wake   chan struct{}
	// reading: one at a time, so that what was read last is shown.
	reading sync.Mutex
	mu      sync.Mutex
	known   map[race.EventID]*left
	stale   map[race.EventID]bool
	// news counts what was heard.
	news int
}

// left is what the races of an event have left; it does not change.
type left struct {
	event  *race.Event
	places []Places
	// changed is closed when there is a newer one.
	changed chan struct{}
}

func (l *left) at(now time.Time) []Vacancy {
	vacancies := make([]Vacancy, len(l.places))
	for i, places := range l.places {
		vacancies[i] = vacancyOf(l.event, &l.event.Races[i], places, now)
	}
	return vacancies
}

// NewVacancyBoard returns a board that knows nothing yet.
func NewVacancyBoard(events Events, census Census) *VacancyBoard {
	return &VacancyBoard{
		events: events, census: census, wake: make(chan struct{}, 1),
		known: map[race.EventID]*left{}, stale: map[race.EventID]bool{},
	}
}

func (b *VacancyBoard) get(ctx context.Context, event race.EventID) (*left, error) {
	if known := b.look(event); known != nil {
		return known, nil
	}
	b.reading.Lock()
	defer b.reading.Unlock()
	if known := b.look(event); known != nil { // Read by another while this one waited.
		return known, nil
	}
	return b.read(ctx, event)
}

func (b *VacancyBoard) look(event race.EventID) *left {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.known[event]
}

func (b *VacancyBoard) load(ctx context.Context, event race.EventID) error {
	b.reading.Lock()
	defer b.reading.Unlock()
	_, err := b.read(ctx, event)
	return err
}

// read reads an event's places and shows them from then on.
func (b *VacancyBoard) read(ctx context.Context, event race.EventID) (*left, error) {
	b.mu.Lock()
	news := b.news
	b.mu.Unlock()
	e, _, err := b.events.EventVersion(ctx, event)
	if err != nil {
		return nil, err
	}
	counted, err := b.census.Counts(ctx, event)
	if err != nil {
		return nil, err
	}
	newer := &left{event: e, changed: make(chan struct{})}
	for i := range e.Races {
		r := &e.Races[i]
		places := Counted{Places: Places{Race: r.ID, Taking: ByTimes}}
		if at := slices.IndexFunc(counted, func(c Counted) bool { return c.Race == r.ID }); at >= 0 {
			places = counted[at]
		}
		newer.places = append(newer.places, places.under(r.Capacity))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if older := b.known[event]; older != nil {
		close(older.changed)
	}
	b.known[event] = newer
	if b.news != news { // It may tell of what was committed after the reading.
		b.stale[event] = true
		b.ring()
	}
	return newer, nil
}

// Heard tells the board that entries of an event, or with no event of any, or the event itself changed.
func (b *VacancyBoard) Heard(event race.EventID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.news++
	for id := range b.known {
		if id == event || event == "" {
			b.stale[id] = true
		}
	}
	b.ring()
}

// ring wakes Run.
func (b *VacancyBoard) ring() {
	select {
	case b.wake <- struct{}{}:
	default: // It will look anyway.
	}
}

const (
	// boardEvery is how often an event is read at the most.
	boardEvery = 100 * time.Millisecond
	// boardAgain is how long it waits after one that failed.
	boardAgain = time.Second
)

// Run reads what was heard of until ctx ends. failed is told of what went wrong; it is tried again.
func (b *VacancyBoard) Run(ctx context.Context, failed func(error)) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		if !wait(ctx, pause, -1, b.wake) {
			return nil
		}
		next := boardEvery
		for _, event := range b.takeStale() {
			if err := b.load(ctx, event); err != nil && ctx.Err() == nil {
				failed(fmt.Errorf("read what event %s has left: %w", event, err))
				b.Heard(event)
				next = boardAgain
			}
		}
		if !wait(ctx, pause, next, nil) {
			return nil
		}
	}
}

func (b *VacancyBoard) takeStale() []race.EventID {
	b.mu.Lock()
	defer b.mu.Unlock()
	events := slices.Collect(maps.Keys(b.stale))
	clear(b.stale)
	return events
}
