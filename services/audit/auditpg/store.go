// Package auditpg reads the record of official actions from the schema audit. Only the function audit.record writes it.
package auditpg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/audit"
	"raceday/services/postgres"
	"raceday/services/rules/race"
)

// Store is an audit.Store on Postgres.
type Store struct{ db postgres.Beginner }

// New returns a store on a pool, or inside a transaction.
func New(db postgres.Beginner) *Store { return &Store{db} }

const selectActions = `
SELECT number, at, actor, action, detail, digest
FROM audit.actions
WHERE event = @event
  AND number > @after
ORDER BY number
LIMIT @limit`

// List returns at most limit actions of an event with a number above after, in their order.
func (s *Store) List(ctx context.Context, event race.EventID, after int64, limit int) ([]audit.Action, error) {
	var actions []audit.Action
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectActions, pgx.StrictNamedArgs{"event": string(event), "after": after, "limit": limit})
		if err != nil {
			return fmt.Errorf("select actions: %w", err)
		}
		actions, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (audit.Action, error) {
			a := audit.Action{Event: event}
			return a, scan(row, &a)
		})
		if err != nil {
			return fmt.Errorf("select actions: %w", err)
		}
		return nil
	})
	return actions, err
}

const selectAllActions = `
SELECT number, at, actor, action, detail, digest
FROM audit.actions
WHERE event = @event
ORDER BY number`

// allTime is what reading all actions may take.
const allTime = time.Minute

// Each calls each with all actions of an event as of one moment, in their order.
func (s *Store) Each(ctx context.Context, event race.EventID, each func(audit.Action) error) error {
	return postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		if err := postgres.AllowTime(ctx, tx, allTime); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectAllActions, pgx.StrictNamedArgs{"event": string(event)})
		if err != nil {
			return fmt.Errorf("select all actions: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			a := audit.Action{Event: event}
			if err := scan(rows, &a); err != nil {
				return fmt.Errorf("select all actions: %w", err)
			}
			if err := each(a); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func scan(row pgx.CollectableRow, a *audit.Action) error {
	var digest []byte
	if err := row.Scan(&a.Number, &a.At, &a.Actor, &a.Action, &a.Detail, &digest); err != nil {
		return err
	}
	a.At = a.At.UTC()
	copy(a.Digest[:], digest)
	return nil
}
