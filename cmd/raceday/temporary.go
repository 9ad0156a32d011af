package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
)

// errDone ends the services of a command that is done with them.
var errDone = errors.New("done")

// onOwnServers runs all services on servers of their own, in a folder that is removed afterwards, and uses them. They
// write where they are to stdout, and end when use returns errDone or fails.
func onOwnServers(t *terminal, stdout io.Writer, use func(ctx context.Context, databaseURL string, up started) error) error {
	dir, err := os.MkdirTemp("", "raceday-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's account may enter it
		return err
	}
	serve := serveCommand{
		Listen: "127.0.0.1:0", NatsListen: "127.0.0.1:0", Embedded: true, DataDir: dir, Services: allServices,
	}
	log := slog.New(slog.NewTextHandler(t.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	inside := &terminal{ctx: t.ctx, getenv: t.getenv, stdout: stdout, stderr: t.stderr}
	err = serve.serve(inside, log, func(ctx context.Context, up started) error { return use(ctx, serve.DatabaseURL, up) })
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}
