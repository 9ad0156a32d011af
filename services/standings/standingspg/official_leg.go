package standingspg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/racetime"
	"raceday/services/standings"
)

const selectOfficialLegs = `
SELECT line, member_bib, member_name, ran_by, leg_time, cumulative, leg_us, leg_rank, rank_after, not_completed
FROM standings.official_legs
WHERE event = @event
  AND race = @race
  AND list = @list
  AND number = @number
ORDER BY line, leg`

// addOfficialLegs gives the rows of a list their legs.
func addOfficialLegs(ctx context.Context, tx pgx.Tx, l *standings.OfficialList) error {
	rows, err := tx.Query(ctx, selectOfficialLegs, pgx.StrictNamedArgs{
		"event": string(l.Event), "race": string(l.Race), "list": l.List, "number": l.Number,
	})
	if err != nil {
		return err
	}
	var line int
	var leg standings.OfficialLeg
	var exact *int64
	scans := []any{&line, &leg.MemberBib, &leg.MemberName, &leg.RanBy, &leg.Time, &leg.Cumulative, &exact, &leg.Rank, &leg.RankAfter,
		&leg.NotCompleted}
	_, err = pgx.ForEachRow(rows, scans, func() error {
		if line < 1 || line > len(l.Rows) {
			return fmt.Errorf("a leg is of line %d", line)
		}
		leg.ExactTime = racetime.FromMicroseconds(exact)
		l.Rows[line-1].Legs = append(l.Rows[line-1].Legs, leg)
		return nil
	})
	return err
}

func copyOfficialLegs(ctx context.Context, tx pgx.Tx, l *standings.OfficialList) error {
	columns := []string{
		"event", "race", "list", "number", "line", "leg", "member_bib", "member_name", "ran_by", "leg_time", "cumulative", "leg_us",
		"leg_rank", "rank_after", "not_completed",
	}
	var rows [][]any
	for i := range l.Rows {
		for n := range l.Rows[i].Legs {
			leg := &l.Rows[i].Legs[n]
			rows = append(rows, []any{
				string(l.Event), string(l.Race), l.List, l.Number, i + 1, n + 1, string(leg.MemberBib), leg.MemberName, leg.RanBy, leg.Time,
				leg.Cumulative, leg.ExactTime.Microseconds(), leg.Rank, leg.RankAfter, leg.NotCompleted,
			})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"standings", "official_legs"}, columns, pgx.CopyFromRows(rows))
	return err
}
