package oncourse

import (
	"raceday/services/rules/pace"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// Estimate is when an entrant on course should finish. It is a pace, not a verdict: nobody is ranked by it, and no cut-off
// ahead is held against it.
type Estimate struct {
	FinishAt racetime.Instant
	// Time is what a list of the basis would then rank by, penalties so far included; unknown where the entrant would have
	// no such time.
	Time racetime.Optional
}

// lastStretches is the number of stretches whose pace an estimate goes by: more than one, since a short one may lie
// between two mats, and not all, since who tires tires at the end.
const lastStretches = 2

// EstimateFinish returns when a STARTED entrant should finish at the pace of its last two stretches; false before the first
// visit after the start, where the pace is not known, and as soon as the estimate has passed.
func EstimateFinish(r *race.Race, basis race.Basis, res *result.Result, now racetime.Instant) (Estimate, bool) {
	if res.Status != result.Started || !onCourse(r, res) {
		return Estimate{}, false
	}
	n := len(res.Passings) - 1
	last := res.Passings[n]
	ahead := pace.Before(r, res, n, lastStretches).For(r.Course[len(r.Course)-1].AtMillimetres - r.Course[last.Visit].AtMillimetres)
	if !ahead.Known {
		return Estimate{}, false
	}
	finishAt := pace.LeftAt(r, last.Visit, last.At).Add(ahead.Time)
	if finishAt < now {
		return Estimate{}, false
	}
	t := timeOf(r, basis, res, finishAt)
	if t.Known {
		t.Time += res.Penalty
	}
	return Estimate{finishAt, t}, true
}

// timeOf returns the time that a finish would give by a basis, or of a team its sum of legs.
func timeOf(r *race.Race, basis race.Basis, res *result.Result, finishAt racetime.Instant) racetime.Optional {
	switch {
	case len(res.Legs) > 0 && r.Team != nil:
		return legsTotal(r, res, finishAt)
	case basis == race.Net:
		return res.NetTimeAt(finishAt, r)
	}
	return res.GunTimeAt(finishAt)
}

// legsTotal returns the sum of a team's legs that a finish would give: that at the last hand-over seen, and the time from
// then, or from the gun, on.
func legsTotal(r *race.Race, res *result.Result, finishAt racetime.Instant) racetime.Optional {
	ends, _ := r.LegEnds()
	for n := len(res.Passings) - 1; n >= 0; n-- {
		p := res.Passings[n]
		for leg, end := range ends {
			if end != p.Visit || leg >= len(res.Legs) {
				continue
			}
			sum := res.Legs[leg].Cumulative
			if sum.Known {
				sum.Time += finishAt.Sub(pace.LeftAt(r, p.Visit, p.At))
			}
			return sum
		}
	}
	return res.GunTimeAt(finishAt)
}

// LiveOrder is the order of a list while it is run: finishers by the time that ranks them, and those on course by the time
// that would rank them if their estimates came true.
type LiveOrder struct {
	// Ranked holds the finishers and those on course with an estimate.
	Ranked *ranking.List
	// Until is the last instant for which this holds while no result changes: then the first estimate has passed; zero
	// where there is none.
	Until racetime.Instant
}

// Live returns the live order of the results of a list of a classification. A judge's order holds between finishers: no
// torso was seen of who is on course.
func Live(r *race.Race, c *race.Classification, results []*result.Result, now racetime.Instant) LiveOrder {
	var order LiveOrder
	finished := make(map[race.Bib]bool, len(results))
	for _, res := range results {
		finished[res.Bib] = res.Status == result.Finished
	}
	entries := make([]ranking.Entry, 0, len(results))
	before := map[race.EntrantID][]race.Bib{}
	for _, res := range results {
		score := res.Score(c)
		if e, ok := EstimateFinish(r, c.Basis, res, now); ok {
			score = res.ScoreOf(c, e.Time)
			if score.Known && (order.Until == 0 || e.FinishAt < order.Until) {
				order.Until = e.FinishAt
			}
		} else if score.Known {
			for _, bib := range res.Before {
				if finished[bib] {
					before[res.Entrant] = append(before[res.Entrant], bib)
				}
			}
		}
		if score.Known {
			entries = append(entries, ranking.Entry{Entrant: res.Entrant, Bib: res.Bib, Time: score.Time})
		}
	}
	order.Ranked = ranking.NewListOf(entries, before)
	return order
}
