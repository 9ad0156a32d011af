package benchmark

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	timingv1 "raceday/proto/raceday/timing/v1"
)

// ingestFloor is the floor of an IngestBench: messages of an equally synced stream, copied into a logged table with the
// columns and the unique key of timing.reads, and the position updated in the same transaction. It takes what has come, at
// most 500 messages, while it worked on what came before.
type ingestFloor struct {
	pool *pgxpool.Pool
	js   jetstream.JetStream
}

const createFloorTables = `
CREATE SCHEMA IF NOT EXISTS benchmark;
CREATE TABLE IF NOT EXISTS benchmark.reads (LIKE timing.reads INCLUDING ALL);
CREATE TABLE IF NOT EXISTS benchmark.positions (event text PRIMARY KEY, sequence bigint NOT NULL);`

func newIngestFloor(ctx context.Context, s *Server) (*ingestFloor, error) {
	if _, err := s.Pool.Exec(ctx, createFloorTables); err != nil {
		return nil, fmt.Errorf("create the floor's tables: %w", err)
	}
	return &ingestFloor{s.Pool, s.JetStream}, nil
}

const insertFloorPosition = `
INSERT INTO benchmark.positions (event, sequence)
VALUES (@event, 0)`

// stream makes the stream and the position of a turn and returns their name.
func (f *ingestFloor) stream(ctx context.Context, turn int) (string, error) {
	name := fmt.Sprintf("floor-%d", turn)
	_, err := f.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: name, Subjects: []string{name + ".*"}, Storage: jetstream.FileStorage, Replicas: 1,
	})
	if err != nil {
		return "", fmt.Errorf("make the floor's stream: %w", err)
	}
	if _, err := f.pool.Exec(ctx, insertFloorPosition, pgx.StrictNamedArgs{"event": name}); err != nil {
		return "", fmt.Errorf("make the floor's position: %w", err)
	}
	return name, nil
}

// floorBatch is the number of messages that one transaction stores at most.
const floorBatch = 500

// store stores what comes until the message with the last sequence is committed.
func (f *ingestFloor) store(ctx context.Context, stream string, last uint64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	consumer, err := f.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("make the floor's consumer: %w", err)
	}
	iterator, err := consumer.Messages(jetstream.PullMaxMessages(floorBatch))
	if err != nil {
		return fmt.Errorf("consume the floor's stream: %w", err)
	}
	defer context.AfterFunc(ctx, iterator.Stop)()
	messages := make(chan jetstream.Msg, floorBatch)
	failed := make(chan error, 1)
	go func() { failed <- forward(ctx, iterator, messages) }()
	for sequence := uint64(0); sequence < last; {
		select {
		case first := <-messages:
			if sequence, err = f.commit(ctx, stream, sequence, take(first, messages)); err != nil {
				return err
			}
		case err := <-failed:
			return err
		}
	}
	cancel()
	return <-failed
}

// forward hands on messages until ctx ends, which is no error.
func forward(ctx context.Context, iterator jetstream.MessagesContext, messages chan<- jetstream.Msg) error {
	for {
		message, err := iterator.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("consume the floor's stream: %w", err)
		}
		select {
		case messages <- message:
		case <-ctx.Done():
			return nil
		}
	}
}

// take adds what is there already to a first message.
func take(first jetstream.Msg, messages <-chan jetstream.Msg) []jetstream.Msg {
	batch := []jetstream.Msg{first}
	for len(batch) < floorBatch {
		select {
		case message := <-messages:
			batch = append(batch, message)
		default:
			return batch
		}
	}
	return batch
}

var floorColumns = []string{"seq", "at", "arrived_at", "rssi", "antenna", "event", "mat", "boot", "chip"}

const updateFloorPosition = `
UPDATE benchmark.positions
SET sequence = @to
WHERE event = @event
  AND sequence = @from`

func (f *ingestFloor) commit(ctx context.Context, stream string, from uint64, messages []jetstream.Msg) (uint64, error) {
	var rows [][]any
	for _, message := range messages {
		meta, err := message.Metadata()
		if err != nil {
			return 0, err
		}
		var batch timingv1.ReadBatch
		if err := proto.Unmarshal(message.Data(), &batch); err != nil {
			return 0, err
		}
		for i, read := range batch.GetReads() {
			rows = append(rows, []any{int64(batch.GetFirstSeq()) + int64(i), read.GetAt().AsTime(), meta.Timestamp, read.Rssi,
				read.Antenna, stream, batch.GetMat(), batch.GetBoot(), read.GetChip()})
		}
	}
	to := from + uint64(len(messages))
	err := pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) error {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"benchmark", "reads"}, floorColumns, pgx.CopyFromRows(rows)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, updateFloorPosition, pgx.StrictNamedArgs{"event": stream, "from": from, "to": to})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store the floor's reads: %w", err)
	}
	return to, nil
}
