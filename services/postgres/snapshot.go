package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// InSnapshot runs f once in a read-only transaction that sees one moment of the database, without timeouts: exports are
// long, and what f streamed to somebody cannot be taken back. It holds one connection of the pool and no lock.
func InSnapshot(ctx context.Context, pool *pgxpool.Pool, f func(ctx context.Context, tx pgx.Tx) error) error {
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return hideCause(fmt.Errorf("begin a reading transaction: %w", err))
	}
	defer rollback(ctx, tx)
	if err := AllowTime(ctx, tx, 0); err != nil {
		return hideCause(err)
	}
	return hideCause(f(ctx, tx))
}
