package broker

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// A server that is stopped while it looks for the origin of a mirror or source gives that up some seconds later. Ours have
		// none.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*stream).setupMirrorConsumer.func3"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*stream).trySetupSourceConsumer.func3"))
}

// start runs an embedded server on a free port until the test ends.
func start(t *testing.T, dir string, unsynced bool) *Embedded {
	t.Helper()
	embedded, err := StartEmbedded(EmbeddedOptions{Dir: dir, Host: "127.0.0.1", Unsynced: unsynced, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(embedded.Stop)
	return embedded
}

// connect returns a connection and its JetStream, closed when the test ends.
func connect(t *testing.T, url string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	conn, err := Connect(t.Context(), url, ConnectOptions{Name: t.Name(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	closed := conn.StatusChanged(nats.CLOSED)
	t.Cleanup(func() {
		conn.Close()
		<-closed
	})
	js, err := JetStream(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, js
}

// foreign is where a server that somebody else runs is reached.
type foreign struct{ clients, monitor string }

// startForeign runs a server as somebody else might set it, with a monitor port.
func startForeign(t *testing.T, options server.Options) foreign {
	t.Helper()
	options.Host, options.Port, options.HTTPHost, options.HTTPPort = "127.0.0.1", -1, "127.0.0.1", -1
	options.StoreDir, options.NoSigs, options.NoLog = t.TempDir(), true, true
	nats, err := server.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	nats.Start()
	t.Cleanup(func() {
		nats.Shutdown()
		nats.WaitForShutdown()
	})
	if err := awaitReady(nats, nil); err != nil {
		t.Fatal(err)
	}
	return foreign{clients: nats.ClientURL(), monitor: "http://" + nats.MonitorAddr().String()}
}

// wantMention fails the test unless err's text holds every one of the words.
func wantMention(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one that mentions %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("got error %q, want it to mention %q", err, word)
		}
	}
}
