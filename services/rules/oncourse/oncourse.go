// Package oncourse says who is out on the course, and when each should be seen next: runners' safety comes first.
// Nothing follows from an expectation but that somebody looks.
package oncourse

import (
	"cmp"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// Entrant is one that a mat saw, the finish did not, and of whom no official said that it left the course.
type Entrant struct {
	Race race.ID
	Bib  race.Bib
	// Name is what is published of it, empty where it is hidden.
	Name string
	Wave race.WaveID
	// Status is any but FINISHED: who is disqualified may run on, and who is DNF because the race is closed is not home yet.
	Status result.Status
	// LastVisit is the furthest visit that was read, as an index in the course.
	LastVisit int
	LastPoint race.PointID
	LastAt    racetime.Instant
	// NextVisit is the next one that has a mat; 0, with no NextPoint, where none ahead has one.
	NextVisit int
	NextPoint race.PointID
	// ExpectedAt is when it should be there; zero where that is not known.
	ExpectedAt racetime.Instant
}

// Overdue returns by how much an instant is past the expectation; zero before it, and without one.
func (e *Entrant) Overdue(now racetime.Instant) time.Duration {
	if e.ExpectedAt == 0 {
		return 0
	}
	return max(0, now.Sub(e.ExpectedAt))
}

// Find returns those of a race's results that are on the course, in the order of Compare. The event is that which the results
// were computed by.
func Find(event *race.Event, r *race.Race, results []*result.Result) []Entrant {
	o := newOutlook(event, r, results)
	var entrants []Entrant
	for _, res := range results {
		if onCourse(r, res) {
			entrants = append(entrants, o.entrant(res))
		}
	}
	slices.SortFunc(entrants, Compare)
	return entrants
}

// Compare puts the longest overdue first, then who is expected soonest, and last, by when they were seen, those of whom
// nobody knows when to expect them. That order does not change while the clock goes on.
func Compare(a, b Entrant) int {
	switch {
	case a.ExpectedAt != 0 && b.ExpectedAt != 0:
		if order := cmp.Compare(a.ExpectedAt, b.ExpectedAt); order != 0 {
			return order
		}
	case a.ExpectedAt != 0:
		return -1
	case b.ExpectedAt != 0:
		return 1
	}
	return cmp.Or(cmp.Compare(a.LastAt, b.LastAt), race.CompareBibs(a.Bib, b.Bib), cmp.Compare(a.Race, b.Race))
}

// onCourse asks the passings, not the status: disqualified, not competing, a leg not completed or the race closed, a runner
// who was not seen at the finish may lie somewhere. A visit that the course no longer has, between two versions of the event,
// leads nowhere. Who was ruled DNS or WITHDRAWN and is read on the course all the same is out there.
func onCourse(r *race.Race, res *result.Result) bool {
	if len(res.Passings) == 0 {
		return false
	}
	last := res.Passings[len(res.Passings)-1].Visit
	if neverStarted := res.Status == result.DNS || res.Status == result.Withdrawn; res.LeftCourse && !(neverStarted && last > 0) {
		return false
	}
	return last < len(r.Course)-1
}
