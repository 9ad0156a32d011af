package standingspg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"raceday/services/postgres"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

const selectAllAnomalies = `
SELECT entrant, kind, visit, at, from_visit, from_at, time_us, leg, dealt_by
FROM standings.anomalies
WHERE event = @event
ORDER BY entrant, number`

// addAnomalies gives each result its anomalies; both are in the order of entrants.
func addAnomalies(ctx context.Context, tx pgx.Tx, event race.EventID, results []result.Result) error {
	rows, err := tx.Query(ctx, selectAllAnomalies, pgx.StrictNamedArgs{"event": string(event)})
	if err != nil {
		return fmt.Errorf("select anomalies: %w", err)
	}
	var entrant race.EntrantID
	var row anomalyRow
	i := 0
	_, err = pgx.ForEachRow(rows, append([]any{&entrant}, row.columns()...), func() error {
		for i < len(results) && results[i].Entrant < entrant {
			i++
		}
		if i < len(results) && results[i].Entrant == entrant {
			results[i].Anomalies = append(results[i].Anomalies, row.anomaly())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("select anomalies: %w", err)
	}
	return nil
}

// anomalyRow is what is stored of an anomaly.
type anomalyRow struct {
	kind             string
	visit, fromVisit int
	at, fromAt       pgtype.Timestamptz
	microseconds     int64
	leg              int
	dealtBy          string
}

func (r *anomalyRow) columns() []any {
	return []any{&r.kind, &r.visit, &r.at, &r.fromVisit, &r.fromAt, &r.microseconds, &r.leg, &r.dealtBy}
}

func (r *anomalyRow) anomaly() anomaly.Anomaly {
	a := anomaly.Anomaly{
		Kind: anomaly.Kind(r.kind), Visit: r.visit, FromVisit: r.fromVisit,
		Time: time.Duration(r.microseconds) * time.Microsecond, Leg: r.leg, DealtBy: r.dealtBy,
	}
	if r.at.Valid {
		a.At = racetime.At(r.at.Time)
	}
	if r.fromAt.Valid {
		a.FromAt = racetime.At(r.fromAt.Time)
	}
	return a
}

const selectAnomalies = `
SELECT r.race, r.bib, a.kind, a.visit, a.at, a.from_visit, a.from_at, a.time_us, a.leg, a.dealt_by
FROM standings.anomalies AS a
JOIN standings.results AS r ON r.event = a.event AND r.entrant = a.entrant
WHERE a.event = @event
  AND (@race = '' OR r.race = @race)
  AND (@kind = '' OR a.kind = @kind)
ORDER BY a.entrant, a.number`

// Anomalies returns what was found in the passings of a race's entrants, or of all where the race is empty, of one kind, or
// of all where it is empty; those of one entrant in the order of the course. The version that they are exact for and the
// last change of event, roster and rulings that is in them are of the same moment.
func (s *Store) Anomalies(
	ctx context.Context, event race.EventID, raceID race.ID, kind anomaly.Kind,
) (version, change int64, found []standings.Anomaly, err error) {
	err = postgres.InTx(ctx, s.snapshots, func(ctx context.Context, tx pgx.Tx) error {
		found = nil
		if version, change, err = s.versions.Applied(ctx, tx, event); err != nil {
			return err
		}
		if err := postgres.AllowTime(ctx, tx, loadTime); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectAnomalies, pgx.StrictNamedArgs{
			"event": string(event), "race": string(raceID), "kind": string(kind),
		})
		if err != nil {
			return err
		}
		var row anomalyRow
		var a standings.Anomaly
		_, err = pgx.ForEachRow(rows, append([]any{&a.Race, &a.Bib}, row.columns()...), func() error {
			a.Anomaly = row.anomaly()
			found = append(found, a)
			return nil
		})
		return err
	})
	if err != nil {
		return 0, 0, nil, fmt.Errorf("select the anomalies of %s: %w", event, err)
	}
	return version, change, found, nil
}
