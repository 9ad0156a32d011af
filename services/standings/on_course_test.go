package standings_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// courseDay is twoRaces with mats and lengths; 100, 200 and the disqualified 104 run in the city, 300 in the ten.
func courseDay() *backend {
	event := twoRaces()
	event.Mats = []race.Mat{{ID: "line-a", Point: "line"}, {ID: "k5-a", Point: "k5"}, {ID: "k10-a", Point: "k10"}}
	for i := range event.Races {
		for visit := range event.Races[i].Course {
			event.Races[i].Course[visit].AtMillimetres = int64(visit) * 5_000_000
		}
	}
	b := &backend{event: event, version: 4, results: []result.Result{
		runner(1, "city", "100", result.Started, second, 20*time.Minute),
		runner(2, "city", "200", result.Started, second, 15*time.Minute),
		runner(3, "ten", "300", result.Started, second, 16*time.Minute),
		runner(4, "city", "101", result.Entered),
		finished(runner(5, "city", "102", result.Finished, second, 900*second, 1800*second, 2700*second)),
		runner(6, "city", "103", result.DNF, second, 20*time.Minute),
		runner(7, "city", "104", result.DSQ, second, 25*time.Minute),
	}}
	b.results[5].LeftCourse = true
	for i := range b.results {
		b.results[i].Lists = []string{"sex/M", ""}
	}
	return b
}

// courseWatch serves courseDay; its clock begins 35 minutes after the gun and stands still.
type courseWatch struct {
	*standings.Service
	*backend
	boards *standings.Boards
	later  time.Duration
}

func watchCourse(t *testing.T) *courseWatch {
	t.Helper()
	b := courseDay()
	w := &courseWatch{backend: b, boards: standings.NewBoards(b, b, b, slog.New(slog.DiscardHandler))}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.boards.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ends with %v", err)
		}
	})
	w.Service = standings.NewService(standings.Dependencies{
		Boards: w.boards, Store: b, Events: b,
		Now: func() time.Time { return gun.Add(35*time.Minute + w.later).Time() },
	})
	return w
}

// change has the next version of the board hold other results.
func (w *courseWatch) change(t *testing.T, changed ...result.Result) {
	t.Helper()
	err := w.boards.Use(t.Context(), w.event.ID, func(board *standings.Board) error {
		w.set(func() {
			w.version++
			for _, r := range changed {
				w.results[slices.IndexFunc(w.results, func(old result.Result) bool { return old.Entrant == r.Entrant })] = r
			}
			board.Apply(w.version, changed, nil)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// page returns bib and version of a page of one of the city, and the token of the next page.
func (w *courseWatch) page(t *testing.T, token string) (said, next string) {
	t.Helper()
	page, next, err := w.OnCourse(t.Context(), standings.CourseQuery{Event: w.event.ID, Race: "city", PageSize: 1, PageToken: token})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entrants {
		said += string(e.Bib)
	}
	return fmt.Sprintf("%s at %d", said, page.Version), next
}

func TestNobodyIsLostWhileTheCourseEmpties(t *testing.T) {
	t.Parallel()
	as := func(r result.Result) result.Result {
		r.Lists = []string{"sex/M", ""}
		return r
	}
	in := func(id race.EntrantID, bib race.Bib) result.Result {
		return as(finished(runner(id, "city", bib, result.Finished, second, 15*time.Minute, 30*time.Minute, 40*time.Minute)))
	}
	for _, c := range []struct {
		name string
		// between happens after the first page, which holds 200.
		between func(t *testing.T, w *courseWatch)
		want    []string
	}{
		{"nothing happens", func(*testing.T, *courseWatch) {}, []string{"100 at 4", "104 at 4"}},
		{"the first finishes: the pages are of one version", func(t *testing.T, w *courseWatch) {
			w.change(t, in(2, "200"))
		}, []string{"100 at 4", "104 at 4"}},
		{"the first finishes, and the next page is asked for late", func(t *testing.T, w *courseWatch) {
			w.change(t, in(2, "200"))
			w.later = 11 * time.Second
		}, []string{"100 at 5", "104 at 5"}},
		{"the first finishes, and somebody else looks too", func(t *testing.T, w *courseWatch) {
			w.change(t, in(2, "200"))
			w.page(t, "")
		}, []string{"100 at 5", "104 at 5"}},
		{"the next finishes, and somebody else looks too", func(t *testing.T, w *courseWatch) {
			w.change(t, in(1, "100"))
			w.page(t, "")
		}, []string{"104 at 5"}},
		{"all but the first finish, late", func(t *testing.T, w *courseWatch) {
			w.change(t, in(1, "100"), in(7, "104"))
			w.later = 11 * time.Second
		}, []string{" at 5"}},
		{"the first is seen at km 10 and expected behind the next, late", func(t *testing.T, w *courseWatch) {
			w.change(t, as(runner(2, "city", "200", result.Started, second, 15*time.Minute, 30*time.Minute)))
			w.later = 11 * time.Second
		}, []string{"100 at 5", "200 at 5", "104 at 5"}},
		{"the clock of another replica is behind", func(t *testing.T, w *courseWatch) {
			w.change(t, in(2, "200"))
			w.later = -time.Second
		}, []string{"100 at 5", "104 at 5"}},
		{"the store was set back to a version of the same number", func(t *testing.T, w *courseWatch) {
			err := w.boards.Use(t.Context(), w.event.ID, func(board *standings.Board) error {
				w.set(func() {
					w.results[0] = in(1, "100")
					board.Reload(w.event, w.version, w.results)
				})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}, []string{"104 at 4"}},
	} {
		w := watchCourse(t)
		first, next := w.page(t, "")
		if first != "200 at 4" || next == "" {
			t.Fatalf("%s: the first page is %s, with the token %q", c.name, first, next)
		}
		c.between(t, w)
		var got []string
		for next != "" {
			var said string
			said, next = w.page(t, next)
			got = append(got, said)
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

// Whoever stays where they were is on exactly one page, whoever comes, goes and moves between two pages.
func TestWhoStaysOnTheCourseIsOnOnePage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const n = 12
		event := courseDay().event
		drawn := func(id int) result.Result {
			bib := race.Bib(strconv.Itoa(id))
			at := time.Duration(rapid.IntRange(15, 18).Draw(t, "minutes")) * time.Minute
			if rapid.Bool().Draw(t, "out") {
				return runner(race.EntrantID(id), "city", bib, result.Started, second, at)
			}
			return finished(runner(race.EntrantID(id), "city", bib, result.Finished, second, at, 2*at, 3*at))
		}
		list := func(r result.Result) result.Result {
			r.Lists = []string{"", ""}
			return r
		}
		now := make([]result.Result, n)
		for i := range now {
			now[i] = list(drawn(i + 1))
		}
		board := standings.NewBoard(event, 1, slices.Clone(now))
		stays := map[race.Bib]bool{}
		for _, r := range now {
			stays[r.Bib] = r.Status == result.Started
		}
		seen, version := map[race.Bib]int{}, int64(1)
		before, since := (*oncourse.Entrant)(nil), int64(math.MaxInt64)
		for {
			entrants, of, err := board.OnCourseSince("city", since)
			if err != nil || of > version {
				t.Fatalf("version %d of %d, %v", of, version, err)
			}
			begin := 0
			if before != nil {
				begin, _ = slices.BinarySearchFunc(entrants, *before, oncourse.Compare)
				if begin < len(entrants) && oncourse.Compare(entrants[begin], *before) == 0 {
					begin++
				}
			}
			end := min(begin+2, len(entrants))
			for _, e := range entrants[begin:end] {
				seen[e.Bib]++
			}
			if end == len(entrants) {
				break
			}
			before, since = &entrants[end-1], of
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				i := rapid.IntRange(0, n-1).Draw(t, "of")
				changed := list(drawn(i + 1))
				if !changed.Equal(&now[i]) {
					stays[now[i].Bib] = false
				}
				now[i] = changed
				version++
				board.Apply(version, []result.Result{changed}, nil)
			}
			if rapid.Bool().Draw(t, "somebody else looks") {
				if _, _, err := board.OnCourse("city"); err != nil {
					t.Fatal(err)
				}
			}
		}
		for bib, stayed := range stays {
			if stayed && seen[bib] != 1 {
				t.Errorf("bib %s stayed and is on %d pages", bib, seen[bib])
			}
		}
	})
}

func TestACourseIsPutInOrderOnce(t *testing.T) {
	t.Parallel()
	day := courseDay()
	board := standings.NewBoard(day.event, 4, day.results)
	list := func(raceID race.ID) *oncourse.Entrant {
		t.Helper()
		entrants, _, err := board.OnCourse(raceID)
		if err != nil {
			t.Fatal(err)
		}
		return &entrants[0]
	}
	all, city := list(""), list("city")
	if list("") != all || list("city") != city {
		t.Error("the same version is put in order again")
	}
	board.Apply(5, nil, nil)
	if list("city") == city {
		t.Error("a list of an older version is taken for the newest")
	}
}

func TestOnCourseOfOneRaceAndOfAll(t *testing.T) {
	t.Parallel()
	service := watchCourse(t)
	// At its pace 200 is at k10 after 29:59, 100 after 39:59 and 104 after 49:59; 300 has no mat at the turn and is at the line
	// after 47:58.
	const of200 = "200, overdue by 5m1s"
	for _, c := range []struct {
		race race.ID
		want []string
	}{
		{"", []string{of200, "100", "300", "104"}},
		{"city", []string{of200, "100", "104"}},
		{"ten", []string{"300"}},
	} {
		var got []string
		q := standings.CourseQuery{Event: "almaty-2025", Race: c.race, PageSize: 1}
		for more := true; more; more = q.PageToken != "" {
			page, next, err := service.OnCourse(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if page.Total != len(c.want) || page.Version != 4 || len(page.Entrants) != 1 {
				t.Errorf("race %q: got %d of %d at version %d", c.race, len(page.Entrants), page.Total, page.Version)
			}
			e := page.Entrants[0]
			text := string(e.Bib)
			if overdue := e.Overdue(page.At); overdue > 0 {
				text += fmt.Sprintf(", overdue by %v", overdue)
			}
			got = append(got, text)
			q.PageToken = next
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("race %q (-want +got)\n%s", c.race, diff)
		}
	}
}

func TestWhatCannotBeSaidOfTheCourse(t *testing.T) {
	t.Parallel()
	service := watchCourse(t)
	_, ofStandings, err := service.Standings(t.Context(), standings.Query{Event: "almaty-2025", Race: "city", PageSize: 1, List: "sex/M"})
	if err != nil {
		t.Fatal(err)
	}
	_, ofCity, err := service.OnCourse(t.Context(), standings.CourseQuery{Event: "almaty-2025", Race: "city", PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	forged := func(old, replacement string) string {
		text, err := base64.RawURLEncoding.DecodeString(ofCity)
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("the token is %q, %v", text, err)
		}
		return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), old, replacement, 1)))
	}
	for _, c := range []struct {
		name string
		q    standings.CourseQuery
		want error
	}{
		{"no such event", standings.CourseQuery{Event: "none"}, errEventNotFound},
		{"no such race", standings.CourseQuery{Event: "almaty-2025", Race: "walk"}, standings.ErrRaceNotFound},
		{"page below zero", standings.CourseQuery{Event: "almaty-2025", PageSize: -1}, standings.ErrPageSizeInvalid},
		{"page too large", standings.CourseQuery{Event: "almaty-2025", PageSize: 1001}, standings.ErrPageSizeInvalid},
		{"token that is none", standings.CourseQuery{Event: "almaty-2025", PageToken: "!"}, standings.ErrPageTokenInvalid},
		{"token of another race", standings.CourseQuery{Event: "almaty-2025", Race: "ten", PageToken: ofCity}, standings.ErrPageTokenInvalid},
		{"token of nobody", standings.CourseQuery{Event: "almaty-2025", Race: "city", PageToken: forged(`"200"`, `""`)}, standings.ErrPageTokenInvalid},
		{"token of no race", standings.CourseQuery{Event: "almaty-2025", Race: "city", PageToken: forged(`"Race":"city"`, `"Race":"x/"`)}, standings.ErrPageTokenInvalid},
		{"token with more than a token", standings.CourseQuery{Event: "almaty-2025", Race: "city", PageToken: forged(`{`, ` {`)}, standings.ErrPageTokenInvalid},
		{"token that is no text", standings.CourseQuery{Event: "almaty-2025", Race: "city", PageToken: forged(`{`, `[`)}, standings.ErrPageTokenInvalid},
		{"token of standings", standings.CourseQuery{Event: "almaty-2025", Race: "city", PageToken: ofStandings}, standings.ErrPageTokenInvalid},
	} {
		if _, _, err := service.OnCourse(t.Context(), c.q); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}
