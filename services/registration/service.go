// Package registration owns who runs: entries of persons and teams, the places of races, bibs and chips, and the roster
// that follows from them. It knows nothing of reads or results.
package registration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"raceday/services/rules/race"
)

// Events tells what is run.
type Events interface {
	// EventVersion returns the event as it is at present and the number of its version, or a fault that says that there is
	// none.
	EventVersion(ctx context.Context, id race.EventID) (*race.Event, int64, error)
}

// Store keeps entries.
type Store interface {
	// InRaces runs f in one transaction that holds the places of the basis, so that nobody else gives one or takes one
	// back meanwhile, and nobody applies another version of the event. What f reads is what was committed before. It may
	// run f more than once, so f keeps no state between its runs and tells nobody. It returns f's error, or that of the
	// commit; without running f, ErrEventChanged where the version is not the newest.
	InRaces(ctx context.Context, on Basis, f func(ctx context.Context, tx Tx) error) error
	// EntryByReference returns the entry, or ErrEntryNotFound.
	EntryByReference(ctx context.Context, event race.EventID, reference Reference) (Entry, error)
	// EntryByBib returns the confirmed entry that holds the bib, itself or by a member, or ErrEntryNotFound.
	EntryByBib(ctx context.Context, event race.EventID, bib race.Bib) (Entry, error)
	// ListEntries returns at most limit entries of the event, or of one race of it, in order of entry, after one.
	ListEntries(ctx context.Context, event race.EventID, race race.ID, after race.EntrantID, limit int) ([]Entry, error)
}

// Basis is what is decided by: a version of an event, and those of its races whose entries may change.
type Basis struct {
	Event   race.EventID
	Version int64
	Races   []Places
}

// Places are those of a race as the event has them.
type Places struct {
	Race race.ID
	// Capacity is zero for no limit.
	Capacity int
}

// Tx is what can be read and written while the places of races are held.
type Tx interface {
	// Free returns the free places of a race that is held, math.MaxInt where there is no limit.
	Free(race race.ID) int
	// Known returns which of these requests and people the event knows already.
	Known(ctx context.Context, requestIDs []string, people []Digest) (Known, error)
	// Entry returns the entry with this reference, or ErrEntryNotFound.
	Entry(ctx context.Context, reference Reference) (Entry, error)
	// Entries returns every entry of the event, withdrawn ones included, in order of entry.
	Entries(ctx context.Context) ([]Entry, error)
	// Save writes the changes, the places and claims that follow, and the change of the roster if it is one. It returns
	// ErrReferenceTaken, ErrRequestIDReused, ErrAlreadyEntered, ErrBibTaken, ErrChipTaken or ErrRaceFull where another
	// entry of the event stands against it.
	Save(ctx context.Context, changes Changes) error
}

// Known is what an event knows of requests and people.
type Known struct {
	// Requests are the entries that they made, by request id.
	Requests map[string]Entry
	// People are those who are entered.
	People map[Digest]Holding
}

// Holding says how a person is entered.
type Holding struct {
	InTeam bool
}

// Changes are written together. Added entries have no ID yet; changed ones are recorded with their cause.
type Changes struct {
	Added   []Entry
	Changed []Change
	Cause   Cause
}

// Change is an entry before and after; ID, reference and request are the same.
type Change struct {
	Before, After Entry
}

// Cause is why entries are changed, by whom and when.
type Cause struct {
	// Action is one of the actions below.
	Action Action
	Actor  string
	// Reason is what the actor said.
	Reason string
	At     time.Time
}

// Action is what was done to an entry.
type Action string

// The actions.
const (
	ActionCorrect      Action = "CORRECT"
	ActionAssignBibs   Action = "ASSIGN_BIBS"
	ActionAssignChips  Action = "ASSIGN_CHIPS"
	ActionImportRoster Action = "IMPORT_ROSTER"
)

// Service registers persons and teams and keeps the roster.
type Service struct {
	events Events
	store  Store
	now    func() time.Time
	queue  *queue
}

// New returns a service; now is the clock.
func New(events Events, store Store, now func() time.Time) *Service {
	return &Service{events: events, store: store, now: now, queue: newQueue()}
}

// GetEntry returns an entry by its reference, or ErrEntryNotFound.
func (s *Service) GetEntry(ctx context.Context, event race.EventID, reference Reference) (Entry, error) {
	if _, _, err := s.events.EventVersion(ctx, event); err != nil {
		return Entry{}, fmt.Errorf("get entry: %w", err)
	}
	if !reference.wellFormed() {
		return Entry{}, ErrEntryNotFound
	}
	return s.store.EntryByReference(ctx, event, reference)
}

// GetEntryByBib returns the entry that holds a bib, itself or by a member, or ErrEntryNotFound.
func (s *Service) GetEntryByBib(ctx context.Context, event race.EventID, bib race.Bib) (Entry, error) {
	if _, _, err := s.events.EventVersion(ctx, event); err != nil {
		return Entry{}, fmt.Errorf("get entry: %w", err)
	}
	if _, err := race.ParseBib(string(bib)); err != nil {
		return Entry{}, ErrEntryNotFound
	}
	return s.store.EntryByBib(ctx, event, bib)
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

// instant is the present in whole microseconds, as it is stored.
func (s *Service) instant() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// inEvent runs f while the places of all races of an event are held, so that nothing about its entries changes meanwhile,
// and with the event as it then stands.
func (s *Service) inEvent(
	ctx context.Context, id race.EventID, f func(ctx context.Context, tx Tx, event *race.Event) error,
) error {
	for range competitions {
		event, version, err := s.events.EventVersion(ctx, id)
		if err != nil {
			return err
		}
		err = s.store.InRaces(ctx, basisOf(event, version), func(ctx context.Context, tx Tx) error {
			return f(ctx, tx, event)
		})
		if !errors.Is(err, ErrEventChanged) {
			return err
		}
	}
	return ErrBusy
}

// basisOf is a whole event.
func basisOf(event *race.Event, version int64) Basis {
	places := make([]Places, len(event.Races))
	for i := range event.Races {
		places[i] = Places{event.Races[i].ID, event.Races[i].Capacity}
	}
	return Basis{Event: event.ID, Version: version, Races: places}
}
