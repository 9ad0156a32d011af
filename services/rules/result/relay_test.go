package result_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// ekiden is three legs of 5 km from the line over x1 and x2 back to the line.
func ekiden() *race.Race {
	r := race.New(race.Other)
	r.ID = "ekiden"
	r.DistanceMillimetres = 15_000_000
	r.FastestPace = 100 * time.Second
	r.Waves = []race.Wave{{ID: "A", Gun: sec(1000)}}
	r.Course = []race.Visit{
		{Point: "line"}, {Point: "x1", AtMillimetres: 5_000_000}, {Point: "x2", AtMillimetres: 10_000_000},
		{Point: "line", AtMillimetres: 15_000_000},
	}
	r.Team = &race.Team{Size: 3, Reserves: 1, Legs: []race.Leg{
		{To: "x1", LengthMillimetres: 5_000_000}, {To: "x2", LengthMillimetres: 5_000_000}, {To: "line", LengthMillimetres: 5_000_000},
	}}
	r.Classifications = []race.Classification{{ID: "overall"}}
	return &r
}

func team() *race.Entrant {
	member := func(leg int, bib race.Bib, name string) race.Member {
		return race.Member{Leg: leg, Bib: bib, Person: race.Person{Name: name, Sex: race.Female}}
	}
	return &race.Entrant{
		ID: 1, Race: "ekiden", Bib: "1", Person: race.Person{Name: "Tulpar", Sex: race.X},
		Members: []race.Member{member(1, "1-1", "Ana"), member(2, "1-2", "Bota"), member(3, "1-3", "Dana"), member(0, "1-R", "Reserve")},
	}
}

// relayed is a race of 600, 700 and 800 seconds, the first from the gun.
func relayed() seen { return seen{0: 1005, 1: 1600, 2: 2300, 3: 3100} }

func onTeam(kind ruling.Kind, point string) ruling.Ruling {
	return ruling.Ruling{Race: "ekiden", Bib: "1", Kind: kind, Point: point}
}

func TestComputeOfATeam(t *testing.T) {
	t.Parallel()
	got := compute(ekiden(), team(), relayed())
	want := result.Result{
		Entrant: 1, Race: "ekiden", Bib: "1", Name: "Tulpar", Sex: race.X, Wave: "A", Status: result.Finished, GunAt: sec(1000),
		Passings: []passing.Passing{{Visit: 0, At: sec(1005)}, {Visit: 1, At: sec(1600)}, {Visit: 2, At: sec(2300)}, {Visit: 3, At: sec(3100)}},
		Gun:      took(2100), Net: took(2095), LegsTotal: took(2100), Lists: []string{"overall"},
		Legs: []result.Leg{
			{Number: 1, MemberBib: "1-1", MemberName: "Ana", Time: took(600), Cumulative: took(600), Ranked: true},
			{Number: 2, MemberBib: "1-2", MemberName: "Bota", Time: took(700), Cumulative: took(1300), Ranked: true},
			{Number: 3, MemberBib: "1-3", MemberName: "Dana", Time: took(800), Cumulative: took(2100), Ranked: true},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// leg is what a case looks at of one.
type leg struct {
	Time, Cumulative racetime.Optional
	Missed, Ranked   bool
}

func ranked(time, cumulative float64) leg { return leg{took(time), took(cumulative), false, true} }

func TestTeams(t *testing.T) {
	t.Parallel()
	unknown := racetime.Optional{}
	first, second, third := ranked(600, 600), ranked(700, 1300), ranked(800, 2100)
	unrank := func(l leg) leg { l.Ranked = false; return l }
	for _, c := range []struct {
		name    string
		at      seen
		rulings []ruling.Ruling
		missed  race.MissedLeg
		forced  float64 // start of leg 3 at the latest; 0 is none
		status  result.Status
		gun     racetime.Optional
		ranks   racetime.Optional // by the sum of legs, whatever the basis
		legs    []leg
	}{
		{name: "complete", at: relayed(), status: result.Finished, gun: took(2100), ranks: took(2100), legs: []leg{first, second, third}},
		{
			name: "with a penalty", at: relayed(), rulings: []ruling.Ruling{{Race: "ekiden", Bib: "1", Kind: ruling.Penalty, Duration: time.Minute}},
			status: result.Finished, gun: took(2100), ranks: took(2160), legs: []leg{first, second, third},
		},
		{name: "on the second leg", at: seen{0: 1005, 1: 1600}, status: result.Started, legs: []leg{first, {}, {}}},
		{
			name: "a missed exchange: the legs around it are unknown, the total is not", at: seen{0: 1005, 2: 2300, 3: 3100},
			status: result.Finished, gun: took(2100), ranks: took(2100),
			legs: []leg{{}, {Cumulative: took(1300)}, third},
		},
		{
			name: "forced start: both legs count fully, more than finish − gun", at: relayed(), forced: 2200,
			status: result.Finished, gun: took(2100), ranks: took(2200), legs: []leg{first, second, ranked(900, 2200)},
		},
		{
			name: "forced start around a missed exchange: the total is known", at: seen{0: 1005, 1: 1600, 3: 3100}, forced: 2200,
			status: result.Finished, gun: took(2100), ranks: took(2100), legs: []leg{first, {}, {Cumulative: took(2100)}},
		},
		{
			name: "a leg not completed", at: relayed(), rulings: []ruling.Ruling{onTeam(ruling.DNF, "x2")}, status: result.DNF,
			legs: []leg{first, {Missed: true}, {took(800), unknown, false, true}},
		},
		{
			name: "a leg not completed: later legs for reference", at: relayed(), rulings: []ruling.Ruling{onTeam(ruling.DNF, "x2")},
			missed: race.LaterLegsReference, status: result.DNF,
			legs: []leg{first, {Missed: true}, {took(800), unknown, false, false}},
		},
		{
			name: "the first leg not completed", at: relayed(), rulings: []ruling.Ruling{onTeam(ruling.DNF, "x1")},
			missed: race.LaterLegsReference, status: result.DNF,
			legs: []leg{{Missed: true}, {took(700), unknown, false, false}, {took(800), unknown, false, false}},
		},
		{
			name: "the last leg not completed, at the line's second visit", at: relayed(), rulings: []ruling.Ruling{onTeam(ruling.DNF, "line#2")},
			status: result.DNF, legs: []leg{first, second, {Missed: true}},
		},
		{
			name: "a leg not completed, but disqualified: no leg ranks", at: relayed(), rulings: []ruling.Ruling{onTeam(ruling.DNF, "x2"), onTeam(ruling.DSQ, "")},
			status: result.DSQ, gun: took(2100), legs: []leg{unrank(first), {Missed: true}, {Time: took(800)}},
		},
		{
			name: "disqualified: legs keep their times and lose their ranks", at: relayed(), rulings: []ruling.Ruling{onTeam(ruling.DSQ, "")},
			status: result.DSQ, gun: took(2100), legs: []leg{unrank(first), unrank(second), unrank(third)},
		},
		{
			name: "not competing", at: relayed(), rulings: []ruling.Ruling{onTeam(ruling.NotCompeting, "")},
			status: result.NotCompeting, gun: took(2100), legs: []leg{unrank(first), unrank(second), unrank(third)},
		},
		{
			name: "did not finish: the legs run keep their ranks", at: seen{0: 1005, 1: 1600}, rulings: []ruling.Ruling{onTeam(ruling.DNF, "")},
			status: result.DNF, legs: []leg{first, {}, {}},
		},
	} {
		r := ekiden()
		r.Team.MissedLeg = c.missed
		if c.forced != 0 {
			r.Team.Legs[1].ForcedStart = sec(c.forced)
		}
		got := compute(r, team(), c.at, c.rulings...)
		if got.Status != c.status || got.Gun != c.gun || got.Time(race.Gun) != c.ranks || got.Time(race.Net) != c.ranks {
			t.Errorf("%s: %v, gun %v, ranked by %v and %v; want %v, %v, %v", c.name, got.Status, got.Gun, got.Time(race.Gun),
				got.Time(race.Net), c.status, c.gun, c.ranks)
		}
		var legs []leg
		for _, l := range got.Legs {
			legs = append(legs, leg{l.Time, l.Cumulative, l.NotCompleted, l.Ranked})
		}
		if diff := cmp.Diff(c.legs, legs); diff != "" {
			t.Errorf("%s: legs (-want +got):\n%s", c.name, diff)
		}
	}
}
