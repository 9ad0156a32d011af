package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// lockEvery is the time between two rounds of Locks; lockTime bounds what a round asks of the server.
const (
	lockEvery = time.Second
	lockTime  = 5 * time.Second
)

// Locks runs a piece of work per key on one of several processes: that which holds the key's advisory lock. A lock saves
// double work; it fences nothing, since a process may learn late that it has lost it.
type Locks struct {
	// URL leads to the database on whose locks the processes agree.
	URL string
	// Log is told of locks won and lost.
	Log *slog.Logger
	// Keys returns the keys to compete for, asked once a second. After an error the last answer holds.
	Keys func(ctx context.Context) ([]string, error)
	// While is the work on a key that was won. Its context ends when the lock is lost or the key is no longer listed.
	// When it returns the lock is released, and competed for again a second later; its error is logged.
	While func(ctx context.Context, key string) error
}

// Run competes until ctx ends, which is no error, and returns after all work has. All locks are held by one connection
// outside the pool; when it is lost all work ends before a new one is opened.
func (l *Locks) Run(ctx context.Context) error {
	if _, err := pgx.ParseConfig(l.URL); err != nil {
		return fmt.Errorf("read the database URL: %w", err)
	}
	away := false // Told once, not every second.
	for {
		conn, err := connect(ctx, l.URL, map[string]string{
			"application_name":     "raceday locks",
			"statement_timeout":    "0",
			"lock_timeout":         "0",
			"idle_session_timeout": "0",
		})
		if err == nil {
			away = false
			err = l.compete(ctx, conn)
		}
		if err != nil && ctx.Err() == nil && !away {
			away = true
			l.Log.WarnContext(ctx, "lock connection lost", "error", err)
		}
		if !pause(ctx, lockEvery) {
			return nil
		}
	}
}

// held is the work on one key.
type held struct {
	stop context.CancelFunc
	done chan struct{}
}

// compete holds what it can win on one connection, until that or ctx ends, and closes it.
func (l *Locks) compete(ctx context.Context, conn *pgx.Conn) error {
	works := map[string]*held{}
	// Deferred calls run from the last: the work ends before the connection gives up the locks to others.
	defer closeConn(ctx, conn)
	defer func() {
		for _, work := range works {
			work.stop()
		}
		for _, work := range works {
			<-work.done
		}
	}()
	var keys []string
	for {
		if listed, err := l.Keys(ctx); err == nil {
			keys = listed
		} else if ctx.Err() == nil {
			l.Log.WarnContext(ctx, "list of lock keys failed", "error", err)
		}
		if err := l.round(ctx, conn, keys, works); err != nil {
			return err
		}
		if !pause(ctx, lockEvery) {
			return nil
		}
	}
}

// round releases the keys whose work has ended and tries each key that is not held. Its error means that the connection,
// and with it every lock, must be taken as lost.
func (l *Locks) round(ctx context.Context, conn *pgx.Conn, keys []string, works map[string]*held) error {
	// A question cut short by ctx would break the connection, and free the locks while the work still ends.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTime)
	defer cancel()
	if err := conn.Ping(asking); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	var released []string
	for key, work := range works {
		if !slices.Contains(keys, key) {
			work.stop()
		}
		select {
		case <-work.done:
			if err := release(asking, conn, key); err != nil {
				return err
			}
			delete(works, key)
			released = append(released, key)
		default:
		}
	}
	for _, key := range keys {
		// What was just released is left to the others for this round.
		if works[key] != nil || slices.Contains(released, key) {
			continue
		}
		won, err := try(asking, conn, key)
		if err != nil {
			return err
		}
		if won {
			works[key] = l.start(ctx, key)
		}
	}
	return nil
}

// start begins the work on a key that was won.
func (l *Locks) start(ctx context.Context, key string) *held {
	ctx, stop := context.WithCancel(ctx)
	work := &held{stop: stop, done: make(chan struct{})}
	l.Log.InfoContext(ctx, "lock won", "key", key)
	go func() {
		defer close(work.done)
		defer stop()
		if err := l.While(ctx, key); err != nil && ctx.Err() == nil {
			l.Log.ErrorContext(ctx, "work under lock failed", "key", key, "error", err)
			return
		}
		l.Log.InfoContext(ctx, "work under lock ended", "key", key)
	}()
	return work
}

func try(ctx context.Context, conn *pgx.Conn, key string) (bool, error) {
	const query = `SELECT pg_try_advisory_lock(hashtextextended(@key, 0))`
	var won bool
	if err := conn.QueryRow(ctx, query, pgx.StrictNamedArgs{"key": key}).Scan(&won); err != nil {
		return false, fmt.Errorf("try lock %s: %w", key, err)
	}
	return won, nil
}

func release(ctx context.Context, conn *pgx.Conn, key string) error {
	const query = `SELECT pg_advisory_unlock(hashtextextended(@key, 0))`
	if _, err := conn.Exec(ctx, query, pgx.StrictNamedArgs{"key": key}); err != nil {
		return fmt.Errorf("release lock %s: %w", key, err)
	}
	return nil
}
