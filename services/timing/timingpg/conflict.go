package timingpg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Conflict is one of the reads to which a mat gave an identity that others have as well.
type Conflict struct {
	Mat  race.MatID
	Boot string
	Seq  uint64
	Chip race.Chip
	At   racetime.Instant
}

// Identities lie side by side in the order of the primary key: the index alone tells which have two contents. Their reads
// are then looked up one identity at a time, being few: OFFSET 0 keeps the planner from reading all of them again.
const selectConflictContents = `
SELECT r.mat, r.boot, r.seq, r.chip, r.at
FROM (
    SELECT mat, boot, seq
    FROM timing.reads
    WHERE event = @event
    GROUP BY mat, boot, seq
    HAVING count(*) > 1
) AS c
CROSS JOIN LATERAL (
    SELECT mat, boot, seq, chip, at
    FROM timing.reads
    WHERE event = @event
      AND mat = c.mat
      AND boot = c.boot
      AND seq = c.seq
    OFFSET 0
) AS r
ORDER BY r.mat, r.boot, r.seq, r.chip, r.at`

// conflictsTime is what a look through the reads of a whole day may take.
const conflictsTime = time.Minute

// Conflicts returns the reads of an event that share their identity with another one, by mat, boot, seq, chip and at.
func (s *Store) Conflicts(ctx context.Context, event race.EventID) ([]Conflict, error) {
	var conflicts []Conflict
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		if err := postgres.AllowTime(ctx, tx, conflictsTime); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectConflictContents, pgx.StrictNamedArgs{"event": string(event)})
		if err != nil {
			return err
		}
		conflicts, err = pgx.CollectRows(rows, scanConflict)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find conflicts: %w", err)
	}
	return conflicts, nil
}

func scanConflict(row pgx.CollectableRow) (Conflict, error) {
	var c Conflict
	var seq int64
	var at time.Time
	err := row.Scan(&c.Mat, &c.Boot, &seq, &c.Chip, &at)
	c.Seq, c.At = uint64(seq), racetime.At(at)
	return c, err
}
