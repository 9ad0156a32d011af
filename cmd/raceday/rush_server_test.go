package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/postgres"
)

// crashingDatabase is a PostgreSQL that a test crashes and starts again.
type crashingDatabase struct {
	options postgres.ClusterOptions
	cluster *postgres.Cluster
}

// startCrashingDatabase starts a database; one that is not durable forgets in a crash what it confirmed just before.
func startCrashingDatabase(t *testing.T, durable bool) *crashingDatabase {
	t.Helper()
	d := &crashingDatabase{options: postgres.ClusterOptions{
		Dir: folder(t), Getenv: os.Getenv, Log: slog.New(slog.DiscardHandler), Announce: os.Stderr, Durable: durable,
	}}
	if err := d.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *crashingDatabase) start(ctx context.Context) (err error) {
	cluster, err := postgres.StartCluster(ctx, d.options)
	if err == nil {
		d.cluster = cluster
	}
	return err
}

// crash ends the server as pg_ctl stop -m immediate does, and starts it again.
func (d *crashingDatabase) crash(ctx context.Context) error {
	content, err := os.ReadFile(filepath.Join(d.options.Dir, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.SplitN(string(content), "\n", 2)[0])
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		return err
	}
	if d.cluster.Watch(ctx) == nil {
		return ctx.Err()
	}
	if err := d.cluster.Stop(); err != nil { // It gives the folder free.
		return err
	}
	return d.start(ctx)
}

// replica is one of several raceday serve processes on the same servers. It can be killed, and comes back on its address.
type replica struct {
	address   string
	arguments []string
	conns     []*grpc.ClientConn
	calls     atomic.Int64
	command   *exec.Cmd
	log       *lines
	// ended is closed when the process has ended.
	ended chan struct{}
	// left is what a watcher of this process saw last.
	left atomic.Pointer[registrationv1.Vacancy]
}

// newReplica connects to a process that start is to start. It must end as it should with the test.
func newReplica(t *testing.T, key key, connections int, arguments ...string) *replica {
	t.Helper()
	address := freeAddress(t)
	r := &replica{address: address, arguments: append(arguments, "--listen", address), log: newLines()}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if strings.Contains(r.log.String(), "DATA RACE") {
			t.Error("a data race in a server")
		}
		if t.Failed() {
			t.Logf("the log of the server at %s:\n%s", address, r.log.String())
		}
	})
	for range connections {
		conn, err := dial(address, key)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		r.conns = append(r.conns, conn)
	}
	return r
}

// start returns when the process is up. As whoever watches over it would, it starts the process anew where that ends
// before: PostgreSQL may crash meanwhile.
func (r *replica) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		up, err := r.launch(ctx)
		if err != nil {
			return fmt.Errorf("start a server: %w\n%s", err, r.log.String())
		}
		if up {
			break
		}
	}
	for _, conn := range r.conns {
		conn.ResetConnectBackoff()
	}
	return nil
}

// launch reports whether the process came up.
func (r *replica) launch(ctx context.Context) (bool, error) {
	program, err := os.Executable()
	if err != nil {
		return false, err
	}
	out, ended := newLines(), make(chan struct{})
	command := exec.Command(program, r.arguments...)
	command.Env = append(os.Environ(), asRaceday+"=1")
	command.Stdout, command.Stderr = out, r.log
	if err := command.Start(); err != nil {
		return false, err
	}
	go func() {
		_ = command.Wait() // Its state says how it ended.
		close(ended)
	}()
	r.command, r.ended = command, ended
	for !addresses.MatchString(out.String()) {
		select {
		case <-out.changed:
		case <-ended:
			return false, ctx.Err()
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return true, nil
}

// kill ends the process without a chance to tidy up, and starts it again.
func (r *replica) kill(ctx context.Context) error {
	if err := r.command.Process.Kill(); err != nil {
		return fmt.Errorf("a server ended by itself: %w", err)
	}
	<-r.ended
	return r.start(ctx)
}

// stop ends the process as it should end.
func (r *replica) stop() error {
	if r.command == nil {
		return nil
	}
	if err := r.command.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-r.ended
	if state := r.command.ProcessState; !state.Success() {
		return fmt.Errorf("a server ended: %v", state)
	}
	return nil
}

// client takes the connections in turn, so that none has more streams than a server allows.
func (r *replica) client() registrationv1.RegistrationServiceClient {
	n := r.calls.Add(1)
	return registrationv1.NewRegistrationServiceClient(r.conns[int(n)%len(r.conns)])
}

// watch keeps what the process says is left of the race, whatever becomes of the process, until ctx ends.
func (r *replica) watch(ctx context.Context) error {
	for ctx.Err() == nil {
		err := r.watchOnce(ctx)
		if _, again := sentAgain(err); !again && ctx.Err() == nil {
			return err
		}
		pause(ctx, retryAfter())
	}
	return nil
}

// What a watcher must never see.
var (
	errTooManyMessages = errors.New("more than one message a second about what is left")
	errOversold        = errors.New("more places taken than there are")
)

func (r *replica) watchOnce(ctx context.Context) error {
	began := time.Now()
	stream, err := r.client().WatchVacancies(ctx, &registrationv1.WatchVacanciesRequest{EventId: rushEvent})
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		message, err := stream.Recv()
		if err != nil {
			return err
		}
		if time.Since(began) < time.Duration(n)*time.Second {
			return errTooManyMessages
		}
		left := message.GetVacancies()[0]
		if left.GetTaken() > left.GetCapacity() {
			return errOversold
		}
		r.left.Store(left)
	}
}
