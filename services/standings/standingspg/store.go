// Package standingspg reads from PostgreSQL what the scorer derived. It writes what officials publish, announce, hand over and
// enter, and nothing else.
package standingspg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/postgres"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// Versions knows how far an event's derived state is.
type Versions interface {
	// Applied returns the version that tx sees, and the last change of event, roster and rulings that is in it; both are 0
	// where nothing has been derived yet.
	Applied(ctx context.Context, tx pgx.Tx, event race.EventID) (version, change int64, err error)
}

// Store reads the derived tables.
type Store struct {
	snapshots snapshots
	versions  Versions
}

// New returns a store on a pool.
func New(pool *pgxpool.Pool, versions Versions) *Store { return &Store{snapshots{pool}, versions} }

// snapshots begins transactions that see one moment of the database, and only read.
type snapshots struct {
	pool *pgxpool.Pool
}

// Begin returns a transaction that the caller must commit or roll back.
func (s snapshots) Begin(ctx context.Context) (pgx.Tx, error) {
	return s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
}

// Applied returns the event's version, and the last change that is in it; 0 where nothing has been derived yet.
func (s *Store) Applied(ctx context.Context, event race.EventID) (version, change int64, err error) {
	err = postgres.InTx(ctx, s.snapshots, func(ctx context.Context, tx pgx.Tx) (err error) {
		version, change, err = s.versions.Applied(ctx, tx, event)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("read the version of %s: %w", event, err)
	}
	return version, change, nil
}

// Load returns all results of an event in the order of entrants, the version that they are exact for, and the last change
// of event, roster and rulings that is in them: all of one moment.
func (s *Store) Load(
	ctx context.Context, event race.EventID,
) (version, change int64, results []result.Result, err error) {
	err = postgres.InTx(ctx, s.snapshots, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if version, change, err = s.versions.Applied(ctx, tx, event); err != nil {
			return err
		}
		results, err = load(ctx, tx, event)
		return err
	})
	if err != nil {
		return 0, 0, nil, fmt.Errorf("load the results of %s: %w", event, err)
	}
	return version, change, results, nil
}

// loadTime is what one scan of a whole field may take.
const loadTime = time.Minute

// load merges four scans, each in the order of its primary key.
func load(ctx context.Context, tx pgx.Tx, event race.EventID) ([]result.Result, error) {
	if err := postgres.AllowTime(ctx, tx, loadTime); err != nil {
		return nil, err
	}
	results, err := selectResults(ctx, tx, event)
	if err != nil {
		return nil, err
	}
	if err := addPassings(ctx, tx, event, results); err != nil {
		return nil, err
	}
	if err := addLegs(ctx, tx, event, results); err != nil {
		return nil, err
	}
	if err := addAnomalies(ctx, tx, event, results); err != nil {
		return nil, err
	}
	return results, nil
}

const selectResultsQuery = `
SELECT entrant, race, bib, chip, name, sex, country, club, category, age_group, wave, status, rule,
       gun_at, gun_us, net_us, legs_us, penalty_us, age_standard_us, lists, before, left_course
FROM standings.results
WHERE event = @event
ORDER BY entrant`

func selectResults(ctx context.Context, tx pgx.Tx, event race.EventID) ([]result.Result, error) {
	rows, err := tx.Query(ctx, selectResultsQuery, pgx.StrictNamedArgs{"event": string(event)})
	if err != nil {
		return nil, fmt.Errorf("select results: %w", err)
	}
	results, err := postgres.CollectMany(rows, scanResult)
	if err != nil {
		return nil, fmt.Errorf("select results: %w", err)
	}
	return results, nil
}

func scanResult(row pgx.CollectableRow) (result.Result, error) {
	var r result.Result
	var sex, status string
	var gunAt pgtype.Timestamptz
	var gun, net, legs, ageStandard *int64
	var penalty int64
	var before []string
	err := row.Scan(&r.Entrant, &r.Race, &r.Bib, &r.Chip, &r.Name, &sex, &r.Country, &r.Club, &r.Category, &r.AgeGroup,
		&r.Wave, &status, &r.Rule, &gunAt, &gun, &net, &legs, &penalty, &ageStandard, &r.Lists, &before, &r.LeftCourse)
	if err != nil {
		return r, err
	}
	var ok bool
	if r.Sex, ok = race.ParseSex(sex); !ok {
		return r, fmt.Errorf("entrant %d: %q is no sex", r.Entrant, sex)
	}
	if r.Status, ok = result.ParseStatus(status); !ok {
		return r, fmt.Errorf("entrant %d: %q is no status", r.Entrant, status)
	}
	if gunAt.Valid {
		r.GunAt = racetime.At(gunAt.Time)
	}
	r.Gun, r.Net = racetime.FromMicroseconds(gun), racetime.FromMicroseconds(net)
	r.LegsTotal, r.AgeStandard = racetime.FromMicroseconds(legs), racetime.FromMicroseconds(ageStandard)
	r.Penalty = time.Duration(penalty) * time.Microsecond
	for _, bib := range before {
		r.Before = append(r.Before, race.Bib(bib))
	}
	return r, nil
}

const selectPassings = `
SELECT entrant, visit, at
FROM standings.passings
WHERE event = @event
ORDER BY entrant, visit`

// addPassings gives each result its passings; both are in the order of entrants.
func addPassings(ctx context.Context, tx pgx.Tx, event race.EventID, results []result.Result) error {
	rows, err := tx.Query(ctx, selectPassings, pgx.StrictNamedArgs{"event": string(event)})
	if err != nil {
		return fmt.Errorf("select passings: %w", err)
	}
	var entrant race.EntrantID
	var p passing.Passing
	var at time.Time
	i := 0
	_, err = pgx.ForEachRow(rows, []any{&entrant, &p.Visit, &at}, func() error {
		for i < len(results) && results[i].Entrant < entrant {
			i++
		}
		if i < len(results) && results[i].Entrant == entrant {
			p.At = racetime.At(at)
			results[i].Passings = append(results[i].Passings, p)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("select passings: %w", err)
	}
	return nil
}

const selectLegs = `
SELECT entrant, leg, member_bib, member_name, leg_us, cumulative_us, not_completed, ranked, ran_by
FROM standings.legs
WHERE event = @event
ORDER BY entrant, leg`

// addLegs gives each team its legs; both are in the order of entrants.
func addLegs(ctx context.Context, tx pgx.Tx, event race.EventID, results []result.Result) error {
	rows, err := tx.Query(ctx, selectLegs, pgx.StrictNamedArgs{"event": string(event)})
	if err != nil {
		return fmt.Errorf("select legs: %w", err)
	}
	var entrant race.EntrantID
	var leg result.Leg
	var legTime, cumulative *int64
	scans := []any{&entrant, &leg.Number, &leg.MemberBib, &leg.MemberName, &legTime, &cumulative, &leg.NotCompleted, &leg.Ranked,
		&leg.RanBy}
	i := 0
	_, err = pgx.ForEachRow(rows, scans, func() error {
		for i < len(results) && results[i].Entrant < entrant {
			i++
		}
		if i < len(results) && results[i].Entrant == entrant {
			leg.Time, leg.Cumulative = racetime.FromMicroseconds(legTime), racetime.FromMicroseconds(cumulative)
			results[i].Legs = append(results[i].Legs, leg)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("select legs: %w", err)
	}
	return nil
}
