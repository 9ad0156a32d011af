package timingpg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/race"
)

const selectApplied = `
SELECT version, change
FROM timing.positions
WHERE event = @event
  AND retired_at IS NULL`

// Applied returns the version of an event's derived state as a transaction sees it, and the change up to which the facts
// other than reads are in it; both are 0 where nothing has been derived yet.
func (s *Store) Applied(ctx context.Context, tx pgx.Tx, event race.EventID) (version, change int64, err error) {
	err = tx.QueryRow(ctx, selectApplied, pgx.StrictNamedArgs{"event": string(event)}).Scan(&version, &change)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read version: %w", err)
	}
	return version, change, nil
}
