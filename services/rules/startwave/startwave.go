// Package startwave divides entries that have no bib yet among the waves of a race. It gives out no bibs.
package startwave

import (
	"cmp"
	"time"

	"raceday/services/rules/race"
)

// None stands for the wave of an entry that no wave has room for.
const None = -1

// Room returns how many further entries a wave takes: up to its MaxEntrants beside those that are in it already, and no
// more than it has free bibs.
func Room(w *race.Wave, inWave, freeBibs int) int {
	room := freeBibs
	if w.MaxEntrants > 0 {
		room = min(room, w.MaxEntrants-inWave)
	}
	return max(room, 0)
}

// ByEntry returns the wave of each of n entries, given in the order in which they were made: the first wave until its
// room is used up, then the next one, and None once all are full. Waves count from 0, in the order of room.
func ByEntry(room []int, n int) []int {
	waves := make([]int, n)
	wave, used := 0, 0
	for i := range waves {
		for wave < len(room) && used >= room[wave] {
			wave, used = wave+1, 0
		}
		if wave == len(room) {
			waves[i] = None
			continue
		}
		waves[i] = wave
		used++
	}
	return waves
}

// CompareExpected orders entries by the time that each expects to finish in: the fastest first, and those last whose time
// is zero, which is not known. ByEntry of entries in this order lets the fastest start first.
func CompareExpected(a, b time.Duration) int {
	switch {
	case a == 0 && b != 0:
		return 1
	case a != 0 && b == 0:
		return -1
	}
	return cmp.Compare(a, b)
}
