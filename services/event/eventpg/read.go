package eventpg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/event"
	"raceday/services/postgres"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// Event returns an event as it is at present, to be shared and not changed, or event.ErrNotFound.
func (s *Store) Event(ctx context.Context, id race.EventID) (*race.Event, error) {
	v, _, err := s.Current(ctx, id)
	return v.Event, err
}

// EventVersion returns an event like Event, with the number of its version.
func (s *Store) EventVersion(ctx context.Context, id race.EventID) (*race.Event, int64, error) {
	v, _, err := s.Current(ctx, id)
	return v.Event, v.Number, err
}

// Newest returns the newest version, or event.ErrNotFound.
func (s *Store) Newest(ctx context.Context, id race.EventID) (event.Version, error) {
	v, _, err := s.Current(ctx, id)
	return v, err
}

const selectEvent = `
SELECT version, change
FROM event.events
WHERE id = @id`

// Current returns the newest version and the last change number of an event, both of one instant, or event.ErrNotFound.
func (s *Store) Current(ctx context.Context, id race.EventID) (v event.Version, change int64, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		v, change, err = s.current(ctx, tx, id)
		return err
	})
	if err != nil {
		return event.Version{}, 0, err
	}
	return v, change, nil
}

func (s *Store) current(ctx context.Context, tx pgx.Tx, id race.EventID) (event.Version, int64, error) {
	number, change, err := numbers(ctx, tx, id)
	if err != nil {
		return event.Version{}, 0, err
	}
	v, err := s.version(ctx, tx, id, number)
	return v, change, err
}

const selectVersionAt = `
SELECT coalesce(max(version), 0)
FROM event.versions
WHERE event = @event
  AND change <= @change`

// EventAt returns the event as it was after a change number, shared like Event's; before the first version it is the
// newest. It returns event.ErrNotFound where there is none.
func (s *Store) EventAt(ctx context.Context, id race.EventID, change int64) (e *race.Event, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		v, err := s.versionAt(ctx, tx, id, change)
		e = v.Event
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (s *Store) versionAt(ctx context.Context, tx pgx.Tx, id race.EventID, change int64) (event.Version, error) {
	number, _, err := numbers(ctx, tx, id)
	if err != nil {
		return event.Version{}, err
	}
	var then int64
	err = tx.QueryRow(ctx, selectVersionAt, pgx.StrictNamedArgs{"event": id, "change": change}).Scan(&then)
	if err != nil {
		return event.Version{}, fmt.Errorf("read version at change %d: %w", change, err)
	}
	if then > 0 {
		number = then
	}
	return s.version(ctx, tx, id, number)
}

// CurrentChange returns the last change number of an event, or event.ErrNotFound.
func (s *Store) CurrentChange(ctx context.Context, id race.EventID) (change int64, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		_, change, err = numbers(ctx, tx, id)
		return err
	})
	return change, err
}

func numbers(ctx context.Context, tx pgx.Tx, id race.EventID) (version, change int64, err error) {
	if !race.IsID(string(id)) { // It may hold what no text of Postgres can.
		return 0, 0, event.ErrNotFound
	}
	err = tx.QueryRow(ctx, selectEvent, pgx.StrictNamedArgs{"id": id}).Scan(&version, &change)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, 0, event.ErrNotFound
	case err != nil:
		return 0, 0, fmt.Errorf("read event: %w", err)
	}
	return version, change, nil
}

// FileAt returns the canonical file of the event as it was after a change number, as a transaction sees it; before the first
// version it is the newest. It is shared like the event. It returns event.ErrNotFound where there is none.
func (s *Store) FileAt(ctx context.Context, tx pgx.Tx, id race.EventID, change int64) ([]byte, error) {
	v, err := s.versionAt(ctx, tx, id, change)
	return v.File, err
}

const selectEventIDs = `
SELECT id
FROM event.events
ORDER BY id`

// EventIDs returns the ids of all events, in their order.
func (s *Store) EventIDs(ctx context.Context) (ids []race.EventID, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectEventIDs)
		if err != nil {
			return fmt.Errorf("list event ids: %w", err)
		}
		if ids, err = pgx.CollectRows(rows, pgx.RowTo[race.EventID]); err != nil {
			return fmt.Errorf("list event ids: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// A page begins behind a day and an id; the first begins without a day.
const selectSummaries = `
SELECT id, name, day, version, races
FROM event.events
WHERE @day::date IS NULL
   OR day < @day::date
   OR (day = @day::date AND id > @id)
ORDER BY day DESC, id
LIMIT @limit`

type summaryRow struct {
	ID      string
	Name    string
	Day     time.Time
	Version int64
	Races   []race.ID
}

// List returns at most limit events behind after, as event.Store has it.
func (s *Store) List(ctx context.Context, after *event.Cursor, limit int) ([]event.Summary, error) {
	arguments := pgx.StrictNamedArgs{"day": nil, "id": "", "limit": limit}
	if after != nil {
		arguments["day"], arguments["id"] = date(after.Day), after.ID
	}
	var found []summaryRow
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectSummaries, arguments)
		if err != nil {
			return fmt.Errorf("list events: %w", err)
		}
		if found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[summaryRow]); err != nil {
			return fmt.Errorf("list events: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := make([]event.Summary, 0, len(found))
	for _, r := range found {
		list = append(list, event.Summary{
			ID: race.EventID(r.ID), Name: r.Name, Day: civil.DayOf(r.Day), Version: r.Version, Races: r.Races,
		})
	}
	return list, nil
}
