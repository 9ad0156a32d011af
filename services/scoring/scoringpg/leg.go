package scoringpg

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/scoring"
)

const upsertLegs = `
INSERT INTO standings.legs (event, entrant, leg, member_bib, member_name, leg_us, cumulative_us, not_completed, ranked,
                            ran_by)
SELECT @event, l.entrant, l.leg, l.member_bib, l.member_name, l.leg_us, l.cumulative_us, l.not_completed, l.ranked,
       l.ran_by
FROM unnest(@entrant::bigint[], @leg::integer[], @member_bib::text[], @member_name::text[], @leg_us::bigint[],
            @cumulative_us::bigint[], @not_completed::boolean[], @ranked::boolean[], @ran_by::integer[])
     AS l (entrant, leg, member_bib, member_name, leg_us, cumulative_us, not_completed, ranked, ran_by)
ON CONFLICT ON CONSTRAINT legs_pkey DO UPDATE
SET member_bib = excluded.member_bib, member_name = excluded.member_name, leg_us = excluded.leg_us,
    cumulative_us = excluded.cumulative_us, not_completed = excluded.not_completed, ranked = excluded.ranked,
    ran_by = excluded.ran_by`

// Legs after the last that an entrant still has.
const deleteLegs = `
DELETE FROM standings.legs AS l
USING unnest(@entrant::bigint[], @last::integer[]) AS kept (entrant, last)
WHERE l.event = @event
  AND l.entrant = kept.entrant
  AND l.leg > kept.last`

type legRow struct {
	entrant race.EntrantID
	result.Leg
}

func queueLegs(batch *pgx.Batch, c scoring.Commit) {
	var rows []legRow
	var shortened []race.EntrantID
	var last []int
	for i := range c.Changes.Results {
		was, now := legsOf(c.Changes.Results[i].Was), &c.Changes.Results[i].Now
		for _, leg := range now.Legs {
			if !slices.Contains(was, leg) {
				rows = append(rows, legRow{now.Entrant, leg})
			}
		}
		if len(was) > len(now.Legs) {
			shortened, last = append(shortened, now.Entrant), append(last, len(now.Legs))
		}
	}
	for _, gone := range c.Changes.Removed {
		if len(gone.Legs) > 0 {
			shortened, last = append(shortened, gone.Entrant), append(last, 0)
		}
	}
	if len(shortened) > 0 {
		batch.Queue(deleteLegs, pgx.StrictNamedArgs{"event": c.From.Event, "entrant": shortened, "last": last})
	}
	for some := range slices.Chunk(rows, statementRows) {
		args := legColumns(some)
		args["event"] = c.From.Event
		batch.Queue(upsertLegs, args)
	}
}

func legsOf(r *result.Result) []result.Leg {
	if r == nil {
		return nil
	}
	return r.Legs
}

func legColumns(rows []legRow) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"entrant":       column(rows, func(l legRow) int64 { return int64(l.entrant) }),
		"leg":           column(rows, func(l legRow) int { return l.Number }),
		"member_bib":    column(rows, func(l legRow) string { return string(l.MemberBib) }),
		"member_name":   column(rows, func(l legRow) string { return l.MemberName }),
		"leg_us":        column(rows, func(l legRow) *int64 { return l.Time.Microseconds() }),
		"cumulative_us": column(rows, func(l legRow) *int64 { return l.Cumulative.Microseconds() }),
		"not_completed": column(rows, func(l legRow) bool { return l.NotCompleted }),
		"ranked":        column(rows, func(l legRow) bool { return l.Ranked }),
		"ran_by":        column(rows, func(l legRow) int { return l.RanBy }),
	}
}
