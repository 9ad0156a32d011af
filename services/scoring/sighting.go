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

// add is false where it is known that the sighting is there already.
func (s *sightings) add(one sighting) bool {
	n := len(s.all)
	if n == s.settled && (n == 0 || compareSightings(s.all[n-1], one) < 0) {
		s.settled++
	} else if _, found := slices.BinarySearchFunc(s.all[:s.settled], one, compareSightings); found {
		return false
	} else if n == cap(s.all) {
		// Before it grows, so that a mat that sends everything again and again takes no memory.
		s.settle()
	}
	s.all = append(s.all, one)
	return true
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
		if !s.insert() {
			slices.SortFunc(s.all, compareSightings)
		}
		s.all = slices.Compact(s.all)
		s.settled = len(s.all)
	}
	return s.all
}

// insertMoves is how far a sighting is moved on average at the most, where all are put in order one by one.
const insertMoves = 8

// insert puts the sightings in order one by one, which is faster than sorting where mats were late by little; false where
// they are so far apart that sorting is faster.
func (s *sightings) insert() bool {
	moves := insertMoves * len(s.all)
	for i := max(1, s.settled); i < len(s.all); i++ {
		one, to := s.all[i], i
		for ; to > 0 && (one.at < s.all[to-1].at || one.at == s.all[to-1].at && one.mat < s.all[to-1].mat); to-- {
			s.all[to] = s.all[to-1]
		}
		s.all[to] = one
		if moves -= i - to; moves < 0 {
			return false
		}
	}
	return true
}

func compareSightings(a, b sighting) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Compare(a.mat, b.mat)
}
