package timingpg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

type unknownChipRow struct {
	Chip    string
	Reads   int64
	LastMat string
	LastAt  time.Time
	FirstAt time.Time
}

const selectUnknownChips = `
SELECT r.chip, count(*) AS reads, (array_agg(r.mat ORDER BY r.at DESC, r.mat))[1] AS last_mat, max(r.at) AS last_at,
       min(r.at) AS first_at
FROM timing.reads AS r
WHERE r.event = @event
  AND NOT EXISTS (SELECT
                  FROM unnest(@worn::text[]) AS worn (chip)
                  WHERE worn.chip = r.chip)
GROUP BY r.chip
HAVING max(r.at) < @after_at
    OR max(r.at) = @after_at AND r.chip > @after_chip
ORDER BY last_at DESC, r.chip
LIMIT @limit`

// unknownTime is more than it takes to go through the reads of the largest event.
const unknownTime = time.Minute

// ListUnknownChips returns at most limit chips that were read and are not worn, behind after, nil being the start, the last
// read first.
func (s *Store) ListUnknownChips(
	ctx context.Context, event race.EventID, worn []race.Chip, after *timing.UnknownChipID, limit int,
) ([]timing.UnknownChip, error) {
	texts := make([]string, len(worn))
	for i, chip := range worn {
		texts[i] = string(chip)
	}
	args := pgx.StrictNamedArgs{
		"event": string(event), "worn": texts, "limit": limit,
		"after_at": pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}, "after_chip": "",
	}
	if after != nil {
		args["after_at"], args["after_chip"] = after.LastAt.Time(), string(after.Chip)
	}
	var found []unknownChipRow
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		if err := postgres.AllowTime(ctx, tx, unknownTime); err != nil {
			return err
		}
		// Planned anew each time: a plan for any number of worn chips takes three times as long as one for those there are.
		rows, err := tx.Query(ctx, selectUnknownChips, pgx.QueryExecModeCacheDescribe, args)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[unknownChipRow])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list unknown chips: %w", err)
	}
	chips := make([]timing.UnknownChip, len(found))
	for i, row := range found {
		chips[i] = timing.UnknownChip{
			Chip: race.Chip(row.Chip), Reads: row.Reads, LastMat: race.MatID(row.LastMat), LastAt: racetime.At(row.LastAt),
			FirstAt: racetime.At(row.FirstAt),
		}
	}
	return chips, nil
}
