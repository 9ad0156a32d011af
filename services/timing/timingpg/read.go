package timingpg

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

const selectSightings = `
SELECT mat, chip, at, boot, seq
FROM timing.reads
WHERE event = @event`

// EachRead calls each for every stored read of an event, in no order, and returns the memory with which a run goes on from
// there. It allocates nothing for a read whose mat, boot and chip have come before. After an error some reads may have been
// given already.
func (s *Store) EachRead(
	ctx context.Context, event race.EventID, each func(mat race.MatID, chip race.Chip, at racetime.Instant),
) (*Memory, error) {
	memory := newMemory()
	var broken error
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		if broken != nil {
			// Not wrapped, lest it be tried again: what was given to each cannot be taken back.
			return fmt.Errorf("connection was lost meanwhile: %v", broken)
		}
		// A scorer that begins works while it reads.
		if err := postgres.AllowTime(ctx, tx, 0); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectSightings, pgx.StrictNamedArgs{"event": string(event)})
		if err != nil {
			return err
		}
		defer rows.Close()
		broken = eachSighting(rows, memory, each)
		return broken
	})
	if err != nil {
		return nil, fmt.Errorf("read reads: %w", err)
	}
	return memory, nil
}

// errNotBinary means that the rows came in another form than eachSighting takes apart.
var errNotBinary = errors.New("instants or numbers of the answer are not 8 bytes")

// epoch is where Postgres counts microseconds from in the binary form of an instant.
var epoch = racetime.At(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

// eachSighting takes the rows apart by itself: scanning into Go types takes several times as long.
func eachSighting(rows pgx.Rows, memory *Memory, each func(mat race.MatID, chip race.Chip, at racetime.Instant)) error {
	type known struct {
		chip   race.Chip
		number uint32
	}
	chips := map[string]known{}
	type source struct{ mat, boot string }
	type counted struct {
		mat     race.MatID
		numbers *numbers
	}
	sources := map[source]counted{}
	for rows.Next() {
		values := rows.RawValues()
		if len(values[2]) != 8 || len(values[4]) != 8 {
			return errNotBinary
		}
		from, ok := sources[source{string(values[0]), string(values[3])}]
		if !ok {
			mat, boot := string(values[0]), string(values[3])
			from = counted{race.MatID(mat), memory.numbersOf(race.MatID(mat), boot)}
			sources[source{mat, boot}] = from
		}
		worn, ok := chips[string(values[1])]
		if !ok {
			chip := race.Chip(values[1])
			worn = known{chip, memory.chipOf(chip)}
			chips[string(chip)] = worn
		}
		at, seq := epoch+racetime.Instant(binary.BigEndian.Uint64(values[2])), binary.BigEndian.Uint64(values[4])
		if from.numbers != nil {
			from.numbers.see(seq)
			from.numbers.add(seq, worn.number, at)
		}
		each(from.mat, worn.chip, at)
	}
	return rows.Err()
}

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
