package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"raceday/services/benchmark"
	"raceday/services/postgres"
)

// processStopTime is how long a process may take to end, with its servers.
const processStopTime = 30 * time.Second

// newProcess returns raceday as a process of its own, which is asked to end when ctx does.
func newProcess(ctx context.Context, arguments ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, arguments...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = processStopTime
	return command, nil
}

// startProcess runs a server as users do, with what it needs inside, in a process of its own.
func (t *terminal) startProcess(ctx context.Context, use func(context.Context, benchmark.Server) error) error {
	dir, remove, err := temporaryFolder()
	if err != nil {
		return err
	}
	defer remove()
	serving, stop := context.WithCancel(ctx)
	defer stop()
	server, err := newProcess(serving, "serve", "--embedded", "--data-dir", dir, "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var said bytes.Buffer
	server.Stderr = &said
	stdout, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start a server: %w", err)
	}
	used := t.useProcess(ctx, dir, stdout, func(ctx context.Context, s benchmark.Server) error {
		s.PID = server.Process.Pid
		return use(ctx, s)
	})
	stop()
	if ended := server.Wait(); used != nil {
		return fmt.Errorf("%w; the server (%v) said: %s", used, ended, said.Bytes())
	}
	return nil
}

// useProcess connects to a server that says on stdout where it is, and has its data in dir.
func (t *terminal) useProcess(
	ctx context.Context, dir string, stdout io.Reader, use func(context.Context, benchmark.Server) error,
) error {
	up, err := readStarted(stdout)
	if err != nil {
		return err
	}
	url, leave, err := postgres.ReachCluster(ctx, postgres.ClusterOptions{
		Dir: filepath.Join(dir, "postgres"), Getenv: t.getenv, Log: slog.New(slog.DiscardHandler), Announce: io.Discard,
	})
	if err != nil {
		return err
	}
	defer leave()
	return useBenched(ctx, url, up, use)
}

// readStarted reads what printStarted wrote of a server that made a key.
func readStarted(r io.Reader) (up started, err error) {
	lines := bufio.NewScanner(r)
	for up.developmentKey == "" && lines.Scan() {
		words := strings.Fields(lines.Text())
		switch last := words[len(words)-1]; words[0] {
		case "gRPC":
			up.grpc = last
		case "NATS":
			up.nats = last
		case "admin":
			up.developmentKey = last
		}
	}
	if up.developmentKey == "" {
		err = errors.Join(errors.New("the server did not start"), lines.Err())
	}
	return up, err
}
