package scoringpg

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/scoring"
)

const deleteAnomalies = `
DELETE FROM standings.anomalies
WHERE event = @event
  AND entrant = ANY (@entrant)`

const insertAnomalies = `
INSERT INTO standings.anomalies (event, entrant, number, kind, visit, at, from_visit, from_at, time_us, leg, dealt_by)
SELECT @event, a.entrant, a.number, a.kind, a.visit, a.at, a.from_visit, a.from_at, a.time_us, a.leg, a.dealt_by
FROM unnest(@entrant::bigint[], @number::integer[], @kind::text[], @visit::integer[], @at::timestamptz[],
            @from_visit::integer[], @from_at::timestamptz[], @time_us::bigint[], @leg::integer[], @dealt_by::text[])
     AS a (entrant, number, kind, visit, at, from_visit, from_at, time_us, leg, dealt_by)`

type anomalyRow struct {
	entrant race.EntrantID
	number  int
	anomaly.Anomaly
}

// queueAnomalies writes all anomalies of an entrant anew where one of them is another one: they have no identity of their
// own.
func queueAnomalies(batch *pgx.Batch, c scoring.Commit) {
	var rows []anomalyRow
	var cleared []race.EntrantID
	for i := range c.Changes.Results {
		was, now := c.Changes.Results[i].Was, &c.Changes.Results[i].Now
		if slices.Equal(anomaliesOf(was), now.Anomalies) {
			continue
		}
		cleared = append(cleared, now.Entrant)
		for number, a := range now.Anomalies {
			rows = append(rows, anomalyRow{now.Entrant, number, a})
		}
	}
	for i := range c.Changes.Removed {
		if gone := &c.Changes.Removed[i]; len(gone.Anomalies) > 0 {
			cleared = append(cleared, gone.Entrant)
		}
	}
	if len(cleared) > 0 {
		batch.Queue(deleteAnomalies, pgx.StrictNamedArgs{"event": c.From.Event, "entrant": cleared})
	}
	for some := range slices.Chunk(rows, statementRows) {
		args := anomalyColumns(some)
		args["event"] = c.From.Event
		batch.Queue(insertAnomalies, args)
	}
}

func anomaliesOf(r *result.Result) []anomaly.Anomaly {
	if r == nil {
		return nil
	}
	return r.Anomalies
}

func anomalyColumns(rows []anomalyRow) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"entrant":    column(rows, func(a anomalyRow) int64 { return int64(a.entrant) }),
		"number":     column(rows, func(a anomalyRow) int { return a.number }),
		"kind":       column(rows, func(a anomalyRow) string { return string(a.Kind) }),
		"visit":      column(rows, func(a anomalyRow) int { return a.Visit }),
		"at":         column(rows, func(a anomalyRow) instant { return instant{a.At, a.At != 0} }),
		"from_visit": column(rows, func(a anomalyRow) int { return a.FromVisit }),
		"from_at":    column(rows, func(a anomalyRow) instant { return instant{a.FromAt, a.FromAt != 0} }),
		"time_us":    column(rows, func(a anomalyRow) int64 { return a.Time.Microseconds() }),
		"leg":        column(rows, func(a anomalyRow) int { return a.Leg }),
		"dealt_by":   column(rows, func(a anomalyRow) string { return a.DealtBy }),
	}
}
