package standings_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// twenty is a race of 20 km by gun with a mat at each 5 km.
func twenty() *race.Event {
	r := race.New(race.Other)
	r.ID = "twenty"
	r.Course = []race.Visit{
		{Point: "line"}, {Point: "k5", AtMillimetres: 5_000_000}, {Point: "k10", AtMillimetres: 10_000_000},
		{Point: "line", AtMillimetres: 20_000_000},
	}
	r.Classifications = []race.Classification{{ID: "overall"}, {ID: "sex", By: []race.By{race.BySex}, Basis: race.Net}}
	return &race.Event{ID: "day", Races: []race.Race{r}}
}

const minute = 60 * second

// seen is a runner of the twenty with passings so long after the gun; zero is not seen.
func seen(id race.EntrantID, status result.Status, afterGun ...time.Duration) result.Result {
	r := runner(id, "twenty", race.Bib(fmt.Sprint(id)), status, afterGun...)
	r.Lists = []string{"overall", "sex/F"}
	if status == result.Finished {
		r = finished(r)
	}
	return r
}

// spread is who is home, who is on course and who is neither.
func spread() []result.Result {
	return []result.Result{
		seen(1, result.Finished, 1, 20*minute, 40*minute, 80*minute), seen(2, result.Finished, 1, 22*minute, 44*minute, 100*minute),
		seen(3, result.Started, 1, 22*minute, 43*minute+millisecond), seen(4, result.Started, 1, 30*minute), seen(5, result.Started, 1),
		seen(6, result.DNF, 1, 19*minute, 39*minute), seen(7, result.DSQ, 1, 18*minute, 36*minute, 72*minute), seen(8, result.Entered),
	}
}

func splitLines(page standings.SplitPage) []string {
	var lines []string
	for _, row := range page.Rows {
		lines = append(lines, fmt.Sprint(row.Rank, " ", row.Row.Result.Bib, " ", row.Shown, " +", row.Behind, " now ", row.Row.Rank))
	}
	return lines
}

func TestWhoPassedAPointIsToldWithTheRankThereAndNow(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twenty(), 1, spread())
	page, err := b.Split("twenty", "", "k10", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1 6 0:39:00 + now 0", "2 1 0:40:00 +0:01:00 now 1", "3 3 0:43:01 +0:04:01 now 0", "4 2 0:44:00 +0:05:00 now 2"}
	if diff := gocmp.Diff(want, splitLines(page)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	page.Rows = nil
	if diff := gocmp.Diff(standings.SplitPage{List: "overall", Version: 1, Visit: 2, Point: "k10", AtMillimetres: 10_000_000, Total: 4}, page); diff != "" {
		t.Errorf("page (-want +got)\n%s", diff)
	}
	if page, err = b.Split("twenty", "overall", "line#2", 1, 1); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"2 2 1:40:00 +0:20:00 now 2"}, splitLines(page)); diff != "" {
		t.Errorf("second at the finish (-want +got)\n%s", diff)
	}
	for _, c := range []struct {
		race              race.ID
		list, point, name string
		want              error
	}{
		{"x", "", "k10", "unknown race", standings.ErrRaceNotFound}, {"twenty", "x", "k10", "unknown list", standings.ErrListNotFound},
		{"twenty", "", "k11", "unknown point", standings.ErrPointNotFound}, {"twenty", "", "k10#2", "unknown visit", standings.ErrPointNotFound},
	} {
		if _, err := b.Split(c.race, c.list, c.point, 0, 1); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestTheRanksAtAPointFollowTheBoard(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twenty(), 1, spread())
	lines := func() []string {
		page, err := b.Split("twenty", "overall", "k10", 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if page.Version != b.Version() {
			t.Errorf("the answer is of version %d, the board of %d", page.Version, b.Version())
		}
		return splitLines(page)
	}
	lines()
	b.Apply(2, nil, nil)
	if got := lines(); len(got) != 4 {
		t.Errorf("nothing changed: got %v", got)
	}
	b.Apply(3, []result.Result{seen(6, result.DSQ, 1, 19*minute, 39*minute), seen(4, result.Started, 1, 30*minute, 50*minute)}, nil)
	want := []string{"1 1 0:40:00 + now 1", "2 3 0:43:01 +0:03:01 now 0", "3 2 0:44:00 +0:04:00 now 2", "4 4 0:50:00 +0:10:00 now 0"}
	if diff := gocmp.Diff(want, lines()); diff != "" {
		t.Errorf("one is disqualified, one came by (-want +got)\n%s", diff)
	}
	// The same version, other results: the store was set back.
	b.Reload(twenty(), 3, spread()[:1])
	if diff := gocmp.Diff([]string{"1 1 0:40:00 + now 1"}, lines()); diff != "" {
		t.Errorf("set back (-want +got)\n%s", diff)
	}
	other := twenty()
	other.Races[0].Course = append(other.Races[0].Course[:1], other.Races[0].Course[2:]...)
	b.Reload(other, 4, []result.Result{seen(1, result.Started, 1, 42*minute)})
	if diff := gocmp.Diff([]string{"1 1 0:42:00 + now 0"}, lines()); diff != "" {
		t.Errorf("another course (-want +got)\n%s", diff)
	}
}

// A page names the point and its distance by one look at the event and ranks by another: where the event becomes another one in
// between, both are of the later one. Live orders, which are made one after another with those of points, hold up the second look.
func TestNoSplitIsOfTwoEvents(t *testing.T) {
	t.Parallel()
	// On the other course the point comes one visit earlier and further away, and its runner is another.
	other := twenty()
	course := other.Races[0].Course
	course[2].AtMillimetres = 12_000_000
	other.Races[0].Course = append(course[:1:1], course[2:]...)
	own := map[int64]string{10_000_000: "visit 2: [1 1 0:40:00 + now 0]", 12_000_000: "visit 1: [1 2 0:50:00 + now 0]"}
	events := []*race.Event{twenty(), other}
	runners := [][]result.Result{
		{seen(1, result.Started, 1, 20*minute, 40*minute)}, {seen(2, result.Started, 1, 50*minute)},
	}
	for id := race.EntrantID(3); id < 300; id++ {
		for i := range runners {
			runners[i] = append(runners[i], seen(id, result.Started, time.Duration(id)*second))
		}
	}
	b := standings.NewBoard(events[0], 0, runners[0])
	asked := make(chan struct{})
	var others sync.WaitGroup
	until := func(do func(n int64)) {
		others.Go(func() {
			for n := int64(1); ; n++ {
				select {
				case <-asked:
					return
				default:
					do(n)
				}
			}
		})
	}
	until(func(n int64) { b.Reload(events[n%2], n, slices.Clone(runners[n%2])) })
	until(func(n int64) {
		if _, err := b.Live("twenty", "", 0, 1, gun.Add(time.Duration(-n)*millisecond)); err != nil { // an earlier one is made anew
			t.Error(err)
		}
	})
	for range 1_500 {
		page, err := b.Split("twenty", "overall", "k10", 0, 10)
		if err != nil {
			t.Error(err)
			break
		}
		if got := fmt.Sprintf("visit %d: %v", page.Visit, splitLines(page)); got != own[page.AtMillimetres] {
			t.Errorf("at %d mm: %s, want %s", page.AtMillimetres, got, own[page.AtMillimetres])
			break
		}
	}
	close(asked)
	others.Wait()
}

func TestPagesOfThoseWhoPassedFollowOneAnother(t *testing.T) {
	t.Parallel()
	service := serve(t, &backend{event: twenty(), version: 7, results: spread()})
	q := standings.SplitQuery{Event: "day", Race: "twenty", Point: "k10", PageSize: 3}
	page, token, err := service.Split(t.Context(), q)
	if err != nil || len(page.Rows) != 3 || token == "" {
		t.Fatalf("got %d rows, token %q, %v", len(page.Rows), token, err)
	}
	q.PageToken = token
	if page, token, err = service.Split(t.Context(), q); err != nil || len(page.Rows) != 1 || token != "" || page.Rows[0].Rank != 4 {
		t.Fatalf("got %v, token %q, %v", splitLines(page), token, err)
	}
	q.Point = "k5"
	if _, _, err := service.Split(t.Context(), q); !errors.Is(err, standings.ErrPageTokenInvalid) {
		t.Errorf("token of another point: got %v", err)
	}
	if _, _, err := service.Standings(t.Context(), standings.Query{Event: "day", Race: "twenty", PageToken: q.PageToken}); !errors.Is(err, standings.ErrPageTokenInvalid) {
		t.Errorf("token of another order: got %v", err)
	}
	q.PageToken, q.PageSize = "", 1001
	if _, _, err := service.Split(t.Context(), q); !errors.Is(err, standings.ErrPageSizeInvalid) {
		t.Errorf("page too large: got %v", err)
	}
}

func TestTheLiveOrderGoesOnWithTheClock(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twenty(), 1, spread())
	for _, c := range []struct {
		name string
		now  time.Duration
		want []string
	}{
		// 3 should finish after 86 minutes, 4 after 120; 5 was seen at the start only.
		{"two are estimated", 80 * minute, []string{"1 rank 1 bib 1 ", "2 rank 0 bib 3 ~1:26:01", "3 rank 2 bib 2 ", "4 rank 0 bib 4 ~2:00:00", "0 rank 0 bib 5 "}},
		{"the first is overdue", 87 * minute, []string{"1 rank 1 bib 1 ", "2 rank 2 bib 2 ", "3 rank 0 bib 4 ~2:00:00", "0 rank 0 bib 3 ", "0 rank 0 bib 5 "}},
		{"all are", 121 * minute, []string{"1 rank 1 bib 1 ", "2 rank 2 bib 2 ", "0 rank 0 bib 3 ", "0 rank 0 bib 4 ", "0 rank 0 bib 5 "}},
		{"asked by a clock that runs behind", 80 * minute, []string{"1 rank 1 bib 1 ", "2 rank 0 bib 3 ~1:26:01", "3 rank 2 bib 2 ", "4 rank 0 bib 4 ~2:00:00", "0 rank 0 bib 5 "}},
	} {
		now := gun.Add(c.now)
		var got []string
		for offset := 0; offset < 6; offset += 2 {
			page, err := b.Live("twenty", "", offset, 2, now)
			if err != nil {
				t.Fatal(err)
			}
			if page.List != "overall" || page.Ranked != 2 || page.OnCourse != 3 {
				t.Errorf("%s: got %d ranked, %d on course of %s", c.name, page.Ranked, page.OnCourse, page.List)
			}
			for _, row := range page.Rows {
				estimate := ""
				if _, ranked, ok := row.Estimate(now); ok {
					estimate = "~" + ranked
				}
				got = append(got, fmt.Sprintf("%d rank %d bib %s %s", row.LiveRank, row.Rank, row.Result.Bib, estimate))
			}
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestMoreOrdersThanAreKept(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twenty(), 1, spread())
	for range 2 {
		for i := range 20 {
			if _, err := b.Split("twenty", fmt.Sprintf("sex/%c", "FMX"[i%3]), []string{"line", "k5", "k10", "line#2"}[i/3%4], 0, 5); err != nil {
				t.Fatal(err)
			}
		}
		page, err := b.Split("twenty", "sex/F", "k5", 0, 1)
		if err != nil || page.Total != 5 || page.Rows[0].Row.Result.Bib != "6" {
			t.Errorf("got %+v, %v", page, err)
		}
	}
}

func TestOneResultIsWatched(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twenty(), 1, spread())
	var got []string
	// While the watcher takes its time several versions pass; it is told of the newest.
	changes := []func(){
		func() { b.Apply(2, []result.Result{seen(4, result.Started, 1, 30*minute, 60*minute)}, nil) },
		func() { // others finish ahead and behind, and the runner is home in between
			b.Apply(3, []result.Result{seen(3, result.Finished, 1, 22*minute, 43*minute, 86*minute)}, nil)
			b.Apply(4, []result.Result{seen(4, result.Finished, 1, 30*minute, 60*minute, 120*minute)}, nil)
			b.Apply(5, []result.Result{seen(5, result.Finished, 1, 0, 0, 130*minute)}, nil)
		},
		func() { // nothing of the runner changes with the first, the second moves it up
			b.Apply(6, []result.Result{seen(5, result.DSQ, 1, 0, 0, 130*minute)}, nil)
			b.Apply(7, []result.Result{seen(1, result.DSQ, 1, 20*minute, 40*minute, 80*minute)}, nil)
		},
		func() { b.Apply(8, nil, []race.EntrantID{4}) },
	}
	err := b.WatchEntrant(t.Context(), "4", func(e standings.EntrantResult) error {
		last := e.Splits[len(e.Splits)-1]
		got = append(got, fmt.Sprint(e.Version, " ", e.Row.Result.Status, " ", last.Point, " ", last.Pace, " ", e.Ranks))
		changes[0]()
		changes = changes[1:]
		return nil
	})
	if !errors.Is(err, standings.ErrEntrantNotFound) {
		t.Errorf("the watch ends with %v, want %v", err, standings.ErrEntrantNotFound)
	}
	want := []string{
		"1 STARTED k5 6:00 [{overall 0 2} {sex/F 0 2}]", "2 STARTED k10 6:00 [{overall 0 2} {sex/F 0 2}]",
		"5 FINISHED line 6:00 [{overall 4 5} {sex/F 4 5}]", "7 FINISHED line 6:00 [{overall 3 3} {sex/F 3 3}]",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatIsNoChangeIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := standings.NewBoard(twenty(), 1, spread())
		var versions []int64
		ended := make(chan error)
		go func() {
			ended <- b.WatchEntrant(t.Context(), "1", func(e standings.EntrantResult) error {
				versions = append(versions, e.Version)
				return nil
			})
		}()
		for _, change := range []func(){
			func() {},
			func() { b.Apply(2, []result.Result{seen(3, result.Finished, 1, 22*minute, 43*minute, 86*minute)}, nil) }, // behind
			func() { b.Apply(3, spread()[:1], nil) },   // told again
			func() { b.Reload(twenty(), 4, spread()) }, // read again
			func() { b.Apply(5, []result.Result{seen(8, result.Finished, 1, 10*minute, 20*minute, 40*minute)}, nil) },
			b.Close,
		} {
			synctest.Wait()
			change()
		}
		if err := <-ended; !errors.Is(err, standings.ErrStopping) {
			t.Errorf("the watch ends with %v, want %v", err, standings.ErrStopping)
		}
		if diff := gocmp.Diff([]int64{1, 5}, versions); diff != "" {
			t.Errorf("versions sent (-want +got)\n%s", diff)
		}
	})
}

func TestAResultThatIsWatchedGoesOnWithAnotherEvent(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(twenty(), 1, spread())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ranked []string
	err := b.WatchEntrant(ctx, "1", func(e standings.EntrantResult) error {
		ranked = append(ranked, e.Row.Ranked())
		other := twenty()
		other.Races[0].Rounding = 100 * millisecond
		if len(ranked) == 2 {
			cancel()
			return nil
		}
		b.Reload(other, 2, spread())
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the watch ends with %v", err)
	}
	if diff := gocmp.Diff([]string{"1:20:00", "1:20:00.0"}, ranked); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := b.WatchEntrant(ctx, "99", nil); !errors.Is(err, standings.ErrEntrantNotFound) {
		t.Errorf("a bib that nobody wears: got %v", err)
	}
}
