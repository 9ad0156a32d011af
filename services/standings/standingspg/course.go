package standingspg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
	"raceday/services/standings"
)

// Courses keeps what courses remember.
type Courses struct{ pool *pgxpool.Pool }

// NewCourses returns them on a pool.
func NewCourses(pool *pgxpool.Pool) *Courses { return &Courses{pool} }

const selectCourseRecords = `
SELECT number, course, leg, distance_mm, sex, time_us, holder, country, year, set_in, reason, actor, recorded_at
FROM standings.course_records
WHERE course = ANY (@courses::text[])
ORDER BY number`

// CourseRecords returns all entries among the records of courses, in their order.
func (c *Courses) CourseRecords(ctx context.Context, courses []race.CourseID) ([]standings.CourseRecord, error) {
	return courseRecords(ctx, c.pool, courses)
}

// CourseRecords returns all entries among the records of courses, in their order.
func (s *Store) CourseRecords(ctx context.Context, courses []race.CourseID) ([]standings.CourseRecord, error) {
	return courseRecords(ctx, s.snapshots, courses)
}

func courseRecords(
	ctx context.Context, db postgres.Beginner, courses []race.CourseID,
) (records []standings.CourseRecord, err error) {
	err = postgres.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		records, err = collectCourseRecords(ctx, tx, courses)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read course records: %w", err)
	}
	return records, nil
}

func collectCourseRecords(ctx context.Context, tx pgx.Tx, courses []race.CourseID) ([]standings.CourseRecord, error) {
	rows, err := tx.Query(ctx, selectCourseRecords, pgx.StrictNamedArgs{"courses": texts(courses)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (standings.CourseRecord, error) {
		var r standings.CourseRecord
		var sex string
		var microseconds int64
		var at time.Time
		err := row.Scan(&r.Number, &r.Course, &r.Leg, &r.DistanceMillimetres, &sex, &microseconds, &r.Name, &r.Country, &r.Year,
			&r.SetIn, &r.Reason, &r.Actor, &at)
		r.Time, r.At = time.Duration(microseconds)*time.Microsecond, racetime.At(at)
		r.Sex, _ = race.ParseSex(sex) // the table holds no other
		return r, err
	})
}

// lockCourses has entries come one transaction after another, so that their numbers commit in order and a stamp misses none.
const lockCourses = `
SELECT pg_advisory_xact_lock(hashtextextended('entries of courses', 0))`

const insertCourseRecords = `
INSERT INTO standings.course_records
    (number, course, leg, distance_mm, sex, time_us, holder, country, year, set_in, reason, event, actor, recorded_at)
SELECT (SELECT coalesce(max(number), 0) FROM standings.course_records) + e.line, e.course, e.leg, e.distance_mm, e.sex, e.time_us,
       e.holder, e.country, e.year, e.set_in, e.reason, @event, @actor, @at
FROM unnest(@courses::text[], @legs::integer[], @distances::bigint[], @sexes::text[], @times::bigint[], @holders::text[],
            @countries::text[], @years::integer[], @set_in::text[], @reasons::text[]) WITH ORDINALITY
         AS e (course, leg, distance_mm, sex, time_us, holder, country, year, set_in, reason, line)
RETURNING number`

// recordEntries has an action for each entry, in their order.
const recordEntries = `
SELECT count(audit.record(@event, @at, @actor, @action, e.detail))
FROM unnest(@details::text[]) AS e (detail)`

// AddCourseRecords stores what add makes of the entries of these courses, and what was done in the audit.
func (c *Courses) AddCourseRecords(
	ctx context.Context, by standings.Entering, courses []race.CourseID,
	add func(before []record.Record) ([]record.Record, error),
) (stored []standings.CourseRecord, err error) {
	err = postgres.InTx(ctx, c.pool, func(ctx context.Context, tx pgx.Tx) error {
		stored = nil
		if _, err := tx.Exec(ctx, lockCourses); err != nil {
			return fmt.Errorf("lock the courses: %w", err)
		}
		entries, err := collectCourseRecords(ctx, tx, courses)
		if err != nil {
			return fmt.Errorf("read course records: %w", err)
		}
		before := make([]record.Record, len(entries))
		for i := range entries {
			before[i] = entries[i].Record
		}
		added, err := add(before)
		if err != nil || len(added) == 0 {
			return err
		}
		numbers, err := insertRecords(ctx, tx, by, added)
		if err != nil {
			return fmt.Errorf("enter course records: %w", err)
		}
		for i := range added {
			stored = append(stored, standings.CourseRecord{
				Record: added[i], Entered: standings.Entered{Number: numbers[i], Actor: by.Actor, At: by.At},
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

func insertRecords(
	ctx context.Context, tx pgx.Tx, by standings.Entering, added []record.Record,
) (numbers []int64, err error) {
	runs, legs, setIn, details := columns{}, make([]int32, len(added)), make([]string, len(added)), make([]string, len(added))
	for i, r := range added {
		runs.add(r.Run, r.Reason)
		legs[i], setIn[i], details[i] = int32(r.Leg), string(r.SetIn), detail(r.Run, r.Reason)
	}
	arguments := runs.arguments(by)
	arguments["holders"], arguments["legs"], arguments["set_in"] = runs.names, legs, setIn
	rows, err := tx.Query(ctx, insertCourseRecords, arguments)
	if err != nil {
		return nil, err
	}
	if numbers, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return nil, err
	}
	return numbers, audit(ctx, tx, by, "COURSE_RECORD_ENTERED", details)
}

func audit(ctx context.Context, tx pgx.Tx, by standings.Entering, action string, details []string) error {
	_, err := tx.Exec(ctx, recordEntries, pgx.StrictNamedArgs{
		"event": string(by.Event), "at": by.At.Time(), "actor": by.Actor, "action": action, "details": details,
	})
	return err
}

// detail says what was entered but for the name, which the entry has.
func detail(r record.Run, reason string) string {
	text := string(r.Course)
	if r.Leg != 0 {
		text += fmt.Sprintf(", leg %d", r.Leg)
	}
	text += fmt.Sprintf(", %v m, %s, %d, %s", float64(r.DistanceMillimetres)/1000, r.Sex, r.Year, racetime.Format(r.Time, time.Second))
	if reason != "" {
		text += ", " + reason
	}
	return text
}

// columns are runs as statements take them.
type columns struct {
	courses, sexes, names, countries, reasons []string
	distances, times                          []int64
	years                                     []int32
}

func (c *columns) add(r record.Run, reason string) {
	c.courses, c.distances = append(c.courses, string(r.Course)), append(c.distances, r.DistanceMillimetres)
	c.sexes, c.times = append(c.sexes, r.Sex.String()), append(c.times, r.Time.Microseconds())
	c.names, c.countries = append(c.names, r.Name), append(c.countries, r.Country)
	c.years, c.reasons = append(c.years, int32(r.Year)), append(c.reasons, reason)
}

// arguments are those that both tables have, without the names.
func (c *columns) arguments(by standings.Entering) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"event": string(by.Event), "actor": by.Actor, "at": by.At.Time(), "courses": c.courses, "distances": c.distances,
		"sexes": c.sexes, "times": c.times, "countries": c.countries, "years": c.years, "reasons": c.reasons,
	}
}

func texts(courses []race.CourseID) []string {
	of := make([]string, len(courses))
	for i, c := range courses {
		of[i] = string(c)
	}
	return of
}
