package timingnats

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/timing"
)

// publishWindow is how many messages may be on their way without an acknowledgement.
const publishWindow = 128

// Publisher publishes reads to an event's stream until each message is acknowledged. It is not safe for several
// goroutines.
type Publisher struct {
	js    jetstream.JetStream
	event race.EventID
	// open are the messages on their way, the oldest first.
	open         []published
	acknowledged int
}

// published is a message on its way.
type published struct {
	msg   *nats.Msg
	reads int
	// ack is nil where the message could not even be sent.
	ack jetstream.PubAckFuture
}

// NewPublisher returns a publisher to an event's stream, which must exist.
func NewPublisher(ctx context.Context, js jetstream.JetStream, event race.EventID) (*Publisher, error) {
	_, err := js.Stream(ctx, streamName(event))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("event %s has no stream for its reads", event)
	}
	if err != nil {
		return nil, fmt.Errorf("find stream %s: %w", streamName(event), err)
	}
	return &Publisher{js: js, event: event}, nil
}

// Publish sends one message: at most timing.MaxReads reads, all of one mat and boot. It waits only where too many messages
// are on their way. What the server can never take is an error, perhaps of an earlier message; all else is sent again
// until it is acknowledged or ctx ends.
func (p *Publisher) Publish(ctx context.Context, reads []timing.Read) error {
	data, err := timing.Encode(p.event, reads)
	if err != nil {
		return err
	}
	for len(p.open) >= publishWindow {
		if err := p.settleOldest(ctx); err != nil {
			return err
		}
	}
	msg := &nats.Msg{Subject: timing.Subject(p.event, reads[0].Mat), Data: data}
	sent := published{msg: msg, reads: len(reads)}
	// What cannot be sent now is sent again when its turn to be settled comes.
	sent.ack, _ = p.js.PublishMsgAsync(msg)
	p.open = append(p.open, sent)
	return nil
}

// Flush returns when all that was published is acknowledged.
func (p *Publisher) Flush(ctx context.Context) error {
	for len(p.open) > 0 {
		if err := p.settleOldest(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Acknowledged returns the number of reads that are safe.
func (p *Publisher) Acknowledged() int { return p.acknowledged }

func (p *Publisher) settleOldest(ctx context.Context) error {
	oldest := p.open[0]
	for {
		err := settled(ctx, oldest.ack)
		switch {
		case err == nil:
			p.acknowledged += oldest.reads
			p.open = p.open[1:]
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("publish reads to %s: %w", oldest.msg.Subject, ctx.Err())
		case isFinal(err):
			return fmt.Errorf("publish reads to %s: %w", oldest.msg.Subject, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryTime):
		}
		oldest.ack, err = p.js.PublishMsgAsync(oldest.msg)
		if err != nil && isFinal(err) {
			return fmt.Errorf("publish reads to %s: %w", oldest.msg.Subject, err)
		}
	}
}

var errNotSent = errors.New("message was not sent")

// settled waits for the server's answer.
func settled(ctx context.Context, ack jetstream.PubAckFuture) error {
	if ack == nil {
		return errNotSent
	}
	select {
	case <-ack.Ok():
		return nil
	case err := <-ack.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isFinal reports whether the same message will be refused again.
func isFinal(err error) bool {
	var refused *jetstream.APIError
	if errors.As(err, &refused) {
		return refused.Code < http.StatusInternalServerError
	}
	return errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrConnectionClosed) ||
		errors.Is(err, nats.ErrBadSubject) || errors.Is(err, nats.ErrInvalidMsg)
}

// PublishBatch sends a batch as a mat does and returns when the server has acknowledged it.
func PublishBatch(ctx context.Context, js jetstream.JetStream, batch *timingv1.ReadBatch) error {
	data, err := proto.Marshal(batch)
	if err != nil {
		return fmt.Errorf("encode batch: %w", err)
	}
	subject := timing.Subject(race.EventID(batch.GetEvent()), race.MatID(batch.GetMat()))
	if _, err := js.Publish(ctx, subject, data); err != nil {
		return fmt.Errorf("publish batch of mat %s: %w", batch.GetMat(), err)
	}
	return nil
}
