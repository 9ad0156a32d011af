// Package timingpg keeps the facts of the day in the schema timing. It decides nothing about them.
package timingpg

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/postgres"
	"raceday/services/timing"
)

// Store keeps reads, positions, rejected messages and rulings.
type Store struct {
	pool *pgxpool.Pool
}

// New returns a store on a pool.
func New(pool *pgxpool.Pool) *Store {
	return &Store{pool: pool}
}

// constraints are the invariants that the database holds, as what they mean to a caller.
var constraints = map[string]error{
	"rulings_pkey":         timing.ErrRulingIDReused,
	"positions_pkey":       timing.ErrFenced,
	"positions_one_in_use": timing.ErrFenced,
}

// translate returns what a caller may see of an error, or the error as it is.
func translate(err error) error {
	if known := constraints[postgres.Constraint(err)]; known != nil {
		return known
	}
	return err
}
