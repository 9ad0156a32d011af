// Package eventpg keeps events and their versions in the schema event. It decides nothing about them.
package eventpg

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/event"
	"raceday/services/postgres"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Store is an event.Store on Postgres. It keeps the newest version of each event parsed.
type Store struct {
	db     postgres.Beginner
	mu     sync.Mutex
	newest map[race.EventID]event.Version
}

// New returns a store on a pool, or inside a transaction.
func New(db postgres.Beginner) *Store {
	return &Store{db: db, newest: map[race.EventID]event.Version{}}
}

// Append stores what next makes of the newest version, as event.Store has it. The context that next gets joins the
// transaction; whatever else it locks is locked before the event's row, which others take last.
func (s *Store) Append(
	ctx context.Context, id race.EventID, next func(ctx context.Context, newest event.Version) (*event.Version, error),
) (stands event.Version, stored bool, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		stands, stored = event.Version{}, false
		newest, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		draft, err := next(postgres.Join(ctx, s.db, tx), newest)
		if err != nil || draft == nil {
			stands = newest
			return err
		}
		stands, stored = *draft, true
		stands.Number = newest.Number + 1
		return insert(ctx, tx, newest, stands)
	})
	if err != nil {
		return event.Version{}, false, err
	}
	return stands, stored, nil
}

// Not the event's row: whoever writes another fact of the event waits for that one, and it must be taken last.
const lockVersions = `
SELECT pg_advisory_xact_lock(hashtextextended('versions of ' || @id::text, 0))`

// lock returns the newest version and keeps it the newest until the transaction ends; the zero Version where there is no
// event.
func (s *Store) lock(ctx context.Context, tx pgx.Tx, id race.EventID) (event.Version, error) {
	if _, err := tx.Exec(ctx, lockVersions, pgx.StrictNamedArgs{"id": id}); err != nil {
		return event.Version{}, fmt.Errorf("lock versions: %w", err)
	}
	newest, _, err := s.current(ctx, tx, id)
	if errors.Is(err, event.ErrNotFound) {
		return event.Version{}, nil
	}
	return newest, err
}

const insertEvent = `
INSERT INTO event.events (id, version, name, day, races)
VALUES (@id, @version, @name, @day, @races)`

const updateEvent = `
UPDATE event.events
SET version = @version, name = @name, day = @day, races = @races
WHERE id = @id`

const insertVersion = `
INSERT INTO event.versions (event, version, change, file, actor, applied_at)
VALUES (@event, @version, event.next_change(@event), @file, @actor, @applied_at)`

const recordVersion = `
SELECT audit.record(@event, @at, @actor, 'EVENT_APPLIED', @detail)`

func insert(ctx context.Context, tx pgx.Tx, before, v event.Version) error {
	write := updateEvent
	if v.Number == 1 {
		write = insertEvent
	}
	races := make([]string, 0, len(v.Event.Races))
	for i := range v.Event.Races {
		races = append(races, string(v.Event.Races[i].ID))
	}
	_, err := tx.Exec(ctx, write, pgx.StrictNamedArgs{
		"id": v.Event.ID, "version": v.Number, "name": v.Event.Name, "day": date(v.Event.Day), "races": races,
	})
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	_, err = tx.Exec(ctx, insertVersion, pgx.StrictNamedArgs{
		"event": v.Event.ID, "version": v.Number, "file": string(v.File), "actor": v.Actor,
		"applied_at": v.AppliedAt.Time(),
	})
	if err != nil {
		return fmt.Errorf("insert version: %w", err)
	}
	_, err = tx.Exec(ctx, recordVersion, pgx.StrictNamedArgs{
		"event": v.Event.ID, "at": v.AppliedAt.Time(), "actor": v.Actor, "detail": event.Difference(before, v),
	})
	if err != nil {
		return fmt.Errorf("record version: %w", err)
	}
	return nil
}

const selectVersion = `
SELECT file, actor, applied_at
FROM event.versions
WHERE event = @event
  AND version = @version`

// version returns a version of an event, parsed once for all who ask.
func (s *Store) version(ctx context.Context, tx pgx.Tx, id race.EventID, number int64) (event.Version, error) {
	s.mu.Lock()
	v, ok := s.newest[id]
	s.mu.Unlock()
	if ok && v.Number == number {
		return v, nil
	}
	var file string
	var appliedAt time.Time
	v = event.Version{Number: number}
	err := tx.QueryRow(ctx, selectVersion, pgx.StrictNamedArgs{"event": id, "version": number}).
		Scan(&file, &v.Actor, &appliedAt)
	if err != nil {
		return event.Version{}, fmt.Errorf("read version %d: %w", number, err)
	}
	v.File, v.AppliedAt = []byte(file), racetime.At(appliedAt)
	if v.Event, err = event.Parse(v.File); err != nil {
		return event.Version{}, fmt.Errorf("parse version %d of %s: %w", number, id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest[id].Number < number {
		s.newest[id] = v
	}
	return v, nil
}

func date(day civil.Day) time.Time {
	return time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, time.UTC)
}
