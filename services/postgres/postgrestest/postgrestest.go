// Package postgrestest gives the tests of stores a real PostgreSQL: one private server per test binary, started when the
// first test asks for it, with a migrated template that databases are cloned from. It never skips: where the machine
// cannot get PostgreSQL the test fails.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"raceday/migrations"
	"raceday/services/postgres"
)

// setUpTime bounds each step of preparing a database; the first may install PostgreSQL.
const setUpTime = 5 * time.Minute

const (
	template = "raceday_template"
	shared   = "raceday_shared"
)

// server belongs to the test binary: testing has no other place that is shared by all tests and ends after them.
var server struct {
	start   sync.Once
	err     error
	dir     string
	cluster *postgres.Cluster
	pool    *pgxpool.Pool // on the database that transactions share
	clones  atomic.Int64
	kept    atomic.Bool
}

// Main runs a package's tests, stops the server if one was started, fails on leaked goroutines, and exits:
//
//	func TestMain(m *testing.M) { postgrestest.Main(m) }
func Main(m *testing.M) {
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "postgrestest:", err)
		code = 1
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "postgrestest:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// Pool returns a pool on a migrated database of the test's own, for tests that commit or race. The database is dropped at
// the test's end, unless the test failed and RACEDAY_KEEP=1: then its URL is printed and the server goes on.
func Pool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := open(URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// URL returns the address of a database as Pool uses it.
func URL(t *testing.T) string {
	t.Helper()
	if err := ensure(); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("raceday_test_%d", server.clones.Add(1))
	if err := execute(`CREATE DATABASE ` + name + ` TEMPLATE ` + template); err != nil {
		t.Fatal(err)
	}
	address, err := urlOf(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() && keep() {
			server.kept.Store(true)
			t.Logf("database kept: %s", address)
			return
		}
		if err := execute(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	return address
}

// Tx returns a transaction on a migrated database that all such tests share; it is rolled back at the test's end. It is a
// postgres.Beginner, so that a store's InTx becomes a savepoint. Parallel tests that write the same unique key wait for
// each other.
func Tx(t *testing.T) pgx.Tx {
	t.Helper()
	if err := ensure(); err != nil {
		t.Fatal(err)
	}
	tx, err := server.pool.Begin(t.Context())
	if err != nil {
		t.Fatalf("begin the test's transaction: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := tx.Rollback(ctx); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("roll the test's transaction back: %v", err)
		}
	})
	return tx
}

func keep() bool { return os.Getenv("RACEDAY_KEEP") == "1" }

func ensure() error {
	server.start.Do(func() { server.err = start() })
	return server.err
}

func start() error {
	ctx, cancel := context.WithTimeout(context.Background(), setUpTime)
	defer cancel()
	var err error
	if server.dir, err = os.MkdirTemp("", "raceday-test-"); err != nil {
		return fmt.Errorf("make the test server's folder: %w", err)
	}
	// The server may run as another user.
	if err := os.Chmod(server.dir, 0o755); err != nil {
		return fmt.Errorf("open the test server's folder: %w", err)
	}
	server.cluster, err = postgres.StartCluster(ctx, postgres.ClusterOptions{
		Dir:      filepath.Join(server.dir, "pg"),
		Getenv:   os.Getenv,
		Log:      slog.New(slog.DiscardHandler),
		Announce: os.Stderr,
		Outlives: keep(),
	})
	if err != nil {
		return err
	}
	if err := execute(`CREATE DATABASE ` + template); err != nil {
		return err
	}
	address, err := urlOf(template)
	if err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, address, migrations.Sets()); err != nil {
		return err
	}
	if err := execute(`CREATE DATABASE ` + shared + ` TEMPLATE ` + template); err != nil {
		return err
	}
	if address, err = urlOf(shared); err != nil {
		return err
	}
	server.pool, err = open(address)
	return err
}

// stop ends the server and removes its folder, unless a test wants its database kept.
func stop() error {
	if server.pool != nil {
		server.pool.Close()
	}
	if server.kept.Load() {
		fmt.Fprintf(os.Stderr, "postgrestest: server kept in %s: end it with kill -INT $(head -1 %s/pg/data/postmaster.pid)\n",
			server.dir, server.dir)
		return nil
	}
	if server.cluster != nil {
		if err := server.cluster.Stop(); err != nil {
			return err
		}
	}
	if server.dir != "" {
		return os.RemoveAll(server.dir)
	}
	return nil
}

func open(address string) (*pgxpool.Pool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), setUpTime)
	defer cancel()
	return postgres.Open(ctx, address, postgres.Options{Name: "raceday test", MaxConns: 8})
}

// urlOf returns the address of another database of the server.
func urlOf(name string) (string, error) {
	address, err := url.Parse(server.cluster.URL())
	if err != nil {
		return "", fmt.Errorf("read the test server's address: %w", err)
	}
	address.Path = "/" + name
	return address.String(), nil
}

// execute runs one statement that cannot be part of a transaction.
func execute(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), setUpTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.cluster.URL())
	if err != nil {
		return fmt.Errorf("reach the test server: %w", err)
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}
