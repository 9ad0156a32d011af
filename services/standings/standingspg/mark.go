package standingspg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// Both tables only grow, and numbers of records commit in order.
const selectMarkStamp = `
SELECT (SELECT coalesce(max(number), 0) FROM standings.course_records)
     + (SELECT count(*) FROM standings.official_lists WHERE event = @event)`

// MarkStamp returns a number that grows with each record of any course and each official list of the event.
func (s *Store) MarkStamp(ctx context.Context, event race.EventID) (stamp int64, err error) {
	err = postgres.InTx(ctx, s.snapshots, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, selectMarkStamp, pgx.StrictNamedArgs{"event": string(event)}).Scan(&stamp)
	})
	if err != nil {
		return 0, fmt.Errorf("read the stamp of the marks of %s: %w", event, err)
	}
	return stamp, nil
}

const selectPublishedFinishes = `
WITH newest AS (
    SELECT DISTINCT ON (race, list) event, race, list, number, state
    FROM standings.official_lists
    WHERE event = @event
    ORDER BY race, list, number DESC
)
SELECT DISTINCT r.race, r.bib, r.gun, r.penalty, r.ranked
FROM newest AS n
JOIN unnest(@races::text[], @times::bigint[]) AS faster (race, time_us) ON faster.race = n.race
JOIN standings.official_rows AS r
  ON r.event = n.event
 AND r.race = n.race
 AND r.list = n.list
 AND r.number = n.number
WHERE n.state IN ('OFFICIAL', 'AMENDED')
  AND r.rank > 0
  AND nullif(r.gun, '')::interval <= make_interval(secs => faster.time_us / 1000000.0)`

// PublishedFinishes returns the finishes that are not slower than asked for and ranked in the newest version of a list of their
// race, where that is OFFICIAL or AMENDED.
func (s *Store) PublishedFinishes(
	ctx context.Context, event race.EventID, faster []standings.FasterThan,
) (published []standings.PublishedFinish, err error) {
	races, times := make([]string, len(faster)), make([]int64, len(faster))
	for i, f := range faster {
		races[i], times[i] = string(f.Race), f.Time.Microseconds()
	}
	err = postgres.InTx(ctx, s.snapshots, func(ctx context.Context, tx pgx.Tx) error {
		if err := postgres.AllowTime(ctx, tx, loadTime); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectPublishedFinishes, pgx.StrictNamedArgs{"event": string(event), "races": races, "times": times})
		if err != nil {
			return err
		}
		published, err = pgx.CollectRows(rows, pgx.RowToStructByPos[standings.PublishedFinish])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the finishes in official lists of %s: %w", event, err)
	}
	return published, nil
}

const selectPublishedLegs = `
WITH newest AS (
    SELECT DISTINCT ON (race, list) event, race, list, number, state
    FROM standings.official_lists
    WHERE event = @event
    ORDER BY race, list, number DESC
)
SELECT DISTINCT r.race, r.bib, l.leg, l.leg_us
FROM newest AS n
JOIN unnest(@races::text[], @legs::integer[], @times::bigint[]) AS faster (race, leg, time_us) ON faster.race = n.race
JOIN standings.official_legs AS l
  ON l.event = n.event
 AND l.race = n.race
 AND l.list = n.list
 AND l.number = n.number
 AND l.leg = faster.leg
JOIN standings.official_rows AS r
  ON r.event = l.event
 AND r.race = l.race
 AND r.list = l.list
 AND r.number = l.number
 AND r.line = l.line
WHERE n.state IN ('OFFICIAL', 'AMENDED')
  AND l.leg_rank > 0
  AND l.leg_us <= faster.time_us`

// PublishedLegs returns the legs that are not slower than asked for and ranked in the newest version of a list of their race,
// where that is OFFICIAL or AMENDED.
func (s *Store) PublishedLegs(
	ctx context.Context, event race.EventID, faster []standings.FasterThan,
) (published []standings.PublishedLeg, err error) {
	races, legs, times := make([]string, len(faster)), make([]int32, len(faster)), make([]int64, len(faster))
	for i, f := range faster {
		races[i], legs[i], times[i] = string(f.Race), int32(f.Leg), f.Time.Microseconds()
	}
	err = postgres.InTx(ctx, s.snapshots, func(ctx context.Context, tx pgx.Tx) error {
		if err := postgres.AllowTime(ctx, tx, loadTime); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectPublishedLegs, pgx.StrictNamedArgs{
			"event": string(event), "races": races, "legs": legs, "times": times,
		})
		if err != nil {
			return err
		}
		published, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (standings.PublishedLeg, error) {
			var leg standings.PublishedLeg
			var microseconds int64
			err := row.Scan(&leg.Race, &leg.Bib, &leg.Leg, &microseconds)
			leg.Time = time.Duration(microseconds) * time.Microsecond
			return leg, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the legs in official lists of %s: %w", event, err)
	}
	return published, nil
}
