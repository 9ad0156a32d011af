package registrationpg

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// InRaces runs f in one transaction that holds the places of the basis; see registration.Store.
func (s *Store) InRaces(
	ctx context.Context, on registration.Basis, f func(ctx context.Context, tx registration.Tx) error,
) error {
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		held, err := hold(ctx, tx, on)
		if err != nil {
			return err
		}
		return f(ctx, &holding{tx: tx, event: on.Event, places: held})
	})
	return translate(err)
}

// holding is a registration.Tx.
type holding struct {
	tx     pgx.Tx
	event  race.EventID
	places map[race.ID]placesRow
}

type placesRow struct {
	Race     race.ID
	Capacity *int
	Taken    int
	// Version is the event's newest when the place was locked: whoever applies another one holds all places first.
	Version int64
}

// Free returns the free places of a race that is held, math.MaxInt where there is no limit.
func (h *holding) Free(id race.ID) int {
	row := h.places[id]
	if row.Capacity == nil {
		return math.MaxInt
	}
	return *row.Capacity - row.Taken
}

// The order of races is the same in every transaction, so that none waits for another that waits for it.
const lockPlaces = `
WITH held AS MATERIALIZED (
    SELECT race, capacity, taken
    FROM registration.races
    WHERE event = @event
      AND race = ANY (@races)
    ORDER BY race
    FOR UPDATE)
SELECT race, capacity, taken, event.version_of(@event)
FROM held`

// A capacity below what is taken already would undo places that are sold: it then is what is taken, and no place is free.
const upsertPlaces = `
INSERT INTO registration.races (event, race, capacity)
SELECT @event, wanted.race, nullif(wanted.capacity, 0)
FROM unnest(@races::text[], @capacities::integer[]) AS wanted (race, capacity)
ORDER BY wanted.race
ON CONFLICT ON CONSTRAINT races_pkey DO UPDATE
SET capacity = CASE
    WHEN excluded.capacity < races.taken THEN races.taken
    ELSE excluded.capacity
END
RETURNING race, capacity, taken, event.version_of(@event)`

// hold locks the places, and brings them in line with the event where they are not. It returns
// registration.ErrEventChanged where the event has another version than the basis.
func hold(ctx context.Context, tx pgx.Tx, on registration.Basis) (map[race.ID]placesRow, error) {
	arguments := pgx.StrictNamedArgs{"event": on.Event}
	ids := make([]string, len(on.Races))
	capacities := make([]int, len(on.Races))
	for i, places := range on.Races {
		ids[i], capacities[i] = string(places.Race), places.Capacity
	}
	arguments["races"] = ids
	held, err := placesBy(ctx, tx, lockPlaces, arguments, on.Version)
	if err != nil {
		return nil, fmt.Errorf("lock places: %w", err)
	}
	inLine := true
	for _, places := range on.Races {
		row, known := held[places.Race]
		inLine = inLine && known && row.follows(places.Capacity)
	}
	if inLine {
		return held, nil
	}
	arguments["capacities"] = capacities
	if held, err = placesBy(ctx, tx, upsertPlaces, arguments, on.Version); err != nil {
		return nil, fmt.Errorf("bring places in line with the event: %w", err)
	}
	return held, nil
}

// follows reports whether the row has the capacity that the event gives the race, or as near to it as what is taken lets.
func (p placesRow) follows(capacity int) bool {
	if p.Capacity == nil || capacity == 0 {
		return p.Capacity == nil && capacity == 0
	}
	return *p.Capacity == max(capacity, p.Taken)
}

func placesBy(
	ctx context.Context, tx pgx.Tx, query string, arguments pgx.StrictNamedArgs, version int64,
) (map[race.ID]placesRow, error) {
	rows, err := tx.Query(ctx, query, arguments)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[placesRow])
	if err != nil {
		return nil, err
	}
	held := make(map[race.ID]placesRow, len(list))
	for _, row := range list {
		if row.Version != version {
			return nil, registration.ErrEventChanged
		}
		held[row.Race] = row
	}
	return held, nil
}

const selectRequests = `
SELECT e.entry, e.members
FROM registration.whole_entries AS e
WHERE e.event = @event
  AND e.request_id = ANY (@request_ids)`

const selectPeople = `
SELECT person, in_team
FROM registration.people
WHERE event = @event
  AND person = ANY (@people)`

// Known returns which of these requests and people the event knows already.
func (h *holding) Known(
	ctx context.Context, requestIDs []string, people []registration.Digest,
) (registration.Known, error) {
	persons := make([][]byte, len(people))
	for i := range people {
		persons[i] = people[i][:]
	}
	known := registration.Known{
		Requests: map[string]registration.Entry{},
		People:   map[registration.Digest]registration.Holding{},
	}
	batch := &pgx.Batch{}
	batch.Queue(selectRequests, pgx.StrictNamedArgs{"event": h.event, "request_ids": requestIDs}).
		Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wholeEntry])
			if err != nil {
				return err
			}
			entries, err := entriesOf(found)
			for _, e := range entries {
				known.Requests[e.RequestID] = e
			}
			return err
		})
	batch.Queue(selectPeople, pgx.StrictNamedArgs{"event": h.event, "people": persons}).
		Query(func(rows pgx.Rows) error {
			var person []byte
			var inTeam bool
			_, err := pgx.ForEachRow(rows, []any{&person, &inTeam}, func() error {
				known.People[registration.Digest(person)] = registration.Holding{InTeam: inTeam}
				return nil
			})
			return err
		})
	if err := h.tx.SendBatch(ctx, batch).Close(); err != nil {
		return registration.Known{}, fmt.Errorf("look for known requests and people: %w", err)
	}
	return known, nil
}

// Entry returns the entry with this reference, or registration.ErrEntryNotFound.
func (h *holding) Entry(ctx context.Context, reference registration.Reference) (registration.Entry, error) {
	return findEntry(ctx, h.tx, selectEntryByReference, pgx.StrictNamedArgs{"event": h.event, "reference": reference})
}

// importTime is what a statement may take where all entries of an event are read.
const importTime = time.Minute

// Entries returns every entry of the event, withdrawn ones included, in order of entry.
func (h *holding) Entries(ctx context.Context) ([]registration.Entry, error) {
	if err := postgres.AllowTime(ctx, h.tx, importTime); err != nil {
		return nil, err
	}
	return listEntries(ctx, h.tx, selectEntries, pgx.StrictNamedArgs{
		"event": h.event, "after": 0, "limit": math.MaxInt32,
	})
}
