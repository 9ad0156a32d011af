// Package accesspg keeps API keys in the schema access. It decides nothing about them.
package accesspg

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/access"
	"raceday/services/postgres"
)

// Store is an access.Store on Postgres.
type Store struct {
	db postgres.Beginner
}

// New returns a store on a pool, or inside a transaction.
func New(db postgres.Beginner) *Store {
	return &Store{db: db}
}

type row struct {
	ID          string
	Name        string
	Role        string
	SecretHash  []byte
	Development bool
	CreatedAt   time.Time
	RevokedAt   *time.Time
}

const insertKey = `
INSERT INTO access.keys (id, name, role, secret_hash, development, created_at)
VALUES (@id, @name, @role, @secret_hash, @development, @created_at)`

// InsertKey stores a new key.
func (s *Store) InsertKey(ctx context.Context, key access.Key) error {
	return postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertKey, arguments(key)); err != nil {
			return fmt.Errorf("insert key: %w", err)
		}
		return nil
	})
}

const selectKey = `
SELECT id, name, role, secret_hash, development, created_at, revoked_at
FROM access.keys
WHERE id = @id`

// FindKey returns the key, revoked or not, or access.ErrKeyNotFound.
func (s *Store) FindKey(ctx context.Context, id string) (access.Key, error) {
	var found row
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectKey, pgx.StrictNamedArgs{"id": id})
		if err != nil {
			return fmt.Errorf("find key: %w", err)
		}
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[row])
		if errors.Is(err, pgx.ErrNoRows) {
			return access.ErrKeyNotFound
		}
		if err != nil {
			return fmt.Errorf("find key: %w", err)
		}
		return nil
	})
	if err != nil {
		return access.Key{}, err
	}
	return found.key()
}

const selectKeys = `
SELECT id, name, role, secret_hash, development, created_at, revoked_at
FROM access.keys
ORDER BY created_at, id`

// ListKeys returns every key, the oldest first.
func (s *Store) ListKeys(ctx context.Context) ([]access.Key, error) {
	var found []row
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectKeys)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	keys := make([]access.Key, 0, len(found))
	for _, r := range found {
		key, err := r.key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// A clock set back since the key was made must not keep it alive.
const revokeKey = `
UPDATE access.keys
SET revoked_at = coalesce(revoked_at, greatest(created_at, @at))
WHERE id = @id`

// RevokeKey marks a key as revoked; one that is revoked keeps its instant. It returns access.ErrKeyNotFound if there is
// none.
func (s *Store) RevokeKey(ctx context.Context, id string, at time.Time) error {
	return postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, revokeKey, pgx.StrictNamedArgs{"id": id, "at": at})
		if err != nil {
			return fmt.Errorf("revoke key: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return access.ErrKeyNotFound
		}
		return nil
	})
}

// A key made by somebody between the two statements below would otherwise live beside the new development key.
const lockKeys = `
LOCK TABLE access.keys IN SHARE ROW EXCLUSIVE MODE`

const deleteDevelopmentKey = `
DELETE FROM access.keys
WHERE development
  AND (name = @name OR EXISTS (SELECT FROM access.keys WHERE NOT development))`

const insertOnlyKey = `
INSERT INTO access.keys (id, name, role, secret_hash, development, created_at)
SELECT @id, @name, @role, @secret_hash, @development, @created_at
WHERE NOT EXISTS (SELECT FROM access.keys WHERE NOT development)`

// ReplaceDevelopmentKey removes the development key of this name and stores this one in its place; if a key other than
// those was ever made, it removes them all instead. It reports whether it stored the key.
func (s *Store) ReplaceDevelopmentKey(ctx context.Context, key access.Key) (bool, error) {
	var stored bool
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockKeys); err != nil {
			return fmt.Errorf("lock keys: %w", err)
		}
		if _, err := tx.Exec(ctx, deleteDevelopmentKey, pgx.StrictNamedArgs{"name": key.Name}); err != nil {
			return fmt.Errorf("delete development key: %w", err)
		}
		tag, err := tx.Exec(ctx, insertOnlyKey, arguments(key))
		if err != nil {
			return fmt.Errorf("insert development key: %w", err)
		}
		stored = tag.RowsAffected() == 1
		return nil
	})
	return stored, err
}

func arguments(key access.Key) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": key.ID, "name": key.Name, "role": string(key.Role), "secret_hash": key.SecretHash[:],
		"development": key.Development, "created_at": key.CreatedAt,
	}
}

func (r row) key() (access.Key, error) {
	if len(r.SecretHash) != sha256.Size {
		return access.Key{}, fmt.Errorf("hash of key %s has %d bytes", r.ID, len(r.SecretHash))
	}
	key := access.Key{
		ID:          r.ID,
		Name:        r.Name,
		Role:        access.Role(r.Role),
		SecretHash:  [sha256.Size]byte(r.SecretHash),
		Development: r.Development,
		CreatedAt:   r.CreatedAt.UTC(),
	}
	if r.RevokedAt != nil {
		key.RevokedAt = r.RevokedAt.UTC()
	}
	return key, nil
}
