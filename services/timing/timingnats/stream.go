// Package timingnats carries reads over JetStream: each event's stream, the source that the scorer takes batches from, and
// the publisher of recorded reads. What a message means is decided in timing.
package timingnats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"raceday/services/broker"
	"raceday/services/rules/race"
	"raceday/services/timing"
)

// Streams are the streams of events, one each.
type Streams struct {
	js       jetstream.JetStream
	replicas int
}

// NewStreams returns the streams of a server, 1 replica, or of a cluster, 3.
func NewStreams(js jetstream.JetStream, replicas int) *Streams {
	return &Streams{js: js, replicas: replicas}
}

// EnsureStream makes the event's stream if it does not exist. Where one exists that is not set as it must be, it is left
// so and the error is a *broker.SettingsError, so that only a caller who was told to goes on.
func (s *Streams) EnsureStream(ctx context.Context, event race.EventID) error {
	_, err := broker.EnsureStream(ctx, s.js, broker.Stream{
		Name: streamName(event), Subjects: []string{timing.Subject(event, "*")}, Replicas: s.replicas,
	})
	return err
}

// StreamInfo returns when the event's stream was made, in whole microseconds, and the sequence of its last message. It
// returns timing.ErrStreamReplaced where there is none.
func (s *Streams) StreamInfo(ctx context.Context, event race.EventID) (created time.Time, last uint64, err error) {
	return streamInfo(ctx, s.js, event)
}

func streamInfo(ctx context.Context, js jetstream.JetStream, event race.EventID) (time.Time, uint64, error) {
	stream, err := js.Stream(ctx, streamName(event))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return time.Time{}, 0, fmt.Errorf("find stream %s: %w", streamName(event), timing.ErrStreamReplaced)
	}
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("find stream %s: %w", streamName(event), err)
	}
	info := stream.CachedInfo()
	return info.Created.UTC().Truncate(time.Microsecond), info.State.LastSeq, nil
}

func streamName(event race.EventID) string { return "reads_" + string(event) }
