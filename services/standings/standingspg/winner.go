package standingspg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/record"
	"raceday/services/standings"
)

const selectPastWinners = `
SELECT course, distance_mm, year, sex, name, country, bib, time_us, reason
FROM standings.past_winners
WHERE course = ANY (@courses::text[])
ORDER BY number`

// PastWinners returns all entries among the past winners of courses, in their order.
func (c *Courses) PastWinners(ctx context.Context, courses []race.CourseID) (winners []record.Winner, err error) {
	err = postgres.InTx(ctx, c.pool, func(ctx context.Context, tx pgx.Tx) error {
		winners, err = collectPastWinners(ctx, tx, courses)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read past winners: %w", err)
	}
	return winners, nil
}

func collectPastWinners(ctx context.Context, tx pgx.Tx, courses []race.CourseID) ([]record.Winner, error) {
	rows, err := tx.Query(ctx, selectPastWinners, pgx.StrictNamedArgs{"courses": texts(courses)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (record.Winner, error) {
		var w record.Winner
		var sex string
		var microseconds int64
		err := row.Scan(&w.Course, &w.DistanceMillimetres, &w.Year, &sex, &w.Name, &w.Country, &w.Bib, &microseconds, &w.Reason)
		w.Time = time.Duration(microseconds) * time.Microsecond
		w.Sex, _ = race.ParseSex(sex) // the table holds no other
		return w, err
	})
}

const insertPastWinners = `
INSERT INTO standings.past_winners
    (number, course, distance_mm, year, sex, name, country, bib, time_us, reason, event, actor, recorded_at)
SELECT (SELECT coalesce(max(number), 0) FROM standings.past_winners) + e.line, e.course, e.distance_mm, e.year, e.sex, e.name,
       e.country, e.bib, e.time_us, e.reason, @event, @actor, @at
FROM unnest(@courses::text[], @distances::bigint[], @years::integer[], @sexes::text[], @names::text[], @countries::text[],
            @bibs::text[], @times::bigint[], @reasons::text[]) WITH ORDINALITY
         AS e (course, distance_mm, year, sex, name, country, bib, time_us, reason, line)`

// AddPastWinners stores what add makes of the entries of these courses, and what was done in the audit.
func (c *Courses) AddPastWinners(
	ctx context.Context, by standings.Entering, courses []race.CourseID,
	add func(before []record.Winner) ([]record.Winner, error),
) (stored int, err error) {
	err = postgres.InTx(ctx, c.pool, func(ctx context.Context, tx pgx.Tx) error {
		stored = 0
		if _, err := tx.Exec(ctx, lockCourses); err != nil {
			return fmt.Errorf("lock the courses: %w", err)
		}
		before, err := collectPastWinners(ctx, tx, courses)
		if err != nil {
			return fmt.Errorf("read past winners: %w", err)
		}
		added, err := add(before)
		if err != nil || len(added) == 0 {
			return err
		}
		runs, bibs, details := columns{}, make([]string, len(added)), make([]string, len(added))
		for i, w := range added {
			runs.add(w.Run, w.Reason)
			bibs[i], details[i] = string(w.Bib), detail(w.Run, w.Reason)
		}
		arguments := runs.arguments(by)
		arguments["names"], arguments["bibs"] = runs.names, bibs
		if _, err := tx.Exec(ctx, insertPastWinners, arguments); err != nil {
			return fmt.Errorf("enter past winners: %w", err)
		}
		stored = len(added)
		return audit(ctx, tx, by, "PAST_WINNER_ENTERED", details)
	})
	if err != nil {
		return 0, err
	}
	return stored, nil
}
