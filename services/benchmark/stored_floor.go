package benchmark

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/race"
)

const selectFloorReads = `
SELECT mat, chip, at
FROM timing.reads
WHERE event = @event`

// storedFloor is the floor of what works on stored reads: it reads those of an event into memory.
func storedFloor(ctx context.Context, s *Server, event race.EventID) (time.Duration, error) {
	type read struct {
		mat, chip string
		at        time.Time
	}
	began := time.Now()
	rows, err := s.Pool.Query(ctx, selectFloorReads, pgx.StrictNamedArgs{"event": event})
	if err != nil {
		return 0, fmt.Errorf("select reads: %w", err)
	}
	var reads []read
	var one read
	if _, err := pgx.ForEachRow(rows, []any{&one.mat, &one.chip, &one.at}, func() error {
		reads = append(reads, one)
		return nil
	}); err != nil {
		return 0, fmt.Errorf("select reads: %w", err)
	}
	return time.Since(began), nil
}
