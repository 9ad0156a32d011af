package timingpg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
	"raceday/services/timing"
)

type rulingRow struct {
	Change     int64
	ID         string
	Race       string
	Bib        string
	Kind       string
	Target     string
	Point      string
	At         *time.Time
	DurationUs int64
	Rule       string
	Reason     string
	DecidedBy  string
	DecidedAt  *time.Time
	RecordedAt time.Time
}

func (r rulingRow) ruling() ruling.Ruling {
	return ruling.Ruling{
		ID: ruling.ID(r.ID), Race: race.ID(r.Race), Bib: race.Bib(r.Bib), Kind: ruling.Kind(r.Kind), Target: r.Target,
		Point: r.Point, At: instant(r.At), Duration: time.Duration(r.DurationUs) * time.Microsecond, Rule: r.Rule,
		Reason: r.Reason, By: r.DecidedBy, DecidedAt: instant(r.DecidedAt),
	}
}

func (r rulingRow) recorded() timing.RecordedRuling {
	return timing.RecordedRuling{Ruling: r.ruling(), RecordedAt: racetime.At(r.RecordedAt), Change: r.Change}
}

func instant(at *time.Time) racetime.Instant {
	if at == nil {
		return 0
	}
	return racetime.At(*at)
}

func nullable(at racetime.Instant) *time.Time {
	if at == 0 {
		return nil
	}
	t := at.Time()
	return &t
}

// nextChange locks the event's row until the transaction ends, so that change numbers commit in order.
const nextChange = `
SELECT event.next_change(@event)`

const insertRuling = `
INSERT INTO timing.rulings
    (event, change, id, race, bib, kind, target, point, at, duration_us, rule, reason, decided_by, decided_at,
     recorded_at)
VALUES (@event, @change, @id, @race, @bib, @kind, @target, @point, @at, @duration_us, @rule, @reason, @decided_by,
        @decided_at, @recorded_at)`

// InsertRuling stores a new ruling under the event's next change number, which it returns. An id that the event has
// already is timing.ErrRulingIDReused, an unknown event timing.ErrEventNotFound.
func (s *Store) InsertRuling(
	ctx context.Context, event race.EventID, r ruling.Ruling, recordedAt racetime.Instant,
) (int64, error) {
	var number int64
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		var change *int64
		if err := tx.QueryRow(ctx, nextChange, pgx.StrictNamedArgs{"event": string(event)}).Scan(&change); err != nil {
			return err
		}
		if change == nil {
			return timing.ErrEventNotFound
		}
		number = *change
		_, err := tx.Exec(ctx, insertRuling, pgx.StrictNamedArgs{
			"event": string(event), "change": number, "id": string(r.ID), "race": string(r.Race), "bib": string(r.Bib),
			"kind": string(r.Kind), "target": r.Target, "point": r.Point, "at": nullable(r.At),
			"duration_us": r.Duration.Microseconds(), "rule": r.Rule, "reason": r.Reason, "decided_by": r.By,
			"decided_at": nullable(r.DecidedAt), "recorded_at": recordedAt.Time(),
		})
		return translate(err)
	})
	if err != nil {
		return 0, fmt.Errorf("insert ruling: %w", err)
	}
	return number, nil
}

const selectRuling = `
SELECT change, id, race, bib, kind, target, point, at, duration_us, rule, reason, decided_by, decided_at, recorded_at
FROM timing.rulings
WHERE event = @event
  AND id = @id`

// FindRuling returns a ruling by id; false where the event has none.
func (s *Store) FindRuling(
	ctx context.Context, event race.EventID, id ruling.ID,
) (timing.RecordedRuling, bool, error) {
	found, err := s.rulings(ctx, selectRuling, pgx.StrictNamedArgs{"event": string(event), "id": string(id)})
	if err != nil || len(found) == 0 {
		return timing.RecordedRuling{}, false, err
	}
	return found[0].recorded(), true, nil
}

const selectRulings = `
SELECT change, id, race, bib, kind, target, point, at, duration_us, rule, reason, decided_by, decided_at, recorded_at
FROM timing.rulings
WHERE event = @event
  AND change > @after
  AND (@race = '' OR race = @race)
ORDER BY change
LIMIT @limit`

// ListRulings returns at most limit rulings with a change number above after, in its order.
func (s *Store) ListRulings(
	ctx context.Context, event race.EventID, filter timing.RulingFilter, after int64, limit int,
) ([]timing.RecordedRuling, error) {
	found, err := s.rulings(ctx, selectRulings, pgx.StrictNamedArgs{
		"event": string(event), "after": after, "race": string(filter.Race), "limit": limit,
	})
	if err != nil {
		return nil, err
	}
	recorded := make([]timing.RecordedRuling, len(found))
	for i, row := range found {
		recorded[i] = row.recorded()
	}
	return recorded, nil
}

const selectRulingsSince = `
SELECT change, id, race, bib, kind, target, point, at, duration_us, rule, reason, decided_by, decided_at, recorded_at
FROM timing.rulings
WHERE event = @event
  AND change > @after
ORDER BY change`

// RulingsSince returns the rulings with a change number above change, in its order.
func (s *Store) RulingsSince(ctx context.Context, event race.EventID, change int64) ([]ruling.Ruling, error) {
	found, err := s.rulings(ctx, selectRulingsSince, pgx.StrictNamedArgs{"event": string(event), "after": change})
	if err != nil {
		return nil, err
	}
	return decisions(found), nil
}

// RulingsAt returns all rulings that a transaction sees, in the order of recording.
func (s *Store) RulingsAt(ctx context.Context, tx pgx.Tx, event race.EventID) ([]ruling.Ruling, error) {
	found, err := collectRulings(ctx, tx, selectRulingsSince, pgx.StrictNamedArgs{"event": string(event), "after": 0})
	if err != nil {
		return nil, err
	}
	return decisions(found), nil
}

func decisions(rows []rulingRow) []ruling.Ruling {
	rulings := make([]ruling.Ruling, len(rows))
	for i, row := range rows {
		rulings[i] = row.ruling()
	}
	return rulings
}

func (s *Store) rulings(ctx context.Context, query string, args pgx.StrictNamedArgs) ([]rulingRow, error) {
	var found []rulingRow
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) (err error) {
		found, err = collectRulings(ctx, tx, query, args)
		return err
	})
	return found, err
}

func collectRulings(ctx context.Context, tx pgx.Tx, query string, args pgx.StrictNamedArgs) ([]rulingRow, error) {
	rows, err := tx.Query(ctx, query, args)
	if err != nil {
		return nil, fmt.Errorf("find rulings: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[rulingRow])
	if err != nil {
		return nil, fmt.Errorf("find rulings: %w", err)
	}
	return found, nil
}
