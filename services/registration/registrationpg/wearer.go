package registrationpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
)

// Wearer is who wears a chip, a team for its members.
type Wearer struct {
	Chip race.Chip
	Race race.ID
	Bib  race.Bib
}

// Who has no bib yet is on no line of the roster.
const selectWearers = `
SELECT c.chip, e.race, e.bib
FROM registration.chips AS c
JOIN registration.entries AS e ON e.event = c.event AND e.entrant = c.entrant
WHERE c.event = @event
  AND c.chip = ANY (@chips)
  AND e.state = 'CONFIRMED'
  AND e.bib IS NOT NULL
ORDER BY c.chip`

// Wearers returns who wears these chips by the lines of an event's roster, by chip; chips that nobody wears are left out.
func (s *Store) Wearers(ctx context.Context, event race.EventID, chips []race.Chip) ([]Wearer, error) {
	var wearers []Wearer
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectWearers, pgx.StrictNamedArgs{"event": event, "chips": chips})
		if err != nil {
			return err
		}
		wearers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Wearer])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("wearers of chips: %w", translate(err))
	}
	return wearers, nil
}
