package timingpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/timing"
)

// ChipRead is a read of a chip that was asked for.
type ChipRead struct {
	timing.Read
	// Conflict means that its identity was used with other content too.
	Conflict bool
}

type chipReadRow struct {
	readRow
	Conflict bool
}

const selectReadsOfChips = `
SELECT r.mat, r.boot, r.seq, r.chip, r.at, r.rssi, r.antenna, r.arrived_at,
       EXISTS (SELECT
               FROM timing.reads AS other
               WHERE other.event = r.event
                 AND other.mat = r.mat
                 AND other.boot = r.boot
                 AND other.seq = r.seq
                 AND (other.chip, other.at) <> (r.chip, r.at)) AS conflict
FROM timing.reads AS r
WHERE r.event = @event
  AND r.chip = ANY (@chips)
ORDER BY r.mat, r.boot, r.seq, r.chip, r.at`

// ReadsOfChips returns all reads of some chips, by mat, boot, seq, chip and at. It goes through the event's reads: no index
// is by chip, for mats are to write without it.
func (s *Store) ReadsOfChips(ctx context.Context, event race.EventID, chips []race.Chip) ([]ChipRead, error) {
	texts := make([]string, len(chips))
	for i, chip := range chips {
		texts[i] = string(chip)
	}
	var found []chipReadRow
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectReadsOfChips, pgx.StrictNamedArgs{"event": string(event), "chips": texts})
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[chipReadRow])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read reads of chips: %w", err)
	}
	reads := make([]ChipRead, len(found))
	for i, row := range found {
		reads[i] = ChipRead{row.read(), row.Conflict}
	}
	return reads, nil
}
