package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// asRaceday in the environment makes the test binary raceday itself, for tests that need processes of their own.
const asRaceday = "RACEDAY_TEST_AS_RACEDAY"

func TestMain(m *testing.M) {
	if os.Getenv(asRaceday) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// raceday runs a command as main does and returns what it printed; it must end with the status wanted.
func raceday(t *testing.T, wantStatus int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	if status := run(t.Context(), args, os.Getenv, &out, &errors); status != wantStatus {
		t.Fatalf("raceday %s: status %d, want %d\n%s%s", strings.Join(args, " "), status, wantStatus, out.String(), errors.String())
	}
	return out.String(), errors.String()
}

// server is a raceday serve in this process.
type server struct {
	grpc, nats string
	stop       func()
	log        *lines
}

// folder returns a temporary folder that PostgreSQL's account can enter, unlike t.TempDir's.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "raceday-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// written returns the path of a new file.
func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serve starts the services with what they need inside.
func serve(t *testing.T, dir string) server {
	t.Helper()
	return startServer(t, "serve", "--embedded", "--data-dir", dir, "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0")
}

// startServer runs a serve with these arguments and returns when it is up. It is stopped with the test, or before by stop.
func startServer(t *testing.T, args ...string) server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	out, log := newLines(), newLines()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, os.Getenv, out, log) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if status := <-ended; status != exitSuccess {
			t.Errorf("serve ended with status %d:\n%s", status, log.String())
		}
	})
	t.Cleanup(stop)
	for {
		if found := addresses.FindStringSubmatch(out.String()); found != nil {
			return server{found[1], found[2], stop, log}
		}
		select {
		case <-out.changed:
		case status := <-ended:
			ended <- exitSuccess
			t.Fatalf("serve ended with status %d before it was up:\n%s%s", status, out.String(), log.String())
		}
	}
}

var addresses = regexp.MustCompile(`gRPC +(\S+)\n +NATS +(\S+)\n`)

// lines is what a command printed so far.
type lines struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newLines() *lines { return &lines{changed: make(chan struct{}, 1)} }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// patience is how long a test waits for what is to happen soon: it ends one that hangs, and measures nothing. On a machine
// with other work, a full proof beside it above all, soon can be a minute.
const patience = 5 * time.Minute

// eventually waits until condition holds, which is asked ten times a second.
func eventually(t *testing.T, condition func() error) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %v: %v", patience, err)
		}
	}
}

// differ tells where two files differ first, or returns nil.
func differ(want, got []byte) error {
	if bytes.Equal(want, got) {
		return nil
	}
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(wantLines), len(gotLines)) {
		if wantLines[i] != gotLines[i] {
			return fmt.Errorf("line %d is\n%s\nwant\n%s", i+1, gotLines[i], wantLines[i])
		}
	}
	return fmt.Errorf("%d lines, want %d", len(gotLines), len(wantLines))
}
