package benchmark

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const selectFloorReads = `
SELECT mat, chip, at
FROM timing.reads
WHERE event = @event`

// recomputeFloor is the floor of a RecomputeBench: the stored reads, read into memory.
func recomputeFloor(ctx context.Context, s *Server) (time.Duration, error) {
	type read struct {
		mat, chip string
		at        time.Time
	}
	began := time.Now()
	rows, err := s.Pool.Query(ctx, selectFloorReads, pgx.StrictNamedArgs{"event": recomputeEvent})
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
