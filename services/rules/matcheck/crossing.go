package matcheck

import (
	"cmp"
	"slices"
	"time"

	"raceday/services/rules/racetime"
)

// Crossing is the reads of one chip at one mat that lie closer together than the crossing gap.
type Crossing struct {
	First, Last racetime.Instant
}

func compare(a, b racetime.Instant) int { return cmp.Compare(a, b) }

// Add adds a read to crossings in the order of time, whatever order reads come in, and returns them.
func Add(crossings []Crossing, at racetime.Instant, gap time.Duration) []Crossing {
	// The first crossing that ends less than the gap before the read, or after it.
	i, _ := slices.BinarySearchFunc(crossings, at, func(c Crossing, at racetime.Instant) int {
		if at >= c.Last.Add(gap) {
			return -1
		}
		return 1
	})
	if i == len(crossings) || crossings[i].First >= at.Add(gap) {
		return slices.Insert(crossings, i, Crossing{at, at})
	}
	crossings[i].First = min(crossings[i].First, at)
	crossings[i].Last = max(crossings[i].Last, at)
	// The read may close the gap to the next one.
	if i+1 < len(crossings) && crossings[i+1].First < crossings[i].Last.Add(gap) {
		crossings[i].Last = crossings[i+1].Last
		crossings = slices.Delete(crossings, i+1, i+2)
	}
	return crossings
}
