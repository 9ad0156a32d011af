package broker

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
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
	_, err := Connect(ctx, "nats://127.0.0.1:1", ConnectOptions{Log: slog.New(slog.DiscardHandler)})
	wantMention(t, err, "canceled", "127.0.0.1:1")
}

func TestWaitFor(t *testing.T) {
	t.Parallel()
	t.Run("the server comes", func(t *testing.T) {
		t.Parallel()
		port := freePort(t)
		url := fmt.Sprintf("nats://127.0.0.1:%d", port)
		said, announce := io.Pipe()
		result := make(chan error, 1)
		go func() { result <- WaitFor(t.Context(), url, announce) }()
		line, err := bufio.NewReader(said).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if want := "waiting for NATS at " + url + "\n"; line != want {
			t.Errorf("got announcement %q, want %q", line, want)
		}
		embedded, err := StartEmbedded(EmbeddedOptions{
			Dir: t.TempDir(), Host: "127.0.0.1", Port: port, Unsynced: true, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(embedded.Stop)
		if err := <-result; err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
	t.Run("nobody waits any more", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantMention(t, WaitFor(ctx, "nats://127.0.0.1:1", io.Discard), "127.0.0.1:1", "no servers available")
	})
	t.Run("the address cannot be read", func(t *testing.T) {
		t.Parallel()
		wantMention(t, WaitFor(t.Context(), "nats://a%zz:4222", io.Discard), "unreadable address")
	})
	t.Run("the server refuses", func(t *testing.T) {
		t.Parallel()
		url := startForeign(t, server.Options{Username: "mat", Password: "secret"}).clients
		wantMention(t, WaitFor(t.Context(), url, io.Discard), url, "Authorization")
	})
}

// freePort returns a port that nobody listened on a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
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
		if got := Redact(test.urls); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
