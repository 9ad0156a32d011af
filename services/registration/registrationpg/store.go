// Package registrationpg keeps entries, their claims and their history in the schema registration, and gives the roster
// to whoever scores. It decides nothing about who may enter.
package registrationpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/fault"
	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// Store is a registration.Store on Postgres.
type Store struct {
	db postgres.Beginner
}

// New returns a store on a pool, or inside a transaction.
func New(db postgres.Beginner) *Store {
	return &Store{db: db}
}

// constraints are the invariants that the database holds, as faults.
var constraints = map[string]*fault.Fault{
	"entries_reference_unique_in_event": registration.ErrOvertaken,
	"entries_join_code_unique_in_event": registration.ErrOvertaken,
	"entries_request_unique_in_event":   registration.ErrOvertaken,
	"requests_pkey":                     registration.ErrOvertaken,
	"payments_pkey":                     registration.ErrOvertaken,
	"people_pkey":                       registration.ErrOvertaken,
	"bibs_pkey":                         registration.ErrOvertaken,
	"chips_pkey":                        registration.ErrOvertaken,
	"races_taken_within_capacity":       registration.ErrRaceFull,
}

// translate returns what a caller may see of an error, or the error as it is.
func translate(err error) error {
	if known := constraints[postgres.Constraint(err)]; known != nil {
		return known
	}
	if postgres.IsTimeout(err) { // An import holds the races.
		return registration.ErrBusy
	}
	return err
}

// Find returns the entry with this key, or registration.ErrEntryNotFound.
func (s *Store) Find(ctx context.Context, event race.EventID, key registration.Key) (registration.Entry, error) {
	seen, err := s.Look(ctx, event, "", registration.Question{Entries: []registration.Key{key}})
	if err != nil {
		return registration.Entry{}, err
	}
	e, ok := seen.Known.Entries[key]
	if !ok {
		return registration.Entry{}, registration.ErrEntryNotFound
	}
	return e, nil
}

// The page is chosen before its entries are made whole: without statistics the server would make all of them so.
const selectEntries = `
SELECT e.entry, e.members
FROM (SELECT event, entrant
      FROM registration.entries
      WHERE event = @event
        AND entrant > @after
      ORDER BY entrant
      LIMIT @limit) AS page
JOIN registration.whole_entries AS e ON e.event = page.event AND e.entrant = page.entrant
ORDER BY e.entrant`

const selectEntriesOfRace = `
SELECT e.entry, e.members
FROM (SELECT event, entrant
      FROM registration.entries
      WHERE event = @event
        AND race = @race
        AND entrant > @after
      ORDER BY entrant
      LIMIT @limit) AS page
JOIN registration.whole_entries AS e ON e.event = page.event AND e.entrant = page.entrant
ORDER BY e.entrant`

// ListEntries returns at most limit entries of the event, or of one race of it, in order of entry, after one.
func (s *Store) ListEntries(
	ctx context.Context, event race.EventID, id race.ID, after race.EntrantID, limit int,
) ([]registration.Entry, error) {
	query := selectEntries
	arguments := pgx.StrictNamedArgs{"event": event, "after": after, "limit": limit}
	if id != "" {
		query = selectEntriesOfRace
		arguments["race"] = id
	}
	var entries []registration.Entry
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		entries, err = listEntries(ctx, tx, query, arguments)
		return err
	})
	return entries, translate(err)
}

// listEntries runs one of the queries that return whole entries. Each time it is planned anew: after an import, a plan that
// the server kept from when the tables were empty reads all members for each entry, until statistics come after a minute.
func listEntries(
	ctx context.Context, tx pgx.Tx, query string, arguments pgx.StrictNamedArgs,
) ([]registration.Entry, error) {
	rows, err := tx.Query(ctx, query, pgx.QueryExecModeCacheDescribe, arguments)
	if err != nil {
		return nil, fmt.Errorf("select entries: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wholeEntry])
	if err != nil {
		return nil, fmt.Errorf("select entries: %w", err)
	}
	return entriesOf(found)
}
