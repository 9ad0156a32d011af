// Package registration owns who runs: entries of persons and teams from the first request to the hand-out of the bib, the
// places of races and who waits for one, bibs and chips, and the roster that follows from them. It knows nothing of reads
// or results.
package registration

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"raceday/services/rules/race"
)

// Events tells what is run.
type Events interface {
	// EventVersion returns the event as it is at present and the number of its version, or a fault that says that there is
	// none.
	EventVersion(ctx context.Context, id race.EventID) (*race.Event, int64, error)
}

// Service registers persons and teams and keeps the roster.
type Service struct {
	events Events
	store  Store
	papers PaperStore
	census Census
	now    func() time.Time
	// admissions are the registrations that wait, transitions what waits to be done to entries that exist.
	admissions  *queue[*application]
	transitions *queue[*transition]
	vacancies   *VacancyBoard

	mu sync.Mutex
	// latest are the events as they were read last, full the races that had no place when they were looked at last.
	latest map[race.EventID]versioned
	full   map[lane]bool
}

// versioned is an event and the number of its version.
type versioned struct {
	event   *race.Event
	version int64
}

// Dependencies are what a Service is made of.
type Dependencies struct {
	Events Events
	Store  Store
	Papers PaperStore
	Census Census
	// Vacancies is kept by whoever runs it.
	Vacancies *VacancyBoard
	// Now is the clock of this process, which decides nothing about entries.
	Now func() time.Time
}

// New returns a service.
func New(d Dependencies) *Service {
	return &Service{
		events: d.Events, store: d.Store, papers: d.Papers, census: d.Census, vacancies: d.Vacancies, now: d.Now,
		admissions: newQueue[*application](), transitions: newQueue[*transition](),
		latest: map[race.EventID]versioned{}, full: map[lane]bool{},
	}
}

// GetEntry returns an entry by its key, or ErrEntryNotFound.
func (s *Service) GetEntry(ctx context.Context, event race.EventID, key Key) (Entry, error) {
	if _, _, err := s.event(ctx, event, false); err != nil {
		return Entry{}, fmt.Errorf("get entry: %w", err)
	}
	if !key.wellFormed() {
		return Entry{}, ErrEntryNotFound
	}
	return s.store.Find(ctx, event, key)
}

// ListEntries returns at most limit entries of an event, or of one race of it, in order of entry: those after the entrant
// given. It returns ErrRaceNotFound for a race that the event does not have.
func (s *Service) ListEntries(
	ctx context.Context, event race.EventID, id race.ID, after race.EntrantID, limit int,
) ([]Entry, error) {
	e, _, err := s.events.EventVersion(ctx, event)
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	if id != "" && e.Race(id) == nil {
		return nil, ErrRaceNotFound
	}
	return s.store.ListEntries(ctx, event, id, after, limit)
}

// competitions bounds how often something is decided anew because another process was faster with the same person or
// request, or because another version of the event was applied.
const competitions = 5

// inRaces runs f while the places of races are held, with the event as it then stands, and again where somebody else was
// faster. choose picks the races; nil stands for all of them. What f may not keep between its runs is as in
// Store.InRaces.
func (s *Service) inRaces(
	ctx context.Context, id race.EventID, choose func(event *race.Event) ([]race.ID, error),
	f func(ctx context.Context, tx Tx, event *race.Event) error,
) error {
	for attempt := range competitions {
		event, version, err := s.event(ctx, id, attempt > 0)
		if err != nil {
			return err
		}
		on := basisOf(event, version)
		if choose != nil {
			ids, err := choose(event)
			if err != nil {
				return err
			}
			on = on.only(ids)
		}
		err = s.store.InRaces(ctx, on, func(ctx context.Context, tx Tx) error { return f(ctx, tx, event) })
		if !errors.Is(err, ErrOvertaken) {
			return err
		}
	}
	return ErrBusy
}

// inEvent is inRaces for every race of an event, so that nothing about its entries changes meanwhile.
func (s *Service) inEvent(
	ctx context.Context, id race.EventID, f func(ctx context.Context, tx Tx, event *race.Event) error,
) error {
	return s.inRaces(ctx, id, nil, f)
}

// event returns an event as it was read last, which the transaction checks to be the newest, or reads it anew.
func (s *Service) event(ctx context.Context, id race.EventID, anew bool) (*race.Event, int64, error) {
	s.mu.Lock()
	known, ok := s.latest[id]
	s.mu.Unlock()
	if ok && !anew {
		return known.event, known.version, nil
	}
	event, version, err := s.events.EventVersion(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest[id] = versioned{event, version}
	return event, version, nil
}
