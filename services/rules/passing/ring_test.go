package passing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
)

// On a ring all exchanges are at one point. Where all legs have a forced start long before, every crossing might be every
// hand-over, and still no crossing counts twice and the answer comes at once.
func TestARingOnWhichEveryLegWasForcedToStartEarly(t *testing.T) {
	t.Parallel()
	const legs = 12
	r := race.New(race.Other)
	r.FastestPace = 100 * time.Second
	r.Course = []race.Visit{{Point: "line"}}
	r.Team = &race.Team{Size: legs, Chip: race.TeamChip}
	for leg := 1; leg <= legs; leg++ {
		r.Course = append(r.Course, race.Visit{Point: "line", AtMillimetres: int64(leg) * 1_000_000})
		r.Team.Legs = append(r.Team.Legs, race.Leg{To: "line", LengthMillimetres: 1_000_000, ForcedStart: sec(1500)})
	}
	f := NewFinder(&race.Event{Points: []race.PointID{"line"}}, &r)
	reads := []Read{at(0, 1001)}
	for n := 1; n < legs; n++ {
		reads = append(reads, at(0, 2000+100*float64(n)))
		passings := f.Find(nil, append([]Read(nil), reads...), sec(gun), nil)
		if len(passings) != n+1 {
			t.Errorf("%d crossings behind the start: %d passings, want each once", n, len(passings)-1)
		}
		seen := map[any]bool{}
		for _, p := range passings {
			if seen[p.At] {
				t.Errorf("%d crossings: the one at %v counts twice", n, p.At)
			}
			seen[p.At] = true
		}
	}
}

// An official may enter two passings the wrong way round. No crossing counts before the first and behind the second.
func TestPassingsThatWereEnteredTheWrongWayRound(t *testing.T) {
	t.Parallel()
	r := race.New(race.Other)
	r.FastestPace = 0
	r.Course = []race.Visit{
		{Point: "a"}, {Point: "a", AtMillimetres: 1000}, {Point: "line", AtMillimetres: 2000}, {Point: "line", AtMillimetres: 3000},
		{Point: "a", AtMillimetres: 4000},
	}
	f := NewFinder(&race.Event{Points: []race.PointID{"a", "line"}}, &r)
	got := f.Find(nil, []Read{at(0, 1000), at(0, 1040), at(0, 1100)}, sec(gun), []Manual{{Visit: 2, At: sec(1050)}, {Visit: 3, At: sec(1030)}})
	want := []Passing{{0, sec(1000)}, {1, sec(1040)}, {2, sec(1050)}, {3, sec(1030)}, {4, sec(1100)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("passings (-want +got):\n%s", diff)
	}
}
