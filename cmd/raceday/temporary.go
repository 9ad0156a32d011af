package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc"

	"raceday/services/broker"
)

// errDone ends the services of a command that is done with them.
var errDone = errors.New("done")

// onOwnServers runs services on servers of their own, in a folder that is removed afterwards, and uses them. They
// write where they are to stdout, and end when use returns errDone or fails.
func onOwnServers(
	t *terminal, stdout io.Writer, services []string, use func(ctx context.Context, databaseURL string, up started) error,
) error {
	dir, remove, err := temporaryFolder()
	if err != nil {
		return err
	}
	defer remove()
	serve := serveCommand{
		Listen: "127.0.0.1:0", NatsListen: "127.0.0.1:0", Embedded: true, DataDir: dir, Services: services,
	}
	log := slog.New(slog.NewTextHandler(t.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	inside := &terminal{ctx: t.ctx, getenv: t.getenv, stdout: stdout, stderr: t.stderr}
	err = serve.serve(inside, log, func(ctx context.Context, up started) error { return use(ctx, serve.DatabaseURL, up) })
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

// temporaryFolder makes a folder that PostgreSQL's account may enter.
func temporaryFolder() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "raceday-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // The system clears what is left.
	if err := os.Chmod(dir, 0o755); err != nil {
		remove()
		return "", nil, err
	}
	return dir, remove, nil
}

// connections lead to a server that is up: conn as its callers have, nats and js as its mats.
type connections struct {
	conn *grpc.ClientConn
	nats *nats.Conn
	js   jetstream.JetStream
}

// connected uses a server that is up as its callers and its mats do.
func connected(ctx context.Context, up started, use func(connections) error) error {
	conn, err := dial(up.grpc, key{up.grpc, up.developmentKey})
	if err != nil {
		return err
	}
	defer conn.Close()
	mats, err := broker.Connect(ctx, up.nats, broker.ConnectOptions{Name: "mats", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer mats.Close()
	js, err := broker.JetStream(mats)
	if err != nil {
		return err
	}
	return use(connections{conn, mats, js})
}
