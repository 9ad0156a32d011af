package ranking

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raceday/services/rules/race"
)

// Many blocks hold what one slice that is sorted anew after every change holds.
func TestSortedIsOneSliceInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		seconds := rapid.IntRange(1, 3000).Draw(t, "different times") // few of them: many share one
		entry := func(i int) Entry {
			return Entry{race.EntrantID(i), race.Bib(fmt.Sprint(i)), time.Duration(random.IntN(seconds)) * time.Second}
		}
		var want []Entry
		for i := range rapid.IntRange(0, 2000).Draw(t, "at once") {
			want = append(want, entry(i))
		}
		slices.SortFunc(want, compareEntries)
		got := newSorted(slices.Clone(want))
		comes := rapid.IntRange(0, 10).Draw(t, "in ten come")
		for i := range rapid.IntRange(0, 2000).Draw(t, "one by one") {
			if len(want) > 0 && random.IntN(10) >= comes {
				n := random.IntN(len(want))
				got.remove(want[n].Entrant, want[n].Time)
				want = slices.Delete(want, n, n+1)
				continue
			}
			e := entry(10_000 + i)
			n, _ := slices.BinarySearchFunc(want, e, compareEntries)
			want = slices.Insert(want, n, e)
			got.insert(e)
		}
		if all := slices.Collect(got.all()); !slices.Equal(all, want) || got.n != len(want) {
			t.Fatalf("%d entries in all, counted as %d, want %d in their order", len(all), got.n, len(want))
		}
		for i, e := range want {
			if got.at(i) != e {
				t.Fatalf("entry %d is %v, want %v", i, got.at(i), e)
			}
		}
		for s := range seconds + 1 {
			at := time.Duration(s) * time.Second
			faster := slices.IndexFunc(want, func(e Entry) bool { return e.Time >= at })
			if faster < 0 {
				faster = len(want)
			}
			if n := got.faster(at); n != faster {
				t.Fatalf("%d are faster than %v, want %d", n, at, faster)
			}
		}
		for b, block := range got.blocks {
			if len(block) == 0 || len(block) > blockEntries {
				t.Fatalf("block %d holds %d entries", b, len(block))
			}
		}
	})
}
