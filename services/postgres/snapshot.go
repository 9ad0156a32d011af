package postgres

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// SnapshotID names a state of the database that several transactions can read at the same time.
type SnapshotID string

var snapshotID = regexp.MustCompile(`^[0-9A-F]+(-[0-9A-F]+)*$`)

// InSnapshot freezes the database's present state for as long as f runs and gives f its name, which AtSnapshot takes. It
// holds one connection of the pool and no lock; f needs others of it, so a pool must be larger than the number of
// snapshots taken at once.
func InSnapshot(ctx context.Context, pool *pgxpool.Pool, f func(ctx context.Context, id SnapshotID) error) error {
	return readOnly(ctx, pool, func(tx pgx.Tx) error {
		if err := AllowTime(ctx, tx, 0); err != nil {
			return err
		}
		var id SnapshotID
		if err := tx.QueryRow(ctx, `SELECT pg_export_snapshot()`).Scan(&id); err != nil {
			return fmt.Errorf("export a snapshot: %w", err)
		}
		return f(ctx, id)
	})
}

// AtSnapshot runs f in a read-only transaction that sees exactly the state named id, without timeouts: exports are long.
// The InSnapshot that named it must still be running.
func AtSnapshot(
	ctx context.Context, pool *pgxpool.Pool, id SnapshotID, f func(ctx context.Context, tx pgx.Tx) error,
) error {
	if !snapshotID.MatchString(string(id)) {
		return fmt.Errorf("%q is no snapshot", id)
	}
	return readOnly(ctx, pool, func(tx pgx.Tx) error {
		// SET takes no arguments; the id's form was checked above.
		if _, err := tx.Exec(ctx, `SET TRANSACTION SNAPSHOT '`+string(id)+`'`); err != nil {
			return fmt.Errorf("go to snapshot: %w", err)
		}
		if err := AllowTime(ctx, tx, 0); err != nil {
			return err
		}
		return f(ctx, tx)
	})
}

// readOnly runs f once: what it streamed to somebody cannot be taken back.
func readOnly(ctx context.Context, pool *pgxpool.Pool, f func(tx pgx.Tx) error) error {
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return hideCause(fmt.Errorf("begin a reading transaction: %w", err))
	}
	defer rollback(ctx, tx)
	return hideCause(f(tx))
}
