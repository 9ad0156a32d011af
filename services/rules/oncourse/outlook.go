package oncourse

import (
	"math/bits"
	"slices"
	"time"

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
		began := o.began(res)
		for _, p := range res.Passings {
			if p.Visit == visit && began != 0 && p.At > began {
				times = append(times, p.At.Sub(began))
			}
		}
	}
	return times
}

// began returns the instant from which an entrant's pace is counted: the own start, the gun where that was not read, and
// of a team the gun, from which its first leg runs; zero where it is not known.
func (o *outlook) began(res *result.Result) racetime.Instant {
	if start, ok := res.StartAt(); ok && o.race.Team == nil {
		return start
	}
	return res.GunAt
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
	began := o.began(res)
	switch {
	case began == 0:
	case last.Visit == 0 && o.firstStretch.Known:
		e.ExpectedAt = began.Add(o.firstStretch.Time)
	case last.Visit > 0:
		if ahead := o.atPace(last.At.Sub(began), last.Visit, e.NextVisit); ahead.Known {
			e.ExpectedAt = last.At.Add(ahead.Time)
		}
	}
	return e
}

// longestWait is the longest stretch that somebody is waited for. Only passings that were entered by mistake make more of it.
const longestWait = 7 * 24 * time.Hour

// atPace returns the time from a visit to a later one at the pace that led to the first; unknown where there is none.
func (o *outlook) atPace(elapsed time.Duration, visit, next int) racetime.Optional {
	covered := o.race.Course[visit].AtMillimetres - o.race.Course[0].AtMillimetres
	ahead := o.race.Course[next].AtMillimetres - o.race.Course[visit].AtMillimetres
	if elapsed <= 0 || covered <= 0 || ahead <= 0 {
		return racetime.Optional{}
	}
	high, low := bits.Mul64(uint64(elapsed), uint64(ahead))
	if high >= uint64(covered) {
		return racetime.Optional{}
	}
	t, _ := bits.Div64(high, low, uint64(covered))
	if t > uint64(longestWait) {
		return racetime.Optional{}
	}
	return racetime.Known(time.Duration(t))
}

// median returns the middle of some times, of an even number the earlier one; unknown of none.
func median(times []time.Duration) racetime.Optional {
	if len(times) == 0 {
		return racetime.Optional{}
	}
	slices.Sort(times)
	return racetime.Known(times[(len(times)-1)/2])
}
