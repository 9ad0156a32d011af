package postgres_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"raceday/services/postgres"
)

// ownDir names the folder in which TestMain, as another process, owns a cluster until it is killed.
const ownDir = "RACEDAY_TEST_OWN_DIR"

// cluster is the server that this package's tests share; it is not migrated.
var cluster *postgres.Cluster

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownDir); dir != "" {
		os.Exit(own(dir))
	}
	os.Exit(run(m))
}

// own starts a cluster, says so, and waits to be killed.
func own(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	options := clusterOptions(dir)
	options.Outlives = os.Getenv("RACEDAY_TEST_OUTLIVES") == "1"
	cluster, err := postgres.StartCluster(ctx, options)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ready")
	<-ctx.Done()
	if err := cluster.Stop(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func run(m *testing.M) int {
	dir, err := openTempDir()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	cluster, err = postgres.StartCluster(context.Background(), clusterOptions(filepath.Join(dir, "pg")))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func clusterOptions(dir string) postgres.ClusterOptions {
	return postgres.ClusterOptions{
		Dir: dir, Getenv: os.Getenv, Log: slog.New(slog.DiscardHandler), Announce: io.Discard,
	}
}

// openTempDir makes a folder that the server's user can enter, which t.TempDir is not.
func openTempDir() (string, error) {
	dir, err := os.MkdirTemp("", "raceday-test-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// tempDir is openTempDir for one test.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := openTempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

var databases atomic.Int64

// newURL returns the address of an empty database of the test's own.
func newURL(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	execute(t, cluster.URL(), `CREATE DATABASE `+name)
	address, err := url.Parse(cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	return address.String()
}

// newPool returns a pool on an empty database of the test's own.
func newPool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return openPool(t, newURL(t))
}

func openPool(t *testing.T, address string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), address, postgres.Options{Name: "raceday test", MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// execute runs SQL on a connection of its own.
func execute(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value runs a query for one value.
func value[T any](t *testing.T, db interface {
	QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
}, sql string) T {
	t.Helper()
	var got T
	if err := db.QueryRow(t.Context(), sql).Scan(&got); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

// endSessions ends every session of the given application_name on the database.
func endSessions(t *testing.T, pool *pgxpool.Pool, name string) {
	t.Helper()
	const query = `
SELECT count(pg_terminate_backend(pid))
FROM pg_stat_activity
WHERE datname = current_database() AND application_name = @name`
	var ended int
	if err := pool.QueryRow(t.Context(), query, pgx.StrictNamedArgs{"name": name}).Scan(&ended); err != nil {
		t.Fatal(err)
	}
	if ended == 0 {
		t.Fatalf("no session is called %q", name)
	}
}

// receive waits for a value, and fails the test if none comes.
func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(30 * time.Second):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// contains fails the test unless err's text has every part.
func contains(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}
