package registrationpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
)

// BibLine is the line of the roster that a bib leads to, a member's to its team's.
type BibLine struct {
	// Asked is the bib that leads here, Bib the entrant's own.
	Asked race.Bib
	Race  race.ID
	Bib   race.Bib
	// Wave is empty where the roster names none.
	Wave race.WaveID
	// Chips are the entrant's and its members', as they are compared.
	Chips []race.Chip
}

// Who has no bib yet is on no line of the roster.
const selectBibLines = `
SELECT b.bib,
       e.race,
       e.bib,
       coalesce(e.wave, ''),
       ARRAY (SELECT c.chip
              FROM registration.chips AS c
              WHERE c.event = e.event
                AND c.entrant = e.entrant
              ORDER BY c.chip)
FROM registration.bibs AS b
JOIN registration.entries AS e ON e.event = b.event AND e.entrant = b.entrant
WHERE b.event = @event
  AND b.bib = ANY (@bibs)
  AND e.state = 'CONFIRMED'
  AND e.bib IS NOT NULL
ORDER BY b.bib`

// LinesOfBibs returns the lines of an event's roster that these bibs lead to, by bib; bibs that are on none are left out.
func (s *Store) LinesOfBibs(ctx context.Context, event race.EventID, bibs []race.Bib) ([]BibLine, error) {
	var lines []BibLine
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectBibLines, pgx.StrictNamedArgs{"event": event, "bibs": bibs})
		if err != nil {
			return err
		}
		lines, err = pgx.CollectRows(rows, pgx.RowToStructByPos[BibLine])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lines of bibs: %w", translate(err))
	}
	return lines, nil
}
