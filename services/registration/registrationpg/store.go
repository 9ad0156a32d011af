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
	"entries_reference_unique_in_event": registration.ErrReferenceTaken,
	"entries_request_unique_in_event":   registration.ErrRequestIDReused,
	"people_pkey":                       registration.ErrAlreadyEntered,
	"bibs_pkey":                         registration.ErrBibTaken,
	"chips_pkey":                        registration.ErrChipTaken,
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

const selectEntryByReference = `
SELECT e.entry, e.members
FROM registration.whole_entries AS e
WHERE e.event = @event
  AND e.reference = @reference`

// EntryByReference returns the entry, or registration.ErrEntryNotFound.
func (s *Store) EntryByReference(
	ctx context.Context, event race.EventID, reference registration.Reference,
) (registration.Entry, error) {
	return s.find(ctx, selectEntryByReference, pgx.StrictNamedArgs{"event": event, "reference": reference})
}

const selectEntryByBib = `
SELECT e.entry, e.members
FROM registration.bibs AS b
JOIN registration.whole_entries AS e ON e.event = b.event AND e.entrant = b.entrant
WHERE b.event = @event
  AND b.bib = @bib`

// EntryByBib returns the confirmed entry that holds the bib, itself or by a member, or registration.ErrEntryNotFound.
func (s *Store) EntryByBib(ctx context.Context, event race.EventID, bib race.Bib) (registration.Entry, error) {
	return s.find(ctx, selectEntryByBib, pgx.StrictNamedArgs{"event": event, "bib": bib})
}

func (s *Store) find(ctx context.Context, query string, arguments pgx.StrictNamedArgs) (registration.Entry, error) {
	var found registration.Entry
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		found, err = findEntry(ctx, tx, query, arguments)
		return err
	})
	return found, translate(err)
}

func findEntry(
	ctx context.Context, tx pgx.Tx, query string, arguments pgx.StrictNamedArgs,
) (registration.Entry, error) {
	entries, err := listEntries(ctx, tx, query, arguments)
	if err != nil {
		return registration.Entry{}, err
	}
	if len(entries) == 0 {
		return registration.Entry{}, registration.ErrEntryNotFound
	}
	return entries[0], nil
}

const selectEntries = `
SELECT e.entry, e.members
FROM registration.whole_entries AS e
WHERE e.event = @event
  AND e.entrant > @after
ORDER BY e.entrant
LIMIT @limit`

const selectEntriesOfRace = `
SELECT e.entry, e.members
FROM registration.whole_entries AS e
WHERE e.event = @event
  AND e.race = @race
  AND e.entrant > @after
ORDER BY e.entrant
LIMIT @limit`

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
