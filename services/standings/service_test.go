package standings_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// serve returns the service over a backend, with its boards running until the test ends.
func serve(t *testing.T, b *backend) *standings.Service {
	t.Helper()
	return serveWith(t, b, standings.Dependencies{})
}

// serveWith returns the service with boards of the backend added to what else it has, and the time where it has no clock.
func serveWith(t *testing.T, b *backend, deps standings.Dependencies) *standings.Service {
	t.Helper()
	deps.Boards, deps.Store, deps.Events = serveBoards(t, b), b, b
	if deps.Now == nil {
		deps.Now = time.Now
	}
	return standings.NewService(deps)
}

// serveBoards runs boards on a backend until the test ends.
func serveBoards(t *testing.T, b *backend) *standings.Boards {
	t.Helper()
	boards := standings.NewBoards(b, b, b, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- boards.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ends with %v", err)
		}
	})
	return boards
}

// relayField is 120 finished teams and 5 on course.
func relayField() *backend {
	b := &backend{event: relay(), version: 7}
	for id := race.EntrantID(1); id <= 125; id++ {
		bib := race.Bib(fmt.Sprint(id))
		r := runner(id, "relay", bib, result.Started, second)
		if id <= 120 {
			r = finished(runner(id, "relay", bib, result.Finished, second, 0, 0, time.Hour+time.Duration(id)*second))
		}
		r.Lists = []string{"overall"}
		b.results = append(b.results, r)
	}
	return b
}

func TestPagesOfAListFollowOneAnother(t *testing.T) {
	t.Parallel()
	service := serve(t, relayField())
	for _, c := range []struct {
		size  int
		pages []int
	}{
		{0, []int{50, 50, 25}}, {100, []int{100, 25}}, {125, []int{125}}, {1000, []int{125}},
	} {
		query := standings.Query{Event: relayDay, Race: "relay", PageSize: c.size}
		var sizes []int
		next := 1
		for more := true; more; more = query.PageToken != "" {
			page, token, err := service.Standings(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			if page.Ranked != 120 || page.OnCourse != 5 || page.Version != 7 || page.List != "overall" {
				t.Errorf("got %d ranked, %d on course, version %d of %s", page.Ranked, page.OnCourse, page.Version, page.List)
			}
			for _, row := range page.Rows {
				if row.Result.Bib != race.Bib(fmt.Sprint(next)) {
					t.Fatalf("bib %s stands where %d should", row.Result.Bib, next)
				}
				next++
			}
			sizes = append(sizes, len(page.Rows))
			query.PageToken = token
		}
		if diff := gocmp.Diff(c.pages, sizes); diff != "" {
			t.Errorf("pages of %d (-want +got)\n%s", c.size, diff)
		}
	}
}

func TestWhatCannotBeAnsweredSaysWhy(t *testing.T) {
	t.Parallel()
	service := serve(t, relayField())
	ctx := t.Context()
	_, token, err := service.Standings(ctx, standings.Query{Event: relayDay, Race: "relay"})
	if err != nil {
		t.Fatal(err)
	}
	page := func(q standings.Query) func() error {
		return func() error {
			_, _, err := service.Standings(ctx, q)
			return err
		}
	}
	watch := func(w standings.Watching) func() error {
		return func() error {
			return service.Watch(ctx, relayDay, w, func(standings.Update) error { return errSeen })
		}
	}
	for _, c := range []struct {
		name string
		call func() error
		want error
	}{
		{"page of an unknown event", page(standings.Query{Event: "x", Race: "relay"}), errEventNotFound},
		{"page of an unknown race", page(standings.Query{Event: relayDay, Race: "x"}), standings.ErrRaceNotFound},
		{"page of an unknown list", page(standings.Query{Event: relayDay, Race: "relay", List: "x"}), standings.ErrListNotFound},
		{"page token of another list", page(standings.Query{Event: relayDay, Race: "relay", List: "x", PageToken: token}),
			standings.ErrPageTokenInvalid},
		{"page token of another race", page(standings.Query{Event: relayDay, Race: "x", PageToken: token}),
			standings.ErrPageTokenInvalid},
		{"page token of nobody", page(standings.Query{Event: relayDay, Race: "relay", PageToken: "LTEvcmVsYXkvb3ZlcmFsbA"}),
			standings.ErrPageTokenInvalid},
		{"page token that is none", page(standings.Query{Event: relayDay, Race: "relay", PageToken: "!"}), standings.ErrPageTokenInvalid},
		{"page too large", page(standings.Query{Event: relayDay, Race: "relay", PageSize: 1001}), standings.ErrPageSizeInvalid},
		{"page below nothing", page(standings.Query{Event: relayDay, Race: "relay", PageSize: -1}), standings.ErrPageSizeInvalid},
		{"watch of an unknown race", watch(standings.Watching{Race: "x"}), standings.ErrRaceNotFound},
		{"watch of an unknown list", watch(standings.Watching{Race: "relay", List: "x"}), standings.ErrListNotFound},
		{"watch of fewer than no rows", watch(standings.Watching{Race: "relay", Top: -1}), standings.ErrTopInvalid},
		{"watch whose receiver fails", watch(standings.Watching{Race: "relay"}), errSeen},
		{"unknown bib", func() error { _, err := service.Entrant(ctx, relayDay, "999"); return err }, standings.ErrEntrantNotFound},
		{"progress of an unknown race", func() error { _, _, err := service.Progress(ctx, relayDay, "x"); return err },
			standings.ErrRaceNotFound},
		{"lists of an unknown race", func() error { _, err := service.Lists(ctx, relayDay, "x"); return err }, standings.ErrRaceNotFound},
		{"export of an unknown event", func() error {
			return service.ExportResults(ctx, standings.Export{Event: "x"}, func(string, int64) io.Writer { return io.Discard })
		}, errEventNotFound},
		{"rebuild of an unknown event", func() error {
			_, err := service.Rebuild(ctx, "x", func(standings.Difference) error { return nil })
			return err
		}, errEventNotFound},
	} {
		if err := c.call(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestAnEntrantIsShownWithSplitsLegsAndRanks(t *testing.T) {
	t.Parallel()
	a := team(1, "1", result.Finished, 1000*second, 1000*second, 900*second)
	a.Passings = runner(1, "relay", "1", result.Finished, 0, 1000*second, 2000*second, 2900*second).Passings
	a.Gun, a.LegsTotal = a.Legs[2].Cumulative, a.Legs[2].Cumulative
	b := team(2, "2", result.Finished, 900*second, 1200*second, 901*second)
	b.LegsTotal = b.Legs[2].Cumulative
	service := serve(t, &backend{event: relay(), version: 3, results: []result.Result{a, b}})

	entrant, err := service.Entrant(t.Context(), relayDay, "1")
	if err != nil {
		t.Fatal(err)
	}
	if got := line(entrant.Row); got != "1 1 1 0:48:20" || entrant.Version != 3 {
		t.Errorf("got %s at version %d", got, entrant.Version)
	}
	if diff := gocmp.Diff([]standings.ListRank{{List: "overall", Rank: 1, Of: 2}}, entrant.Ranks); diff != "" {
		t.Errorf("ranks (-want +got)\n%s", diff)
	}
	splits := []standings.Split{
		{Visit: 1, Point: "x1", At: gun.Add(1000 * second), Net: "0:16:40", Gun: "0:16:40"},
		{Visit: 2, Point: "x2", At: gun.Add(2000 * second), Net: "0:33:20", Gun: "0:33:20"},
		{Visit: 3, Point: "finish", At: gun.Add(2900 * second), Net: "0:48:20", Gun: "0:48:20"},
	}
	if diff := gocmp.Diff(splits, entrant.Splits); diff != "" {
		t.Errorf("splits (-want +got)\n%s", diff)
	}
	var legs []string
	for _, l := range entrant.Legs {
		legs = append(legs, fmt.Sprint(l.Number, " ", l.MemberBib, " ", l.ShownTime, " ", l.Rank, " ", l.ShownCumulative, " ", l.RankAfter))
	}
	want := []string{"1 1-1 0:16:40 2 0:16:40 2", "2 1-2 0:16:40 1 0:33:20 1", "3 1-3 0:15:00 1 0:48:20 1"}
	if diff := gocmp.Diff(want, legs); diff != "" {
		t.Errorf("legs (-want +got)\n%s", diff)
	}
}

func TestAnExportIsOfWhatIsStored(t *testing.T) {
	t.Parallel()
	b := relayField()
	service := serve(t, b)
	for file, first := range map[standings.File]string{
		standings.ResultsCSV:  "race,bib,chip,",
		standings.LegsCSV:     "race,bib,leg,",
		standings.ResultsJSON: `{"race":"relay","bib":"1",`,
	} {
		var got bytes.Buffer
		err := service.ExportResults(t.Context(), standings.Export{Event: relayDay, File: file}, func(_ string, version int64) io.Writer {
			if version != 7 {
				t.Errorf("version %d, want 7", version)
			}
			return &got
		})
		if err != nil || !strings.HasPrefix(got.String(), first) {
			t.Errorf("file %d begins with %.40q, %v", file, got.String(), err)
		}
	}
}

// reordered is the event whose classifications come in the other order with change 2, and what was derived before that.
func reordered() *backend {
	event, later := twoRaces(), twoRaces()
	slices.Reverse(later.Races[0].Classifications)
	r := runner(1, "city", "1", result.Started, second)
	r.Lists = []string{"sex/F", "age/F18-39"}
	return &backend{
		version: 7, results: []result.Result{r}, change: 1, event: event, later: later, laterChange: 2,
	}
}

func TestAnExportIsByTheEventThatTheResultsAreOf(t *testing.T) {
	t.Parallel()
	b := reordered()
	service := serve(t, b)
	var got bytes.Buffer
	export := standings.Export{Event: b.event.ID, File: standings.ResultsJSON}
	begin := func(string, int64) io.Writer { return &got }
	if err := service.ExportResults(t.Context(), export, begin); err != nil {
		t.Fatal(err)
	}
	if want := `"list:sex":"sex/F","rank:sex":null,"list:age":"age/F18-39"`; !strings.Contains(got.String(), want) {
		t.Errorf("the export holds no %s:\n%s", want, got.String())
	}
	b.set(func() { b.results[0].Lists, b.change = []string{"age/F18-39", "sex/F"}, 2 })
	got.Reset()
	if err := service.ExportResults(t.Context(), export, begin); err != nil {
		t.Fatal(err)
	}
	if want := `"list:age":"age/F18-39","rank:age":null,"list:sex":"sex/F"`; !strings.Contains(got.String(), want) {
		t.Errorf("once the event is applied the export holds no %s:\n%s", want, got.String())
	}
}

func TestAPageAroundABibHasNoNextOne(t *testing.T) {
	t.Parallel()
	service := serve(t, relayField())
	for _, c := range []struct {
		order standings.Order
		want  []race.Bib
	}{
		{standings.RankedFirst, []race.Bib{"119", "120", "121"}}, {standings.Live, []race.Bib{"119", "120", "121"}},
	} {
		q := standings.Query{Event: relayDay, Race: "relay", Order: c.order, Around: "120", PageSize: 3}
		page, next, err := service.Standings(t.Context(), q)
		if err != nil || next != "" || page.Ranked != 120 || page.OnCourse != 5 {
			t.Errorf("%d and %d of a page before %q: %v", page.Ranked, page.OnCourse, next, err)
		}
		if diff := gocmp.Diff(c.want, bibs(page.Rows)); diff != "" {
			t.Errorf("order %d (-want +got)\n%s", c.order, diff)
		}
		q.PageToken = "x"
		if _, _, err := service.Standings(t.Context(), q); !errors.Is(err, standings.ErrPageTokenInvalid) {
			t.Errorf("with a page token: %v", err)
		}
	}
}
