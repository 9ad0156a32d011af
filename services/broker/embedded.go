package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embeddedMaxPayload bounds what a client may send at all. It is above MaxMessageBytes so that a message a little too
// large gets the stream's own refusal, and far below what would let one client fill the memory.
const embeddedMaxPayload = 2 * MaxMessageBytes

// embeddedStartTime is how long a server may take to be ready; recovering the streams of a long day from a slow disk
// takes seconds.
const embeddedStartTime = time.Minute

// EmbeddedOptions says where an embedded server keeps its data and where it listens.
type EmbeddedOptions struct {
	// Dir holds the streams. It is made if it is missing; a server started on it again goes on with what it holds.
	// One server at a time may use it.
	Dir string
	// Host is the address to listen on.
	Host string
	// Port is the TCP port to listen on; 0 takes a free one.
	Port int
	// Unsynced leaves written messages to the operating system, so that a power cut may lose acknowledged ones. It
	// makes tests fast and is for nothing else.
	Unsynced bool
	// Log takes the server's own messages.
	Log *slog.Logger
}

// Embedded is a NATS server with JetStream inside this process.
type Embedded struct {
	server *server.Server
	synced bool
}

// StartEmbedded starts a server and returns when it takes connections. A port that is taken is an error that wraps
// syscall.EADDRINUSE and names the address; a folder that cannot be used is an error that names the folder.
func StartEmbedded(options EmbeddedOptions) (*Embedded, error) {
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make nats data folder: %w", err)
	}
	address := net.JoinHostPort(options.Host, strconv.Itoa(options.Port))
	if err := probe(address); err != nil {
		return nil, fmt.Errorf("start embedded nats: %w", err)
	}
	port := options.Port
	if port == 0 {
		port = server.RANDOM_PORT
	}
	nats, err := server.NewServer(&server.Options{
		ServerName: "raceday",
		Host:       options.Host,
		Port:       port,
		JetStream:  true,
		StoreDir:   options.Dir,
		SyncAlways: !options.Unsynced,
		MaxPayload: embeddedMaxPayload,
		NoSigs:     true,
	})
	if err != nil {
		return nil, fmt.Errorf("start embedded nats: %w", err)
	}
	log := &serverLog{log: options.Log, fatal: make(chan string, 1)}
	nats.SetLoggerV2(log, false, false, false)
	nats.Start()
	if err := awaitReady(nats, log.fatal); err != nil {
		nats.Shutdown()
		nats.WaitForShutdown()
		return nil, fmt.Errorf("start embedded nats on %s in %s: %w", address, options.Dir, err)
	}
	return &Embedded{server: nats, synced: !options.Unsynced}, nil
}

// probe asks the operating system for the address before the server does, because the server reports a taken one only
// as text in its log.
func probe(address string) error {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("address %s is taken by another program: %w", address, err)
	}
	if err != nil {
		return err
	}
	return listener.Close()
}

// awaitReady waits until the server takes connections, or returns what it died of.
func awaitReady(nats *server.Server, fatal <-chan string) error {
	const step = 100 * time.Millisecond
	for deadline := time.Now().Add(embeddedStartTime); time.Now().Before(deadline); {
		select {
		case cause := <-fatal:
			return errors.New(cause)
		default:
		}
		if nats.ReadyForConnections(step) {
			return nil
		}
	}
	return fmt.Errorf("not ready after %v", embeddedStartTime)
}

// URL is where clients connect to, with the port that was really taken.
func (e *Embedded) URL() string {
	return e.server.ClientURL()
}

// SyncAlways returns nil if the server syncs every message before it acknowledges it, else a *SettingsError.
func (e *Embedded) SyncAlways() error {
	if e.synced {
		return nil
	}
	return &SettingsError{Of: "embedded nats server", Wrong: []WrongSetting{{Name: "sync_interval", Want: "always", Got: "unsynced"}}}
}

// Stop closes every connection, writes what is open and returns when the server has ended. A second call does nothing.
func (e *Embedded) Stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

// serverLog hands the server's messages to slog. The server's notices are this program's debug messages: they say
// nothing that an operator of raceday must read.
type serverLog struct {
	log   *slog.Logger
	once  sync.Once
	fatal chan string
}

func (l *serverLog) Noticef(format string, v ...any) { l.write(slog.LevelDebug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.write(slog.LevelWarn, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.write(slog.LevelError, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }

// Fatalf keeps the first cause for StartEmbedded: the server calls it where a program of its own would exit.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.once.Do(func() { l.fatal <- fmt.Sprintf(format, v...) })
	l.write(slog.LevelError, format, v)
}

func (l *serverLog) write(level slog.Level, format string, v []any) {
	ctx := context.Background()
	if l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, "embedded nats", "text", fmt.Sprintf(format, v...))
	}
}
