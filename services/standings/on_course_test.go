package standings_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

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

// courseService serves courseDay, 35 minutes after the gun.
func courseService(t *testing.T) *standings.Service {
	t.Helper()
	b := courseDay()
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
	return standings.NewService(standings.Dependencies{
		Boards: boards, Store: b, Events: b,
		Now: func() time.Time { return gun.Add(35 * time.Minute).Time() },
	})
}

func TestOnCourseOfOneRaceAndOfAll(t *testing.T) {
	t.Parallel()
	service := courseService(t)
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
	service := courseService(t)
	_, ofStandings, err := service.Standings(t.Context(), standings.Query{Event: "almaty-2025", Race: "city", PageSize: 1, List: "sex/M"})
	if err != nil {
		t.Fatal(err)
	}
	_, ofCity, err := service.OnCourse(t.Context(), standings.CourseQuery{Event: "almaty-2025", Race: "city", PageSize: 1})
	if err != nil {
		t.Fatal(err)
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
		{"token of standings", standings.CourseQuery{Event: "almaty-2025", Race: "city", PageToken: ofStandings}, standings.ErrPageTokenInvalid},
	} {
		if _, _, err := service.OnCourse(t.Context(), c.q); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}
