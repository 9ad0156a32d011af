package standings_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
	"raceday/services/standings"
)

func TestCardsPageByBib(t *testing.T) {
	t.Parallel()
	event := twoRaces()
	day := &reviewDay{backend: &backend{event: event, version: 7, results: []result.Result{
		finished(runner(1, "city", "9", result.Finished, 10*second, 0, 0, 4000*second)),
		finished(runner(2, "ten", "10", result.Finished, 10*second, 0, 0, 4000*second)),
	}}}
	day.results[0].Lists, day.results[1].Lists = make([]string, 2), make([]string, 2)
	for _, bib := range []race.Bib{"10", "9", "100", "11"} {
		day.rulings = append(day.rulings, ruling.Ruling{
			ID: ruling.ID("c" + bib), Race: "city", Bib: bib, Kind: ruling.RedCard, Point: "k5", At: gun,
		})
	}
	service := serveWith(t, day.backend, standings.Dependencies{Conflicts: day})
	query := standings.CardQuery{Event: "almaty-2025", Race: "city", PageSize: 2}
	var pages []string
	for more := true; more; more = query.PageToken != "" {
		page, next, err := service.Cards(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, e := range page.Entrants {
			text := string(e.Bib)
			if e.Result != nil {
				text += fmt.Sprint(" ", e.Result.Status)
			}
			texts = append(texts, text)
		}
		pages = append(pages, strings.Join(texts, ", "))
		query.PageToken = next
	}
	// Bib 10 runs another race.
	if got, want := strings.Join(pages, "; "), "9 FINISHED, 10; 11, 100"; got != want {
		t.Errorf("pages %q, want %q", got, want)
	}
	for _, c := range []struct {
		name  string
		query standings.CardQuery
		want  error
	}{
		{"no such event", standings.CardQuery{Event: "x", Race: "city"}, errEventNotFound},
		{"no such race", standings.CardQuery{Event: "almaty-2025", Race: "x"}, standings.ErrRaceNotFound},
		{"too many", standings.CardQuery{Event: "almaty-2025", Race: "city", PageSize: 1001}, standings.ErrPageSizeInvalid},
		{"a token of nobody", standings.CardQuery{Event: "almaty-2025", Race: "city", PageToken: "x"}, standings.ErrPageTokenInvalid},
	} {
		if _, _, err := service.Cards(t.Context(), c.query); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
