package split_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/split"
)

const (
	gun    racetime.Instant = 1_759_024_800_000_000
	minute                  = time.Minute
)

func marathon() *race.Race {
	return &race.Race{NoStartRead: race.NoNetTime, Course: []race.Visit{
		{Point: "line"}, {Point: "k25", AtMillimetres: 25_000_000}, {Point: "line", AtMillimetres: 42_195_000},
	}}
}

// runner is one who was seen at the start, at km 25 and at the finish so long after the gun; zero is not seen.
func runner(bib race.Bib, status result.Status, afterGun ...time.Duration) *result.Result {
	r := &result.Result{Bib: bib, Status: status, GunAt: gun}
	_, _ = fmt.Sscan(string(bib), &r.Entrant)
	for visit, d := range afterGun {
		if d != 0 {
			r.Passings = append(r.Passings, passing.Passing{Visit: visit, At: gun.Add(d)})
		}
	}
	return r
}

func TestWhoLeadsAt25Km(t *testing.T) {
	t.Parallel()
	later := runner("7", result.Started, 10*minute, 90*minute)
	later.GunAt = gun.Add(10 * minute)
	judged := runner("8", result.Finished, 1, 81*minute, 140*minute)
	judged.Before = []race.Bib{"1"}
	first := runner("1", result.Finished, 1, 80*minute, 140*minute)
	penalised := runner("9", result.Finished, 1, 79*minute, 139*minute)
	penalised.Penalty = time.Hour
	old, young := runner("1", result.Started, 1, 100*minute), runner("2", result.Started, 1, 80*minute)
	old.AgeStandard, young.AgeStandard = racetime.Known(180*minute), racetime.Known(130*minute)
	relay := marathon()
	relay.Team = &race.Team{}
	for _, c := range []struct {
		name           string
		race           *race.Race
		classification race.Classification
		visit          int
		results        []*result.Result
		want           []string
	}{
		{"finishers and who is still running, by exact time from the gun", marathon(), race.Classification{}, 1, []*result.Result{
			runner("1", result.Started, 1, 80*minute+time.Millisecond), runner("2", result.Finished, 1, 80*minute, 140*minute),
			runner("3", result.Started, 1),
		}, []string{"1 2", "2 1"}},
		{"equal exact times share the rank", marathon(), race.Classification{}, 1, []*result.Result{
			runner("1", result.Started, 0, 80*minute), runner("3", result.Started, 0, 81*minute), runner("4", result.Started, 0, 82*minute),
			runner("2", result.Started, 0, 81*minute),
		}, []string{"1 1", "2 2", "2 3", "4 4"}},
		{"who gave up or was over time later ran there", marathon(), race.Classification{}, 1, []*result.Result{
			runner("1", result.DNF, 1, 80*minute), runner("2", result.OTL, 1, 81*minute, 500*minute), runner("3", result.Finished, 1, 82*minute, 150*minute),
		}, []string{"1 1", "2 2", "3 3"}},
		{"who is disqualified, out of competition, withdrawn or never started holds none", marathon(), race.Classification{}, 1, []*result.Result{
			runner("1", result.DSQ, 1, 80*minute, 140*minute), runner("2", result.NotCompeting, 1, 80*minute), runner("3", result.Withdrawn, 1, 80*minute),
			runner("4", result.DNS, 1, 80*minute), runner("5", result.Started, 1, 82*minute),
		}, []string{"1 5"}},
		{"who was not seen at km 25 holds none there", marathon(), race.Classification{}, 1, []*result.Result{
			runner("1", result.Finished, 1, 0, 140*minute), runner("2", result.Started, 1, 82*minute),
		}, []string{"1 2"}},
		{"from the gun of the own wave", marathon(), race.Classification{}, 1, []*result.Result{
			runner("1", result.Started, 1, 81*minute), later,
		}, []string{"1 7", "2 1"}},
		{"by net, who was not read at the start holds none where the race says so", marathon(), race.Classification{Basis: race.Net}, 1,
			[]*result.Result{
				runner("1", result.Started, minute, 81*minute), runner("2", result.Started, 2*minute, 81*minute), runner("3", result.Started, 0, 70*minute),
			}, []string{"1 2", "2 1"}},
		{"teams from the gun, whatever the basis", relay, race.Classification{Basis: race.Net}, 1, []*result.Result{
			runner("1", result.Started, minute, 81*minute), runner("2", result.Started, 5*minute, 82*minute),
		}, []string{"1 1", "2 2"}},
		{"a judge at the finish says nothing of km 25, nor do penalties", marathon(), race.Classification{}, 1,
			[]*result.Result{judged, first, penalised}, []string{"1 9", "2 1", "3 8"}},
		{"at the finish the judge's order stands", marathon(), race.Classification{}, 2,
			[]*result.Result{judged, first, penalised}, []string{"1 9", "2 8", "3 1"}},
		{"at the finish who was over time or has not finished holds none", marathon(), race.Classification{}, 2, []*result.Result{
			runner("1", result.OTL, 1, 80*minute, 140*minute), runner("2", result.DNF, 1, 80*minute, 140*minute),
			runner("3", result.Finished, 1, 82*minute, 150*minute),
		}, []string{"1 3"}},
		{"by age grade, whoever is ahead of its standard", marathon(), race.Classification{Score: race.ScoreAgeGrade}, 1,
			[]*result.Result{old, young, runner("3", result.Started, 1, 70*minute)}, []string{"1 1", "2 2"}},
	} {
		var got []string
		for rank, e := range split.Rank(c.race, &c.classification, c.visit, c.results).All() {
			got = append(got, fmt.Sprint(rank, " ", e.Bib))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}
