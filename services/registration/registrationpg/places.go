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
		h := &holding{tx: tx, event: on.Event, places: held}
		for _, row := range held {
			if row.Now.After(h.now) {
				h.now = row.Now
			}
		}
		return f(postgres.Join(ctx, s.db, tx), h)
	})
	return translate(err)
}

// holding is a registration.Tx.
type holding struct {
	tx    pgx.Tx
	event race.EventID
	// now is when the last of the places was locked.
	now    time.Time
	places map[race.ID]placesRow
}

// placesRow is a row of registration.races, and what was true when it was read.
type placesRow struct {
	Race           race.ID
	Capacity       *int
	EventCapacity  *int
	Taken, Waiting int
	Taking         registration.Taking
	// Version is the event's newest when the place was locked: whoever applies another one holds all places first.
	Version int64
	Now     time.Time
}

func (p *placesRow) counted() registration.Counted {
	c := registration.Counted{Places: registration.Places{
		Race: p.Race, Limited: p.Capacity != nil, Taken: p.Taken, Waiting: p.Waiting, Taking: p.Taking,
	}}
	if p.Capacity != nil {
		c.Capacity = *p.Capacity
	}
	if p.EventCapacity != nil {
		c.EventCapacity = *p.EventCapacity
	}
	return c
}

// Now is the instant at which the places were held, by the clock of the database.
func (h *holding) Now() time.Time { return h.now }

// Places returns those of a race that is held.
func (h *holding) Places(id race.ID) registration.Places {
	row := h.places[id]
	return row.counted().Places
}

// The order of races is the same in every transaction, so that none waits for another that waits for it.
const lockPlaces = `
WITH held AS MATERIALIZED (
    SELECT race, capacity, event_capacity, taken, waiting, taking
    FROM registration.races
    WHERE event = @event
      AND race = ANY (@races)
    ORDER BY race
    FOR UPDATE)
SELECT race, capacity, event_capacity, taken, waiting, taking, event.version_of(@event), clock_timestamp()
FROM held`

// The event's file says another number than before. A capacity below what is taken already would undo places that are
// sold: it then is what is taken, and no place is free.
const upsertPlaces = `
INSERT INTO registration.races (event, race, capacity, event_capacity)
SELECT @event, wanted.race, nullif(wanted.capacity, 0), nullif(wanted.capacity, 0)
FROM unnest(@races::text[], @capacities::integer[]) AS wanted (race, capacity)
ORDER BY wanted.race
ON CONFLICT ON CONSTRAINT races_pkey DO UPDATE
SET event_capacity = excluded.event_capacity, capacity = CASE
    WHEN races.event_capacity IS NOT DISTINCT FROM excluded.event_capacity THEN races.capacity
    WHEN excluded.capacity < races.taken THEN races.taken
    ELSE excluded.capacity
END
RETURNING race, capacity, event_capacity, taken, waiting, taking, event.version_of(@event), clock_timestamp()`

// hold locks the places, and brings them in line with the event where they are not. It returns
// registration.ErrOvertaken where the event has another version than the basis.
func hold(ctx context.Context, tx pgx.Tx, on registration.Basis) (map[race.ID]placesRow, error) {
	arguments := pgx.StrictNamedArgs{"event": on.Event}
	ids := make([]string, len(on.Races))
	capacities := make([]int, len(on.Races))
	for i, limit := range on.Races {
		ids[i], capacities[i] = string(limit.Race), limit.Capacity
	}
	arguments["races"] = ids
	held, err := placesBy(ctx, tx, lockPlaces, arguments, on.Version)
	if err != nil {
		return nil, fmt.Errorf("lock places: %w", err)
	}
	inLine := true
	for _, limit := range on.Races {
		row, known := held[limit.Race]
		inLine = inLine && known && row.counted().EventCapacity == limit.Capacity
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

// Plans that the server kept from when the tables were empty read them whole, until statistics come after a minute.
const planAnew = `
SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`

func placesBy(
	ctx context.Context, tx pgx.Tx, query string, arguments pgx.StrictNamedArgs, version int64,
) (map[race.ID]placesRow, error) {
	held := map[race.ID]placesRow{}
	batch := &pgx.Batch{}
	batch.Queue(planAnew)
	batch.Queue(query, arguments).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[placesRow])
		for _, row := range list {
			if row.Version != version {
				return registration.ErrOvertaken
			}
			row.Now = row.Now.UTC()
			held[row.Race] = row
		}
		return err
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	return held, nil
}

// Ask answers a question by what was committed before the places were held.
func (h *holding) Ask(ctx context.Context, q registration.Question) (registration.Known, error) {
	return ask(ctx, h.tx, h.event, h.now, q)
}

const selectWaiting = `
SELECT e.entry, e.members
FROM registration.whole_entries AS e
WHERE e.event = @event
  AND e.race = @race
  AND e.state = 'WAITLISTED'
ORDER BY e.entrant
LIMIT @limit`

// Waiting returns at most limit waitlisted entries of a race, who waits longest first.
func (h *holding) Waiting(ctx context.Context, id race.ID, limit int) ([]registration.Entry, error) {
	return listEntries(ctx, h.tx, selectWaiting, pgx.StrictNamedArgs{"event": h.event, "race": id, "limit": limit})
}

// importTime is what a statement may take where all entries of an event are read.
const importTime = time.Minute

// Entries returns every entry of the event, those that have ended included, in order of entry.
func (h *holding) Entries(ctx context.Context) ([]registration.Entry, error) {
	if err := postgres.AllowTime(ctx, h.tx, importTime); err != nil {
		return nil, err
	}
	return listEntries(ctx, h.tx, selectEntries, pgx.StrictNamedArgs{
		"event": h.event, "after": 0, "limit": math.MaxInt32,
	})
}

const selectPlaces = `
SELECT race, capacity, event_capacity, taken, waiting, taking, event.version_of(@event), clock_timestamp()
FROM registration.races
WHERE event = @event
  AND (race = @race OR @race = '')
ORDER BY race`

// Look answers a question without holding anything. The places are read before the rest: a request that got the last of
// them is found among those that were answered.
func (s *Store) Look(
	ctx context.Context, event race.EventID, id race.ID, q registration.Question,
) (seen registration.Seen, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		seen = registration.Seen{}
		if id != "" {
			places, err := listPlaces(ctx, tx, event, id)
			if err != nil {
				return err
			}
			for _, row := range places {
				seen.Places, seen.Version, seen.Now = row.counted(), row.Version, row.Now.UTC()
			}
			q.Races = []race.ID{id}
		}
		q.IDs = 0
		seen.Known, err = ask(ctx, tx, event, seen.Now, q)
		return err
	})
	return seen, translate(err)
}

func listPlaces(ctx context.Context, tx pgx.Tx, event race.EventID, id race.ID) ([]placesRow, error) {
	rows, err := tx.Query(ctx, selectPlaces, pgx.StrictNamedArgs{"event": event, "race": id})
	if err != nil {
		return nil, fmt.Errorf("select places: %w", err)
	}
	places, err := pgx.CollectRows(rows, pgx.RowToStructByPos[placesRow])
	if err != nil {
		return nil, fmt.Errorf("select places: %w", err)
	}
	return places, nil
}

const selectUnsettled = `
SELECT event, race, due, event_capacity
FROM (SELECT r.event, r.race, r.waiting, coalesce(r.event_capacity, 0) AS event_capacity,
             r.waiting > 0 AND (r.capacity IS NULL OR r.taken < r.capacity)
             OR EXISTS (SELECT
                        FROM registration.entries AS e
                        WHERE e.event = r.event
                          AND e.race = r.race
                          AND e.expires_at <= statement_timestamp()) AS due
      FROM registration.races AS r) AS r
WHERE due
   OR waiting > 0`

const selectNextExpiry = `
SELECT extract(epoch FROM min(next.expires_at) - statement_timestamp())::float8
FROM registration.races AS r
CROSS JOIN LATERAL (SELECT e.expires_at
                    FROM registration.entries AS e
                    WHERE e.event = r.event
                      AND e.race = r.race
                      AND e.expires_at > statement_timestamp()
                    ORDER BY e.expires_at
                    LIMIT 1) AS next`

// Unsettled returns the races where a place must be given back now or somebody waits for one, and the time until the next
// one runs out.
func (s *Store) Unsettled(
	ctx context.Context,
) (races []registration.Unsettled, next time.Duration, ok bool, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectUnsettled)
		if err != nil {
			return fmt.Errorf("select unsettled races: %w", err)
		}
		if races, err = pgx.CollectRows(rows, pgx.RowToStructByPos[registration.Unsettled]); err != nil {
			return fmt.Errorf("select unsettled races: %w", err)
		}
		var seconds *float64
		if err := tx.QueryRow(ctx, selectNextExpiry).Scan(&seconds); err != nil {
			return fmt.Errorf("select the next expiry: %w", err)
		}
		if ok = seconds != nil; ok {
			next = time.Duration(*seconds * float64(time.Second))
		}
		return nil
	})
	return races, next, ok, translate(err)
}
