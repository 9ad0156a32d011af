package timing

import (
	"cmp"
	"slices"
	"time"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/racetime"
)

// station is the crossings that one mat saw while it lay at one point, by their chips' index.
type station struct {
	mat *matTally
	// firsts are the first crossing of each chip, others all crossings of the chips that have several.
	firsts []matcheck.Crossing
	others map[int32][]matcheck.Crossing
	// begins are the first reads of crossings, also of those that have begun earlier since, in order up to the last inOrder.
	begins  []begin
	inOrder int
}

// begin is the first read of a crossing as it was known once.
type begin struct {
	at   racetime.Instant
	chip int32
}

func (s *station) of(chip int32) []matcheck.Crossing {
	switch {
	case s == nil || int(chip) >= len(s.firsts) || s.firsts[chip] == matcheck.Crossing{}:
		return nil
	case len(s.others) > 0 && s.others[chip] != nil:
		return s.others[chip]
	}
	// Clipped, so that another crossing is not written over the next chip's.
	return slices.Clip(s.firsts[chip : chip+1])
}

func (s *station) add(chip int32, at racetime.Instant, gap time.Duration) {
	s.firsts = grown(s.firsts, chip)
	crossings := matcheck.Add(s.of(chip), at, gap)
	s.firsts[chip] = crossings[0]
	if len(crossings) > 1 {
		s.others[chip] = crossings
	} else {
		delete(s.others, chip)
	}
	if begun(crossings, at) {
		if s.inOrder == len(s.begins) && (s.inOrder == 0 || s.begins[s.inOrder-1].at <= at) {
			s.inOrder++
		}
		s.begins = append(s.begins, begin{at, chip})
	}
}

// begun reports whether one of some crossings begins at an instant.
func begun(crossings []matcheck.Crossing, at racetime.Instant) bool {
	_, found := slices.BinarySearchFunc(crossings, at, func(c matcheck.Crossing, at racetime.Instant) int {
		return cmp.Compare(c.First, at)
	})
	return found
}

// since returns the chips that began a crossing after an instant, some several times.
func (s *station) since(at racetime.Instant) []begin {
	compare := func(a, b begin) int { return cmp.Compare(a.at, b.at) }
	if s.inOrder < len(s.begins) {
		// Late ones are few, or many at once: they are put in order together.
		slices.SortFunc(s.begins[s.inOrder:], compare)
		from, _ := slices.BinarySearchFunc(s.begins[:s.inOrder], s.begins[s.inOrder], compare)
		slices.SortStableFunc(s.begins[from:], compare)
		s.inOrder = len(s.begins)
	}
	i, _ := slices.BinarySearchFunc(s.begins, at, func(b begin, at racetime.Instant) int {
		if b.at <= at {
			return -1
		}
		return 1
	})
	return s.begins[i:]
}

// grown returns a slice that has an element at an index.
func grown[Item any](all []Item, index int32) []Item {
	if int(index) < len(all) {
		return all
	}
	return append(all, make([]Item, int(index)+1-len(all))...)
}
