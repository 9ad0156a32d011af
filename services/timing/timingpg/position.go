package timingpg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/timing"
)

type positionRow struct {
	Generation    int
	StreamCreated time.Time
	Sequence      int64
	Change        int64
	Version       int64
}

func (r positionRow) position(event race.EventID) timing.Position {
	return timing.Position{
		Event: event, Generation: r.Generation, StreamCreated: r.StreamCreated.UTC(), Sequence: uint64(r.Sequence),
		Change: r.Change, Version: r.Version,
	}
}

const selectPosition = `
SELECT generation, stream_created, sequence, change, version
FROM timing.positions
WHERE event = @event
  AND retired_at IS NULL`

// Position returns how far an event's facts are applied; false where nothing ever was.
func (s *Store) Position(ctx context.Context, event race.EventID) (timing.Position, bool, error) {
	var found positionRow
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) (err error) {
		found, err = findPosition(ctx, tx, event)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return timing.Position{}, false, nil
	}
	if err != nil {
		return timing.Position{}, false, fmt.Errorf("find position: %w", err)
	}
	return found.position(event), true, nil
}

func findPosition(ctx context.Context, tx pgx.Tx, event race.EventID) (positionRow, error) {
	rows, err := tx.Query(ctx, selectPosition, pgx.StrictNamedArgs{"event": string(event)})
	if err != nil {
		return positionRow{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[positionRow])
}

const insertFirstPosition = `
INSERT INTO timing.positions (event, generation, stream_created, sequence, change, version)
VALUES (@event, 1, @stream_created, 0, 0, 0)
ON CONFLICT DO NOTHING`

// CreatePosition returns the position before the first message of an event's stream; one that exists is returned as it
// is.
func (s *Store) CreatePosition(
	ctx context.Context, event race.EventID, streamCreated time.Time,
) (timing.Position, error) {
	var found positionRow
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		args := pgx.StrictNamedArgs{"event": string(event), "stream_created": streamCreated}
		if _, err := tx.Exec(ctx, insertFirstPosition, args); err != nil {
			return err
		}
		var err error
		found, err = findPosition(ctx, tx, event)
		return err
	})
	if err != nil {
		return timing.Position{}, fmt.Errorf("create position: %w", err)
	}
	return found.position(event), nil
}
