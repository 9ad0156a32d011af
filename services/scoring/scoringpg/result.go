package scoringpg

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/scoring"
)

// Lists and bibs come as one text each, every one with a bar of its own before it: arrays of arrays must be rectangular.
const upsertResults = `
INSERT INTO standings.results
    (event, entrant, race, bib, chip, name, sex, country, club, category, age_group, wave, status, rule, gun_at, gun_us,
     net_us, legs_us, penalty_us, age_standard_us, lists, before, left_course, version)
SELECT @event, r.entrant, r.race, r.bib, r.chip, r.name, r.sex, r.country, r.club, r.category, r.age_group, r.wave,
       r.status, r.rule, r.gun_at, r.gun_us, r.net_us, r.legs_us, r.penalty_us, r.age_standard_us,
       (string_to_array('|' || r.lists, chr(31)))[2:], (string_to_array('|' || r.before, chr(31)))[2:], r.left_course,
       @version
FROM unnest(@entrant::bigint[], @race::text[], @bib::text[], @chip::text[], @name::text[], @sex::text[],
            @country::text[], @club::text[], @category::text[], @age_group::text[], @wave::text[], @status::text[],
            @rule::text[], @gun_at::timestamptz[], @gun_us::bigint[], @net_us::bigint[], @legs_us::bigint[],
            @penalty_us::bigint[], @age_standard_us::bigint[], @lists::text[], @before::text[],
            @left_course::boolean[])
     AS r (entrant, race, bib, chip, name, sex, country, club, category, age_group, wave, status, rule, gun_at, gun_us,
           net_us, legs_us, penalty_us, age_standard_us, lists, before, left_course)
ON CONFLICT ON CONSTRAINT results_pkey DO UPDATE
SET race = excluded.race, bib = excluded.bib, chip = excluded.chip, name = excluded.name, sex = excluded.sex,
    country = excluded.country, club = excluded.club, category = excluded.category, age_group = excluded.age_group,
    wave = excluded.wave, status = excluded.status, rule = excluded.rule, gun_at = excluded.gun_at,
    gun_us = excluded.gun_us, net_us = excluded.net_us, legs_us = excluded.legs_us, penalty_us = excluded.penalty_us,
    age_standard_us = excluded.age_standard_us, lists = excluded.lists, before = excluded.before,
    left_course = excluded.left_course, version = excluded.version`

// What reads and rulings move, in half the time of the whole row.
const updateResults = `
UPDATE standings.results AS stored
SET status = r.status, rule = r.rule, gun_at = r.gun_at, gun_us = r.gun_us, net_us = r.net_us, legs_us = r.legs_us,
    penalty_us = r.penalty_us, left_course = r.left_course, version = @version
FROM unnest(@entrant::bigint[], @status::text[], @rule::text[], @gun_at::timestamptz[], @gun_us::bigint[],
            @net_us::bigint[], @legs_us::bigint[], @penalty_us::bigint[], @left_course::boolean[])
     AS r (entrant, status, rule, gun_at, gun_us, net_us, legs_us, penalty_us, left_course)
WHERE stored.event = @event
  AND stored.entrant = r.entrant`

const deleteResults = `
DELETE FROM standings.results
WHERE event = @event
  AND entrant = ANY (@entrant)`

func queueResults(batch *pgx.Batch, c scoring.Commit) {
	var put, moved []*result.Result
	for i := range c.Changes.Results {
		switch was, now := c.Changes.Results[i].Was, &c.Changes.Results[i].Now; {
		case was == nil || !sameButMoved(was, now):
			put = append(put, now)
		case !was.EqualRow(now):
			moved = append(moved, now)
		}
	}
	for some := range slices.Chunk(put, statementRows) {
		args := resultColumns(some)
		args["event"], args["version"] = c.From.Event, c.To.Version
		batch.Queue(upsertResults, args)
	}
	for some := range slices.Chunk(moved, statementRows) {
		args := movedColumns(some)
		args["event"], args["version"] = c.From.Event, c.To.Version
		batch.Queue(updateResults, args).Exec(wantRows(len(some)))
	}
	if gone := removed(c); len(gone) > 0 {
		batch.Queue(deleteResults, pgx.StrictNamedArgs{"event": c.From.Event, "entrant": gone})
	}
}

// errNotStored makes the scorer begin anew, from what is stored.
var errNotStored = errors.New("rows that were stored are not there")

func wantRows(n int) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if int(tag.RowsAffected()) != n {
			return errNotStored
		}
		return nil
	}
}

// sameButMoved reports whether two results are the same in all that updateResults leaves alone.
func sameButMoved(was, now *result.Result) bool {
	moved := *was
	moved.Status, moved.Rule, moved.GunAt, moved.Penalty = now.Status, now.Rule, now.GunAt, now.Penalty
	moved.Gun, moved.Net, moved.LegsTotal = now.Gun, now.Net, now.LegsTotal
	moved.LeftCourse = now.LeftCourse
	return moved.EqualRow(now)
}

func resultColumns(rows []*result.Result) pgx.StrictNamedArgs {
	text := func(of func(*result.Result) string) []string { return column(rows, of) }
	columns := pgx.StrictNamedArgs{
		"race":            text(func(r *result.Result) string { return string(r.Race) }),
		"bib":             text(func(r *result.Result) string { return string(r.Bib) }),
		"chip":            text(func(r *result.Result) string { return r.Chip }),
		"name":            text(func(r *result.Result) string { return r.Name }),
		"sex":             text(func(r *result.Result) string { return r.Sex.String() }),
		"country":         text(func(r *result.Result) string { return r.Country }),
		"club":            text(func(r *result.Result) string { return r.Club }),
		"category":        text(func(r *result.Result) string { return r.Category }),
		"age_group":       text(func(r *result.Result) string { return r.AgeGroup }),
		"wave":            text(func(r *result.Result) string { return string(r.Wave) }),
		"age_standard_us": column(rows, func(r *result.Result) *int64 { return r.AgeStandard.Microseconds() }),
		"lists":           text(func(r *result.Result) string { return barred(r.Lists) }),
		"before":          text(func(r *result.Result) string { return barred(r.Before) }),
	}
	maps.Copy(columns, movedColumns(rows))
	return columns
}

// movedColumns are those of updateResults.
func movedColumns(rows []*result.Result) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"entrant":     column(rows, func(r *result.Result) int64 { return int64(r.Entrant) }),
		"status":      column(rows, func(r *result.Result) string { return r.Status.String() }),
		"rule":        column(rows, func(r *result.Result) string { return r.Rule }),
		"gun_at":      column(rows, func(r *result.Result) instant { return instant{r.GunAt, r.GunAt != 0} }),
		"gun_us":      column(rows, func(r *result.Result) *int64 { return r.Gun.Microseconds() }),
		"net_us":      column(rows, func(r *result.Result) *int64 { return r.Net.Microseconds() }),
		"legs_us":     column(rows, func(r *result.Result) *int64 { return r.LegsTotal.Microseconds() }),
		"penalty_us":  column(rows, func(r *result.Result) int64 { return r.Penalty.Microseconds() }),
		"left_course": column(rows, func(r *result.Result) bool { return r.LeftCourse }),
	}
}

// column returns one column of many rows.
func column[Row, Value any](rows []Row, of func(Row) Value) []Value {
	values := make([]Value, len(rows))
	for i, row := range rows {
		values[i] = of(row)
	}
	return values
}

// barred joins values with the unit separator before each; a separator in a value becomes a blank.
func barred[Text ~string](values []Text) string {
	var joined strings.Builder
	for _, value := range values {
		joined.WriteByte('\x1f')
		joined.WriteString(strings.ReplaceAll(string(value), "\x1f", " "))
	}
	return joined.String()
}

func removed(c scoring.Commit) []race.EntrantID {
	return column(c.Changes.Removed, func(r result.Result) race.EntrantID { return r.Entrant })
}
