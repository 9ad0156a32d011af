package registrationpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// Counts returns the places of an event's races, without those that nobody has asked for yet.
func (s *Store) Counts(ctx context.Context, event race.EventID) (counted []registration.Counted, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		counted = nil
		places, err := listPlaces(ctx, tx, event, "")
		for i := range places {
			counted = append(counted, places[i].counted())
		}
		return err
	})
	return counted, translate(err)
}

const countWaitingAhead = `
SELECT count(*)
FROM registration.entries
WHERE event = @event
  AND race = @race
  AND state = 'WAITLISTED'
  AND entrant < @before`

// WaitingAhead counts the waitlisted entries of a race before one.
func (s *Store) WaitingAhead(
	ctx context.Context, event race.EventID, id race.ID, before race.EntrantID,
) (ahead int, err error) {
	err = postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, countWaitingAhead, pgx.StrictNamedArgs{"event": event, "race": id, "before": before}).
			Scan(&ahead)
	})
	return ahead, translate(err)
}

// All of it is one statement, and so of one instant. An entry that was transferred gave what it had paid to another one;
// what was paid beyond the fee is to be given back.
const selectTotals = `
WITH counted AS (
    SELECT e.race, e.state, count(*) AS entries, sum(least(e.paid_minor, e.fee_minor)) AS paid,
           sum(greatest(e.paid_minor - e.fee_minor, 0)) AS overpaid,
           sum(CASE WHEN e.fee_minor > 0 THEN e.charity_minor * least(e.paid_minor, e.fee_minor) / e.fee_minor ELSE 0 END)
               AS charity
    FROM registration.entries AS e
    WHERE e.event = @event
    GROUP BY e.race, e.state),
refunds AS (
    SELECT e.race, sum(p.amount_minor) AS due
    FROM registration.payments AS p
    JOIN registration.entries AS e ON e.event = p.event AND e.entrant = p.entrant
    WHERE p.event = @event
      AND p.refund_due
    GROUP BY e.race),
runners AS (
    SELECT e.race, coalesce(m.sex, e.sex) AS sex, coalesce(m.country, e.country) AS country
    FROM registration.entries AS e
    LEFT JOIN registration.members AS m ON m.event = e.event AND m.entrant = e.entrant
    WHERE e.event = @event
      AND e.state = 'CONFIRMED'),
countries AS (
    SELECT race, json_agg(json_build_object('Country', country, 'Entrants', entrants) ORDER BY entrants DESC, country)
        AS list
    FROM (SELECT race, country, count(*) AS entrants
          FROM runners
          WHERE country <> ''
          GROUP BY race, country) AS c
    GROUP BY race)
SELECT r.race, r.capacity, r.event_capacity, r.taken, r.waiting, r.taking, event.version_of(@event), clock_timestamp(),
       coalesce((SELECT json_object_agg(state, entries) FROM counted AS c WHERE c.race = r.race), '{}'),
       coalesce((SELECT sum(paid) FROM counted AS c WHERE c.race = r.race AND c.state <> 'TRANSFERRED'), 0)::bigint,
       coalesce((SELECT sum(charity) FROM counted AS c WHERE c.race = r.race AND c.state <> 'TRANSFERRED'), 0)::bigint,
       (coalesce((SELECT due FROM refunds AS f WHERE f.race = r.race), 0)
        + coalesce((SELECT sum(overpaid) FROM counted AS c WHERE c.race = r.race AND c.state <> 'TRANSFERRED'), 0))::bigint,
       (SELECT count(*) FROM runners AS n WHERE n.race = r.race AND n.sex = 'F'),
       (SELECT count(*) FROM runners AS n WHERE n.race = r.race AND n.sex = 'M'),
       coalesce((SELECT list FROM countries AS c WHERE c.race = r.race), '[]')
FROM registration.races AS r
WHERE r.event = @event`

type totalsRow struct {
	placesRow
	States                                  map[registration.State]int
	PaidMinor, CharityMinor, RefundDueMinor int64
	Women, Men                              int
	Countries                               []registration.CountryCount
}

// Totals count the entries of an event's races, without those that have none, in no order.
func (s *Store) Totals(ctx context.Context, event race.EventID) ([]registration.Totals, error) {
	var found []totalsRow
	err := postgres.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectTotals, pgx.StrictNamedArgs{"event": event})
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[totalsRow])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("select totals: %w", translate(err))
	}
	totals := make([]registration.Totals, len(found))
	for i := range found {
		row := &found[i]
		totals[i] = registration.Totals{
			Places: row.counted().Places, States: row.States, PaidMinor: row.PaidMinor, CharityMinor: row.CharityMinor,
			RefundDueMinor: row.RefundDueMinor, Women: row.Women, Men: row.Men, Countries: row.Countries,
		}
	}
	return totals, nil
}
