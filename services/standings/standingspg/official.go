package standingspg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/postgres"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// OfficialLists keeps lists as they were published.
type OfficialLists struct{ pool *pgxpool.Pool }

// NewOfficialLists returns them on a pool.
func NewOfficialLists(pool *pgxpool.Pool) *OfficialLists { return &OfficialLists{pool} }

const selectOfficial = `
SELECT race, list, number, state, published_at, protests_until, reason, signed_by, actor, waived, version, change, digest,
       facts_digest
FROM standings.official_lists
WHERE event = @event
  AND race = @race
  AND list = @list
  AND (@number = 0 OR number = @number)
ORDER BY number DESC
LIMIT 1`

// LastOfficial returns the newest version of a list with its rows; false where none was published.
func (s *OfficialLists) LastOfficial(
	ctx context.Context, event race.EventID, raceID race.ID, list string,
) (standings.OfficialList, bool, error) {
	return s.OfficialVersion(ctx, event, raceID, list, 0)
}

// OfficialVersion returns a version of a list with its rows, the newest where number is 0; false where there is none.
func (s *OfficialLists) OfficialVersion(
	ctx context.Context, event race.EventID, raceID race.ID, list string, number int,
) (found standings.OfficialList, ok bool, err error) {
	args := pgx.StrictNamedArgs{"event": string(event), "race": string(raceID), "list": list, "number": number}
	err = postgres.InTx(ctx, snapshots{s.pool}, func(ctx context.Context, tx pgx.Tx) error {
		lists, err := collectOfficial(ctx, tx, event, selectOfficial, args)
		if ok = len(lists) > 0; err != nil || !ok {
			return err
		}
		found = lists[0]
		if found.Rows, err = officialRows(ctx, tx, &found); err != nil {
			return err
		}
		return addOfficialLegs(ctx, tx, &found)
	})
	if err != nil {
		return standings.OfficialList{}, false, fmt.Errorf("read the list %s of %s: %w", list, raceID, err)
	}
	return found, ok, nil
}

const selectOfficialLists = `
SELECT race, list, number, state, published_at, protests_until, reason, signed_by, actor, waived, version, change, digest,
       facts_digest
FROM standings.official_lists
WHERE event = @event
ORDER BY race, list, number`

// OfficialLists returns all versions of the lists of an event by race, list and number, without rows.
func (s *OfficialLists) OfficialLists(ctx context.Context, event race.EventID) (lists []standings.OfficialList, err error) {
	err = postgres.InTx(ctx, snapshots{s.pool}, func(ctx context.Context, tx pgx.Tx) error {
		lists, err = collectOfficial(ctx, tx, event, selectOfficialLists, pgx.StrictNamedArgs{"event": string(event)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the lists of %s: %w", event, err)
	}
	return lists, nil
}

func collectOfficial(
	ctx context.Context, tx pgx.Tx, event race.EventID, query string, args pgx.StrictNamedArgs,
) ([]standings.OfficialList, error) {
	rows, err := tx.Query(ctx, query, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (standings.OfficialList, error) {
		l := standings.OfficialList{Event: event}
		var publishedAt, protestsUntil time.Time
		var digest, factsDigest []byte
		err := row.Scan(&l.Race, &l.List, &l.Number, &l.State, &publishedAt, &protestsUntil, &l.Reason, &l.SignedBy, &l.Actor,
			&l.Waived, &l.At.Version, &l.At.Change, &digest, &factsDigest)
		if err == nil {
			l.PublishedAt, l.ProtestsUntil = racetime.At(publishedAt), racetime.At(protestsUntil)
			l.Digest, l.FactsDigest = standings.Digest(digest), standings.Digest(factsDigest)
		}
		return l, err
	})
}

const selectOfficialRows = `
SELECT rank, bib, name, sex, age_group, country, club, category, status, rule, gun, net, penalty, ranked, ranked_us
FROM standings.official_rows
WHERE event = @event
  AND race = @race
  AND list = @list
  AND number = @number
ORDER BY line`

func officialRows(ctx context.Context, tx pgx.Tx, l *standings.OfficialList) ([]standings.OfficialRow, error) {
	rows, err := tx.Query(ctx, selectOfficialRows, pgx.StrictNamedArgs{
		"event": string(l.Event), "race": string(l.Race), "list": l.List, "number": l.Number,
	})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (standings.OfficialRow, error) { return scanOfficialRow(row) })
}

// scanOfficialRow scans the columns of a row, behind those before it.
func scanOfficialRow(row pgx.CollectableRow, before ...any) (r standings.OfficialRow, err error) {
	var status string
	var ranked *int64
	err = row.Scan(append(before, &r.Rank, &r.Bib, &r.Name, &r.Sex, &r.AgeGroup, &r.Country, &r.Club, &r.Category, &status,
		&r.Rule, &r.Gun, &r.Net, &r.Penalty, &r.Ranked, &ranked)...)
	if err != nil {
		return r, err
	}
	r.RankedTime = racetime.FromMicroseconds(ranked)
	var ok bool
	if r.Status, ok = result.ParseStatus(status); !ok {
		return r, fmt.Errorf("bib %s: %q is no status", r.Bib, status)
	}
	return r, nil
}

const selectPublishedRows = `
WITH newest AS (
    SELECT DISTINCT ON (list) list, number, state
    FROM standings.official_lists
    WHERE event = @event
      AND race = @race
    ORDER BY list, number DESC
)
SELECT newest.list, newest.number, newest.state, rank, bib, name, sex, age_group, country, club, category, status, rule, gun, net,
       penalty, ranked, ranked_us
FROM newest
JOIN standings.official_rows AS r ON r.event = @event
    AND r.race = @race
    AND r.list = newest.list
    AND r.number = newest.number
    AND r.bib = @bib
ORDER BY newest.list`

// PublishedRows returns what the newest version of each list of a race says of a bib; nothing of lists without it.
func (s *OfficialLists) PublishedRows(
	ctx context.Context, event race.EventID, raceID race.ID, bib race.Bib,
) (found []standings.PublishedRow, err error) {
	args := pgx.StrictNamedArgs{"event": string(event), "race": string(raceID), "bib": string(bib)}
	err = postgres.InTx(ctx, snapshots{s.pool}, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectPublishedRows, args)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (standings.PublishedRow, error) {
			var p standings.PublishedRow
			var err error
			p.Row, err = scanOfficialRow(row, &p.List, &p.Number, &p.State)
			return p, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is published of bib %s of %s: %w", bib, raceID, err)
	}
	return found, nil
}

const insertOfficial = `
INSERT INTO standings.official_lists
    (event, race, list, number, state, published_at, protests_until, reason, signed_by, actor, waived, version, change, digest,
     facts_digest)
VALUES (@event, @race, @list, @number, @state, @published_at, @protests_until, @reason, @signed_by, @actor, @waived, @version,
        @change, @digest, @facts_digest)`

const recordPublication = `
SELECT audit.record(@event, @at, @actor, 'LIST_PUBLISHED', @detail)`

// AddOfficial stores a version, and what was done in the audit. It returns standings.ErrPublishedMeanwhile where there is one
// of this number.
func (s *OfficialLists) AddOfficial(ctx context.Context, l standings.OfficialList) error {
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		waived := l.Waived
		if waived == nil {
			waived = []string{}
		}
		_, err := tx.Exec(ctx, insertOfficial, pgx.StrictNamedArgs{
			"event": string(l.Event), "race": string(l.Race), "list": l.List, "number": l.Number, "state": string(l.State),
			"published_at": l.PublishedAt.Time(), "protests_until": l.ProtestsUntil.Time(), "reason": l.Reason,
			"signed_by": l.SignedBy, "actor": l.Actor, "waived": waived, "version": l.At.Version, "change": l.At.Change,
			"digest": l.Digest[:], "facts_digest": l.FactsDigest[:],
		})
		if err != nil {
			return err
		}
		if err := copyOfficialRows(ctx, tx, &l); err != nil {
			return err
		}
		if err := copyOfficialLegs(ctx, tx, &l); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, recordPublication, pgx.StrictNamedArgs{
			"event": string(l.Event), "at": l.PublishedAt.Time(), "actor": l.Actor, "detail": publicationDetail(&l),
		})
		return err
	})
	if postgres.Constraint(err) == "official_lists_pkey" {
		return standings.ErrPublishedMeanwhile
	}
	if err != nil {
		return fmt.Errorf("publish the list %s of %s: %w", l.List, l.Race, err)
	}
	return nil
}

func publicationDetail(l *standings.OfficialList) string {
	detail := fmt.Sprintf("%s of %s, version %d, %s, signed by %s, digest %x", l.List, l.Race, l.Number, l.State,
		l.SignedBy, l.Digest)
	if l.Reason != "" {
		detail += ", " + l.Reason
	}
	for _, matter := range l.Waived {
		detail += ", waived " + matter
	}
	return detail
}

func copyOfficialRows(ctx context.Context, tx pgx.Tx, l *standings.OfficialList) error {
	columns := []string{
		"event", "race", "list", "number", "line", "rank", "bib", "name", "sex", "age_group", "country", "club", "category",
		"status", "rule", "gun", "net", "penalty", "ranked", "ranked_us",
	}
	rows := pgx.CopyFromSlice(len(l.Rows), func(i int) ([]any, error) {
		r := &l.Rows[i]
		return []any{
			string(l.Event), string(l.Race), l.List, l.Number, i + 1, r.Rank, string(r.Bib), r.Name, r.Sex, r.AgeGroup, r.Country,
			r.Club, r.Category, r.Status.String(), r.Rule, r.Gun, r.Net, r.Penalty, r.Ranked, r.RankedTime.Microseconds(),
		}, nil
	})
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"standings", "official_rows"}, columns, rows)
	return err
}
