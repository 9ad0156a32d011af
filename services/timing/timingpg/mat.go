package timingpg

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

const selectWholeReads = `
SELECT mat, boot, chip, seq, at, arrived_at
FROM timing.reads
WHERE event = @event`

// EachWholeRead calls each for every stored read of an event, in no order, with all but RSSI and antenna. What each is given
// is overwritten by the next. Where the connection is lost it begins again, so that some come twice.
func (s *Store) EachWholeRead(ctx context.Context, event race.EventID, each func(*timing.Read)) error {
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		// It may be a million rows.
		if err := postgres.AllowTime(ctx, tx, 0); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectWholeReads, pgx.StrictNamedArgs{"event": string(event)})
		if err != nil {
			return err
		}
		defer rows.Close()
		return eachWholeRead(rows, each)
	})
	if err != nil {
		return fmt.Errorf("read reads: %w", err)
	}
	return nil
}

// eachWholeRead takes the rows apart by itself, as eachSighting does.
func eachWholeRead(rows pgx.Rows, each func(*timing.Read)) error {
	var read timing.Read
	words := map[string]string{}
	word := func(value []byte) string {
		text, ok := words[string(value)]
		if !ok {
			text = string(value)
			words[text] = text
		}
		return text
	}
	for rows.Next() {
		values := rows.RawValues()
		for _, value := range values[3:] {
			if len(value) != 8 {
				return errNotBinary
			}
		}
		read.Mat, read.Boot, read.Chip = race.MatID(word(values[0])), word(values[1]), race.Chip(word(values[2]))
		read.Seq = binary.BigEndian.Uint64(values[3])
		read.At = epoch + racetime.Instant(binary.BigEndian.Uint64(values[4]))
		read.ArrivedAt = epoch + racetime.Instant(binary.BigEndian.Uint64(values[5]))
		each(&read)
	}
	return rows.Err()
}
