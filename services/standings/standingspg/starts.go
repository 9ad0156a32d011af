package standingspg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

const countStartsBefore = `
SELECT count(*)
FROM standings.results AS result
JOIN standings.passings AS start ON start.event = result.event AND start.entrant = result.entrant AND start.visit = 0
WHERE result.event = @event
  AND result.race = @race
  AND result.wave = ANY (@waves)
  AND start.at < @at`

// StartsBefore counts the entrants of waves of a race whose start, as far as it is derived, is before an instant.
func (s *Store) StartsBefore(
	ctx context.Context, event race.EventID, raceID race.ID, waves []race.WaveID, at racetime.Instant,
) (int, error) {
	count := 0
	err := postgres.InTx(ctx, s.snapshots, func(ctx context.Context, tx pgx.Tx) error {
		args := pgx.StrictNamedArgs{"event": string(event), "race": string(raceID), "waves": waves, "at": at.Time()}
		return tx.QueryRow(ctx, countStartsBefore, args).Scan(&count)
	})
	if err != nil {
		return 0, fmt.Errorf("count the starts of %s before an instant: %w", raceID, err)
	}
	return count, nil
}
