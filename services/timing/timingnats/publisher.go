package timingnats

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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
	// ack is nil where the message could not even be sent, or was refused.
	ack jetstream.PubAckFuture
	// safe is set once the message is acknowledged.
	safe bool
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

// settleOldest waits until the oldest message is acknowledged. Whenever it must be sent again, so is everything behind it
// that failed as well: what one lost connection took is brought back by one pause.
func (p *Publisher) settleOldest(ctx context.Context) error {
	oldest := &p.open[0]
	for !oldest.safe {
		if err := oldest.await(ctx); err != nil {
			return err
		}
		if oldest.safe {
			break
		}
		if !pause(ctx, retryTime) {
			return fmt.Errorf("publish reads to %s: %w", oldest.msg.Subject, ctx.Err())
		}
		for i := range p.open {
			if err := p.resend(&p.open[i]); err != nil {
				return err
			}
		}
	}
	p.acknowledged += oldest.reads
	p.open = p.open[1:]
	return nil
}

// await waits for the server's answer, which makes the message safe or leaves it without ack. Only what cannot be cured
// by sending it again is an error.
func (m *published) await(ctx context.Context) error {
	if m.ack == nil {
		return nil
	}
	select {
	case <-m.ack.Ok():
		m.safe = true
		return nil
	case err := <-m.ack.Err():
		return m.failed(err)
	case <-ctx.Done():
		return fmt.Errorf("publish reads to %s: %w", m.msg.Subject, ctx.Err())
	}
}

func (m *published) failed(err error) error {
	m.ack = nil
	if isFinal(err) {
		return fmt.Errorf("publish reads to %s: %w", m.msg.Subject, err)
	}
	return nil
}

// resend sends a message again if it is known to have failed.
func (p *Publisher) resend(m *published) error {
	if m.ack != nil && !m.safe {
		select {
		case <-m.ack.Ok():
			m.safe = true
		case err := <-m.ack.Err():
			if err := m.failed(err); err != nil {
				return err
			}
		default:
		}
	}
	if m.ack != nil {
		return nil
	}
	var err error
	if m.ack, err = p.js.PublishMsgAsync(m.msg); err != nil {
		return m.failed(err)
	}
	return nil
}

// isFinal reports whether the same message will be refused again.
func isFinal(err error) bool {
	if refused, ok := errors.AsType[*jetstream.APIError](err); ok {
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
