package timingpg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

type rejectedRow struct {
	Generation     int
	StreamSequence int64
	ReadIndex      int
	Subject        string
	Reason         string
	Data           []byte
	ArrivedAt      time.Time
}

const selectRejected = `
SELECT generation, stream_sequence, read_index, subject, reason, data, arrived_at
FROM timing.rejected_messages
WHERE event = @event
  AND (generation, stream_sequence, read_index) > (@generation, @stream_sequence, @read_index)
ORDER BY generation, stream_sequence, read_index
LIMIT @limit`

// ListRejected returns at most limit rejected messages behind after, the zero value being the start, in order of arrival.
func (s *Store) ListRejected(
	ctx context.Context, event race.EventID, after timing.RejectedID, limit int,
) ([]timing.RecordedRejected, error) {
	var found []rejectedRow
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectRejected, pgx.StrictNamedArgs{
			"event": string(event), "generation": after.Generation, "stream_sequence": int64(after.Sequence),
			"read_index": after.Index, "limit": limit,
		})
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[rejectedRow])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list rejected messages: %w", err)
	}
	rejected := make([]timing.RecordedRejected, len(found))
	for i, row := range found {
		rejected[i] = timing.RecordedRejected{
			Generation: row.Generation,
			Rejected: timing.Rejected{
				Subject: row.Subject, Sequence: uint64(row.StreamSequence), Index: row.ReadIndex, Reason: row.Reason,
				Data: row.Data, ArrivedAt: racetime.At(row.ArrivedAt),
			},
		}
	}
	return rejected, nil
}
