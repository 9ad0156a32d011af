package standings

import (
	"sync/atomic"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/pace"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// terms say by which race and classification a list is ranked and shown.
type terms struct {
	race           *race.Race
	classification *race.Classification
	// marks are those of the race.
	marks atomic.Pointer[marks]
}

// firstTerms are those of the race's first classification; of gun time where it has none.
func firstTerms(r *race.Race) *terms {
	if len(r.Classifications) == 0 {
		return &terms{race: r, classification: &race.Classification{}}
	}
	return &terms{race: r, classification: &r.Classifications[0]}
}

// Row is one entrant in a list. Rows that are equal show the same.
type Row struct {
	// Rank is 0 for entrants without one. Equal exact times share a rank.
	Rank int
	// LiveRank is that in the live order; 0 in any other, and for entrants without a time or an estimate.
	LiveRank int
	// Result must not be changed.
	Result *result.Result
	// Mark is nil for a finish that beats and equals no record of the course; it must not be changed.
	Mark  *Mark
	terms *terms
}

// Gun returns the official time from the gun; empty where there is none.
func (r Row) Gun() string { return result.Shown(r.Result.Gun, r.terms.race) }

// Net returns the official time from the own start; empty where there is none.
func (r Row) Net() string { return result.Shown(r.Result.Net, r.terms.race) }

// Ranked returns the official time of the list's basis, or of a team's legs, penalties included; empty where there is none.
func (r Row) Ranked() string { return result.Shown(r.RankedTime(), r.terms.race) }

// RankedTime returns the exact time of Ranked; unknown for whoever did not finish.
func (r Row) RankedTime() racetime.Optional { return r.Result.Time(r.terms.classification.Basis) }

// Penalty returns the official time of the penalties; empty without any.
func (r Row) Penalty() string { return shownPenalty(r.Result, r.terms.race) }

// LastTime returns the exact time at the furthest visit by the list's basis, by which those on course are in order; unknown
// before the start and without a gun or an own start.
func (r Row) LastTime() racetime.Optional {
	_, t := r.terms.furthest(r.Result)
	return t
}

// Estimate returns when an entrant on course should finish, and the official time that it would then be ranked by, empty
// where it would have none; false where there is no estimate, or it has passed at the instant.
func (r Row) Estimate(now racetime.Instant) (finishAt racetime.Instant, ranked string, ok bool) {
	e, ok := oncourse.EstimateFinish(r.terms.race, r.terms.classification.Basis, r.Result, now)
	return e.FinishAt, result.Shown(e.Time, r.terms.race), ok
}

// LastVisit returns the furthest visit that was passed, its point, and when; false before the start. A visit that the course
// no longer has, between two versions of the event, has no point.
func (r Row) LastVisit() (visit int, point race.PointID, at racetime.Instant, ok bool) {
	if len(r.Result.Passings) == 0 {
		return 0, "", 0, false
	}
	last := r.Result.Passings[len(r.Result.Passings)-1]
	if last.Visit < len(r.terms.race.Course) {
		point = r.terms.race.Course[last.Visit].Point
	}
	return last.Visit, point, last.At, true
}

// SplitAt returns the passing of a visit; false where it was not passed.
func (r Row) SplitAt(visit int) (Split, bool) {
	for n := range r.Result.Passings {
		if r.Result.Passings[n].Visit == visit {
			return newSplit(r.Result, n, r.terms.race), true
		}
	}
	return Split{}, false
}

// Split is the passing of a visit.
type Split struct {
	// Visit is the index in the course; the start is 0.
	Visit         int
	Point         race.PointID
	AtMillimetres int64
	At            racetime.Instant
	// Net and Gun are official times there; empty where there is none.
	Net, Gun string
	// Pace is that of the stretch from the passing before, the gun standing in for a start as it does in Net, and for a
	// team's; empty at the start and where it is not known. ExactPace is the time per kilometre.
	Pace      string
	ExactPace racetime.Optional
}

// newSplit returns the nth passing of a result. A visit that the course no longer has, between two versions of the
// event, has no point.
func newSplit(res *result.Result, n int, r *race.Race) Split {
	p := res.Passings[n]
	net := res.NetTimeAt(p.At, r)
	split := Split{Visit: p.Visit, At: p.At, Net: result.Shown(net, r), Gun: result.Shown(res.GunTimeAt(p.At), r)}
	if p.Visit < len(r.Course) {
		split.Point, split.AtMillimetres = r.Course[p.Visit].Point, r.Course[p.Visit].AtMillimetres
	}
	if n > 0 || net.Known || r.Team != nil {
		split.ExactPace = pace.Before(r, res, n, 1).PerKm()
	}
	split.Pace = racetime.FormatPace(split.ExactPace)
	return split
}
