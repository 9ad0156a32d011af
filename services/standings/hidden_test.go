package standings_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// hiddenDay is a race of 10 km with three finishers, the second of whom shows no name, as the rules compute them.
func hiddenDay() (*race.Event, []result.Result) {
	event, _ := gradedDay()
	var results []result.Result
	for i, shown := range []race.NameShown{race.NameByAge, race.NameHidden, race.NameByAge} {
		id := race.EntrantID(i + 1)
		results = append(results, result.Compute(result.Facts{
			EventDay: event.Day, Race: &event.Races[0], GunAt: gun,
			Passings: []passing.Passing{{Visit: 0, At: gun}, {Visit: 1, At: gun.Add(2400*second + time.Duration(id)*second)}},
			Entrant: &race.Entrant{
				ID: id, Race: "ten", Bib: race.Bib(fmt.Sprint(id)),
				Person: race.Person{Name: fmt.Sprintf("Runner %d", id), Sex: race.Female, NameShown: shown},
			},
		}))
	}
	return event, results
}

func TestAHiddenNameKeepsItsRowAndRank(t *testing.T) {
	t.Parallel()
	event, results := hiddenDay()
	b := standings.NewBoard(event, 1, results)
	page, err := b.Page("ten", "overall", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range page.Rows {
		got = append(got, fmt.Sprintf("%s %q", line(row), row.Result.Name))
	}
	want := []string{`1 1 1 0:40:01 "Runner 1"`, `2 2 2 0:40:02 ""`, `3 3 3 0:40:03 "Runner 3"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	e, err := b.Entrant("2")
	if err != nil {
		t.Fatal(err)
	}
	if e.Row.Rank != 2 || e.Row.Result.Name != "" {
		t.Errorf("bib 2 has rank %d and the name %q, want rank 2 and none", e.Row.Rank, e.Row.Result.Name)
	}
}
