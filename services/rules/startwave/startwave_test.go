package startwave_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/startwave"
)

const none = startwave.None

func TestRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                          string
		maxEntrants, inWave, freeBibs int
		want                          int
	}{
		{"an empty wave", 100, 0, 150, 100},
		{"half full", 100, 60, 90, 40},
		{"bounded by its bibs", 100, 60, 39, 39},
		{"full", 100, 100, 50, 0},
		{"more in it than its maximum, since that was lowered", 100, 120, 30, 0},
		{"without a maximum", 0, 60, 90, 90},
		{"without a maximum, without bibs", 0, 60, 0, 0},
	} {
		if got := startwave.Room(&race.Wave{MaxEntrants: c.maxEntrants}, c.inWave, c.freeBibs); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestByEntry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		room []int
		n    int
		want []int
	}{
		{"nobody", []int{2}, 0, []int{}},
		{"no wave", nil, 2, []int{none, none}},
		{"all in the first", []int{3, 3}, 3, []int{0, 0, 0}},
		{"overflow to the next", []int{2, 3}, 4, []int{0, 0, 1, 1}},
		{"overflow past a full wave", []int{1, 0, 2}, 3, []int{0, 2, 2}},
		{"the first is full", []int{0, 1}, 1, []int{1}},
		{"all are full", []int{1, 1}, 4, []int{0, 1, none, none}},
	} {
		if diff := cmp.Diff(c.want, startwave.ByEntry(c.room, c.n)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// byExpectedTime divides entries in the order of their times, and equal ones in the order in which they were made.
func byExpectedTime(room []int, expected []time.Duration) []int {
	order := make([]int, len(expected))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return startwave.CompareExpected(expected[a], expected[b]) })
	waves := make([]int, len(expected))
	for nth, wave := range startwave.ByEntry(room, len(expected)) {
		waves[order[nth]] = wave
	}
	return waves
}

func TestByExpectedTime(t *testing.T) {
	t.Parallel()
	minutes := func(all ...time.Duration) []time.Duration {
		for i := range all {
			all[i] *= time.Minute
		}
		return all
	}
	for _, c := range []struct {
		name     string
		room     []int
		expected []time.Duration
		want     []int
	}{
		{"nobody", []int{2}, nil, []int{}},
		{"the fastest first", []int{1, 1, 1}, minutes(50, 40, 45), []int{2, 0, 1}},
		{"unknown last", []int{1, 2}, minutes(0, 300, 299), []int{1, 1, 0}},
		{"equal times in the order of entry", []int{1, 1, 1}, minutes(45, 45, 40), []int{1, 2, 0}},
		{"unknown ones in the order of entry", []int{1, 1}, minutes(0, 0, 40), []int{1, none, 0}},
		{"overflow past a full wave", []int{1, 0, 1}, minutes(50, 40), []int{2, 0}},
		{"the slowest without room", []int{1}, minutes(50, 40, 45), []int{none, 0, none}},
	} {
		if diff := cmp.Diff(c.want, byExpectedTime(c.room, c.expected)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Whoever starts behind another is slower or, at the same time, entered later; a wave is used only when all before it are
// full, and nobody is left over while there is room.
func TestWavesFollowTheExpectedTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 5).Draw(t, "room")
		expected := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 6), func(hours int) time.Duration {
			return time.Duration(hours) * time.Hour
		}), 0, 20).Draw(t, "expected")
		waves := byExpectedTime(room, expected)
		if len(waves) != len(expected) {
			t.Fatalf("%d waves for %d entries", len(waves), len(expected))
		}
		// behind is how far back an entry stands: those without a wave behind all, as those without a time.
		behind := func(i int) int {
			if waves[i] == none {
				return len(room)
			}
			return waves[i]
		}
		slowness := func(i int) time.Duration {
			if expected[i] == 0 {
				return math.MaxInt64
			}
			return expected[i]
		}
		used := make([]int, len(room)+1)
		for i := range waves {
			used[behind(i)]++
			for j := range i {
				if slowness(j) <= slowness(i) && behind(j) > behind(i) || slowness(j) > slowness(i) && behind(j) < behind(i) {
					t.Fatalf("entries %d and %d of %v stand in %v", j, i, expected, waves)
				}
			}
		}
		for wave, n := range used[:len(room)] {
			if n > room[wave] {
				t.Fatalf("%d in wave %d with room for %d", n, wave, room[wave])
			}
			if later := slices.Max(used[wave+1:]); later > 0 && n < room[wave] {
				t.Fatalf("wave %d has room for %d and holds %d, and still %v", wave, room[wave], n, waves)
			}
		}
	})
}
