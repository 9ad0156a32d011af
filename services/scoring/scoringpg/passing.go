package scoringpg

import (
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/scoring"
)

// Half the work of upsertPassings, for entrants whose stored passings are known. Should one be stored all the same, the
// scorer begins anew, from what is stored.
const insertPassings = `
INSERT INTO standings.passings (event, entrant, visit, at)
SELECT @event, p.entrant, p.visit, p.at
FROM unnest(@entrant::bigint[], @visit::integer[], @at::timestamptz[]) AS p (entrant, visit, at)`

const upsertPassings = `
INSERT INTO standings.passings (event, entrant, visit, at)
SELECT @event, p.entrant, p.visit, p.at
FROM unnest(@entrant::bigint[], @visit::integer[], @at::timestamptz[]) AS p (entrant, visit, at)
ON CONFLICT ON CONSTRAINT passings_pkey DO UPDATE
SET at = excluded.at`

const deletePassings = `
DELETE FROM standings.passings AS p
USING unnest(@entrant::bigint[], @visit::integer[]) AS gone (entrant, visit)
WHERE p.event = @event
  AND p.entrant = gone.entrant
  AND p.visit = gone.visit`

const deleteAllPassings = `
DELETE FROM standings.passings
WHERE event = @event
  AND entrant = ANY (@entrant)`

// instant is a timestamptz; NULL where it is not known.
type instant struct {
	at    racetime.Instant
	known bool
}

// TimestamptzValue lets pgx encode it.
func (i instant) TimestamptzValue() (pgtype.Timestamptz, error) {
	return pgtype.Timestamptz{Time: i.at.Time(), Valid: i.known}, nil
}

// visit is a row of passings.
type visit struct {
	entrant race.EntrantID
	passing.Passing
}

func visitArguments(c scoring.Commit, rows []visit) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"event":   c.From.Event,
		"entrant": column(rows, func(v visit) race.EntrantID { return v.entrant }),
		"visit":   column(rows, func(v visit) int { return v.Visit }),
		"at":      column(rows, func(v visit) instant { return instant{v.At, true} }),
	}
}

func queuePassings(batch *pgx.Batch, c scoring.Commit) {
	var fresh, put, gone []visit
	for i := range c.Changes.Results {
		was, now := c.Changes.Results[i].Was, &c.Changes.Results[i].Now
		for _, p := range now.Passings {
			switch before, seen := passingAt(was, p.Visit); {
			case was != nil && !seen:
				fresh = append(fresh, visit{now.Entrant, p})
			case !seen || before != p:
				put = append(put, visit{now.Entrant, p})
			}
		}
		for _, p := range passingsOf(was) {
			if _, still := passingAt(now, p.Visit); !still {
				gone = append(gone, visit{now.Entrant, p})
			}
		}
	}
	if len(gone) > 0 {
		batch.Queue(deletePassings, pgx.StrictNamedArgs{
			"event":   c.From.Event,
			"entrant": column(gone, func(v visit) race.EntrantID { return v.entrant }),
			"visit":   column(gone, func(v visit) int { return v.Visit }),
		})
	}
	if left := removed(c); len(left) > 0 {
		batch.Queue(deleteAllPassings, pgx.StrictNamedArgs{"event": c.From.Event, "entrant": left})
	}
	for some := range slices.Chunk(fresh, statementRows) {
		batch.Queue(insertPassings, visitArguments(c, some))
	}
	for some := range slices.Chunk(put, statementRows) {
		batch.Queue(upsertPassings, visitArguments(c, some))
	}
}

func passingAt(r *result.Result, visit int) (passing.Passing, bool) {
	for _, p := range passingsOf(r) {
		if p.Visit == visit {
			return p, true
		}
	}
	return passing.Passing{}, false
}

func passingsOf(r *result.Result) []passing.Passing {
	if r == nil {
		return nil
	}
	return r.Passings
}
