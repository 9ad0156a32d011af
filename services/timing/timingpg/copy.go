package timingpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/timing"
)

// copyReads stores reads of which none is stored yet. Postgres takes all of a copy or, where one is, refuses it: there is
// no number of rows to compare.
func copyReads(ctx context.Context, tx pgx.Tx, reads []timing.Read, to timing.Position) error {
	columns := []string{"seq", "at", "arrived_at", "rssi", "antenna", "event", "mat", "boot", "chip", "version"}
	event, next := string(to.Event), 0
	values := make([]any, len(columns))
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		if next == len(reads) {
			return nil, nil
		}
		read := &reads[next]
		next++
		values[0], values[1], values[2], values[3], values[4] = int64(read.Seq), read.At.Time(), read.ArrivedAt.Time(), nil, nil
		if read.HasRSSI {
			values[3] = read.RSSIDBm
		}
		if read.HasAntenna {
			values[4] = read.Antenna
		}
		values[5], values[6], values[7], values[8], values[9] = event, string(read.Mat), read.Boot, string(read.Chip), to.Version
		return values, nil
	})
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"timing", "reads"}, columns, rows); err != nil {
		return fmt.Errorf("copy reads: %w", err)
	}
	return nil
}
