package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/fault"
)

// Beginner begins a transaction: a *pgxpool.Pool, or a pgx.Tx, within which the new one is a savepoint (a store's test
// that rolls everything back).
type Beginner interface {
	// Begin returns a transaction that the caller must commit or roll back.
	Begin(ctx context.Context) (pgx.Tx, error)
}

// txAttempts and the waits between them keep a retried transaction within about a second.
const (
	txAttempts   = 8
	txFirstWait  = 5 * time.Millisecond
	txLongWait   = 250 * time.Millisecond
	rollbackTime = time.Second
)

// InTx runs f in a transaction and commits it. Any error of f undoes all of it and is returned as it is, except that
// ErrBusy stands in front of what the server gave up because it took too long. Where ctx comes from Join on the same db, f
// runs in that transaction instead, which whoever opened it commits, or undoes and runs again.
//
// It runs f again, in a new transaction, where nothing can have been committed: after a serialization failure (40001) or a
// deadlock (40P01), also when the commit reports it, and after a lost or refused connection (57P01 to 57P03, 25006,
// 08xxx, a broken socket) before the commit was sent. So f keeps no state between its runs and tells nobody. A connection
// lost during the commit is not tried again: ErrCommitUnknown. If the attempts are used up on an unreachable server the
// error is ErrUnavailable.
func InTx(ctx context.Context, db Beginner, f func(ctx context.Context, tx pgx.Tx) error) error {
	if tx, ok := ctx.Value(joined{db}).(pgx.Tx); ok {
		return f(ctx, tx)
	}
	for attempt := 1; ; attempt++ {
		err := runTx(ctx, db, f)
		again := isConflict(err) || IsUnavailable(err) && !errors.Is(err, ErrCommitUnknown)
		if !again {
			return sayBusy(err)
		}
		if attempt == txAttempts || !pause(ctx, backoff(attempt-1, txFirstWait, txLongWait)) {
			return hideCause(err)
		}
	}
}

// joined is under what a context carries the transaction on a db.
type joined struct{ db Beginner }

// Join returns a context within which InTx on this db runs in tx. So two stores that do not know each other share a
// transaction, and the second takes no further connection while the first holds locks: with a pool that is used up, each
// would wait for the other.
func Join(ctx context.Context, db Beginner, tx pgx.Tx) context.Context {
	return context.WithValue(ctx, joined{db}, tx)
}

const setTimeouts = `
SELECT set_config('statement_timeout', @limit, true),
       set_config('idle_in_transaction_session_timeout', @limit, true)`

// AllowTime lets each statement of a transaction from here on, and each pause between two, take longer than the pool does:
// up to limit, in whole milliseconds; 0 is without end, for what only reads and so keeps nobody waiting.
func AllowTime(ctx context.Context, tx pgx.Tx, limit time.Duration) error {
	arguments := pgx.StrictNamedArgs{"limit": strconv.FormatInt(limit.Milliseconds(), 10)}
	if _, err := tx.Exec(ctx, setTimeouts, arguments); err != nil {
		return fmt.Errorf("set the timeouts: %w", err)
	}
	return nil
}

func runTx(ctx context.Context, db Beginner, f func(ctx context.Context, tx pgx.Tx) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	// After the commit this does nothing; it is here for f's errors and panics.
	defer rollback(ctx, tx)
	if err := f(ctx, tx); err != nil {
		return err
	}
	err = tx.Commit(ctx)
	switch {
	case err == nil:
		return nil
	case isConflict(err):
		return fmt.Errorf("commit: %w", err)
	case IsUnavailable(err), ctx.Err() != nil:
		return fmt.Errorf("commit: %w: %w", ErrCommitUnknown, err)
	default:
		return fmt.Errorf("commit: %w", err)
	}
}

// rollback does not depend on ctx still being alive: a cancelled rollback would cost the pool its connection.
func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	_ = tx.Rollback(ctx) // Without an answer the server rolls back by itself when the connection ends.
}

// hideCause puts ErrUnavailable or ErrBusy in front of what a caller cannot act upon.
func hideCause(err error) error {
	if IsUnavailable(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return sayBusy(err)
}

// sayBusy puts ErrBusy in front of a timeout of the server, unless a store has said better what it means.
func sayBusy(err error) error {
	if _, said := fault.Of(err); !said && IsTimeout(err) {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}
