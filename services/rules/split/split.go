// Package split ranks those who passed a visit of the course: who leads at 25 km.
package split

import (
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// Ranks reports whether an entrant of a status holds a rank at a visit that it passed. Who is out of the race later, by DNF or
// over time, ran there and keeps it; whom officials took out of the ranking, by DSQ or NOT_COMPETING, or out of the race
// as if it never was in it, by DNS or WITHDRAWN, has none anywhere. The last visit is the finish: only FINISHED is ranked there.
func Ranks(r *race.Race, visit int, status result.Status) bool {
	switch status {
	case result.Finished:
		return true
	case result.Started, result.DNF, result.OTL:
		return visit < len(r.Course)-1
	}
	return false
}

// At returns when an entrant passed a visit; false where it was not seen there.
func At(res *result.Result, visit int) (racetime.Instant, bool) {
	for _, p := range res.Passings {
		if p.Visit == visit {
			return p.At, true
		}
	}
	return 0, false
}

// Time returns the time at a visit by which a classification ranks there: by its basis, of a team from the gun, the order
// of the road. Penalties, which are added to the time of the finish, are not in it. It is unknown where the entrant holds no
// rank there.
func Time(r *race.Race, c *race.Classification, visit int, res *result.Result) racetime.Optional {
	at, passed := At(res, visit)
	switch {
	case !passed || !Ranks(r, visit, res.Status):
		return racetime.Optional{}
	case c.Basis == race.Net && r.Team == nil:
		return res.NetTimeAt(at, r)
	}
	return res.GunTimeAt(at)
}

// Rank puts those of a list's results that hold a rank at a visit in order. Equal exact times share a rank. [TR21] What a
// judge saw at the finish (RANK_BEFORE) holds at the finish only.
func Rank(r *race.Race, c *race.Classification, visit int, results []*result.Result) *ranking.List {
	var entries []ranking.Entry
	before := map[race.EntrantID][]race.Bib{}
	for _, res := range results {
		score := res.ScoreOf(c, Time(r, c, visit, res))
		if !score.Known {
			continue
		}
		entries = append(entries, ranking.Entry{Entrant: res.Entrant, Bib: res.Bib, Time: score.Time})
		if visit == len(r.Course)-1 && len(res.Before) > 0 {
			before[res.Entrant] = res.Before
		}
	}
	return ranking.NewListOf(entries, before)
}
