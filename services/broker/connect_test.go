package broker

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestConnectSaysWhereItCannotReach(t *testing.T) {
	t.Parallel()
	_, err := Connect(t.Context(), "nats://mat:secret@127.0.0.1:1", ConnectOptions{Log: slog.New(slog.DiscardHandler)})
	wantMention(t, err, "nats", "127.0.0.1:1")
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("got a password in %q", err)
	}
}

func TestConnectEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Connect(ctx, "nats://127.0.0.1:1", ConnectOptions{Wait: time.Hour, Log: slog.New(slog.DiscardHandler)})
	wantMention(t, err, "canceled", "127.0.0.1:1")
}

func TestConnectWaitsForTheServer(t *testing.T) {
	t.Parallel()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().(*net.TCPAddr)
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	waits := make(chan struct{})
	type result struct {
		conn *nats.Conn
		err  error
	}
	results := make(chan result)
	go func() {
		conn, err := Connect(t.Context(), "nats://"+address.String(), ConnectOptions{
			Wait: time.Minute,
			Log:  slog.New(firstRecord{Handler: slog.DiscardHandler, seen: waits}),
		})
		results <- result{conn, err}
	}()
	<-waits
	embedded, err := StartEmbedded(EmbeddedOptions{
		Dir: t.TempDir(), Host: "127.0.0.1", Port: address.Port, Unsynced: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(embedded.Stop)
	got := <-results
	if got.err != nil {
		t.Fatal(got.err)
	}
	got.conn.Close()
}

func TestCheckReadyFollowsTheServer(t *testing.T) {
	t.Parallel()
	embedded := start(t, t.TempDir(), true)
	conn, _ := connect(t, embedded.URL())
	if err := CheckReady(t.Context(), conn); err != nil {
		t.Errorf("got %v of a running server, want nil", err)
	}
	lost := conn.StatusChanged(nats.RECONNECTING)
	embedded.Stop()
	<-lost
	wantMention(t, CheckReady(t.Context(), conn), "reconnecting")
	if err := conn.Publish("anything", nil); err == nil {
		t.Error("got no error for a publish while the server is away, want one")
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, urls, want string }{
		{"plain", "nats://127.0.0.1:4222", "nats://127.0.0.1:4222"},
		{"without scheme", "127.0.0.1:4222", "nats://127.0.0.1:4222"},
		{"password without scheme", "mat:secret@a:4222", "nats://xxxxx@a:4222"},
		{"password", "nats://mat:secret@a:4222", "nats://xxxxx@a:4222"},
		{"token", "nats://secret@a:4222", "nats://xxxxx@a:4222"},
		{"list", "nats://u:secret@a:4222, nats://b:4222", "nats://xxxxx@a:4222,nats://b:4222"},
		{"unreadable", "nats://u:sec%ret@a", "(unreadable address)"},
	} {
		if got := redact(test.urls); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// firstRecord closes seen at the first record that it is given.
type firstRecord struct {
	slog.Handler
	seen chan struct{}
}

func (h firstRecord) Enabled(context.Context, slog.Level) bool { return true }

func (h firstRecord) Handle(context.Context, slog.Record) error {
	select {
	case <-h.seen:
	default:
		close(h.seen)
	}
	return nil
}
