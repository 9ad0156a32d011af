package scoring

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"raceday/services/rules/racetime"
)

// Mats that are late by little, and mats that send everything in any order, give the same sightings.
func TestSightingsAreInOrderOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.Custom(func(t *rapid.T) sighting {
			return sighting{racetime.Instant(rapid.IntRange(0, 500).Draw(t, "at")), int32(rapid.IntRange(0, 3).Draw(t, "mat"))}
		})
		n := rapid.IntRange(0, 300).Draw(t, "n")
		given := rapid.SliceOfN(one, n, n).Draw(t, "sightings")
		if rapid.Bool().Draw(t, "nearly in order") {
			slices.SortStableFunc(given, func(a, b sighting) int { return int(a.at/20 - b.at/20) })
		}
		want := slices.Clone(given)
		slices.SortFunc(want, compareSightings)
		want = slices.Compact(want)

		atOnce := rapid.IntRange(0, len(given)).Draw(t, "at once")
		var s sightings
		s.addAll(slices.Clone(given[:atOnce]))
		for _, late := range given[atOnce:] {
			s.add(late)
			if rapid.IntRange(0, 9).Draw(t, "settle") == 0 {
				s.settle()
			}
		}
		if got := s.settle(); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
