package broker

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func TestEmbeddedContinuesWithItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stream := Stream{Name: "kept", Subjects: []string{"kept.>"}, Replicas: 1}

	first := start(t, dir, false)
	conn, js := connect(t, first.URL())
	made, err := EnsureStream(t.Context(), js, stream)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if _, err := js.Publish(t.Context(), "kept.a", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	first.Stop()

	_, js = connect(t, start(t, dir, false).URL())
	again, err := EnsureStream(t.Context(), js, stream)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.CachedInfo().Created, made.CachedInfo().Created; !got.Equal(want) {
		t.Errorf("got stream created %v, want %v", got, want)
	}
	if got := again.CachedInfo().State.Msgs; got != 2 {
		t.Errorf("got %d messages after the restart, want 2", got)
	}
	message, err := again.GetMsg(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(message.Data); got != "two" {
		t.Errorf("got message %q at 2, want %q", got, "two")
	}
}

func TestEmbeddedRefusesToStart(t *testing.T) {
	t.Parallel()
	t.Run("port taken", func(t *testing.T) {
		t.Parallel()
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		port := taken.Addr().(*net.TCPAddr).Port
		_, err = StartEmbedded(EmbeddedOptions{Dir: t.TempDir(), Host: "127.0.0.1", Port: port, Log: slog.New(slog.DiscardHandler)})
		wantMention(t, err, taken.Addr().String(), "taken")
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("got %v, want it to wrap EADDRINUSE", err)
		}
	})
	t.Run("folder is a file", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := StartEmbedded(EmbeddedOptions{Dir: file, Host: "127.0.0.1", Log: slog.New(slog.DiscardHandler)})
		wantMention(t, err, file)
	})
	t.Run("store cannot be made", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "jetstream"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := StartEmbedded(EmbeddedOptions{Dir: dir, Host: "127.0.0.1", Log: slog.New(slog.DiscardHandler)})
		wantMention(t, err, dir, "JetStream")
	})
}

func TestEmbeddedSaysHowItSyncs(t *testing.T) {
	t.Parallel()
	if err := start(t, t.TempDir(), false).SyncAlways(); err != nil {
		t.Errorf("got %v of a synced server, want nil", err)
	}
	wantMention(t, start(t, t.TempDir(), true).SyncAlways(), "sync_interval", "always")
}

func TestMessageSizeIsBounded(t *testing.T) {
	t.Parallel()
	_, js := connect(t, start(t, t.TempDir(), true).URL())
	stream, err := EnsureStream(t.Context(), js, Stream{Name: "sized", Subjects: []string{"sized"}, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		bytes   int
		refused bool
	}{
		{"largest", MaxMessageBytes, false},
		{"one byte more", MaxMessageBytes + 1, true},
		{"more than the server takes", embeddedMaxPayload + 1, true},
	} {
		_, err := js.Publish(t.Context(), "sized", []byte(strings.Repeat("x", test.bytes)))
		if refused := err != nil; refused != test.refused {
			t.Errorf("%s: got error %v, want refused %v", test.name, err, test.refused)
		}
	}
	info, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Msgs != 1 {
		t.Errorf("got %d messages stored, want 1", info.State.Msgs)
	}
	_, err = js.Publish(t.Context(), "elsewhere", nil)
	if !errors.Is(err, jetstream.ErrNoStreamResponse) {
		t.Errorf("got %v for a subject without a stream, want %v", err, jetstream.ErrNoStreamResponse)
	}
}
