package benchmark

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// watchFloor is the floor of a WatchBench: a message of reads is published to an equally synced stream, and when it is
// acknowledged a notice of it is published over core NATS and received.
type watchFloor struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	notices *nats.Subscription
	took    []time.Duration
}

const (
	floorStream = "floor-watch"
	floorNotice = "floor-notices"
	noticeTime  = 5 * time.Second
)

func newWatchFloor(ctx context.Context, s *Server) (*watchFloor, error) {
	_, err := s.JetStream.CreateStream(ctx, jetstream.StreamConfig{
		Name: floorStream, Subjects: []string{floorStream}, Storage: jetstream.FileStorage, Replicas: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("make the floor's stream: %w", err)
	}
	notices, err := s.NATS.SubscribeSync(floorNotice)
	if err != nil {
		return nil, fmt.Errorf("listen for the floor's notices: %w", err)
	}
	return &watchFloor{conn: s.NATS, js: s.JetStream, notices: notices}, nil
}

func (f *watchFloor) close() { _ = f.notices.Unsubscribe() }

// onItsWay is a message that the stream has not acknowledged yet.
type onItsWay struct {
	at    time.Time
	reads int
	ack   jetstream.PubAckFuture
}

// turn sends messages at a pace; each read counts.
func (f *watchFloor) turn(ctx context.Context, readsPerSecond int, part []sent) error {
	flow := make(chan onItsWay, len(part))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(flow)
		return atPace(ctx, readsPerSecond, part, func(m sent) error {
			at := time.Now()
			ack, err := begin(f.js, &nats.Msg{Subject: floorStream, Data: m.Data})
			if err == nil {
				flow <- onItsWay{at, len(m.changes), ack}
			}
			return err
		})
	})
	group.Go(func() error {
		for m := range flow {
			if err := f.notice(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// notice waits for the acknowledgement of a message, and tells and hears of it.
func (f *watchFloor) notice(ctx context.Context, m onItsWay) error {
	ctx, cancel := context.WithTimeout(ctx, noticeTime)
	defer cancel()
	select {
	case <-m.ack.Ok():
	case err := <-m.ack.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := f.conn.Publish(floorNotice, nil); err != nil {
		return err
	}
	if _, err := f.notices.NextMsgWithContext(ctx); err != nil {
		return err
	}
	for range m.reads {
		f.took = append(f.took, time.Since(m.at))
	}
	return nil
}
