package timingnats

import (
	"log/slog"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"raceday/services/broker"
	"raceday/services/rules/race"
	"raceday/services/timing"
)

const event race.EventID = "almaty-2025"

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// startServer runs a server on a folder and a port, 0 being any, until the test ends.
func startServer(t *testing.T, dir string, port int) *broker.Embedded {
	t.Helper()
	server, err := broker.StartEmbedded(broker.EmbeddedOptions{
		Dir: dir, Host: "127.0.0.1", Port: port, Unsynced: true, Log: discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

func connect(t *testing.T, url string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	conn, err := broker.Connect(t.Context(), url, broker.ConnectOptions{Name: t.Name(), Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	closed := conn.StatusChanged(nats.CLOSED)
	t.Cleanup(func() {
		conn.Close()
		<-closed
	})
	js, err := broker.JetStream(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, js
}

// newStream runs a server with the event's stream.
func newStream(t *testing.T) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	conn, js := connect(t, startServer(t, t.TempDir(), 0).URL())
	if err := NewStreams(js, 1).EnsureStream(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	return conn, js
}

// readsOf returns n reads of a mat, numbered from first.
func readsOf(mat race.MatID, first uint64, n int) []timing.Read {
	reads := make([]timing.Read, n)
	for i := range reads {
		seq := first + uint64(i)
		reads[i] = timing.Read{Mat: mat, Boot: "1", Seq: seq, Chip: "C1", At: 1_759_000_000_000_000}
	}
	return reads
}
