package standings_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/notice"
	"raceday/services/rules/civil"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// gradedDay is a race of 10 km by gun and by age grade, and its results as the rules compute them: a young man, an old one
// who was slower, one whose sex has no standard, and one on course.
func gradedDay() (*race.Event, []result.Result) {
	r := race.New(race.TenKm)
	r.ID = "ten"
	r.Course = []race.Visit{{Point: "line"}, {Point: "line", AtMillimetres: 10_000_000}}
	r.Classifications = []race.Classification{{ID: "overall"}, {ID: "graded", Score: race.ScoreAgeGrade}}
	event := &race.Event{ID: "almaty-2025", Day: civil.Day{Year: 2025, Month: 9, Day: 28}, Races: []race.Race{r}}

	var results []result.Result
	for i, e := range []struct {
		sex     race.Sex
		birth   int
		seconds []int
	}{{race.Male, 1995, []int{2, 2400}}, {race.Male, 1955, []int{1, 2700}}, {race.X, 1995, []int{3, 2300}}, {race.Male, 1990, []int{4}}} {
		var passings []passing.Passing
		for visit, s := range e.seconds {
			passings = append(passings, passing.Passing{Visit: visit, At: gun.Add(time.Duration(s) * second)})
		}
		results = append(results, result.Compute(result.Facts{
			EventDay: event.Day, Race: &event.Races[0], Passings: passings, GunAt: gun,
			Entrant: &race.Entrant{
				ID: race.EntrantID(i + 1), Race: "ten", Bib: race.Bib(fmt.Sprint(i + 1)),
				Person: race.Person{Sex: e.sex, BirthDay: civil.Day{Year: e.birth, Month: 1, Day: 1}},
			},
		}))
	}
	return event, results
}

func TestAgeGradesRankAndTimesAreShown(t *testing.T) {
	t.Parallel()
	event, results := gradedDay()
	b := standings.NewBoard(event, 1, nil)
	b.Apply(2, results, nil)
	want := map[string][]string{
		"overall": {"1 3 3 0:38:20", "2 1 1 0:40:00", "3 2 2 0:45:00", "0 4 4 "},
		"graded":  {"1 2 2 0:45:00", "2 1 1 0:40:00", "0 4 4 "},
	}
	got := map[string][]string{}
	for list := range want {
		page, err := b.Page("ten", list, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Rows {
			got[list] = append(got[list], line(row))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAgeGradesInTheResultsFile(t *testing.T) {
	t.Parallel()
	event, results := gradedDay()
	var file bytes.Buffer
	if err := standings.WriteResults(&file, event, results); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string // bib, ranked, and the columns of both lists
	for _, l := range lines[1:] {
		got = append(got, append([]string{l[1], l[10]}, l[len(l)-4:]...))
	}
	want := [][]string{
		{"3", "0:38:20", "overall", "1", "", ""},
		{"1", "0:40:00", "overall", "2", "graded", "2"},
		{"2", "0:45:00", "overall", "3", "graded", "1"},
		{"4", "", "overall", "", "graded", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What notices carry, like what is stored, has whole microseconds: a grade must not change on its way.
func TestAgeGradesTravelExactly(t *testing.T) {
	t.Parallel()
	event, results := gradedDay()
	graded := &event.Races[0].Classifications[1]
	for i := range results {
		arrived, err := notice.FromState(notice.ToState(&results[i]))
		if err != nil {
			t.Fatal(err)
		}
		if !arrived.Equal(&results[i]) || arrived.Score(graded) != results[i].Score(graded) {
			t.Errorf("bib %s: score %v arrives as %v", results[i].Bib, results[i].Score(graded), arrived.Score(graded))
		}
	}
}
