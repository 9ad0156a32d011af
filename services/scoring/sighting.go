package scoring

import (
	"cmp"
	"slices"

	"raceday/services/rules/racetime"
)

// sighting is a read without its chip.
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

// addAll adds many, which it may keep and sort.
func (s *sightings) addAll(many []sighting) {
	if len(s.all) == 0 {
		s.all = many
		s.settled = min(1, len(many))
		for s.settled < len(many) && compareSightings(many[s.settled-1], many[s.settled]) < 0 {
			s.settled++
		}
		return
	}
	for _, one := range many {
		s.add(one)
	}
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
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Compare(a.mat, b.mat)
}
