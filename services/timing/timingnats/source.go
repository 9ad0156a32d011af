package timingnats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

// The bounds of a batch. What is rejected counts as a read, and maxBatchBytes is passed by one message at most.
const (
	maxBatchMessages = 500
	maxBatchReads    = 20_000
	maxBatchBytes    = 8 << 20
)

const (
	// watchTime is how long the stream may be silent before it is asked whether it has more.
	watchTime = 5 * time.Second
	// heartbeat is how often the server shows that it still knows the consumer; two missing ones end it.
	heartbeat = time.Second
	// pullExpiry is how long one request for messages stands.
	pullExpiry = 10 * time.Second
	// inactiveTime is after how long the server forgets a consumer that nobody asks for messages.
	inactiveTime = 30 * time.Second
	// askTime bounds a question to the server.
	askTime = 5 * time.Second
	// retryTime is the pause before a consumer is made anew.
	retryTime = 250 * time.Millisecond
	// graceTime is how long what the stream has taken just now may still be on its way.
	graceTime = time.Second
)

// Source takes the messages of an event's stream in order and decodes them.
type Source struct {
	js  jetstream.JetStream
	log *slog.Logger
}

// NewSource returns a source; log is told of every consumer that had to be made anew.
func NewSource(js jetstream.JetStream, log *slog.Logger) *Source {
	return &Source{js: js, log: log}
}

// Run sends what lies from a sequence on in the event's stream, the one that was made at created, in batches without a
// gap between them, until ctx ends, which is no error. A batch holds what has come while the one before was worked on: at
// most 500 messages and 20 000 reads, and when the stream is quiet a single message at once. Lost connections, consumers
// and servers are got over. It returns timing.ErrStreamReplaced where the stream is gone, was made anew, or ends before
// from, and timing.ErrGap where messages are missing in it.
func (s *Source) Run(
	ctx context.Context, event race.EventID, created time.Time, from uint64, out chan<- *timing.Batch,
) error {
	f := &feed{
		js: s.js, log: s.log, event: event, created: created, next: from,
		messages: make(chan message, maxBatchMessages),
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(f.messages)
		return f.fetch(groupCtx)
	})
	group.Go(func() error {
		f.batch(groupCtx, out)
		return nil
	})
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("read stream of event %s: %w", event, err)
	}
	return nil
}

// message is one of the stream with how many the server knew behind it.
type message struct {
	timing.Message
	pending uint64
}

// feed is one run of a source.
type feed struct {
	js      jetstream.JetStream
	log     *slog.Logger
	event   race.EventID
	created time.Time
	// next is the sequence that must come next.
	next     uint64
	messages chan message
}

// fetch makes consumer after consumer until ctx ends or the stream is not what it was.
func (f *feed) fetch(ctx context.Context) error {
	for {
		err := f.consume(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, timing.ErrStreamReplaced), errors.Is(err, timing.ErrGap), errors.Is(err, nats.ErrConnectionClosed):
			return err
		}
		f.log.WarnContext(ctx, "consumer of reads is made anew", "event", f.event, "next_sequence", f.next, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryTime):
		}
	}
}

// Why a consumer is given up and made anew.
var (
	errLost    = errors.New("messages were lost on the way")
	errStalled = errors.New("the stream has messages and delivers none")
)

// consume takes messages through one consumer until that fails. The consumer is not acknowledged and lives in the
// server's memory: the position is Postgres's alone. It is not nats.go's ordered consumer because that would go on by
// number in a stream that was made anew.
func (f *feed) consume(ctx context.Context) error {
	iterator, err := f.subscribe(ctx)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, iterator.Stop)()
	defer iterator.Stop()
	patience := watchTime
	for first := true; ; first = false {
		msg, err := iterator.Next(jetstream.NextMaxWait(patience))
		if errors.Is(err, nats.ErrTimeout) {
			if patience, err = f.watch(ctx, patience); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		patience = watchTime
		meta, err := msg.Metadata()
		switch {
		case err != nil:
			return err
		case meta.Sequence.Stream != f.next && first:
			return fmt.Errorf("%w: %d follows %d", timing.ErrGap, meta.Sequence.Stream, f.next-1)
		case meta.Sequence.Stream != f.next:
			return errLost
		}
		f.next++
		select {
		case f.messages <- message{
			Message: timing.Message{
				Subject: msg.Subject(), ContentType: contentType(msg.Headers()), Data: msg.Data(),
				Sequence: meta.Sequence.Stream, ArrivedAt: racetime.At(meta.Timestamp),
			},
			pending: meta.NumPending,
		}:
		case <-ctx.Done():
			return nil
		}
	}
}

// contentType finds the header however it is written: NATS tells upper and lower case apart, people do not.
func contentType(headers nats.Header) string {
	for name, values := range headers {
		if strings.EqualFold(name, "Content-Type") && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func (f *feed) subscribe(ctx context.Context) (jetstream.MessagesContext, error) {
	if _, err := f.last(ctx); err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	consumer, err := f.js.CreateConsumer(asking, streamName(f.event), jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: f.next,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: inactiveTime,
	})
	if err != nil {
		return nil, fmt.Errorf("make consumer: %w", err)
	}
	// A consumer dies with its stream: if the stream is still the same one now, the consumer is of that one.
	if _, err := f.last(ctx); err != nil {
		return nil, err
	}
	return consumer.Messages(jetstream.PullMaxMessages(maxBatchMessages), jetstream.PullExpiry(pullExpiry),
		jetstream.PullHeartbeat(heartbeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
}

// watch looks, after as much silence as patience, whether the stream has more than was delivered, and returns for how long
// to go on waiting. What came this very moment may still be on its way; errStalled if nothing comes in the grace either.
func (f *feed) watch(ctx context.Context, patience time.Duration) (time.Duration, error) {
	last, err := f.last(ctx)
	switch {
	case err != nil:
		return 0, err
	case last < f.next:
		return watchTime, nil
	case patience == graceTime:
		return 0, errStalled
	}
	return graceTime, nil
}

// last returns the sequence of the stream's last message, or timing.ErrStreamReplaced if the stream is not the one made
// at created or does not hold what was taken from it.
func (f *feed) last(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	created, last, err := streamInfo(ctx, f.js, f.event)
	if err != nil {
		return 0, err
	}
	if !created.Equal(f.created) || last+1 < f.next {
		return 0, timing.ErrStreamReplaced
	}
	return last, nil
}

// batch decodes messages into a batch for as long as nobody takes it, batch after batch until ctx ends.
func (f *feed) batch(ctx context.Context, out chan<- *timing.Batch) {
	for {
		select {
		case m, ok := <-f.messages:
			if !ok || !f.fill(ctx, m, out) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// fill makes a batch of first and of what comes until it is taken; it is false when ctx ends.
func (f *feed) fill(ctx context.Context, first message, out chan<- *timing.Batch) bool {
	b := &timing.Batch{StreamCreated: f.created, First: first.Sequence, FirstArrivedAt: first.ArrivedAt}
	var pending uint64
	size := 0
	add := func(m message) {
		b.Last, b.LastArrivedAt, pending = m.Sequence, m.ArrivedAt, m.pending
		b.Decode(m.Message)
		size += len(m.Data)
	}
	add(first)
	more := f.messages
	for {
		if b.Messages() >= maxBatchMessages || len(b.Reads)+len(b.Rejected) > maxBatchReads-timing.MaxReads || size >= maxBatchBytes {
			more = nil
		}
		// What is here already goes along before the batch is offered.
		select {
		case m, ok := <-more:
			if !ok {
				more = nil
				continue
			}
			add(m)
			continue
		default:
		}
		b.Pending = pending + uint64(len(f.messages))
		select {
		case m, ok := <-more:
			if !ok {
				more = nil
				continue
			}
			add(m)
		case out <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
}
