package scoring

import (
	"cmp"
	"slices"

	"raceday/services/rules/racetime"
)

// sighting is a read of a known chip.
type sighting struct {
	at  racetime.Instant
	mat int32
}

// sightings is a set of them; order and repeats of adding change nothing.
type sightings struct {
	all []sighting
	// settled is how many at the front are in order and distinct.
	settled int
}

func (s *sightings) add(one sighting) {
	n := len(s.all)
	switch {
	case n == s.settled && (n == 0 || compareSightings(s.all[n-1], one) < 0):
		s.settled++
	case n == s.settled && s.all[n-1] == one:
		return
	case n == cap(s.all):
		// Before it grows, so that a mat that sends everything again and again takes no memory.
		s.settle()
	}
	s.all = append(s.all, one)
}

// settle returns the sightings in order, each once.
func (s *sightings) settle() []sighting {
	if s.settled < len(s.all) {
		slices.SortFunc(s.all, compareSightings)
		s.all = slices.Compact(s.all)
		s.settled = len(s.all)
	}
	return s.all
}

func compareSightings(a, b sighting) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.mat, b.mat))
}
