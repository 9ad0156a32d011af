package timingpg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"raceday/services/timing"
)

// Twice as fast as insertReadsOnce, and refused as a whole if it holds a repeat.
const insertNewReads = `
INSERT INTO timing.reads (seq, at, arrived_at, rssi, antenna, event, mat, boot, chip, version)
SELECT r.seq, r.at, r.arrived_at, r.rssi, r.antenna, @event, r.mat, r.boot, r.chip, @version
FROM unnest(@seq::bigint[], @at::timestamptz[], @arrived_at::timestamptz[], @rssi::integer[], @antenna::integer[],
            @mat::text[], @boot::text[], @chip::text[])
     AS r (seq, at, arrived_at, rssi, antenna, mat, boot, chip)`

// Append adds a batch and moves the position, within the scorer's transaction and in one round trip, a few more where there
// are many reads. A nil batch moves change and version only. It returns timing.ErrFenced, and the transaction
// must be rolled back, where the position is not exactly from; timing.ErrStreamReplaced or timing.ErrGap, and nothing is
// sent, where the batch is not what lies between from and to. A generation above from's retires it and begins another.
//
// The memory is that of the run which the append belongs to. Should it be wrong nothing is stored twice: the key of the
// reads refuses the batch, and the scorer begins another run with what is stored.
func (s *Store) Append(
	ctx context.Context, tx pgx.Tx, memory *Memory, batch *timing.Batch, from, to timing.Position,
) error {
	if err := checkStep(batch, from, to); err != nil {
		return fmt.Errorf("append reads: %w", err)
	}
	if batch == nil {
		batch = &timing.Batch{}
	}
	fresh, doubtful := memory.divide(from, batch.Reads)
	queue := &pgx.Batch{}
	queueStep(queue, from, to)
	switch {
	case len(fresh) >= copied:
		if err := send(ctx, tx, queue); err != nil {
			return err
		}
		if err := copyReads(ctx, tx, fresh, to); err != nil {
			return fmt.Errorf("append reads: %w", err)
		}
		queue = &pgx.Batch{}
	case len(fresh) > 0:
		queue.Queue(insertNewReads, readArguments(fresh, to))
	}
	queueFacts(queue, doubtful, batch.Rejected, to)
	if err := send(ctx, tx, queue); err != nil {
		return err
	}
	memory.wrote(to, fresh, doubtful)
	return nil
}

// copied is from how many reads on it pays to copy them, which takes round trips of its own and half the time for each.
const copied = 1000

func send(ctx context.Context, tx pgx.Tx, queue *pgx.Batch) error {
	if queue.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, queue).Close(); err != nil {
		return fmt.Errorf("append reads: %w", translate(err))
	}
	return nil
}

// The fence: only the scorer that saw the position last may move it.
const advancePosition = `
UPDATE timing.positions
SET sequence = @to_sequence,
    change = @to_change,
    version = @to_version
WHERE event = @event
  AND generation = @generation
  AND stream_created = @stream_created
  AND sequence = @sequence
  AND change = @change
  AND version = @version
  AND retired_at IS NULL`

// The instant is the server's: it is read by people only, and no clock of a scorer comes with a batch.
const retirePosition = `
UPDATE timing.positions
SET retired_at = now()
WHERE event = @event
  AND generation = @generation
  AND stream_created = @stream_created
  AND sequence = @sequence
  AND change = @change
  AND version = @version
  AND retired_at IS NULL`

const insertPosition = `
INSERT INTO timing.positions (event, generation, stream_created, sequence, change, version)
VALUES (@event, @generation, @stream_created, @sequence, @change, @version)`

// queueStep moves the position, or begins another generation of it.
func queueStep(queue *pgx.Batch, from, to timing.Position) {
	fence := pgx.StrictNamedArgs{
		"event": string(from.Event), "generation": from.Generation, "stream_created": from.StreamCreated,
		"sequence": from.Sequence, "change": from.Change, "version": from.Version,
	}
	if to.Generation == from.Generation {
		fence["to_sequence"], fence["to_change"], fence["to_version"] = to.Sequence, to.Change, to.Version
		queue.Queue(advancePosition, fence).Exec(wantOneRow)
		return
	}
	queue.Queue(retirePosition, fence).Exec(wantOneRow)
	queue.Queue(insertPosition, pgx.StrictNamedArgs{
		"event": string(to.Event), "generation": to.Generation, "stream_created": to.StreamCreated,
		"sequence": to.Sequence, "change": to.Change, "version": to.Version,
	})
}

// wantOneRow is the fence's answer: no row means that the position was moved.
func wantOneRow(tag pgconn.CommandTag) error {
	if tag.RowsAffected() != 1 {
		return timing.ErrFenced
	}
	return nil
}

// checkStep makes sure that nothing of the stream is left out, whoever made the batch.
func checkStep(batch *timing.Batch, from, to timing.Position) error {
	before := from.Sequence
	if to.Generation != from.Generation {
		before = 0
	} else if !to.StreamCreated.Equal(from.StreamCreated) {
		return timing.ErrStreamReplaced
	}
	switch {
	case batch == nil:
		if to.Sequence != before {
			return timing.ErrGap
		}
	case !batch.StreamCreated.Equal(to.StreamCreated):
		return timing.ErrStreamReplaced
	case batch.First != before+1 || batch.Last != to.Sequence:
		return timing.ErrGap
	}
	return nil
}

// A repeat of a read is dropped by its key, which holds all that makes it the same read.
const insertReadsOnce = `
INSERT INTO timing.reads (seq, at, arrived_at, rssi, antenna, event, mat, boot, chip, version)
SELECT r.seq, r.at, r.arrived_at, r.rssi, r.antenna, @event, r.mat, r.boot, r.chip, @version
FROM unnest(@seq::bigint[], @at::timestamptz[], @arrived_at::timestamptz[], @rssi::integer[], @antenna::integer[],
            @mat::text[], @boot::text[], @chip::text[])
     AS r (seq, at, arrived_at, rssi, antenna, mat, boot, chip)
ON CONFLICT ON CONSTRAINT reads_pkey DO NOTHING`

const insertRejected = `
INSERT INTO timing.rejected_messages
    (event, generation, stream_sequence, read_index, subject, reason, data, arrived_at)
SELECT @event, @generation, r.stream_sequence, r.read_index, r.subject, r.reason, r.data, r.arrived_at
FROM unnest(@stream_sequence::bigint[], @read_index::integer[], @subject::text[], @reason::text[], @data::bytea[],
            @arrived_at::timestamptz[])
     AS r (stream_sequence, read_index, subject, reason, data, arrived_at)
ON CONFLICT ON CONSTRAINT rejected_messages_pkey DO NOTHING`

func queueFacts(queue *pgx.Batch, reads []timing.Read, rejected []timing.Rejected, to timing.Position) {
	if len(reads) > 0 {
		queue.Queue(insertReadsOnce, readArguments(reads, to))
	}
	if len(rejected) > 0 {
		queue.Queue(insertRejected, rejectedArguments(rejected, to))
	}
}

func rejectedArguments(rejected []timing.Rejected, to timing.Position) pgx.StrictNamedArgs {
	n := len(rejected)
	var (
		sequence, index = make([]int64, n), make([]int32, n)
		subject, reason = make([]string, n), make([]string, n)
		data, arrivedAt = make([][]byte, n), make([]time.Time, n)
	)
	for i, r := range rejected {
		sequence[i], index[i], subject[i], reason[i] = int64(r.Sequence), int32(r.Index), r.Subject, r.Reason
		data[i], arrivedAt[i] = r.Data, r.ArrivedAt.Time()
		if data[i] == nil {
			data[i] = []byte{} // an empty message is none the less one
		}
	}
	return pgx.StrictNamedArgs{
		"event": string(to.Event), "generation": to.Generation, "stream_sequence": sequence, "read_index": index,
		"subject": subject, "reason": reason, "data": data, "arrived_at": arrivedAt,
	}
}

func readArguments(reads []timing.Read, to timing.Position) pgx.StrictNamedArgs {
	n := len(reads)
	var (
		seq           = make([]int64, n)
		at, arrivedAt = make([]time.Time, n), make([]time.Time, n)
		rssi, antenna = make([]*int32, n), make([]*int32, n)
		mat, boot     = make([]string, n), make([]string, n)
		chip          = make([]string, n)
	)
	for i := range reads {
		read := &reads[i]
		seq[i], at[i], arrivedAt[i] = int64(read.Seq), read.At.Time(), read.ArrivedAt.Time()
		if read.HasRSSI {
			rssi[i] = &read.RSSIDBm
		}
		if read.HasAntenna {
			antenna[i] = &read.Antenna
		}
		mat[i], boot[i], chip[i] = string(read.Mat), read.Boot, string(read.Chip)
	}
	return pgx.StrictNamedArgs{
		"event": string(to.Event), "seq": seq, "at": at, "arrived_at": arrivedAt, "rssi": rssi, "antenna": antenna,
		"mat": mat, "boot": boot, "chip": chip, "version": to.Version,
	}
}
