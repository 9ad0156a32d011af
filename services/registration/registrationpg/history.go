package registrationpg

import (
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

// Names and birth dates stand beside the history, where they can be forgotten.
const insertHistory = `
WITH c AS (
    SELECT nextval('registration.entry_changes_number_seq') AS number, c.*
    FROM json_to_recordset(@changes::json) AS c (
        entrant bigint, action text, actor text, reason text, at timestamptz, on_roster boolean, before jsonb, after jsonb,
        people_before jsonb, people_after jsonb)),
people AS (
    INSERT INTO registration.changed_people (number, event, entrant, before, after)
    SELECT number, @event, entrant, people_before, people_after
    FROM c
    WHERE people_after IS NOT NULL)
INSERT INTO registration.entry_changes (number, event, entrant, batch, action, actor, reason, at, before, after)
OVERRIDING SYSTEM VALUE
SELECT number, @event, entrant, CASE WHEN on_roster THEN currval('registration.batch_numbers') END, action, actor, reason,
    at, before, after
FROM c`

// An entry that is new has nothing before it, and says itself what it is.
const insertBeginnings = `
INSERT INTO registration.entry_changes (event, entrant, batch, action, actor, reason, at)
SELECT @event, c.entrant, CASE WHEN c.on_roster THEN currval('registration.batch_numbers') END, c.action, c.actor, c.reason,
    c.at
FROM unnest(@entrants::bigint[], @on_roster::boolean[], @actions::text[], @actors::text[], @reasons::text[],
    @at::timestamptz[]) AS c (entrant, on_roster, action, actor, reason, at)`

// historyRow is a row of registration.entry_changes as JSON, with its row of registration.changed_people.
type historyRow struct {
	Entrant  int64     `json:"entrant"`
	Action   string    `json:"action"`
	Actor    string    `json:"actor"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	OnRoster bool      `json:"on_roster"`
	// Before and After hold the columns that differ, and the state.
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
	// PeopleBefore and PeopleAfter are set where names or birth dates changed.
	PeopleBefore *formerPeople `json:"people_before,omitempty"`
	PeopleAfter  *formerPeople `json:"people_after,omitempty"`
}

// formerPeople are the names and birth dates of an entry.
type formerPeople struct {
	formerPerson
	Members []formerPerson `json:"members,omitempty"`
}

type formerPerson struct {
	Name     string  `json:"name"`
	BirthDay *string `json:"birth_day"`
}

func historyOf(columns []historyColumn, c *registration.Change) historyRow {
	onRoster := c.Before.OnRoster() || c.After.OnRoster()
	row := historyRow{
		Entrant: int64(c.After.ID), Action: string(c.Cause.Action), Actor: c.Cause.Actor, Reason: c.Cause.Reason,
		At: c.Cause.At, OnRoster: onRoster && !reflect.DeepEqual(c.Before.Line(), c.After.Line()),
	}
	row.Before, row.After = difference(columns, c.Before, &c.After)
	before, after := peopleOf(c.Before), peopleOf(&c.After)
	if !reflect.DeepEqual(before, after) {
		row.PeopleBefore, row.PeopleAfter = before, after
	}
	return row
}

// historyColumn is a column of registration.entries that stands in the history.
type historyColumn struct {
	name  string
	index []int
}

// historyColumns are all but those that tell who it is, or let somebody act as that one.
func historyColumns() []historyColumn {
	var columns []historyColumn
	for _, field := range reflect.VisibleFields(reflect.TypeFor[entryRow]()) {
		switch name := field.Tag.Get("json"); name {
		case "", "name", "birth_day", "request_digest", "owner", "join_code":
		default:
			columns = append(columns, historyColumn{name, field.Index})
		}
	}
	return columns
}

// difference returns what differs of two states of an entry, but for names and birth dates, and both states.
func difference(columns []historyColumn, a, b *registration.Entry) (before, after map[string]any) {
	before, after = map[string]any{"state": a.State}, map[string]any{"state": b.State}
	rowBefore, rowAfter := rowOf(a), rowOf(b)
	was, is := reflect.ValueOf(&rowBefore).Elem(), reflect.ValueOf(&rowAfter).Elem()
	for _, column := range columns {
		x, y := was.FieldByIndex(column.index).Interface(), is.FieldByIndex(column.index).Interface()
		if !reflect.DeepEqual(x, y) {
			before[column.name], after[column.name] = x, y
		}
	}
	if !reflect.DeepEqual(a.Members, b.Members) {
		before["members"], after["members"] = namelessMembers(a), namelessMembers(b)
	}
	return before, after
}

func namelessMembers(e *registration.Entry) []memberRow {
	rows := memberRowsOf(e)
	for i := range rows {
		rows[i].Name, rows[i].BirthDay = "", nil
	}
	return rows
}

func peopleOf(e *registration.Entry) *formerPeople {
	people := &formerPeople{formerPerson: formerPersonOf(e.Person)}
	for i := range e.Members {
		people.Members = append(people.Members, formerPersonOf(e.Members[i].Person))
	}
	return people
}

func formerPersonOf(p race.Person) formerPerson {
	return formerPerson{Name: p.Name, BirthDay: optional(p.BirthDay.String())}
}

// queueHistory queues what happened, in its order: an entry is made before anything happens to it.
func (w *writing) queueHistory() error {
	if n := len(w.beginnings); n > 0 {
		entrants, onRoster, at := make([]int64, n), make([]bool, n), make([]time.Time, n)
		actions, actors, reasons := make([]string, n), make([]string, n), make([]string, n)
		for i, c := range w.beginnings {
			entrants[i], onRoster[i], at[i] = int64(c.After.ID), c.After.OnRoster(), c.Cause.At
			actions[i], actors[i], reasons[i] = string(c.Cause.Action), c.Cause.Actor, c.Cause.Reason
		}
		w.batch.Queue(insertBeginnings, pgx.StrictNamedArgs{
			"event": w.event, "entrants": entrants, "on_roster": onRoster, "actions": actions, "actors": actors,
			"reasons": reasons, "at": at,
		})
	}
	return w.queueJSON(insertHistory, "changes", w.history, len(w.history))
}
