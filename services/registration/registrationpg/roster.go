package registrationpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

const selectRosterSince = `
SELECT e.entry, e.members
FROM registration.batches AS b
JOIN registration.roster_changes AS c ON c.event = b.event AND c.batch = b.batch
JOIN registration.whole_entries AS e ON e.event = c.event AND e.entrant = c.entrant
WHERE b.event = @event
  AND b.change > @change
ORDER BY e.entrant`

// The columns that a line is made of, and the reference, by which errors name the entry; not as JSON: a field of tens of
// thousands is read whenever its scorer begins.
const selectRoster = `
SELECT e.entrant, e.reference, e.race, e.bib, e.chips, e.name, e.sex, e.birth_day::text, e.age_years, e.country, e.club,
       e.category, e.name_shown, e.wave, e.tags,
       (SELECT json_agg(m ORDER BY m.number)
        FROM registration.members AS m
        WHERE m.event = e.event
          AND m.entrant = e.entrant) AS members
FROM registration.entries AS e
WHERE e.event = @event
  AND e.state = 'CONFIRMED'
  AND e.bib IS NOT NULL
ORDER BY e.entrant`

// RosterSince returns the entrants whose line of the roster changed after a change number of the event; those who left
// the roster are Gone. After 0 it returns the whole roster as it stands, without those who are gone.
func (s *Store) RosterSince(ctx context.Context, event race.EventID, change int64) ([]race.Entrant, error) {
	var entrants []race.Entrant
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		err := postgres.AllowTime(ctx, tx, importTime)
		if err != nil {
			return err
		}
		if change == 0 {
			entrants, err = RosterAt(ctx, tx, event)
			return err
		}
		entries, err := listEntries(ctx, tx, selectRosterSince, pgx.StrictNamedArgs{"event": event, "change": change})
		entrants = linesOf(entries)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("roster since change %d: %w", change, translate(err))
	}
	return entrants, nil
}

// RosterAt returns the whole roster as the transaction sees it, in order of entry. The query is planned anew each time, for
// the reason of listEntries.
func RosterAt(ctx context.Context, tx pgx.Tx, event race.EventID) ([]race.Entrant, error) {
	rows, err := tx.Query(ctx, selectRoster, pgx.QueryExecModeCacheDescribe, pgx.StrictNamedArgs{"event": event})
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	var w wholeEntry
	lines, err := postgres.CollectMany(rows, func(row pgx.CollectableRow) (race.Entrant, error) {
		w = wholeEntry{}
		e := &w.Entry
		if err := row.Scan(&e.Entrant, &e.Reference, &e.Race, &e.Bib, &e.Chips, &e.Name, &e.Sex, &e.BirthDay, &e.AgeYears,
			&e.Country, &e.Club, &e.Category, &e.NameShown, &e.Wave, &e.Tags, &w.Members); err != nil {
			return race.Entrant{}, err
		}
		entry, err := w.entry()
		return entry.Entrant, err
	})
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	return lines, nil
}

func linesOf(entries []registration.Entry) []race.Entrant {
	lines := make([]race.Entrant, len(entries))
	for i := range entries {
		lines[i] = entries[i].Line()
	}
	return lines
}
