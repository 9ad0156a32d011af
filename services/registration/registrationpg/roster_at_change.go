package registrationpg

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

// Who holds an entry holds it until the commit, so its changes are numbered in the order of the event's change numbers: all
// from the first that is above the asked one on are undone, without a batch too, since what they changed may show once the
// entry is back on the roster. An entry that began among them was not there.
const selectRosterAtChange = `
WITH later AS (
    SELECT h.entrant, min(h.number) AS first, bool_or(h.before IS NULL) AS began
    FROM registration.batches AS b
    JOIN registration.entry_changes AS h ON h.event = b.event AND h.batch = b.batch
    WHERE b.event = @event
      AND b.change > @change
    GROUP BY h.entrant),
undone AS (
    SELECT h.entrant,
           json_agg(json_build_object('action', h.action, 'before', h.before, 'people', p.before)
                    ORDER BY h.number DESC) AS changes
    FROM later AS l
    JOIN registration.entry_changes AS h ON h.event = @event AND h.entrant = l.entrant AND h.number >= l.first
    LEFT JOIN registration.changed_people AS p ON p.number = h.number
    WHERE NOT l.began
    GROUP BY h.entrant)
SELECT e.entry, e.members, u.changes
FROM registration.whole_entries AS e
LEFT JOIN later AS l ON l.entrant = e.entrant
LEFT JOIN undone AS u ON u.entrant = e.entrant
WHERE e.event = @event
  AND (u.entrant IS NOT NULL
    OR l.entrant IS NULL AND e.state = 'CONFIRMED' AND e.bib IS NOT NULL)
ORDER BY e.entrant`

// RosterAtChange returns the whole roster as it was when the event's facts had come to a change number, in order of entry:
// what RosterAt returned then. It undoes what the history of the entries has of later changes, in one query. Who was erased
// since then stays so: the line has no name and no birth day, but the age that was left, and a name that is not shown;
// members of a team that changed before it was erased have no age either.
func RosterAtChange(ctx context.Context, tx pgx.Tx, event race.EventID, change int64) ([]race.Entrant, error) {
	lines, err := rosterAtChange(ctx, tx, pgx.StrictNamedArgs{"event": event, "change": change})
	if err != nil {
		return nil, fmt.Errorf("roster at change %d: %w", change, err)
	}
	return lines, nil
}

// rosterAtChange plans the query each time anew, for the reason of listEntries.
func rosterAtChange(ctx context.Context, tx pgx.Tx, arguments pgx.StrictNamedArgs) ([]race.Entrant, error) {
	rows, err := tx.Query(ctx, selectRosterAtChange, pgx.QueryExecModeCacheDescribe, arguments)
	if err != nil {
		return nil, fmt.Errorf("select entries and what came later: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[laterEntry])
	if err != nil {
		return nil, fmt.Errorf("select entries and what came later: %w", err)
	}
	var then []registration.Entry
	for i := range found {
		w := &found[i]
		if err := w.undo(); err != nil {
			return nil, fmt.Errorf("entry %s: %w", w.Entry.Reference, err)
		}
		e, err := w.entry()
		if err != nil {
			return nil, err
		}
		if e.OnRoster() {
			then = append(then, e)
		}
	}
	return linesOf(then), nil
}

// laterEntry is an entry as it is now, with the changes that have to be undone, the newest first.
type laterEntry struct {
	wholeEntry
	Changes []undoneChange
}

// undoneChange is what a change of an entry overwrote.
type undoneChange struct {
	Action registration.Action `json:"action"`
	// Before is the columns as they were, of those that differ.
	Before json.RawMessage `json:"before"`
	// People is nil where names and birth days stayed, or were erased since.
	People *formerPeople `json:"people"`
}

// undo takes back the changes. An erasure is not: it left the age in place of the birth day, which nobody knows any more.
func (w *laterEntry) undo() error {
	erased := false
	for i := range w.Changes {
		c := &w.Changes[i]
		if c.Action == registration.ActionErase {
			erased = true
			continue
		}
		if err := w.undoChange(c); err != nil {
			return fmt.Errorf("undo %s: %w", c.Action, err)
		}
	}
	if erased {
		w.hideNames()
	}
	return nil
}

// hideNames does what an erasure did, to a line on which the name had been shown before.
func (w *laterEntry) hideNames() {
	w.Entry.NameShown = namesShown[race.NameHidden]
	for i := range w.Members {
		w.Members[i].NameShown = namesShown[race.NameHidden]
	}
}

func (w *laterEntry) undoChange(c *undoneChange) error {
	if err := json.Unmarshal(c.Before, &w.Entry); err != nil {
		return fmt.Errorf("read what was before: %w", err)
	}
	var regrouped struct {
		Members []memberRow `json:"members"` // nil where they stayed.
	}
	if err := json.Unmarshal(c.Before, &regrouped); err != nil {
		return fmt.Errorf("read what members were before: %w", err)
	}
	if members := regrouped.Members; members != nil {
		// Where no name changed, each stands where it stood.
		for i := range min(len(members), len(w.Members)) {
			members[i].Name, members[i].BirthDay = w.Members[i].Name, w.Members[i].BirthDay
		}
		w.Members = members
	}
	if c.People == nil {
		return nil
	}
	w.Entry.Name, w.Entry.BirthDay = c.People.Name, c.People.BirthDay
	for i := range min(len(c.People.Members), len(w.Members)) {
		w.Members[i].Name, w.Members[i].BirthDay = c.People.Members[i].Name, c.People.Members[i].BirthDay
	}
	return nil
}
