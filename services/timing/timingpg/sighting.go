package timingpg

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Sighting is a stored read as far as scoring needs it.
type Sighting struct {
	Mat  race.MatID
	Chip race.Chip
	At   racetime.Instant
	// MatNumber and ChipNumber tell the mats and the chips apart, so that whoever takes the reads need not look up their
	// names: they count them from 0.
	MatNumber, ChipNumber int
}

const selectSightings = `
SELECT mat, chip, at, boot, seq
FROM timing.reads
WHERE event = @event`

// EachRead calls each for every stored read of an event, in no order, and returns the memory with which a run goes on from
// there; the sighting is each's until it returns. It allocates nothing for a read whose mat, boot and chip have come before.
// After an error some reads may have been given already.
func (s *Store) EachRead(ctx context.Context, event race.EventID, each func(*Sighting)) (*Memory, error) {
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

func eachSighting(rows pgx.Rows, memory *Memory, each func(*Sighting)) error {
	r := newSightingReader(memory)
	for rows.Next() {
		if err := r.take(rows.RawValues()); err != nil {
			return err
		}
		each(&r.current)
	}
	return rows.Err()
}

// sightingReader takes rows of selectSightings apart by itself, since scanning into Go types takes several times as long, and
// remembers each read.
type sightingReader struct {
	memory *Memory
	// current is the row that was taken last.
	current Sighting
	source  source
	sources map[numbering]source
	mats    map[race.MatID]int
	// chips are the names by their numbers, which the memory counts from 1.
	chips []race.Chip
}

// source is what a numbering's rows have in common.
type source struct {
	numbering
	matNumber int
	// numbers is nil where there are too many numberings.
	numbers *numbers
}

func newSightingReader(memory *Memory) *sightingReader {
	return &sightingReader{memory: memory, sources: map[numbering]source{}, mats: map[race.MatID]int{}}
}

// errNotBinary means that the rows came in another form than take knows.
var errNotBinary = errors.New("instants or numbers of the answer are not 8 bytes")

// epoch is where Postgres counts microseconds from in the binary form of an instant.
var epoch = racetime.At(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

// take takes one row. Rows of one mat follow each other, and so do those of one chip: few must be looked up.
func (r *sightingReader) take(values [][]byte) error {
	mat, chip, at, boot, seq := values[0], values[1], values[2], values[3], values[4]
	if len(at) != 8 || len(seq) != 8 {
		return errNotBinary
	}
	if len(r.sources) == 0 || string(mat) != string(r.source.mat) || string(boot) != r.source.boot {
		r.changeSource(mat, boot)
	}
	if len(r.chips) == 0 || string(chip) != string(r.current.Chip) {
		r.changeChip(chip)
	}
	r.current.At = epoch + racetime.Instant(binary.BigEndian.Uint64(at))
	if n := r.source.numbers; n != nil {
		number := binary.BigEndian.Uint64(seq)
		n.see(number)
		n.add(&r.memory.spent, number, uint32(r.current.ChipNumber+1), r.current.At)
	}
	return nil
}

func (r *sightingReader) changeSource(mat, boot []byte) {
	var ok bool
	if r.source, ok = r.sources[numbering{race.MatID(mat), string(boot)}]; !ok {
		key := numbering{race.MatID(mat), string(boot)}
		number, known := r.mats[key.mat]
		if !known {
			number = len(r.mats)
			r.mats[key.mat] = number
		}
		r.source = source{key, number, r.memory.numbersOf(key.mat, key.boot)}
		r.sources[key] = r.source
	}
	r.current.Mat, r.current.MatNumber = r.source.mat, r.source.matNumber
}

func (r *sightingReader) changeChip(written []byte) {
	number, ok := r.memory.chips[race.Chip(written)]
	if !ok {
		chip := race.Chip(written)
		number, r.chips = r.memory.chipOf(chip), append(r.chips, chip)
	}
	r.current.Chip, r.current.ChipNumber = r.chips[number-1], int(number-1)
}
