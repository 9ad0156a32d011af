package passing

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
)

func TestSightingsAreCrossingsOfMembers(t *testing.T) {
	t.Parallel()
	event := &race.Event{Points: []race.PointID{"line", "x1"}}
	r := race.New(race.Other)
	r.Course = []race.Visit{{Point: "line"}, {Point: "x1", AtMillimetres: 1_000_000}, {Point: "line", AtMillimetres: 2_000_000}}
	r.Team = &race.Team{Size: 2, Chip: race.MemberChip, Legs: []race.Leg{{To: "x1"}, {To: "line"}}}
	by := func(leg int16, point int32, s float64) Read { return Read{At: sec(s), Point: point, Leg: leg} }
	f := NewFinder(event, &r)
	f.Find(nil, []Read{
		by(1, 0, 990), by(1, 0, 1001), by(1, 0, 1005), // before the gun, and the start
		by(2, 1, 1500), by(2, 1, 1520), by(1, 1, 1510), by(0, 1, 1512), by(2, 0, 2100), by(1, 0, 2200),
	}, sec(1000), nil)
	want := []Sighting{
		{Leg: 1, Visit: 0, ArrivedAt: sec(1001), LeftAt: sec(1005)}, {Leg: 2, Visit: 1, ArrivedAt: sec(1500), LeftAt: sec(1520)},
		{Leg: 1, Visit: 1, ArrivedAt: sec(1510), LeftAt: sec(1510)}, {Leg: 2, Visit: 0, ArrivedAt: sec(2100), LeftAt: sec(2100)},
		{Leg: 1, Visit: 0, ArrivedAt: sec(2200), LeftAt: sec(2200)},
	}
	if diff := gocmp.Diff(want, f.Sightings()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	f.Find(nil, []Read{by(1, 0, 1001)}, 0, nil)
	if seen := f.Sightings(); len(seen) > 0 {
		t.Errorf("before the gun: %v", seen)
	}
}
