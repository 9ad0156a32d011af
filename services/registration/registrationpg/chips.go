package registrationpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
)

// Who has no bib yet is on no line of the roster.
const selectWornChips = `
SELECT c.chip
FROM registration.chips AS c
JOIN registration.entries AS e ON e.event = c.event AND e.entrant = c.entrant
WHERE c.event = @event
  AND e.state = 'CONFIRMED'
  AND e.bib IS NOT NULL`

// WornChips returns the chips on the lines of an event's roster, in no order.
func (s *Store) WornChips(ctx context.Context, event race.EventID) ([]race.Chip, error) {
	var chips []race.Chip
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectWornChips, pgx.StrictNamedArgs{"event": event})
		if err != nil {
			return err
		}
		chips, err = pgx.CollectRows(rows, pgx.RowTo[race.Chip])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("worn chips: %w", translate(err))
	}
	return chips, nil
}

// LineOf returns the line of the roster with a bib, which is the entrant's own and not a member's; false where there is
// none.
func (s *Store) LineOf(ctx context.Context, event race.EventID, bib race.Bib) (race.Entrant, bool, error) {
	var lines []race.Entrant
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		entries, err := listEntries(ctx, tx, selectLine, pgx.StrictNamedArgs{"event": event, "bib": bib})
		lines = linesOf(entries)
		return err
	})
	if err != nil || len(lines) == 0 {
		return race.Entrant{}, false, translate(err)
	}
	return lines[0], true, nil
}

const selectLine = `
SELECT e.entry, e.members
FROM registration.bibs AS b
JOIN registration.whole_entries AS e ON e.event = b.event AND e.entrant = b.entrant
WHERE b.event = @event
  AND b.bib = @bib
  AND e.state = 'CONFIRMED'
  AND e.bib = @bib`
