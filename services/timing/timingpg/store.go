// Package timingpg keeps the facts of the day in the schema timing. It decides nothing about them.
package timingpg

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/timing"
)

// Store keeps reads, positions, rejected messages and rulings.
type Store struct {
	pool  *pgxpool.Pool
	marks marks
}

// New returns a store on a pool.
func New(pool *pgxpool.Pool) *Store {
	return &Store{pool: pool}
}

// translate turns the violation of a named constraint into what it means to a caller.
func translate(err error) error {
	violated, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	switch violated.ConstraintName {
	case "rulings_pkey":
		return timing.ErrRulingIDReused
	case "positions_pkey", "positions_one_in_use":
		return timing.ErrFenced
	}
	return err
}
