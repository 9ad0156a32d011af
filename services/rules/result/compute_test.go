package result_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Instants are seconds of the day: wave A's gun goes at 1000, wave B's at 1600.
func sec(s float64) racetime.Instant { return racetime.Instant(s * 1e6) }

func took(s float64) racetime.Optional {
	return racetime.Known(time.Duration(s*1e6) * time.Microsecond)
}

var raceDay = civil.Day{Year: 2025, Month: time.September, Day: 28}

// ten is a race of 10 km from the line over k5 to the line.
func ten() *race.Race {
	r := race.New(race.Other)
	r.ID = "ten"
	r.DistanceMillimetres = 10_000_000
	r.Waves = []race.Wave{
		{ID: "A", Gun: sec(1000), Bibs: []race.BibRange{{First: 1, Last: 99}}},
		{ID: "B", Gun: sec(1600), Bibs: []race.BibRange{{First: 100, Last: 199}}},
	}
	r.Course = []race.Visit{{Point: "line"}, {Point: "k5", AtMillimetres: 5_000_000}, {Point: "line", AtMillimetres: 10_000_000}}
	r.Classifications = []race.Classification{
		{ID: "overall", Basis: race.Gun},
		{ID: "age", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{18, 35, 40}, Basis: race.Net},
	}
	return &r
}

// runner wears bib 7, so is of wave A, and is 35 on race day.
func runner() *race.Entrant {
	return &race.Entrant{
		ID: 70, Race: "ten", Bib: "7", Chips: []string{"007A", "B8"}, Tags: []string{"veteran"},
		Person: race.Person{
			Name: "Aru", Sex: race.Female, BirthDay: civil.Day{Year: 1990, Month: time.September, Day: 28},
			Country: "KAZ", Club: "Steppe", Category: "open",
		},
	}
}

// seen are the passings, visit to second.
type seen map[int]float64

// whole is a race run in 50 minutes, 5 seconds after the gun.
func whole() seen { return seen{0: 1005, 1: 2500, 2: 4000} }

// compute returns the result of who was seen and ruled on so.
func compute(r *race.Race, e *race.Entrant, at seen, rulings ...ruling.Ruling) result.Result {
	ofRace := ruling.ForRace(rulings, r)
	var own []ruling.Ruling
	for _, d := range rulings {
		if d.Bib == e.Bib {
			own = append(own, d)
		}
	}
	ruled := ruling.ForEntrant(own)
	var passings []passing.Passing
	for visit := range r.Course {
		if s, ok := at[visit]; ok {
			passings = append(passings, passing.Passing{Visit: visit, At: sec(s)})
		}
	}
	return result.Compute(result.Facts{
		EventDay: raceDay, Race: r, Entrant: e, Passings: passings,
		GunAt: result.GunOf(r, e, &ofRace, &ruled), OfRace: ofRace, Ruled: ruled,
	})
}

// on is a ruling on bib 7 of the ten.
func on(kind ruling.Kind) ruling.Ruling { return ruling.Ruling{Race: "ten", Bib: "7", Kind: kind} }

func penalty(seconds float64) ruling.Ruling {
	d := on(ruling.Penalty)
	d.Duration = took(seconds).Time
	return d
}

var closed = ruling.Ruling{Race: "ten", Kind: ruling.Close}

func TestComputeOfAFinisher(t *testing.T) {
	t.Parallel()
	d := on(ruling.RankBefore)
	d.Target = "8"
	got := compute(ten(), runner(), whole(), penalty(30), d)
	want := result.Result{
		Entrant: 70, Race: "ten", Bib: "7", Chip: "007A B8", Name: "Aru", Sex: race.Female, Country: "KAZ", Club: "Steppe",
		Category: "open", AgeGroup: "F35-39", Wave: "A", Status: result.Finished, GunAt: sec(1000),
		Passings: []passing.Passing{{Visit: 0, At: sec(1005)}, {Visit: 1, At: sec(2500)}, {Visit: 2, At: sec(4000)}},
		Gun:      took(3000), Net: took(2995), Penalty: 30 * time.Second,
		Lists: []string{"overall", "age/F35-39"}, Before: []race.Bib{"8"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// shown is what a case looks at: the status, the times, and what lists by gun and by net rank by.
type shown struct {
	Status       result.Status
	Rule         string
	Gun, Net     racetime.Optional
	ByGun, ByNet racetime.Optional
}

func show(r result.Result) shown {
	return shown{r.Status, r.Rule, r.Gun, r.Net, r.Time(race.Gun), r.Time(race.Net)}
}

// finished is FINISHED without penalties.
func finished(gun, net float64) shown {
	return shown{Status: result.Finished, Gun: took(gun), Net: took(net), ByGun: took(gun), ByNet: took(net)}
}

// unranked is a finish that counts and has no rank.
func unranked(status result.Status, gun, net float64) shown {
	return shown{Status: status, Gun: took(gun), Net: took(net)}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	dsq := on(ruling.DSQ)
	dsq.Rule = "TR6.3"
	for _, c := range []struct {
		name    string
		at      seen
		rulings []ruling.Ruling
		limit   race.CutOff
		want    shown
	}{
		{"nobody saw her", seen{}, nil, race.CutOff{}, shown{Status: result.Entered}},
		{"started", seen{0: 1005}, nil, race.CutOff{}, shown{Status: result.Started}},
		{"started without a start read", seen{1: 2500}, nil, race.CutOff{}, shown{Status: result.Started}},
		{"finished", whole(), nil, race.CutOff{}, finished(3000, 2995)},
		{"finished, the half-way mat missed", seen{0: 1005, 2: 4000}, nil, race.CutOff{}, finished(3000, 2995)},
		{"the race is closed: never started", seen{}, []ruling.Ruling{closed}, race.CutOff{}, shown{Status: result.DNS}},
		{"the race is closed: still on course", seen{0: 1005, 1: 2500}, []ruling.Ruling{closed}, race.CutOff{}, shown{Status: result.DNF}},
		{"the race is closed: a finish read later still counts", whole(), []ruling.Ruling{closed}, race.CutOff{}, finished(3000, 2995)},
		{"another race is closed", seen{}, []ruling.Ruling{{Race: "half", Kind: ruling.Close}}, race.CutOff{}, shown{Status: result.Entered}},
		{"winner disqualified after the podium: keeps her time", whole(), []ruling.Ruling{dsq}, race.CutOff{},
			shown{Status: result.DSQ, Rule: "TR6.3", Gun: took(3000), Net: took(2995)}},
		{"disqualified on course", seen{0: 1005}, []ruling.Ruling{dsq}, race.CutOff{}, shown{Status: result.DSQ, Rule: "TR6.3"}},
		{"DNS ruled on a finisher", whole(), []ruling.Ruling{on(ruling.DNS)}, race.CutOff{}, shown{Status: result.DNS}},
		{"DNF ruled on a finisher", whole(), []ruling.Ruling{on(ruling.DNF)}, race.CutOff{}, shown{Status: result.DNF}},
		{"withdrawn, but ran", whole(), []ruling.Ruling{on(ruling.Withdrawn)}, race.CutOff{}, shown{Status: result.Withdrawn}},
		{"not competing keeps the time", whole(), []ruling.Ruling{on(ruling.NotCompeting)}, race.CutOff{}, unranked(result.NotCompeting, 3000, 2995)},
		{"of two the last stands", whole(), []ruling.Ruling{dsq, on(ruling.NotCompeting)}, race.CutOff{}, unranked(result.NotCompeting, 3000, 2995)},
		{"and the rule is the last one's", whole(), []ruling.Ruling{on(ruling.DNF), dsq}, race.CutOff{},
			shown{Status: result.DSQ, Rule: "TR6.3", Gun: took(3000), Net: took(2995)}},
		{"a ruling beats over time", whole(), []ruling.Ruling{on(ruling.DNS)}, race.CutOff{AfterGun: time.Second}, shown{Status: result.DNS}},
		{"a ruling beats CLOSE", seen{0: 1005}, []ruling.Ruling{closed, on(ruling.Withdrawn)}, race.CutOff{}, shown{Status: result.Withdrawn}},
		{"over time beats FINISHED", whole(), nil, race.CutOff{AfterGun: time.Second}, unranked(result.OTL, 3000, 2995)},
		{"over time beats CLOSE", whole(), []ruling.Ruling{closed}, race.CutOff{AfterGun: time.Second}, unranked(result.OTL, 3000, 2995)},
	} {
		r := ten()
		r.Course[2].CutOff = c.limit
		if diff := cmp.Diff(c.want, show(compute(r, runner(), c.at, c.rulings...))); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestNoStartRead(t *testing.T) {
	t.Parallel()
	unread := seen{1: 2500, 2: 4000}
	both := []string{"overall", "age/F35-39"}
	for _, c := range []struct {
		name   string
		policy race.NoStartRead
		at     seen
		want   shown
		lists  []string
	}{
		{"net time is gun time", race.UseGun, unread, finished(3000, 3000), both},
		{"no net time, not in lists by net", race.NoNetTime, unread,
			shown{Status: result.Finished, Gun: took(3000), ByGun: took(3000)}, []string{"overall", ""}},
		{"finished, in no list", race.NotRanked, unread,
			shown{Status: result.Finished, Gun: took(3000), ByGun: took(3000)}, []string{"", ""}},
		{"no net time: read at the start", race.NoNetTime, whole(), finished(3000, 2995), both},
		{"not ranked: read at the start", race.NotRanked, whole(), finished(3000, 2995), both},
		{"not ranked: not seen yet", race.NotRanked, seen{}, shown{Status: result.Entered}, both},
		{"not ranked: on course without a start read", race.NotRanked, seen{1: 2500}, shown{Status: result.Started}, []string{"", ""}},
	} {
		r := ten()
		r.NoStartRead = c.policy
		got := compute(r, runner(), c.at)
		if diff := cmp.Diff(c.want, show(got)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.lists, got.Lists); diff != "" {
			t.Errorf("%s: lists (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestPenaltiesEnterTheRankedTimeOnly(t *testing.T) {
	t.Parallel()
	got := compute(ten(), runner(), whole(), penalty(30), penalty(0.5))
	want := shown{Status: result.Finished, Gun: took(3000), Net: took(2995), ByGun: took(3030.5), ByNet: took(3025.5)}
	if diff := cmp.Diff(want, show(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Penalty != took(30.5).Time {
		t.Errorf("penalty %v, want 30.5 s", got.Penalty)
	}
}

func TestCards(t *testing.T) {
	t.Parallel()
	yellow, red := on(ruling.YellowCard), on(ruling.RedCard)
	for _, c := range []struct {
		name    string
		nordic  bool
		rulings []ruling.Ruling
		status  result.Status
		penalty time.Duration
	}{
		{"a yellow card", true, []ruling.Ruling{yellow}, result.Finished, 30 * time.Second},
		{"two and a penalty", true, []ruling.Ruling{yellow, penalty(5), yellow}, result.Finished, 65 * time.Second},
		{"the third, 20 minutes after the finish", true, []ruling.Ruling{yellow, yellow, yellow}, result.DSQ, 90 * time.Second},
		{"a red card", true, []ruling.Ruling{red}, result.DSQ, 0},
		{"a red card, then not competing", true, []ruling.Ruling{red, on(ruling.NotCompeting)}, result.NotCompeting, 0},
		{"yellow cards where there are none", false, []ruling.Ruling{yellow, yellow, yellow}, result.Finished, 0},
		{"a red card where there are none", false, []ruling.Ruling{red}, result.DSQ, 0},
	} {
		r := ten()
		if c.nordic {
			r.Nordic = &race.Nordic{YellowCard: race.DefaultYellowCard, YellowToDSQ: race.DefaultYellowToDSQ}
		}
		got := compute(r, runner(), whole(), c.rulings...)
		if got.Status != c.status || got.Penalty != c.penalty {
			t.Errorf("%s: %v with %v, want %v with %v", c.name, got.Status, got.Penalty, c.status, c.penalty)
		}
		if got.Time(race.Gun).Known != (c.status == result.Finished) {
			t.Errorf("%s: ranked time %v", c.name, got.Time(race.Gun))
		}
	}
}

func TestGunOfTheWave(t *testing.T) {
	t.Parallel()
	withA := ruling.Ruling{Race: "ten", Bib: "120", Kind: ruling.StartWithWave, Target: "A"}
	gun := func(wave string, s float64) ruling.Ruling {
		return ruling.Ruling{Race: "ten", Kind: ruling.Gun, Target: wave, At: sec(s)}
	}
	for _, c := range []struct {
		name    string
		wave    race.WaveID // on the roster
		rulings []ruling.Ruling
		gunAt   float64
		want    shown
	}{
		{"by the range of the bib", "", nil, 1600, finished(2400, 2390)},
		{"by the roster", "A", nil, 1000, finished(3000, 2390)},
		{"started early with wave A: counted from its gun", "", []ruling.Ruling{withA}, 1000, finished(3000, 2390)},
		{"gun corrected by 2.4 s: gun time shifts, net time does not", "", []ruling.Ruling{gun("B", 1602.4)}, 1602.4, finished(2397.6, 2390)},
		{"gun of all waves", "", []ruling.Ruling{gun("", 1500)}, 1500, finished(2500, 2390)},
		{"the other wave's gun", "", []ruling.Ruling{gun("A", 999)}, 1600, finished(2400, 2390)},
		{"started with wave A, whose gun is corrected", "", []ruling.Ruling{withA, gun("A", 998)}, 998, finished(3002, 2390)},
	} {
		e := runner()
		e.Bib, e.Wave = "120", c.wave
		got := compute(ten(), e, seen{0: 1610, 1: 2500, 2: 4000}, c.rulings...)
		if got.GunAt != sec(c.gunAt) {
			t.Errorf("%s: gun at %v, want %v", c.name, got.GunAt, sec(c.gunAt))
		}
		if diff := cmp.Diff(c.want, show(got)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.name, diff)
		}
		if want := e.Wave; want == "" && got.Wave != "B" || want != "" && got.Wave != want {
			t.Errorf("%s: shown with wave %q", c.name, got.Wave)
		}
	}
}

func TestNoWaveNoGun(t *testing.T) {
	t.Parallel()
	e := runner()
	e.Bib = "500"
	if got := compute(ten(), e, seen{}); got.GunAt != 0 || got.Wave != "" || got.Status != result.Entered {
		t.Errorf("gun %v, wave %q, %v; want none, none, ENTERED", got.GunAt, got.Wave, got.Status)
	}
}
