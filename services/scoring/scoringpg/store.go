// Package scoringpg keeps what the scorer derives, in the schema standings, of whose derived tables it is the only writer.
package scoringpg

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/scoring"
)

// Facts keep reads and positions; the append runs in the scorer's transaction.
type Facts interface {
	// Append adds a commit's batch, if it has one, and moves the position from c.From to c.To; scoring.ErrFenced where
	// the position is not c.From.
	Append(ctx context.Context, tx pgx.Tx, c scoring.Commit) error
}

// Store writes commits.
type Store struct {
	db    postgres.Beginner
	facts Facts
}

// New returns a store on a database.
func New(db postgres.Beginner, facts Facts) *Store { return &Store{db, facts} }

// large is the number of rows from which a statement may take longer than others are allowed to.
const large = 1000

// largeTime is what it may take then. It has an end, since nobody else can score the event meanwhile.
const largeTime = 5 * time.Minute

// statementRows is how many rows one statement writes at the most: a connection keeps several times the bytes of its last one
// in memory. Those that delete name their rows by numbers only, and take them all.
const statementRows = 5000

// Commit writes all of a commit or nothing: the reads and the position that they came from, the passings, results, legs
// and anomalies that follow, and the ranks that come with it. It returns scoring.ErrFenced where the position is not c.From.
func (s *Store) Commit(ctx context.Context, c scoring.Commit) error {
	return postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		if size(c) >= large {
			if err := postgres.AllowTime(ctx, tx, largeTime); err != nil {
				return err
			}
		}
		if err := s.facts.Append(ctx, tx, c); err != nil {
			return fmt.Errorf("append the facts: %w", err)
		}
		batch := &pgx.Batch{}
		queueResults(batch, c)
		queuePassings(batch, c)
		queueLegs(batch, c)
		queueAnomalies(batch, c)
		queueRanks(batch, c)
		if batch.Len() == 0 {
			return nil
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("write what is derived: %w", err)
		}
		return nil
	})
}

// size is about how many rows a commit writes.
func size(c scoring.Commit) int {
	n := len(c.Changes.Results) + len(c.Changes.Removed)
	if c.Batch != nil {
		n += len(c.Batch.Reads)
	}
	for _, list := range c.Lists {
		n += len(list.New) + len(list.Put) + len(list.Removed)
	}
	return n
}

const selectRanks = `
SELECT race, list, entrant, rank, time_us
FROM standings.ranks
WHERE event = @event`

const selectLists = `
SELECT race, list, version
FROM standings.lists
WHERE event = @event`

// Ranks returns the stored ranks of an event by list, and the version up to which all of its lists are exact: 0 where no
// list was ever written.
func (s *Store) Ranks(ctx context.Context, event race.EventID) (map[scoring.ListKey][]scoring.Rank, int64, error) {
	ranks := map[scoring.ListKey][]scoring.Rank{}
	exactTo := int64(math.MaxInt64)
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		clear(ranks)
		exactTo = math.MaxInt64
		args := pgx.StrictNamedArgs{"event": event}
		rows, err := tx.Query(ctx, selectLists, args)
		if err != nil {
			return fmt.Errorf("read the lists: %w", err)
		}
		var key scoring.ListKey
		var version int64
		_, err = pgx.ForEachRow(rows, []any{&key.Race, &key.List, &version}, func() error {
			ranks[key] = nil
			exactTo = min(exactTo, version)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the lists: %w", err)
		}
		if rows, err = tx.Query(ctx, selectRanks, args); err != nil {
			return fmt.Errorf("read the ranks: %w", err)
		}
		var rank scoring.Rank
		var microseconds int64
		_, err = pgx.ForEachRow(rows, []any{&key.Race, &key.List, &rank.Entrant, &rank.Rank, &microseconds}, func() error {
			rank.Time = time.Duration(microseconds) * time.Microsecond
			ranks[key] = append(ranks[key], rank)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the ranks: %w", err)
		}
		return nil
	})
	if len(ranks) == 0 {
		exactTo = 0
	}
	return ranks, exactTo, err
}
