package timingnats

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"raceday/services/rules/race"
	"raceday/services/timing"
)

func TestPublisherNeedsAStream(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	if _, err := NewPublisher(t.Context(), js, "none"); err == nil || !strings.Contains(err.Error(), "event none has no stream") {
		t.Errorf("got %v, want an error that names the event", err)
	}
}

func TestPublisherReturnsWhatTheServerRefuses(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	p, err := NewPublisher(t.Context(), js, event)
	if err != nil {
		t.Fatal(err)
	}
	reads := readsOf("line-a", 0, timing.MaxReads)
	for i := range reads {
		reads[i].Chip = race.Chip(strings.Repeat("9", 200)) // no chip is that long; here it makes the message too large
	}
	if err := p.Publish(t.Context(), reads); err != nil {
		t.Fatal(err)
	}
	err = p.Flush(t.Context())
	if _, ok := errors.AsType[*jetstream.APIError](err); !ok {
		t.Errorf("got %v, want the server's refusal", err)
	}
}

func TestPublisherEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := startServer(t, t.TempDir(), 0)
	_, js := connect(t, server.URL())
	if err := NewStreams(js, 1).EnsureStream(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	p, err := NewPublisher(t.Context(), js, event)
	if err != nil {
		t.Fatal(err)
	}
	server.Stop()
	if err := p.Publish(t.Context(), readsOf("line-a", 0, 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
