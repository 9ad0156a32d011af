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
	"raceday/services/standings"
)

// Prizes keeps what was announced and handed over.
type Prizes struct{ pool *pgxpool.Pool }

// NewPrizes returns them on a pool.
func NewPrizes(pool *pgxpool.Pool) *Prizes { return &Prizes{pool} }

const selectAnnouncements = `
SELECT number, request_id, announced_at, signed_by, actor, version, change
FROM standings.award_announcements
WHERE event = @event
  AND race = @race
ORDER BY number`

// Awarded returns all that was announced and handed over of a race, as of one moment.
func (s *Prizes) Awarded(ctx context.Context, event race.EventID, raceID race.ID) (awarded standings.Awarded, err error) {
	args := pgx.StrictNamedArgs{"event": string(event), "race": string(raceID)}
	err = postgres.InTx(ctx, snapshots{s.pool}, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectAnnouncements, args)
		if err != nil {
			return err
		}
		awarded.Announcements, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (standings.Announcement, error) {
			a := standings.Announcement{Event: event, Race: raceID}
			var at time.Time
			err := row.Scan(&a.Number, &a.RequestID, &at, &a.SignedBy, &a.Actor, &a.At.Version, &a.At.Change)
			a.AnnouncedAt = racetime.At(at)
			return a, err
		})
		if err != nil {
			return err
		}
		if err := addPrizes(ctx, tx, args, awarded.Announcements); err != nil {
			return err
		}
		awarded.HandOvers, err = handOvers(ctx, tx, event, raceID, args)
		return err
	})
	if err != nil {
		return standings.Awarded{}, fmt.Errorf("read the prizes of %s: %w", raceID, err)
	}
	return awarded, nil
}

const selectAnnouncedPrizes = `
SELECT number, classification, list, place, rank, entrant, bib, ranked
FROM standings.announced_prizes
WHERE event = @event
  AND race = @race
ORDER BY number, line`

// addPrizes gives announcements, which count from 1, their prizes.
func addPrizes(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs, announcements []standings.Announcement) error {
	rows, err := tx.Query(ctx, selectAnnouncedPrizes, args)
	if err != nil {
		return err
	}
	var number int
	var p standings.AnnouncedPrize
	into := []any{&number, &p.Classification, &p.List, &p.Place, &p.Rank, &p.Entrant, &p.Bib, &p.Ranked}
	_, err = pgx.ForEachRow(rows, into, func() error {
		announcements[number-1].Prizes = append(announcements[number-1].Prizes, p)
		return nil
	})
	return err
}

const selectHandOvers = `
SELECT number, request_id, classification, list, place, entrant, bib, back, at, handed_by, actor, announcement
FROM standings.prize_hand_overs
WHERE event = @event
  AND race = @race
ORDER BY number`

func handOvers(
	ctx context.Context, tx pgx.Tx, event race.EventID, raceID race.ID, args pgx.StrictNamedArgs,
) ([]standings.HandOver, error) {
	rows, err := tx.Query(ctx, selectHandOvers, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (standings.HandOver, error) {
		h := standings.HandOver{Event: event, Race: raceID}
		var at time.Time
		err := row.Scan(&h.Number, &h.RequestID, &h.Classification, &h.List, &h.Place, &h.Entrant, &h.Bib, &h.Back, &at, &h.By,
			&h.Actor, &h.Announcement)
		h.At = racetime.At(at)
		return h, err
	})
}

// prizeFaults are what constraints say to who records prizes.
var prizeFaults = map[string]error{
	"award_announcements_pkey":                    standings.ErrAwardedMeanwhile,
	"award_announcements_request_unique_in_event": standings.ErrRequestIDReused,
	"prize_hand_overs_pkey":                       standings.ErrAwardedMeanwhile,
	"prize_hand_overs_request_unique_in_event":    standings.ErrRequestIDReused,
}

const insertAnnouncement = `
INSERT INTO standings.award_announcements
    (event, race, number, request_id, announced_at, signed_by, actor, version, change)
VALUES (@event, @race, @number, @request_id, @announced_at, @signed_by, @actor, @version, @change)`

const recordAward = `
SELECT audit.record(@event, @at, @actor, @action, @detail)`

// AddAnnouncement stores an announcement, and what was done in the audit. It returns standings.ErrAwardedMeanwhile where
// there is one of this number, standings.ErrRequestIDReused where there is one of this request.
func (s *Prizes) AddAnnouncement(ctx context.Context, a standings.Announcement) error {
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertAnnouncement, pgx.StrictNamedArgs{
			"event": string(a.Event), "race": string(a.Race), "number": a.Number, "request_id": a.RequestID,
			"announced_at": a.AnnouncedAt.Time(), "signed_by": a.SignedBy, "actor": a.Actor, "version": a.At.Version,
			"change": a.At.Change,
		})
		if err != nil {
			return err
		}
		if err := copyPrizes(ctx, tx, &a); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, recordAward, pgx.StrictNamedArgs{
			"event": string(a.Event), "at": a.AnnouncedAt.Time(), "actor": a.Actor, "action": "AWARDS_ANNOUNCED",
			"detail": announcementDetail(&a),
		})
		return err
	})
	return prizeError(err, a.Race)
}

// announcementDetail names who won by their bibs.
func announcementDetail(a *standings.Announcement) string {
	detail := fmt.Sprintf("%s, announcement %d, signed by %s", a.Race, a.Number, a.SignedBy)
	for _, p := range a.Prizes {
		detail += fmt.Sprintf(", %s %d %s", p.List, p.Place, p.Bib)
	}
	return detail
}

func copyPrizes(ctx context.Context, tx pgx.Tx, a *standings.Announcement) error {
	columns := []string{
		"event", "race", "number", "line", "classification", "list", "place", "rank", "entrant", "bib", "ranked",
	}
	rows := pgx.CopyFromSlice(len(a.Prizes), func(i int) ([]any, error) {
		p := &a.Prizes[i]
		return []any{
			string(a.Event), string(a.Race), a.Number, i + 1, string(p.Classification), p.List, p.Place, p.Rank, int64(p.Entrant),
			string(p.Bib), p.Ranked,
		}, nil
	})
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"standings", "announced_prizes"}, columns, rows)
	return err
}

const insertHandOver = `
INSERT INTO standings.prize_hand_overs
    (event, race, number, request_id, classification, list, place, entrant, bib, back, at, handed_by, actor, announcement)
VALUES (@event, @race, @number, @request_id, @classification, @list, @place, @entrant, @bib, @back, @at, @handed_by, @actor,
        @announcement)`

// AddHandOver stores a hand-over, and what was done in the audit. It returns standings.ErrAwardedMeanwhile where there is
// one of this number, standings.ErrRequestIDReused where there is one of this request.
func (s *Prizes) AddHandOver(ctx context.Context, h standings.HandOver) error {
	action, verb := "PRIZE_HANDED_OVER", "to"
	if h.Back {
		action, verb = "PRIZE_TAKEN_BACK", "from"
	}
	err := postgres.InTx(ctx, s.pool, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertHandOver, pgx.StrictNamedArgs{
			"event": string(h.Event), "race": string(h.Race), "number": h.Number, "request_id": h.RequestID,
			"classification": string(h.Classification), "list": h.List, "place": h.Place, "entrant": int64(h.Entrant),
			"bib": string(h.Bib), "back": h.Back, "at": h.At.Time(), "handed_by": h.By, "actor": h.Actor,
			"announcement": h.Announcement,
		})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, recordAward, pgx.StrictNamedArgs{
			"event": string(h.Event), "at": h.At.Time(), "actor": h.Actor, "action": action,
			"detail": fmt.Sprintf("%s, %s %d %s %s, by %s", h.Race, h.List, h.Place, verb, h.Bib, h.By),
		})
		return err
	})
	return prizeError(err, h.Race)
}

func prizeError(err error, raceID race.ID) error {
	if known, ok := prizeFaults[postgres.Constraint(err)]; ok {
		return known
	}
	if err != nil {
		return fmt.Errorf("record the prizes of %s: %w", raceID, err)
	}
	return nil
}
