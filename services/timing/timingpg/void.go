package timingpg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

const selectReadsOfChipsAt = `
SELECT mat, boot, seq, chip, at, rssi, antenna, arrived_at
FROM timing.reads
WHERE event = @event
  AND chip = ANY (@chips)
  AND at = ANY (@ats)
ORDER BY mat, boot, seq, chip, at`

// ReadsOfChipsAt returns the reads that have one of the chips and one of the instants, as the mats wrote them, by mat, boot,
// seq, chip and at. Like ReadsOfChips it goes through the event's reads.
func (s *Store) ReadsOfChipsAt(
	ctx context.Context, event race.EventID, chips []race.Chip, ats []racetime.Instant,
) ([]timing.Read, error) {
	args := pgx.StrictNamedArgs{"event": string(event), "chips": chips, "ats": times(ats)}
	reads, err := s.reads(ctx, selectReadsOfChipsAt, args)
	if err != nil {
		return nil, fmt.Errorf("read reads of chips at instants: %w", err)
	}
	return reads, nil
}

func times(ats []racetime.Instant) []time.Time {
	list := make([]time.Time, len(ats))
	for i, at := range ats {
		list[i] = at.Time()
	}
	return list
}
