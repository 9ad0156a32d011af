package benchmark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	eventv1 "raceday/proto/raceday/event/v1"
	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/race"
)

// Server is a raceday with all services, on servers of its own, and how a bench reaches it.
type Server struct {
	// Conn calls as an administrator.
	Conn *grpc.ClientConn
	// Address and Key are those that Conn calls with.
	Address, Key string
	// Dial opens a further connection like Conn, which the bench closes.
	Dial func() (*grpc.ClientConn, error)
	// NATS is a connection of the bench's own, JetStream one on it.
	NATS      *nats.Conn
	JetStream jetstream.JetStream
	// Pool is the bench's own, on the server's database, which it may write to.
	Pool *pgxpool.Pool
	// PID is that of the server's process; 0 where it is this one.
	PID int
	// Scorer starts a process of its own that scores beside the server, and returns what stops it.
	Scorer func(ctx context.Context) (stop func() error, err error)
}

// Start runs a server for as long as use works with it, and returns use's error.
type Start func(ctx context.Context, use func(ctx context.Context, s Server) error) error

// streamsPerConnection is how many calls a server takes at once on one connection.
const streamsPerConnection = 100

// dial opens as many connections as so many callers need, and returns what closes them.
func (s *Server) dial(callers int) (connections []*grpc.ClientConn, hangUp func(), err error) {
	hangUp = func() {
		for _, conn := range connections {
			_ = conn.Close() // It fails only for one that is closed.
		}
	}
	for len(connections)*streamsPerConnection < callers {
		conn, err := s.Dial()
		if err != nil {
			hangUp()
			return nil, nil, err
		}
		connections = append(connections, conn)
	}
	return connections, hangUp, nil
}

const (
	// settleTime bounds how long a server may take to derive what follows from all that it was given.
	settleTime = 5 * time.Minute
	// lookEvery is how often it is looked whether it has.
	lookEvery = 5 * time.Millisecond
)

// open applies the day's event, imports its roster, and waits until the scorer has taken in both.
func (s *Server) open(ctx context.Context, d *day, formats Formats) error {
	if err := s.apply(ctx, d); err != nil {
		return err
	}
	if err := s.importRoster(ctx, d, formats); err != nil {
		return fmt.Errorf("import the roster: %w", err)
	}
	return s.wait(ctx, hasEntrants, pgx.StrictNamedArgs{"event": d.event.ID, "entrants": len(d.roster)})
}

func (s *Server) apply(ctx context.Context, d *day) error {
	_, err := eventv1.NewEventServiceClient(s.Conn).ApplyEvent(ctx,
		&eventv1.ApplyEventRequest{Source: &eventv1.ApplyEventRequest_File{File: d.eventFile}})
	if err != nil {
		return fmt.Errorf("apply the event: %w", err)
	}
	return nil
}

// importChunk is how much of a file travels in one message, in bytes.
const importChunk = 128 << 10

func (s *Server) importRoster(ctx context.Context, d *day, formats Formats) error {
	var file bytes.Buffer
	if err := formats.WriteRoster(&file, d.event, d.roster); err != nil {
		return err
	}
	stream, err := registrationv1.NewRegistrationServiceClient(s.Conn).ImportRoster(ctx)
	if err != nil {
		return err
	}
	for request := (&registrationv1.ImportRosterRequest{EventId: string(d.event.ID)}); file.Len() > 0; {
		request.Chunk = file.Next(importChunk)
		if err := stream.Send(request); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		request = &registrationv1.ImportRosterRequest{}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

const hasEntrants = `
SELECT count(*) = @entrants
FROM standings.results
WHERE event = @event`

// All reads up to a message are stored, and every list is exact for them.
const hasDerived = `
SELECT p.sequence >= @sequence
   AND NOT EXISTS (SELECT FROM standings.lists AS l WHERE l.event = p.event AND l.version < p.version)
FROM timing.positions AS p
WHERE p.event = @event
  AND p.retired_at IS NULL`

// wait returns when a query's answer is yes.
func (s *Server) wait(ctx context.Context, query string, args pgx.StrictNamedArgs) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		var yes bool
		err := s.Pool.QueryRow(ctx, query, args).Scan(&yes)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("ask how far the scorer is: %w", err)
		}
		if yes {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the scorer: %w", ctx.Err())
		}
	}
}

// messages returns the day's deliveries as they are published, on subjects that begin with prefix.
func (d *day) messages(event race.EventID, prefix string) ([]*nats.Msg, error) {
	var messages []*nats.Msg
	for delivery := range d.recording.Deliveries() {
		delivery.Batch.Event = string(event)
		data, err := proto.Marshal(delivery.Batch)
		if err != nil {
			return nil, fmt.Errorf("encode reads: %w", err)
		}
		messages = append(messages, &nats.Msg{Subject: prefix + delivery.Batch.GetMat(), Data: data})
	}
	return messages, nil
}

// publishWindow is how many messages may be on their way without an acknowledgement.
const publishWindow = 128

// publish sends messages as fast as they are acknowledged, and returns when all are.
func publish(ctx context.Context, js jetstream.JetStream, messages []*nats.Msg) error {
	var open []jetstream.PubAckFuture
	for next := 0; next < len(messages) || len(open) > 0; {
		if next < len(messages) && len(open) < publishWindow {
			ack, err := begin(js, messages[next])
			if err != nil {
				return fmt.Errorf("publish reads: %w", err)
			}
			open = append(open, ack)
			next++
			continue
		}
		select {
		case <-open[0].Ok():
			open = open[1:]
		case err := <-open[0].Err():
			return fmt.Errorf("publish reads: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// begin publishes without waiting for the acknowledgement. It waits for the stream where that cannot keep up: a machine
// may stall for longer than a publisher waits by itself, and reads that wait are part of what is measured.
func begin(js jetstream.JetStream, m *nats.Msg) (jetstream.PubAckFuture, error) {
	return js.PublishMsgAsync(m, jetstream.WithStallWait(settleTime))
}
