// Package postgres owns how raceday uses PostgreSQL: the pool and its settings, transactions, migrations, notices, locks
// held for long, and a private server for whoever has none. It knows no table of any service.
package postgres

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options are a pool's own settings.
type Options struct {
	// Name is the application_name under which the server lists the connections.
	Name string
	// MaxConns bounds the connections; 0 means what the URL says in pool_max_conns, else pgx's default (the number of
	// CPUs, at least 4).
	MaxConns int32
}

// sessionSettings protect the server from a session that hangs. A URL may override each of them.
func sessionSettings() map[string]string {
	return map[string]string{
		"statement_timeout":                   "5s",
		"lock_timeout":                        "2s",
		"idle_in_transaction_session_timeout": "10s",
		"timezone":                            "UTC",
	}
}

// Open returns a pool on the server at url, having reached it once. Instants scan as UTC. Errors name the server, never
// the password.
func Open(ctx context.Context, url string, options Options) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	parameters := config.ConnConfig.RuntimeParams
	for name, value := range sessionSettings() {
		if _, ok := parameters[name]; !ok {
			parameters[name] = value
		}
	}
	if options.Name != "" {
		parameters["application_name"] = options.Name
	}
	if options.MaxConns > 0 {
		config.MaxConns = options.MaxConns
	}
	config.MaxConnLifetime = 5 * time.Minute
	// Without jitter all connections of a start would end in one moment.
	config.MaxConnLifetimeJitter = 30 * time.Second
	config.HealthCheckPeriod = 5 * time.Second
	config.AfterConnect = scanInstantsAsUTC

	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, &unreachable{config: config.ConnConfig, cause: err}
	}
	return pool, nil
}

// scanInstantsAsUTC replaces pgx's default of the machine's local time.
func scanInstantsAsUTC(_ context.Context, conn *pgx.Conn) error {
	instant := &pgtype.Type{
		Name:  "timestamptz",
		OID:   pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	}
	conn.TypeMap().RegisterType(instant)
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name:  "_timestamptz",
		OID:   pgtype.TimestamptzArrayOID,
		Codec: &pgtype.ArrayCodec{ElementType: instant},
	})
	return nil
}

// WaitFor returns once the server at url answers. Until then it tries again, with one line on announce saying what it
// waits for; when ctx ends it returns the last error. What waiting cannot cure (a bad URL, a wrong password, a database
// that does not exist) is returned at once.
func WaitFor(ctx context.Context, url string, announce io.Writer) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("read the database URL: %w", err)
	}
	announced := false
	for attempt := 0; ; attempt++ {
		err := ping(ctx, config)
		if err == nil {
			return nil
		}
		if !IsUnavailable(err) {
			return &unreachable{config: config, cause: err}
		}
		if !announced {
			fmt.Fprintf(announce, "waiting for PostgreSQL at %s port %d\n", config.Host, config.Port)
			announced = true
		}
		if !pause(ctx, backoff(attempt, 100*time.Millisecond, 2*time.Second)) {
			return &unreachable{config: config, cause: err}
		}
	}
}

func ping(ctx context.Context, config *pgx.ConnConfig) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return err
	}
	if err := conn.Ping(ctx); err != nil {
		_ = conn.Close(ctx) // The connection has failed already; its closing says nothing new.
		return err
	}
	return conn.Close(ctx)
}

// backoff returns how long to wait after the given attempt (counted from 0): twice as long each time from first up to
// limit, of which the upper half is random, so that those who failed together do not come back together.
func backoff(attempt int, first, limit time.Duration) time.Duration {
	wait := limit
	if attempt < 16 {
		wait = min(first<<attempt, limit)
	}
	return wait/2 + rand.N(wait/2+1)
}

// pause waits, and reports false if ctx ended before the time was over.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}
