package standings_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// Overall by gun and age groups by net, side by side: the net winner of the group won overall already, and is passed over.
// After a disqualification the next ones move up.
func TestAwardsFollowTheLists(t *testing.T) {
	t.Parallel()
	event := twoRaces()
	event.Races[0].Awards = []race.Award{
		{Classification: "sex", Ranks: 1, Exclusive: true}, {Classification: "age", Ranks: 1, Exclusive: true},
	}
	in := func(r result.Result, group string) result.Result {
		r.Name, r.Lists = "Runner "+string(r.Bib), []string{"sex/" + group[:1], "age/" + group}
		return finished(r)
	}
	first := in(runner(1, "city", "10", result.Finished, 10*second, 0, 0, 4000*second), "M18-39")
	second10 := in(runner(2, "city", "11", result.Finished, 60*second, 0, 0, 4010*second), "M18-39")
	third := in(runner(3, "city", "12", result.Finished, 10*second, 0, 0, 4020*second), "M18-39")
	woman := in(runner(4, "city", "20", result.Finished, 5*second, 0, 0, 4600*second), "F40+")
	board := standings.NewBoard(event, 7, []result.Result{third, woman, second10, first})
	check := func(version int64, want ...string) {
		t.Helper()
		now, err := board.Awards("city", standings.Awarded{})
		if err != nil || now.Version != version {
			t.Fatalf("awards at %d: %v, want version %d", now.Version, err, version)
		}
		var got []string
		for _, p := range now.Prizes {
			got = append(got, fmt.Sprintf("%s %d. %s %s rank %d %s", p.List, p.Place, p.Bib, p.Row.Result.Name, p.Rank, p.Row.Ranked()))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("awards (-want +got):\n%s", diff)
		}
	}
	check(7, "sex/F 1. 20 Runner 20 rank 1 1:16:40", "sex/M 1. 10 Runner 10 rank 1 1:06:40", "age/M18-39 1. 11 Runner 11 rank 1 1:05:50")

	first.Status = result.DSQ
	board.Apply(8, []result.Result{first}, nil)
	check(8, "sex/F 1. 20 Runner 20 rank 1 1:16:40", "sex/M 1. 11 Runner 11 rank 1 1:06:50", "age/M18-39 1. 12 Runner 12 rank 2 1:06:50")

	if _, err := board.Awards("walk", standings.Awarded{}); !errors.Is(err, standings.ErrRaceNotFound) {
		t.Errorf("awards of a race that is not there: %v, want ErrRaceNotFound", err)
	}
}

// Two who share the last rank with a prize both win it, a group of too few gives none, and who hides the name wins without.
func TestAwardsShareHideAndNeedFinishers(t *testing.T) {
	t.Parallel()
	event := twoRaces()
	event.Races[0].Awards = []race.Award{{Classification: "sex", Ranks: 2}, {Classification: "age", Ranks: 1, MinimumFinishers: 2}}
	in := func(id race.EntrantID, name, group string, at int) result.Result {
		r := runner(id, "city", race.Bib(fmt.Sprint(id)), result.Finished, 10*second, 0, 0, time.Duration(at)*second)
		r.Name, r.Lists = name, []string{"sex/M", "age/" + group}
		return finished(r)
	}
	board := standings.NewBoard(event, 7, []result.Result{
		in(1, "A", "M18-39", 4000), in(2, "", "M18-39", 4010), in(3, "C", "M40+", 4010), in(4, "D", "M18-39", 4020),
	})
	now, err := board.Awards("city", standings.Awarded{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range now.Prizes {
		got = append(got, fmt.Sprintf("%s %d %s %q", p.List, p.Place, p.Bib, p.Row.Result.Name))
	}
	want := []string{`sex/M 1 1 "A"`, `sex/M 2 2 ""`, `sex/M 2 3 "C"`, `age/M18-39 1 1 "A"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("awards (-want +got):\n%s", diff)
	}
}
