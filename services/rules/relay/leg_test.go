package relay

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

const gun = racetime.Instant(1_000_000_000)

func at(seconds float64) Arrival {
	return Arrival{gun + racetime.Instant(seconds*1e6), true}
}

func took(seconds float64) racetime.Optional {
	return racetime.Known(time.Duration(seconds*1e6) * time.Microsecond)
}

var unseen = Arrival{}

func TestLegs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		forced       float64 // after leg 2, seconds after the gun; 0 is none
		arrivals     []Arrival
		notCompleted map[int]bool
		want         []Leg
	}{
		{
			name:     "leg times by hand-overs",
			arrivals: []Arrival{at(600.5), at(1300), at(1900)},
			want:     []Leg{{Time: took(600.5), Cumulative: took(600.5)}, {Time: took(699.5), Cumulative: took(1300)}, {Time: took(600), Cumulative: took(1900)}},
		},
		{
			name:     "missed exchange with a team chip: the legs around it are unknown, their sum is known",
			arrivals: []Arrival{unseen, at(1300), at(1900)},
			want:     []Leg{{}, {Cumulative: took(1300)}, {Time: took(600), Cumulative: took(1900)}},
		},
		{
			name:     "two missed exchanges",
			arrivals: []Arrival{unseen, unseen, at(1900)},
			want:     []Leg{{}, {}, {Cumulative: took(1900)}},
		},
		{
			name:     "finish not seen",
			arrivals: []Arrival{at(600), at(1300), unseen},
			want:     []Leg{{Time: took(600), Cumulative: took(600)}, {Time: took(700), Cumulative: took(1300)}, {}},
		},
		{
			name:     "forced start counts both legs fully",
			forced:   1200,
			arrivals: []Arrival{at(600), at(1300), at(1900)},
			want:     []Leg{{Time: took(600), Cumulative: took(600)}, {Time: took(700), Cumulative: took(1300)}, {Time: took(700), Cumulative: took(2000)}},
		},
		{
			name:     "handed over at the forced start",
			forced:   1300,
			arrivals: []Arrival{at(600), at(1300), at(1900)},
			want:     []Leg{{Time: took(600), Cumulative: took(600)}, {Time: took(700), Cumulative: took(1300)}, {Time: took(600), Cumulative: took(1900)}},
		},
		{
			name:     "a leg that ends before the leg ahead of it",
			forced:   1200,
			arrivals: []Arrival{at(600), at(2500), at(1900)},
			want:     []Leg{{Time: took(600), Cumulative: took(600)}, {Time: took(1900), Cumulative: took(2500)}, {Time: took(700), Cumulative: took(3200)}},
		},
		{
			name:     "exchange with a forced start not seen: the sum is the time between the hand-overs seen",
			forced:   1200,
			arrivals: []Arrival{at(600), unseen, at(1900)},
			want:     []Leg{{Time: took(600), Cumulative: took(600)}, {}, {Cumulative: took(1900)}},
		},
		{
			name:         "a leg not completed: no sum, the others keep their times",
			arrivals:     []Arrival{at(600), at(1300), at(1900)},
			notCompleted: map[int]bool{0: true},
			want:         []Leg{{NotCompleted: true}, {Time: took(700)}, {Time: took(600)}},
		},
		{
			name:         "a later leg not completed: the sum stands until then",
			arrivals:     []Arrival{at(600), at(1300), at(1900)},
			notCompleted: map[int]bool{1: true},
			want:         []Leg{{Time: took(600), Cumulative: took(600)}, {NotCompleted: true}, {Time: took(600)}},
		},
	} {
		r := race.New(race.Other)
		r.FastestPace = 100 * time.Second // 500 s for a leg
		r.Team = &race.Team{Size: 3, Legs: []race.Leg{
			{LengthMillimetres: 5_000_000}, {LengthMillimetres: 5_000_000}, {LengthMillimetres: 5_000_000}}}
		if c.forced != 0 {
			r.Team.Legs[1].ForcedStart = at(c.forced).At
		}
		got := Legs(&r, c.arrivals, gun, c.notCompleted)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: legs (-want +got):\n%s", c.name, diff)
		}
	}
}
