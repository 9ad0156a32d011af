package timingpg

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

type readRow struct {
	Mat       string
	Boot      string
	Seq       int64
	Chip      string
	At        time.Time
	RSSI      *int32
	Antenna   *int32
	ArrivedAt time.Time
}

func (r readRow) read() timing.Read {
	read := timing.Read{
		Mat: race.MatID(r.Mat), Boot: r.Boot, Seq: uint64(r.Seq), Chip: race.Chip(r.Chip), At: racetime.At(r.At),
		ArrivedAt: racetime.At(r.ArrivedAt), HasRSSI: r.RSSI != nil, HasAntenna: r.Antenna != nil,
	}
	if r.RSSI != nil {
		read.RSSIDBm = *r.RSSI
	}
	if r.Antenna != nil {
		read.Antenna = *r.Antenna
	}
	return read
}

const selectAllReads = `
SELECT mat, boot, seq, chip, at, rssi, antenna, arrived_at
FROM timing.reads
WHERE event = @event
  AND version <= @version
ORDER BY mat, boot, seq, chip, at`

// WriteReadsAt writes the reads of an event up to a version that a transaction sees as reads.csv, by mat, boot, seq, chip
// and at.
func (s *Store) WriteReadsAt(ctx context.Context, tx pgx.Tx, event race.EventID, version int64, w io.Writer) error {
	rows, err := tx.Query(ctx, selectAllReads, pgx.StrictNamedArgs{"event": string(event), "version": version})
	if err != nil {
		return fmt.Errorf("read reads: %w", err)
	}
	out := timing.NewReadsWriter(w)
	var row readRow
	scanned := []any{&row.Mat, &row.Boot, &row.Seq, &row.Chip, &row.At, &row.RSSI, &row.Antenna, &row.ArrivedAt}
	_, err = pgx.ForEachRow(rows, scanned, func() error { return out.Write(row.read()) })
	if err != nil {
		return fmt.Errorf("read reads: %w", err)
	}
	return out.Flush()
}

const selectReads = `
SELECT mat, boot, seq, chip, at, rssi, antenna, arrived_at
FROM timing.reads
WHERE event = @event
  AND (@mat = '' OR mat = @mat)
  AND (@chip = '' OR chip = @chip)
  AND (mat, boot, seq, chip, at) > (@after_mat, @after_boot, @after_seq, @after_chip, @after_at)
ORDER BY mat, boot, seq, chip, at
LIMIT @limit`

// A conflict is an identity with two contents, which lie side by side in the order of the key.
const selectConflicts = `
SELECT mat, boot, seq, chip, at, rssi, antenna, arrived_at
FROM (
    SELECT mat, boot, seq, chip, at, rssi, antenna, arrived_at,
           lag(seq) OVER identity IS NOT NULL OR lead(seq) OVER identity IS NOT NULL AS conflicting
    FROM timing.reads
    WHERE event = @event
      AND (@mat = '' OR mat = @mat)
    WINDOW identity AS (PARTITION BY mat, boot, seq ORDER BY chip, at)
) AS r
WHERE conflicting
  AND (@chip = '' OR chip = @chip)
  AND (mat, boot, seq, chip, at) > (@after_mat, @after_boot, @after_seq, @after_chip, @after_at)
ORDER BY mat, boot, seq, chip, at
LIMIT @limit`

// ListReads returns at most limit reads behind after, nil being the start, by mat, boot, seq, chip and at.
func (s *Store) ListReads(
	ctx context.Context, event race.EventID, filter timing.ReadFilter, after *timing.Read, limit int,
) ([]timing.Read, error) {
	query := selectReads
	if filter.ConflictsOnly {
		query = selectConflicts
	}
	if after == nil {
		// Every read has a mat, so all lie behind the one without.
		after = &timing.Read{}
	}
	args := pgx.StrictNamedArgs{
		"event": string(event), "mat": string(filter.Mat), "chip": string(filter.Chip),
		"after_mat": string(after.Mat), "after_boot": after.Boot, "after_seq": int64(after.Seq),
		"after_chip": string(after.Chip), "after_at": after.At.Time(), "limit": limit,
	}
	reads, err := s.reads(ctx, query, args)
	if err != nil {
		return nil, fmt.Errorf("list reads: %w", err)
	}
	return reads, nil
}

// reads returns what a query for whole reads finds.
func (s *Store) reads(ctx context.Context, query string, args pgx.StrictNamedArgs) ([]timing.Read, error) {
	var found []readRow
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[readRow])
		return err
	})
	if err != nil {
		return nil, err
	}
	reads := make([]timing.Read, len(found))
	for i, row := range found {
		reads[i] = row.read()
	}
	return reads, nil
}
