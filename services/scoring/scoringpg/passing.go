package scoringpg

import (
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

// visits are rows of passings.
type visits struct {
	entrants []race.EntrantID
	numbers  []int
	at       []instant
}

func (v *visits) add(entrant race.EntrantID, p passing.Passing) {
	v.entrants, v.numbers = append(v.entrants, entrant), append(v.numbers, p.Visit)
	v.at = append(v.at, instant{p.At, true})
}

func (v *visits) arguments(c scoring.Commit) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"event": c.From.Event, "entrant": v.entrants, "visit": v.numbers, "at": v.at}
}

func queuePassings(batch *pgx.Batch, c scoring.Commit) {
	var fresh, put, gone visits
	for i := range c.Changes.Results {
		was, now := c.Changes.Results[i].Was, &c.Changes.Results[i].Now
		for _, p := range now.Passings {
			switch before, seen := passingAt(was, p.Visit); {
			case was != nil && !seen:
				fresh.add(now.Entrant, p)
			case !seen || before != p:
				put.add(now.Entrant, p)
			}
		}
		for _, p := range passingsOf(was) {
			if _, still := passingAt(now, p.Visit); !still {
				gone.add(now.Entrant, p)
			}
		}
	}
	if len(gone.entrants) > 0 {
		batch.Queue(deletePassings, pgx.StrictNamedArgs{"event": c.From.Event, "entrant": gone.entrants, "visit": gone.numbers})
	}
	if left := removed(c); len(left) > 0 {
		batch.Queue(deleteAllPassings, pgx.StrictNamedArgs{"event": c.From.Event, "entrant": left})
	}
	if len(fresh.entrants) > 0 {
		batch.Queue(insertPassings, fresh.arguments(c))
	}
	if len(put.entrants) > 0 {
		batch.Queue(upsertPassings, put.arguments(c))
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
