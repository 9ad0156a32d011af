package benchmark

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/rules/race"
)

// registerFloor is the floor of a RegisterBench, as everybody writes it first: 64 clients, each with a connection of its
// own to the same server, enter one person in one transaction: a counter that is raised while it is below the capacity, the
// entry's row, and a durable commit.
type registerFloor struct {
	pool    *pgxpool.Pool
	clients int
	people  []race.Person
}

// floorClients are as many as keep the disk busy.
const floorClients = 64

const createRegisterFloorTables = `
CREATE SCHEMA IF NOT EXISTS benchmark;
CREATE TABLE IF NOT EXISTS benchmark.races (
    event    text    NOT NULL,
    race     text    NOT NULL,
    capacity integer NOT NULL,
    taken    integer NOT NULL,
    CONSTRAINT races_pkey PRIMARY KEY (event, race)
);
CREATE TABLE IF NOT EXISTS benchmark.entries (
    event      text NOT NULL,
    reference  text NOT NULL,
    race       text NOT NULL,
    state      text NOT NULL,
    name       text NOT NULL,
    sex        text NOT NULL,
    birth_day  date NOT NULL,
    request_id text NOT NULL,
    CONSTRAINT entries_pkey PRIMARY KEY (event, reference),
    CONSTRAINT entries_request_unique_in_event UNIQUE (event, request_id)
);`

func newRegisterFloor(ctx context.Context, s *Server, clients int, people []race.Person) (*registerFloor, error) {
	if _, err := s.Pool.Exec(ctx, createRegisterFloorTables); err != nil {
		return nil, fmt.Errorf("create the floor's tables: %w", err)
	}
	config := s.Pool.Config()
	config.MaxConns = int32(clients)
	// On a busy machine some wait for the counter longer than a caller of the product ever may.
	for _, limit := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		config.ConnConfig.RuntimeParams[limit] = "0"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the floor's pool: %w", err)
	}
	return &registerFloor{pool, clients, people}, nil
}

func (f *registerFloor) close() { f.pool.Close() }

const insertFloorRace = `
INSERT INTO benchmark.races (event, race, capacity, taken)
VALUES (@event, @race, @capacity, 0)`

// open makes a race that has its places still.
func (f *registerFloor) open(ctx context.Context, event race.EventID, places int) error {
	_, err := f.pool.Exec(ctx, insertFloorRace, pgx.StrictNamedArgs{"event": event, "race": registerRace, "capacity": places})
	if err != nil {
		return fmt.Errorf("make the floor's race: %w", err)
	}
	return nil
}

// sell sells all places of a race.
func (f *registerFloor) sell(ctx context.Context, event race.EventID) (sale, error) {
	return sell(ctx, f.clients, &queue{persons: len(f.people)}, func(ctx context.Context, _, person int) (bool, error) {
		return f.enter(ctx, event, person)
	})
}

const takeFloorPlace = `
UPDATE benchmark.races
SET taken = taken + 1
WHERE event = @event
  AND race = @race
  AND taken < capacity`

const insertFloorEntry = `
INSERT INTO benchmark.entries (event, reference, race, state, name, sex, birth_day, request_id)
VALUES (@event, @reference, @race, @state, @name, @sex, @birth_day, @request_id)`

func (f *registerFloor) enter(ctx context.Context, event race.EventID, person int) (full bool, err error) {
	p := &f.people[person]
	err = pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) error {
		took, err := tx.Exec(ctx, takeFloorPlace, pgx.StrictNamedArgs{"event": event, "race": registerRace})
		if full = took.RowsAffected() == 0; err != nil || full {
			return err
		}
		_, err = tx.Exec(ctx, insertFloorEntry, pgx.StrictNamedArgs{
			"event": event, "reference": fmt.Sprintf("%09d", person), "race": registerRace, "state": "HELD",
			"name": p.Name, "sex": p.Sex.String(), "birth_day": p.BirthDay.String(), "request_id": fmt.Sprintf("%s-%d", event, person),
		})
		return err
	})
	return full, err
}

const countFloorEntries = `
SELECT r.taken, (SELECT count(*) FROM benchmark.entries AS e WHERE e.event = r.event AND e.race = r.race)
FROM benchmark.races AS r
WHERE r.event = @event
  AND r.race = @race`

// check returns an error where the counter or the entries are not exactly the places.
func (f *registerFloor) check(ctx context.Context, event race.EventID, places int) error {
	var taken, entries int
	arguments := pgx.StrictNamedArgs{"event": event, "race": registerRace}
	if err := f.pool.QueryRow(ctx, countFloorEntries, arguments).Scan(&taken, &entries); err != nil {
		return fmt.Errorf("count the floor's entries: %w", err)
	}
	if taken != places || entries != places {
		return fmt.Errorf("%d places: the floor's counter says %d, and there are %d entries", places, taken, entries)
	}
	return nil
}
