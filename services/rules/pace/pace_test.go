package pace_test

import (
	"testing"
	"time"

	"raceday/services/rules/pace"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

const (
	gun    racetime.Instant = 1_759_024_800_000_000
	minute                  = time.Minute
)

func course() *race.Race {
	return &race.Race{Course: []race.Visit{
		{Point: "line"}, {Point: "k5", AtMillimetres: 5_000_000}, {Point: "k10", AtMillimetres: 10_000_000},
		{Point: "line", AtMillimetres: 21_097_500},
	}}
}

// seen is a result with a gun and these passings, so long after it.
func seen(passings ...passing.Passing) *result.Result {
	return &result.Result{GunAt: gun, Passings: passings}
}

func at(visit int, afterGun time.Duration) passing.Passing {
	return passing.Passing{Visit: visit, At: gun.Add(afterGun)}
}

func TestThePaceOfTheLastStretches(t *testing.T) {
	t.Parallel()
	relay := course()
	relay.Team = &race.Team{Legs: []race.Leg{{To: "k5"}, {To: "k10", ForcedStart: gun.Add(50 * minute)}, {To: "line"}}}
	withoutGun := seen(at(1, 25*minute))
	withoutGun.GunAt = 0
	for _, c := range []struct {
		name      string
		race      *race.Race
		res       *result.Result
		stretches int
		want      pace.Stretch
		wantPerKm time.Duration
	}{
		{"since the visit before", course(), seen(at(0, minute), at(1, 26*minute), at(2, 56*minute)), 1,
			pace.Stretch{Time: 30 * minute, Millimetres: 5_000_000}, 6 * minute},
		{"over two stretches, to the own start", course(), seen(at(0, minute), at(1, 26*minute), at(2, 56*minute)), 2,
			pace.Stretch{Time: 55 * minute, Millimetres: 10_000_000}, 5*minute + 30*time.Second},
		{"a visit that was not read is run through", course(), seen(at(0, minute), at(2, 51*minute)), 1,
			pace.Stretch{Time: 50 * minute, Millimetres: 10_000_000}, 5 * minute},
		{"from the gun where the start was not read", course(), seen(at(1, 25*minute)), 1,
			pace.Stretch{Time: 25 * minute, Millimetres: 5_000_000}, 5 * minute},
		{"no further than the start", course(), seen(at(1, 25*minute)), 9,
			pace.Stretch{Time: 25 * minute, Millimetres: 5_000_000}, 5 * minute},
		{"neither start nor gun", course(), withoutGun, 1, pace.Stretch{}, 0},
		{"at the start", course(), seen(at(0, minute)), 1, pace.Stretch{}, 0},
		{"a visit that the course no longer has", course(), seen(at(0, 0), at(7, minute)), 1, pace.Stretch{}, 0},
		{"a passing that was entered before the one before", course(), seen(at(1, 25*minute), at(2, 20*minute)), 1,
			pace.Stretch{Time: -5 * minute, Millimetres: 5_000_000}, 0},
		{"a team's from the gun, wherever it was read at the start", relay, seen(at(0, minute), at(1, 25*minute)), 1,
			pace.Stretch{Time: 25 * minute, Millimetres: 5_000_000}, 5 * minute},
		{"a team's leg after a forced start, from there", relay, seen(at(2, 70*minute), at(3, 105*minute+29250*time.Millisecond)), 1,
			pace.Stretch{Time: 55*minute + 29250*time.Millisecond, Millimetres: 11_097_500}, 5 * minute},
		{"a team's legs before and after a forced start are both counted fully", relay,
			seen(at(1, 25*minute), at(2, 70*minute), at(3, 105*minute)), 2,
			pace.Stretch{Time: 45*minute + 55*minute, Millimetres: 16_097_500}, 372_728_685 * time.Microsecond},
	} {
		got := pace.Before(c.race, c.res, len(c.res.Passings)-1, c.stretches)
		if got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		if perKm := got.PerKm(); perKm.Time != c.wantPerKm || perKm.Known != (c.wantPerKm != 0) {
			t.Errorf("%s: got %v a km, want %v", c.name, perKm, c.wantPerKm)
		}
	}
}

func TestNothingTakesLongerThanAWeek(t *testing.T) {
	t.Parallel()
	s := pace.Stretch{Time: 24 * time.Hour, Millimetres: 1_000_000}
	if got := s.For(7_000_000); got != racetime.Known(7*24*time.Hour) {
		t.Errorf("7 km at a day a km: got %v", got)
	}
	if got := s.For(7_000_001); got.Known {
		t.Errorf("more than a week: got %v, want nothing", got)
	}
	if got := (pace.Stretch{Time: 1 << 62, Millimetres: 1}).For(1 << 62); got.Known {
		t.Errorf("beyond all numbers: got %v, want nothing", got)
	}
}
