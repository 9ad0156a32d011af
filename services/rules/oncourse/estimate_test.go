package oncourse_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

func TestWhenARunnerShouldFinish(t *testing.T) {
	t.Parallel()
	runners, noNet, relay := city().Races[0], city().Races[0], city().Races[0]
	noNet.NoStartRead = race.NoNetTime
	relay.Team = &race.Team{Legs: []race.Leg{{To: "k5"}, {To: "k15", ForcedStart: gun.Add(80 * minute)}, {To: "line"}}}
	with := func(r *result.Result, change func(*result.Result)) *result.Result {
		change(r)
		return r
	}
	legs := func(sums ...time.Duration) func(*result.Result) {
		return func(r *result.Result) {
			for _, sum := range sums {
				r.Legs = append(r.Legs, result.Leg{Cumulative: racetime.Optional{Time: sum, Known: sum > 0}})
			}
		}
	}
	for _, c := range []struct {
		name  string
		race  *race.Race
		basis race.Basis
		res   *result.Result
		now   time.Duration
		// wantAt is after the gun, zero no estimate; wantTime of zero is no time.
		wantAt, wantTime time.Duration
	}{
		{"at the pace of the last two stretches", &runners, race.Gun, started("1", at(0, 0), at(1, 20*minute), at(2, 40*minute), at(3, 70*minute)),
			0, 95 * minute, 95 * minute},
		{"from the own start where there are no two", &runners, race.Gun, started("1", at(0, 10*minute), at(1, 40*minute)),
			0, 130 * minute, 130 * minute},
		{"by net", &runners, race.Net, started("1", at(0, 10*minute), at(1, 40*minute)), 0, 130 * minute, 120 * minute},
		{"by net without a start read, from the gun where the race says so", &runners, race.Net, started("1", at(1, 30*minute)),
			0, 120 * minute, 120 * minute},
		{"by net without a start read, no time where the race says so", &noNet, race.Net, started("1", at(1, 30*minute)), 0, 120 * minute, 0},
		{"penalties so far are added to the time, not to the finish", &runners, race.Gun,
			with(started("1", at(0, 0), at(1, 30*minute)), func(r *result.Result) { r.Penalty = minute }), 0, 120 * minute, 121 * minute},
		{"just before it has passed", &runners, race.Gun, started("1", at(0, 0), at(1, 30*minute)), 120 * minute, 120 * minute, 120 * minute},
		{"overdue it is hidden", &runners, race.Gun, started("1", at(0, 0), at(1, 30*minute)), 120*minute + time.Microsecond, 0, 0},
		{"at the start only there is no pace", &runners, race.Gun, started("1", at(0, 0)), 0, 0, 0},
		{"who was not seen yet has none", &runners, race.Gun, started("1"), 0, 0, 0},
		{"who has finished has none", &runners, race.Gun,
			with(started("1", at(0, 0), at(4, 100*minute)), func(r *result.Result) { r.Status = result.Finished }), 0, 0, 0},
		{"who is disqualified and runs on has none", &runners, race.Gun,
			with(started("1", at(0, 0), at(1, 30*minute)), func(r *result.Result) { r.Status = result.DSQ }), 0, 0, 0},
		{"a team on its first leg, from the gun", &relay, race.Gun, with(started("1", at(0, minute), at(1, 30*minute)), legs(30*minute, 0, 0)),
			0, 120 * minute, 120 * minute},
		{"a team's sum of legs, past a forced start", &relay, race.Gun,
			with(started("1", at(1, 30*minute), at(3, 90*minute)), legs(30*minute, 90*minute, 0)), 0, 110 * minute, 120 * minute},
		{"a team whose sum is not known", &relay, race.Gun,
			with(started("1", at(1, 30*minute), at(3, 90*minute)), legs(30*minute, 0, 0)), 0, 110 * minute, 0},
	} {
		var want oncourse.Estimate
		if c.wantAt != 0 {
			want = oncourse.Estimate{FinishAt: gun.Add(c.wantAt), Time: racetime.Optional{Time: c.wantTime, Known: c.wantTime != 0}}
		}
		got, ok := oncourse.EstimateFinish(c.race, c.basis, c.res, gun.Add(c.now))
		if got != want || ok != (c.wantAt != 0) {
			t.Errorf("%s: got %v after %v, want %v after %v", c.name, got.Time, got.FinishAt.Sub(gun), want.Time, c.wantAt)
		}
	}
}

func TestFinishersAndRunnersInOneLiveOrder(t *testing.T) {
	t.Parallel()
	r := city().Races[0]
	number := func(res *result.Result) *result.Result {
		_, _ = fmt.Sscan(string(res.Bib), &res.Entrant)
		return res
	}
	finished := func(bib race.Bib, gunTime time.Duration, before ...race.Bib) *result.Result {
		res := number(started(bib, at(4, gunTime)))
		res.Status, res.Gun, res.Before = result.Finished, racetime.Known(gunTime), before
		return res
	}
	running := func(bib race.Bib, atK5 time.Duration) *result.Result {
		return number(started(bib, at(0, 0), at(1, atK5)))
	}
	for _, c := range []struct {
		name    string
		results []*result.Result
		now     time.Duration
		want    []string
		until   time.Duration
	}{
		{"a runner will be between two finishers", []*result.Result{finished("1", 90*minute), finished("2", 130*minute), running("3", 30*minute)},
			100 * minute, []string{"1 1", "2 3", "3 2"}, 120 * minute},
		{"whose estimate has passed is not in it", []*result.Result{finished("1", 90*minute), running("3", 30*minute), running("4", 40*minute)},
			121 * minute, []string{"1 1", "2 4"}, 160 * minute},
		{"an estimate may equal a time", []*result.Result{finished("1", 120*minute), running("3", 30*minute), running("4", 31*minute)},
			100 * minute, []string{"1 1", "1 3", "3 4"}, 120 * minute},
		{"all are in", []*result.Result{finished("1", 90*minute), finished("2", 91*minute, "1")}, 200 * minute, []string{"1 2", "2 1"}, 0},
		{"a judge orders finishers only", []*result.Result{finished("1", 90*minute), finished("2", 121*minute, "3"), running("3", 30*minute)},
			100 * minute, []string{"1 1", "2 3", "3 2"}, 120 * minute},
		{"at the start only", []*result.Result{number(started("1", at(0, 0)))}, 0, nil, 0},
	} {
		order := oncourse.Live(&r, &race.Classification{}, c.results, gun.Add(c.now))
		var got []string
		for rank, e := range order.Ranked.All() {
			got = append(got, fmt.Sprint(rank, " ", e.Bib))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
		var until racetime.Instant
		if c.until != 0 {
			until = gun.Add(c.until)
		}
		if order.Until != until {
			t.Errorf("%s: holds until %v, want %v", c.name, order.Until, until)
		}
	}
}
