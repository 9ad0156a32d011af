package oncourse

import (
	"slices"
	"time"

	"raceday/services/rules/pace"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// outlook is what a race as a whole says of when its entrants should be seen.
type outlook struct {
	race *race.Race
	// next is, for each visit, the next one that has a mat; 0 where there is none.
	next []int
	// firstStretch is the median time from the start to the first visit after it that has a mat.
	firstStretch racetime.Optional
}

func newOutlook(event *race.Event, r *race.Race, results []*result.Result) *outlook {
	o := &outlook{race: r, next: make([]int, len(r.Course))}
	for visit, next := len(r.Course)-1, 0; visit >= 0; visit-- {
		o.next[visit] = next
		lies := func(m race.Mat) bool { return m.Point == r.Course[visit].Point }
		if slices.ContainsFunc(event.Mats, lies) {
			next = visit
		}
	}
	if len(o.next) > 0 && o.next[0] > 0 {
		o.firstStretch = median(o.stretches(results, o.next[0]))
	}
	return o
}

// stretches returns the times that entrants took from their start to a visit.
func (o *outlook) stretches(results []*result.Result, visit int) []time.Duration {
	var times []time.Duration
	for _, res := range results {
		began := pace.Began(o.race, res)
		for _, p := range res.Passings {
			if p.Visit == visit && began != 0 && p.At > began {
				times = append(times, p.At.Sub(began))
			}
		}
	}
	return times
}

func (o *outlook) entrant(res *result.Result) Entrant {
	last := res.Passings[len(res.Passings)-1]
	e := Entrant{
		Race: res.Race, Bib: res.Bib, Name: res.Name, Wave: res.Wave, Status: res.Status,
		LastVisit: last.Visit, LastPoint: o.race.Course[last.Visit].Point, LastAt: last.At,
	}
	if e.NextVisit = o.next[last.Visit]; e.NextVisit == 0 {
		return e
	}
	e.NextPoint = o.race.Course[e.NextVisit].Point
	began := pace.Began(o.race, res)
	switch {
	case began == 0:
	case last.Visit == 0 && o.firstStretch.Known:
		e.ExpectedAt = began.Add(o.firstStretch.Time)
	case last.Visit > 0:
		soFar := pace.Before(o.race, res, len(res.Passings)-1, len(res.Passings))
		ahead := soFar.For(o.race.Course[e.NextVisit].AtMillimetres - o.race.Course[last.Visit].AtMillimetres)
		if ahead.Known {
			e.ExpectedAt = last.At.Add(ahead.Time)
		}
	}
	return e
}

// median returns the middle of some times, of an even number the earlier one; unknown of none.
func median(times []time.Duration) racetime.Optional {
	if len(times) == 0 {
		return racetime.Optional{}
	}
	slices.Sort(times)
	return racetime.Known(times[(len(times)-1)/2])
}
