package standings_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// shown is all that a page shows at an instant, told by what the page shares.
func shown(page standings.Page, at racetime.Instant) []string {
	page.At = at
	return page.Shared(func(page standings.Page) any {
		lines := []string{fmt.Sprint(page.Version, " ", page.List, " ", page.Ranked, " ", page.OnCourse)}
		for _, row := range page.Rows {
			finishAt, ranked, ok := row.Estimate(page.At)
			lines = append(lines, fmt.Sprint(full(row), finishAt, ranked, ok))
		}
		return lines
	}).([]string)
}

// Those who ask for the same page are shown what was made for whoever asked first, and what a board made anew shows: while
// results change, the event becomes another one, and the clock goes on and back.
func TestASharedPageShowsWhatANewOneDoes(t *testing.T) {
	t.Parallel()
	event := func() *race.Event {
		event := boardEvent()
		for i := range event.Races {
			for visit := range event.Races[i].Course {
				event.Races[i].Course[visit].AtMillimetres = int64(visit) * 1_000
			}
		}
		return event
	}
	rapid.Check(t, func(t *rapid.T) {
		f := field{}
		f.change(t, true)
		now, version := gun.Add(5*second), int64(1)
		b := standings.NewBoard(event(), version, f.results())
		check := func(raceID race.ID, list string, offset, n int) {
			fresh := standings.NewBoard(event(), version, f.results())
			for _, order := range []func(*standings.Board) (standings.Page, error){
				func(b *standings.Board) (standings.Page, error) { return b.Page(raceID, list, offset, n) },
				func(b *standings.Board) (standings.Page, error) { return b.Live(raceID, list, offset, n, now) },
			} {
				want, err := order(fresh)
				got, err2 := order(b)
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				if diff := gocmp.Diff(shown(want, now), shown(got, now)); diff != "" || got.Version != version {
					t.Fatalf("%s %s at version %d of %d (-new +shared)\n%s", raceID, list, got.Version, version, diff)
				}
			}
		}
		for range 8 {
			for _, list := range []string{"", "sex/M", "overall"} {
				check("city", list, 0, 4)
				check("city", list, 1, 2)
			}
			check("relay", "overall", 0, 4)
			now = now.Add(time.Duration(rapid.IntRange(-4, 6).Draw(t, "clock")) * second)
			if rapid.Bool().Draw(t, "clock only") {
				continue
			}
			version++
			changed, removed := f.change(t, true)
			if rapid.IntRange(0, 3).Draw(t, "reload") == 0 {
				b.Reload(event(), version, f.results())
			} else {
				b.Apply(version, changed, removed)
			}
		}
	})
}

// counted returns how often a page was made what it is sent as, asking for it once more.
func counted(t *testing.T, made *int, at time.Duration, page func() (standings.Page, error)) int {
	t.Helper()
	p, err := page()
	if err != nil {
		t.Fatal(err)
	}
	p.At = gun.Add(at)
	p.Shared(func(page standings.Page) any {
		if page.Version != 0 {
			t.Errorf("what is shared is made of version %d", page.Version)
		}
		*made++
		return *made
	})
	return *made
}

func TestAPageIsMadeOnceAsLongAsItShowsTheSame(t *testing.T) {
	t.Parallel()
	// 3 should finish after 86 minutes, 4 after 120.
	results := spread()
	b := standings.NewBoard(twenty(), 1, results)
	made, version := 0, int64(1)
	commit := func(r result.Result) {
		version++
		b.Apply(version, []result.Result{r}, nil)
	}
	faster := results[0]
	faster.Gun.Time -= second
	elsewhere := seen(50, result.Started, second, 40*minute)
	elsewhere.Lists = []string{"", "sex/X"}
	for _, c := range []struct {
		name   string
		before func()
		at     time.Duration
		want   int
	}{
		{"the first who asks", func() {}, 80 * minute, 1},
		{"the second", func() {}, 81 * minute, 1},
		{"a commit that leaves the list as it is", func() { commit(elsewhere) }, 81 * minute, 1},
		{"one that changes it", func() { commit(faster) }, 81 * minute, 2},
		{"as late as the first estimate", func() {}, 86 * minute, 2},
		{"when it has passed", func() {}, 87 * minute, 3},
		{"a clock that runs behind", func() {}, 80 * minute, 4},
	} {
		c.before()
		if got := counted(t, &made, c.at, func() (standings.Page, error) { return b.Page("twenty", "overall", 0, 5) }); got != c.want {
			t.Errorf("%s: made %d times, want %d", c.name, got, c.want)
		}
	}
}

func TestMorePagesThanAreKept(t *testing.T) {
	t.Parallel()
	var results []result.Result
	for id := race.EntrantID(1); id <= 1100; id++ {
		results = append(results, seen(id, result.Started, time.Duration(id)*second))
	}
	b := standings.NewBoard(twenty(), 1, results)
	made := 0
	ask := func(offset, n, want int) {
		t.Helper()
		if got := counted(t, &made, 0, func() (standings.Page, error) { return b.Page("twenty", "overall", offset, n) }); got != want {
			t.Errorf("%d rows from %d: made %d times, want %d", n, offset, got, want)
		}
	}
	for range 2 {
		for i := range 10 { // 1000 rows
			ask(i*100, 100, max(made, i+1))
		}
	}
	ask(1000, 100, 11) // forgets the others
	ask(1000, 100, 11)
	ask(0, 100, 12)
	ask(0, 0, 13) // more than are ever kept
	ask(0, 0, 14)
	ask(0, 100, 14)
}

func TestManyWhoAskAtOnceShareAPage(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twenty(), 1, spread())
	var made atomic.Int64
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			page, err := b.Page("twenty", "", 0, 3)
			if err != nil {
				t.Error(err)
			}
			page.At = gun
			if got := page.Shared(func(standings.Page) any { return made.Add(1) }); got != int64(1) {
				t.Errorf("got what was made at the %dth time", got)
			}
		})
	}
	asking.Wait()
}
