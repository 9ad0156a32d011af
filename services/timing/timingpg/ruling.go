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

func recorded(rows []rulingRow) []timing.RecordedRuling {
	rulings := make([]timing.RecordedRuling, len(rows))
	for i, row := range rows {
		rulings[i] = timing.RecordedRuling{Ruling: row.ruling(), RecordedAt: racetime.At(row.RecordedAt), Change: row.Change}
	}
	return rulings
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

// nextChanges locks the event's row until the transaction ends, so that change numbers commit in order.
const nextChanges = `
SELECT event.next_change(@event)
FROM generate_series(1, @count)`

// InsertRulings stores new rulings, all or none, each under the event's next change number in their order; it returns these
// numbers. An id that the event has already is timing.ErrRulingIDReused, an unknown event timing.ErrEventNotFound.
func (s *Store) InsertRulings(
	ctx context.Context, event race.EventID, actor string, rulings []ruling.Ruling, recordedAt racetime.Instant,
) ([]int64, error) {
	var numbers []int64
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, nextChanges, pgx.StrictNamedArgs{"event": string(event), "count": len(rulings)})
		if err != nil {
			return err
		}
		changes, err := pgx.CollectRows(rows, pgx.RowTo[*int64])
		if err != nil {
			return err
		}
		numbers = make([]int64, len(changes))
		for i, change := range changes {
			if change == nil {
				return timing.ErrEventNotFound
			}
			numbers[i] = *change
		}
		if err := copyRulings(ctx, tx, event, rulings, numbers, recordedAt); err != nil {
			return err
		}
		return auditRulings(ctx, tx, event, actor, rulings, recordedAt)
	})
	if err != nil {
		return nil, fmt.Errorf("insert rulings: %w", err)
	}
	return numbers, nil
}

func copyRulings(
	ctx context.Context, tx pgx.Tx, event race.EventID, rulings []ruling.Ruling, changes []int64, recordedAt racetime.Instant,
) error {
	columns := []string{
		"event", "change", "id", "race", "bib", "kind", "target", "point", "at", "duration_us", "rule", "reason", "decided_by",
		"decided_at", "recorded_at",
	}
	rows := pgx.CopyFromSlice(len(rulings), func(i int) ([]any, error) {
		r := &rulings[i]
		return []any{
			string(event), changes[i], string(r.ID), string(r.Race), string(r.Bib), string(r.Kind), r.Target, r.Point,
			nullable(r.At), r.Duration.Microseconds(), r.Rule, r.Reason, r.By, nullable(r.DecidedAt), recordedAt.Time(),
		}, nil
	})
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"timing", "rulings"}, columns, rows)
	return translate(err)
}

const auditRulingsQuery = `
SELECT audit.record(@event, @at, @actor, 'RULING_RECORDED', detail)
FROM unnest(@details::text[]) WITH ORDINALITY AS rulings (detail, position)
ORDER BY position`

// auditRulings records what was decided, and by whose key: who decided stands in the ruling.
func auditRulings(
	ctx context.Context, tx pgx.Tx, event race.EventID, actor string, rulings []ruling.Ruling, at racetime.Instant,
) error {
	details := make([]string, len(rulings))
	for i := range rulings {
		details[i] = rulings[i].String()
	}
	_, err := tx.Exec(ctx, auditRulingsQuery, pgx.StrictNamedArgs{
		"event": string(event), "at": at.Time(), "actor": actor, "details": details,
	})
	if err != nil {
		return fmt.Errorf("audit rulings: %w", err)
	}
	return nil
}

const selectRulingsByID = `
SELECT change, id, race, bib, kind, target, point, at, duration_us, rule, reason, decided_by, decided_at, recorded_at
FROM timing.rulings
WHERE event = @event
  AND id = ANY (@ids)
ORDER BY change`

// FindRulings returns those of an event's rulings that have one of the ids, by change number.
func (s *Store) FindRulings(ctx context.Context, event race.EventID, ids []ruling.ID) ([]timing.RecordedRuling, error) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	found, err := s.rulings(ctx, selectRulingsByID, pgx.StrictNamedArgs{"event": string(event), "ids": texts})
	if err != nil {
		return nil, err
	}
	return recorded(found), nil
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
	return recorded(found), nil
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

const selectRulingsUntil = `
SELECT change, id, race, bib, kind, target, point, at, duration_us, rule, reason, decided_by, decided_at, recorded_at
FROM timing.rulings
WHERE event = @event
  AND change <= @change
ORDER BY change`

// RulingsAt returns the rulings of an event up to a change number that a transaction sees, in the order of recording.
func (s *Store) RulingsAt(ctx context.Context, tx pgx.Tx, event race.EventID, change int64) ([]ruling.Ruling, error) {
	found, err := collectRulings(ctx, tx, selectRulingsUntil, pgx.StrictNamedArgs{"event": string(event), "change": change})
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
