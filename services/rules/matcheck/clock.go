// Package matcheck judges how mats do by what they read: how far their clocks lie apart, and whether one stopped seeing.
// Nothing of a result follows from it.
package matcheck

import (
	"slices"
	"time"

	"raceday/services/rules/racetime"
)

const (
	// PairWithin is how far apart two mats of one point may see the same crossing: clocks are off by more than a minute,
	// and a second mat may lie some metres on.
	PairWithin = 10 * time.Minute
	// SharedNeeded is how many crossings two clocks are compared by at the least.
	SharedNeeded = 5
)

// Nearest returns the crossing that begins nearest to an instant, and by how much later than it the instant is; false where
// none begins within PairWithin. Crossings are in the order of time.
func Nearest(at racetime.Instant, crossings []Crossing) (later time.Duration, ok bool) {
	i, _ := slices.BinarySearchFunc(crossings, at, func(c Crossing, at racetime.Instant) int { return compare(c.First, at) })
	later = PairWithin + 1
	for _, c := range crossings[max(0, i-1):min(len(crossings), i+1)] {
		if d := at.Sub(c.First); d.Abs() < later.Abs() {
			later = d
		}
	}
	return later, later.Abs() <= PairWithin
}

// Clock is by how much a mat reads later than the other mats of its point.
type Clock struct {
	// Difference is the median over the crossings that they share, and Spread what half of these lie within of it.
	Difference, Spread time.Duration
	// Shared is how many these are.
	Shared int
}

// Known reports whether enough crossings are shared to say so.
func (c Clock) Known() bool { return c.Shared >= SharedNeeded }

// Compare returns what follows from by how much later the mat read each shared crossing; it puts these in order. A few
// crossings that were paired wrongly, or runners who stood between the mats, change nothing.
func Compare(later []time.Duration) Clock {
	clock := Clock{Shared: len(later)}
	if !clock.Known() {
		return clock
	}
	clock.Difference = median(later)
	apart := make([]time.Duration, len(later))
	for i, d := range later {
		apart[i] = (d - clock.Difference).Abs()
	}
	clock.Spread = median(apart)
	return clock
}

// median returns the middle of some durations, of an even number halfway between the two.
func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	middle := len(all) / 2
	if len(all)%2 == 1 {
		return all[middle]
	}
	return all[middle-1] + (all[middle]-all[middle-1])/2
}
