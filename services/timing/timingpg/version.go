package timingpg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/race"
)

const selectVersion = `
SELECT version
FROM timing.positions
WHERE event = @event
  AND retired_at IS NULL`

// Version returns the version of an event's derived state as a transaction sees it; 0 where nothing has been derived yet.
func (s *Store) Version(ctx context.Context, tx pgx.Tx, event race.EventID) (int64, error) {
	var version int64
	err := tx.QueryRow(ctx, selectVersion, pgx.StrictNamedArgs{"event": string(event)}).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read version: %w", err)
	}
	return version, nil
}
