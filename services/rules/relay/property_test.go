package relay

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// drawTeam draws a relay, some of whose legs have a forced start, and when a team was at the ends of its legs.
func drawTeam(t *rapid.T) (*race.Race, []Arrival, map[int]bool) {
	r := race.New(race.Other)
	r.Team = &race.Team{Legs: make([]race.Leg, rapid.IntRange(1, 7).Draw(t, "legs"))}
	arrivals := make([]Arrival, len(r.Team.Legs))
	notCompleted := map[int]bool{}
	last := gun
	for i := range arrivals {
		last = last.Add(time.Duration(rapid.Int64Range(1, 4_000_000_000).Draw(t, "leg")) * time.Microsecond)
		arrivals[i] = Arrival{last, true}
		if rapid.IntRange(0, 3).Draw(t, "forced") == 0 {
			r.Team.Legs[i].ForcedStart = gun.Add(time.Duration(rapid.Int64Range(1, 9_000_000_000).Draw(t, "forced start")) * time.Microsecond)
		}
		if rapid.IntRange(0, 5).Draw(t, "completed") == 0 {
			notCompleted[i] = true
		}
	}
	return &r, arrivals, notCompleted
}

// The team's time is the sum of its legs; forced starts make it longer than the time on the road, and never shorter.
func TestLegsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, arrivals, _ := drawTeam(t)
		sum, left := time.Duration(0), gun
		for i, leg := range Legs(r, arrivals, gun, nil) {
			sum += leg.Time.Time
			if !leg.Time.Known || leg.Cumulative != racetime.Known(sum) {
				t.Fatalf("leg %d is %v and in all %v, want %v", i+1, leg.Time, leg.Cumulative, sum)
			}
			if road := arrivals[i].At.Sub(gun); sum < road || leg.Time.Time < arrivals[i].At.Sub(left) {
				t.Fatalf("leg %d: %v in all after %v on the road", i+1, sum, road)
			}
			left = arrivals[i].At
		}
	})
}

// A missed exchange takes away the two legs around it and the sum there, and where nobody leaves early nothing else.
func TestAMissedExchangeTakesTheLegsAroundIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, arrivals, notCompleted := drawTeam(t)
		for i := range r.Team.Legs {
			r.Team.Legs[i].ForcedStart = 0
		}
		whole := Legs(r, arrivals, gun, notCompleted)
		missed := rapid.IntRange(0, len(arrivals)-1).Draw(t, "missed")
		arrivals[missed] = Arrival{}
		for i, leg := range Legs(r, arrivals, gun, notCompleted) {
			want := whole[i]
			if i == missed || i == missed+1 {
				want.Time = racetime.Optional{}
			}
			if i == missed {
				want.Cumulative = racetime.Optional{}
			}
			if leg != want {
				t.Fatalf("exchange %d missed: leg %d is %+v, want %+v", missed+1, i+1, leg, want)
			}
		}
	})
}

// A leg not completed takes away its time and all sums from there on; the other legs keep their times.
func TestALegNotCompletedTakesTheSums(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, arrivals, notCompleted := drawTeam(t)
		whole := Legs(r, arrivals, gun, nil)
		broken := false
		for i, leg := range Legs(r, arrivals, gun, notCompleted) {
			want := whole[i]
			broken = broken || notCompleted[i]
			if notCompleted[i] {
				want.Time, want.NotCompleted = racetime.Optional{}, true
			}
			if broken {
				want.Cumulative = racetime.Optional{}
			}
			if leg != want {
				t.Fatalf("without %v: leg %d is %+v, want %+v", notCompleted, i+1, leg, want)
			}
		}
	})
}
