package timingpg

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

const event race.EventID = "almaty-2025"

var created = time.Date(2025, 9, 28, 1, 0, 0, 123_456_000, time.UTC)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// newStore returns a store on a database of the test's own that knows the event.
func newStore(t testing.TB, pool *pgxpool.Pool) *Store {
	t.Helper()
	const insertEvent = `INSERT INTO event.events (id, version, name, day, races) VALUES ($1, 1, 'Almaty', '2025-09-28', '{}')`
	if _, err := pool.Exec(t.Context(), insertEvent, string(event)); err != nil {
		t.Fatal(err)
	}
	return New(pool)
}

func newPosition(t testing.TB, s *Store) timing.Position {
	t.Helper()
	position, err := s.CreatePosition(t.Context(), event, created)
	if err != nil {
		t.Fatal(err)
	}
	return position
}

func appendBatch(ctx context.Context, s *Store, memory *Memory, batch *timing.Batch, from, to timing.Position) error {
	return postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		return s.Append(ctx, tx, memory, batch, from, to)
	})
}

// remembered is the memory with which a run begins.
func remembered(t testing.TB, s *Store) *Memory {
	t.Helper()
	memory, err := s.EachRead(t.Context(), event, func(*Sighting) {})
	if err != nil {
		t.Fatal(err)
	}
	return memory
}

// add appends reads, and what was rejected, as one message of a run of its own and returns the position behind it.
func add(t testing.TB, s *Store, from timing.Position, reads []timing.Read, rejected ...timing.Rejected) timing.Position {
	t.Helper()
	return addInRun(t, s, remembered(t, s), from, reads, rejected...)
}

// addInRun is add with the memory of a run.
func addInRun(
	t testing.TB, s *Store, memory *Memory, from timing.Position, reads []timing.Read, rejected ...timing.Rejected,
) timing.Position {
	t.Helper()
	to := from
	to.Sequence++
	to.Version++
	batch := &timing.Batch{
		StreamCreated: from.StreamCreated, First: to.Sequence, Last: to.Sequence, Reads: reads, Rejected: rejected,
	}
	if err := appendBatch(t.Context(), s, memory, batch, from, to); err != nil {
		t.Fatal(err)
	}
	return to
}

func read(mat race.MatID, seq uint64, chip race.Chip, at racetime.Instant) timing.Read {
	return timing.Read{Mat: mat, Boot: "7", Seq: seq, Chip: chip, At: at, ArrivedAt: at + 5}
}

func list(t testing.TB, s *Store, filter timing.ReadFilter) []timing.Read {
	t.Helper()
	reads, err := s.ListReads(t.Context(), event, filter, nil, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return reads
}
