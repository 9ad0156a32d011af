package ranking

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
)

func TestManyAtOnceAreRankedAsOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var entries []Entry
		before := map[race.EntrantID][]race.Bib{}
		one := NewList()
		for i, ms := range rapid.SliceOfN(rapid.IntRange(0, 5), 0, 12).Draw(t, "times") {
			e := Entry{race.EntrantID(i), race.Bib(fmt.Sprint(i)), time.Duration(ms) * time.Millisecond}
			var ruled []race.Bib
			if other := rapid.IntRange(-20, 11).Draw(t, "before"); other >= 0 {
				ruled = []race.Bib{race.Bib(fmt.Sprint(other))}
				before[e.Entrant] = ruled
			}
			entries = append(entries, e)
			one.Put(e, ruled...)
		}
		many := NewListOf(slices.Clone(entries), maps.Clone(before))
		if diff := cmp.Diff(ranks(one), ranks(many)); diff != "" {
			t.Errorf("(-one by one +at once)\n%s", diff)
		}
		var all []string
		for rank, e := range many.All() {
			all = append(all, fmt.Sprintf("%d %s", rank, e.Bib))
		}
		if diff := cmp.Diff(ranks(one), all); diff != "" {
			t.Errorf("(-At +All)\n%s", diff)
		}
		// An entry that is taken out and put again finds its place.
		for _, e := range entries {
			many.Remove(e.Entrant)
			many.Put(e, before[e.Entrant]...)
		}
		if diff := cmp.Diff(ranks(one), ranks(many)); diff != "" {
			t.Errorf("(-one by one +put again)\n%s", diff)
		}
	})
}
