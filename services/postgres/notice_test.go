package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/postgres"
)

func TestListen(t *testing.T) {
	t.Parallel()
	address := newURL(t)
	pool := openPool(t, address)
	ctx, cancel := context.WithCancel(t.Context())
	payloads, done := make(chan string, 10), make(chan error, 1)
	warnings := make(chan string, 10)
	listener := &postgres.Listener{
		URL: address, Channels: []string{"facts", "rumours"}, Log: slog.New(warned{slog.DiscardHandler, warnings}),
		Heard: func(payload string) { payloads <- payload },
	}
	go func() { done <- listener.Run(ctx) }()
	expect := func(want, what string) {
		t.Helper()
		if got := receive(t, payloads, what); got != want {
			t.Errorf("payload of %s = %q, want %q", what, got, want)
		}
	}
	expect("", "the first connection")
	notify(t, pool, "facts", "almaty")
	expect("almaty", "a notice")
	notify(t, pool, "rumours", "astana")
	expect("astana", "a notice of the other channel")
	endSessions(t, pool, "raceday listen facts rumours")
	expect("", "the second connection")
	receive(t, warnings, "a warning of the loss")
	notify(t, pool, "facts", "boston")
	expect("boston", "a notice after it")
	cancel()
	if err := receive(t, done, "the end"); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if len(warnings) > 0 {
		t.Errorf("another warning: %s", <-warnings)
	}
}

// warned hands on the messages of warnings.
type warned struct {
	slog.Handler
	messages chan<- string
}

func (w warned) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (w warned) Handle(_ context.Context, record slog.Record) error {
	w.messages <- record.Message
	return nil
}

func notify(t *testing.T, pool *pgxpool.Pool, channel, payload string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `SELECT pg_notify($1, $2)`, channel, payload); err != nil {
		t.Fatal(err)
	}
}

// turn is one run of the work on a key.
type turn struct {
	who, key string
	// lost is closed when the context of the work has ended.
	lost <-chan struct{}
	// finish ends the work.
	finish chan error
}

// competitor runs Locks until the returned function is called, which waits for its end.
func competitor(t *testing.T, who, address string, keys []string, turns chan<- turn) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	locks := &postgres.Locks{
		URL:  address,
		Log:  slog.New(slog.DiscardHandler),
		Keys: func(context.Context) ([]string, error) { return keys, nil },
		While: func(ctx context.Context, key string) error {
			mine := turn{who: who, key: key, lost: ctx.Done(), finish: make(chan error)}
			turns <- mine
			select {
			case <-ctx.Done():
				return ctx.Err()
			case err := <-mine.finish:
				return err
			}
		},
	}
	done := make(chan error, 1)
	go func() { done <- locks.Run(ctx) }()
	leave = func() {
		t.Helper()
		cancel()
		if err := receive(t, done, who+"'s end"); err != nil {
			t.Errorf("Run of %s = %v, want nil", who, err)
		}
		done <- nil // So that a second call returns.
	}
	t.Cleanup(leave)
	return leave
}

func TestLocksGoToOneCompetitor(t *testing.T) {
	t.Parallel()
	address := newURL(t)
	turns := make(chan turn, 100)
	keys := []string{"almaty", "boston", "chicago"}
	leaves := map[string]func(){
		"first":  competitor(t, "first", address, keys, turns),
		"second": competitor(t, "second", address, keys, turns),
	}
	holder := map[string]turn{}
	for range keys {
		won := receive(t, turns, "a turn")
		if other, ok := holder[won.key]; ok {
			t.Errorf("%s is held by %s and %s", won.key, other.who, won.who)
		}
		holder[won.key] = won
	}
	// Whoever holds almaty leaves: the other takes over all that it held.
	leaver := holder["almaty"].who
	leaves[leaver]()
	for _, before := range holder {
		if before.who != leaver {
			continue
		}
		receive(t, before.lost, "the end of the leaver's work")
		if after := receive(t, turns, "a turn of the other"); after.who == leaver {
			t.Errorf("%s goes to %s, which has left", after.key, after.who)
		}
	}
}

func TestLocksEndWithTheirConnection(t *testing.T) {
	t.Parallel()
	address := newURL(t)
	turns := make(chan turn, 100)
	competitor(t, "only", address, []string{"almaty"}, turns)
	first := receive(t, turns, "a turn")
	endSessions(t, openPool(t, address), "raceday locks")
	receive(t, first.lost, "the loss")
	receive(t, turns, "a turn on a new connection")
}

func TestLocksAreReleasedWhenTheWorkEnds(t *testing.T) {
	t.Parallel()
	for _, end := range []error{nil, errors.New("another scorer is active")} {
		address := newURL(t)
		turns := make(chan turn, 100)
		competitor(t, "first", address, []string{"almaty"}, turns)
		first := receive(t, turns, "a turn")
		competitor(t, "second", address, []string{"almaty"}, turns)
		first.finish <- end
		next := receive(t, turns, "the next turn")
		next.finish <- nil
	}
}

func TestLocksFollowTheKeys(t *testing.T) {
	t.Parallel()
	address := newURL(t)
	ctx, cancel := context.WithCancel(t.Context())
	listed := make(chan []string, 1)
	listed <- []string{"almaty"}
	events := make(chan string, 10)
	keys := []string(nil)
	locks := &postgres.Locks{
		URL: address,
		Log: slog.New(slog.DiscardHandler),
		Keys: func(context.Context) ([]string, error) {
			select {
			case keys = <-listed:
				return keys, nil
			default:
				return nil, errors.New("the list is away") // The last answer holds.
			}
		},
		While: func(ctx context.Context, key string) error {
			events <- "start " + key
			<-ctx.Done()
			events <- "end " + key
			return nil
		},
	}
	done := make(chan error, 1)
	go func() { done <- locks.Run(ctx) }()
	want := func(event string) {
		t.Helper()
		if got := receive(t, events, event); got != event {
			t.Errorf("event = %q, want %q", got, event)
		}
	}
	want("start almaty")
	listed <- []string{"almaty", "boston"}
	want("start boston")
	listed <- []string{"boston"}
	want("end almaty")
	cancel()
	want("end boston")
	if err := receive(t, done, "the end"); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}
