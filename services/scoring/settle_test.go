package scoring

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// In any number of parts what is told is what is told of each entrant alone, in the same order.
func TestManyEntrantsAreSettledLikeEachAlone(t *testing.T) {
	t.Parallel()
	for parts := range 5 {
		t.Run(fmt.Sprint(parts), func(t *testing.T) {
			t.Parallel()
			settledLikeEachAlone(t, parts)
		})
	}
}

// settledLikeEachAlone settles in so many parts; 0 are those that Settle takes.
func settledLikeEachAlone(t *testing.T, parts int) {
	settle := func(b *Book) Changes {
		if parts == 0 {
			return b.Settle()
		}
		return b.settleIn(parts)
	}
	var entries []entry
	for i := range 3*partWorthwhile + 1 {
		e := entry{bib: fmt.Sprint(i + 1), sex: race.Female, birth: "1990-01-01", start: i % 7, finish: 2400 + i}
		switch i % 5 {
		case 1:
			e.start = -1
		case 2:
			e.finish = -1
		}
		entries = append(entries, e)
	}
	day := tenDay(t, entries, race.Classification{ID: "all"})
	together, alone := NewBook(), NewBook()
	both := func(tell func(b *Book, entrants []race.Entrant, reads []Read), entrants []race.Entrant, reads []Read) {
		t.Helper()
		tell(together, entrants, reads)
		got, want := settle(together), Changes{}
		for i := range entrants {
			chip := race.Chip(entrants[i].Bib)
			own := slices.DeleteFunc(slices.Clone(reads), func(r Read) bool { return r.Chip != chip })
			tell(alone, entrants[i:i+1], own)
			one := alone.Settle()
			want.Results, want.Removed = append(want.Results, one.Results...), append(want.Removed, one.Removed...)
		}
		if diff := gocmp.Diff(want, got, gocmp.Comparer(sameOrNone)); diff != "" {
			t.Fatalf("(-each alone +together):\n%s", diff)
		}
	}
	setEvent := func(b *Book) { b.SetEvent(day.event) }
	setEvent(together)
	setEvent(alone)
	both(func(b *Book, entrants []race.Entrant, reads []Read) {
		b.SetEntrants(entrants)
		b.AddReads(reads)
	}, day.entrants, day.reads)
	changed := slices.Clone(day.entrants)
	for i := range changed {
		switch i % 3 {
		case 0:
			changed[i].Gone = true
		case 1:
			changed[i].Country = "KAZ"
		}
	}
	both(func(b *Book, entrants []race.Entrant, _ []Read) { b.SetEntrants(entrants) }, changed, nil)
	want, _ := outcome(day.event, alone.Results())
	got, _ := outcome(day.event, together.Results())
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("results (-each alone +together):\n%s", diff)
	}
}

func sameOrNone(a, b *result.Result) bool { return a == b || a != nil && b != nil && a.Equal(b) }

// Reads that are written down and given to a book at once, whatever it knows already, are the same reads.
func TestReadsThatWereWrittenDown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := drawDay(t)
		known := rapid.IntRange(0, len(day.reads)).Draw(t, "reads known before")
		book := NewBook()
		book.SetEvent(day.event)
		book.SetEntrants(day.entrants)
		book.AddRulings(day.rulings)
		book.AddReads(day.reads[:known])
		if rapid.Bool().Draw(t, "settle") {
			book.Settle()
		}
		var written writtenReads
		mats, chips := map[race.MatID]int{"of no read": 0}, map[race.Chip]int{"OF NO READ": 0}
		for _, read := range day.reads[known:] {
			written.add(&Numbered{read, number(mats, read.Mat), number(chips, read.Chip)})
		}
		if n := written.len(); n != len(day.reads)-known {
			t.Fatalf("%d reads were written down, want %d", n, len(day.reads)-known)
		}
		book.addWritten(&written)
		book.addWritten(&written) // nothing any more
		book.Settle()
		want, _ := day.score()
		got, _ := outcome(day.event, book.Results())
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("(-from nothing +written down):\n%s", diff)
		}
	})
}

func TestWrittenReadsFillPages(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, pageReads - 1, pageReads, pageReads + 1, 2 * pageReads, 2*pageReads + 1} {
		var written writtenReads
		for i := range n {
			chips := []race.Chip{"A", "B"}
			written.add(&Numbered{Read{Mat: "line", Chip: chips[i%2], At: racetime.Instant(i)}, 0, i % 2})
		}
		if got := written.len(); got != n {
			t.Errorf("%d reads were written down, want %d", got, n)
		}
		book := NewBook()
		book.addWritten(&written)
		a, b := book.chip("A").reads.settle(), book.chip("B").reads.settle()
		if len(a) != (n+1)/2 || len(b) != n/2 {
			t.Errorf("of %d reads, A has %d and B %d", n, len(a), len(b))
		}
		for i := range n {
			if got := [][]sighting{a, b}[i%2][i/2].at; got != racetime.Instant(i) {
				t.Fatalf("read %d of %d is of %d", i, n, got)
			}
		}
	}
}

func TestRunsAreEveryEntrantOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, runEntrants - 1, runEntrants, runEntrants + 1, 50 * runEntrants} {
		taken := make([]atomic.Int32, n)
		runs := runsOf(n)
		atOnce(4, func(int) {
			for from, to := range runs {
				for i := from; i < to; i++ {
					taken[i].Add(1)
				}
			}
		})
		for i := range taken {
			if times := taken[i].Load(); times != 1 {
				t.Fatalf("of %d, %d was taken %d times", n, i, times)
			}
		}
	}
}
