package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	reconnectWait = 250 * time.Millisecond
	pingInterval  = 5 * time.Second
	connectTime   = 2 * time.Second
	publishTime   = 5 * time.Second
	publishWindow = 256
)

// ConnectOptions says who connects and who is told what happens to the connection.
type ConnectOptions struct {
	// Name is shown in the server's list of connections.
	Name string
	// Log takes what happens to the connection later.
	Log *slog.Logger
}

// Connect connects to the server, or to one of a comma-separated list of a cluster's servers. It returns an error that
// names the address if none answers. A connection once made is never given up: it reconnects until it is closed, and
// what is published meanwhile fails at once, because the publisher's own store is the buffer.
func Connect(ctx context.Context, url string, options ConnectOptions) (*nats.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reach nats at %s: %w", Redact(url), err)
	}
	conn, err := nats.Connect(url, connectionOptions(options)...)
	if err != nil {
		return nil, fmt.Errorf("reach nats at %s: %w", Redact(url), err)
	}
	return conn, nil
}

// WaitFor returns once a server of url answers. Until then it tries again, with one line on announce saying what it waits
// for; when ctx ends it returns the last error. What waiting cannot cure (an address that cannot be read, a wrong
// password) is returned at once.
func WaitFor(ctx context.Context, url string, announce io.Writer) error {
	for announced := false; ; announced = true {
		conn, err := nats.Connect(url, nats.Timeout(connectTime))
		if err == nil {
			conn.Close()
			return nil
		}
		err = fmt.Errorf("reach nats at %s: %w", Redact(url), err)
		if !isAway(err) {
			return err
		}
		if !announced {
			fmt.Fprintf(announce, "waiting for NATS at %s\n", Redact(url))
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(reconnectWait):
		}
	}
}

// isAway reports whether err means that nobody answers, rather than that somebody refuses.
func isAway(err error) bool {
	if errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout) {
		return true
	}
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

func connectionOptions(options ConnectOptions) []nats.Option {
	log := options.Log
	return []nats.Option{
		nats.Name(options.Name),
		nats.Timeout(connectTime),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(conn *nats.Conn, err error) {
			if !conn.IsClosed() {
				log.Warn("nats connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(conn *nats.Conn) {
			log.Info("nats connection is back", "url", conn.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Error("nats connection error", "subject", subject, "error", err)
		}),
	}
}

// JetStream returns the connection's JetStream with the limits of a publisher that must not lose anything: an
// asynchronous publish fails after 5 s without an acknowledgement, and at most 256 of them are open.
func JetStream(conn *nats.Conn) (jetstream.JetStream, error) {
	js, err := jetstream.New(conn,
		jetstream.WithDefaultTimeout(publishTime),
		jetstream.WithPublishAsyncTimeout(publishTime),
		jetstream.WithPublishAsyncMaxPending(publishWindow),
	)
	if err != nil {
		return nil, fmt.Errorf("open jetstream: %w", err)
	}
	return js, nil
}

// CheckReady returns an error if the server does not answer on the connection within a second.
func CheckReady(ctx context.Context, conn *nats.Conn) error {
	if status := conn.Status(); status != nats.CONNECTED {
		return fmt.Errorf("nats connection is %s", strings.ToLower(status.String()))
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := conn.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("ping nats: %w", err)
	}
	return nil
}

// Redact leaves passwords and tokens out of a comma-separated list of server addresses.
func Redact(urls string) string {
	servers := strings.Split(urls, ",")
	for i, text := range servers {
		text = strings.TrimSpace(text)
		if !strings.Contains(text, "://") {
			text = "nats://" + text
		}
		server, err := url.Parse(text)
		if err != nil {
			servers[i] = "(unreadable address)"
			continue
		}
		// A user without a password is a token, which Redacted would show.
		if server.User != nil {
			server.User = url.User("xxxxx")
		}
		servers[i] = server.String()
	}
	return strings.Join(servers, ",")
}
