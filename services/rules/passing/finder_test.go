package passing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// The gun goes at second 1000 in every test; instants are seconds.
const gun = 1000

func sec(s float64) racetime.Instant { return racetime.Instant(s * 1e6) }

// lap is a 10 km race that starts and finishes on the line, passing k2 and the line again on its way.
func lap() (*race.Event, *race.Race) {
	r := race.New(race.Other)
	r.DistanceMillimetres = 10_000_000
	r.FastestPace = 100 * time.Second
	r.Course = []race.Visit{
		{Point: "line"}, {Point: "k2", AtMillimetres: 2_000_000}, {Point: "line", AtMillimetres: 5_000_000},
		{Point: "k7", AtMillimetres: 7_000_000}, {Point: "line", AtMillimetres: 10_000_000},
	}
	return &race.Event{Points: []race.PointID{"line", "k2", "k7", "elsewhere"}}, &r
}

const (
	line = iota
	k2
	k7
	elsewhere
)

func at(point int32, s float64) Read     { return Read{At: sec(s), Point: point} }
func backup(point int32, s float64) Read { return Read{At: sec(s), Point: point, Backup: true} }

func TestFind(t *testing.T) {
	t.Parallel()
	type seen map[int]float64
	for _, c := range []struct {
		name   string
		reads  []Read
		manual []Manual
		want   seen
	}{
		{name: "no reads", want: seen{}},
		{
			name:  "the whole lap",
			reads: []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000)},
			want:  seen{0: 1005, 1: 1600, 2: 2400, 3: 3000, 4: 4000},
		},
		{
			name:  "the start is the last read of its crossing, everything else the first",
			reads: []Read{at(line, 1003), at(line, 1020), at(line, 1049), at(k2, 1600), at(k2, 1629), at(k2, 1650)},
			want:  seen{0: 1049, 1: 1600},
		},
		{
			name:  "reads before the gun are left out before crossings are formed",
			reads: []Read{at(line, 980), at(line, 999), at(line, 1001)},
			want:  seen{0: 1001},
		},
		{
			name:  "a read at the gun counts",
			reads: []Read{at(line, 1000)},
			want:  seen{0: 1000},
		},
		{
			name:  "a start at the end of the window is in time",
			reads: []Read{at(line, 2800)},
			want:  seen{0: 2800},
		},
		{
			name:  "a start after the window is no start, the gun stands in",
			reads: []Read{at(line, 2800.000001), at(k2, 3100)},
			want:  seen{1: 3100},
		},
		{
			name:  "a start crossing that goes on after the window belongs to the start",
			reads: []Read{at(line, 2790), at(line, 2815), at(line, 2840), at(line, 2869)},
			want:  seen{0: 2790},
		},
		{
			name:  "a gap of exactly the crossing gap begins a new crossing",
			reads: []Read{at(line, 1000), at(line, 1030), at(k2, 1600)},
			want:  seen{0: 1000, 1: 1600},
		},
		{
			name:  "loitering for minutes is one crossing",
			reads: []Read{at(line, 1005), at(k2, 1600), at(k2, 1629), at(k2, 1658), at(k2, 1687), at(k2, 1716), at(k7, 2500)},
			want:  seen{0: 1005, 1: 1600, 3: 2500},
		},
		{
			name:  "two missing points",
			reads: []Read{at(line, 1005), at(line, 4000)},
			want:  seen{0: 1005, 2: 4000},
		},
		{
			name:  "the finish after a missed lap: earlier beats later",
			reads: []Read{at(line, 1005), at(k7, 3000), at(line, 4000)},
			want:  seen{0: 1005, 3: 3000, 4: 4000},
		},
		{
			name:  "one ghost read does not swallow what lies before it",
			reads: []Read{at(line, 1005), at(k7, 1700), at(k2, 1800), at(line, 2400), at(k7, 3000), at(line, 4000)},
			want:  seen{0: 1005, 1: 1800, 2: 2400, 3: 3000, 4: 4000},
		},
		{
			name:  "exactly the fastest pace is possible",
			reads: []Read{at(line, 1000), at(k2, 1200)},
			want:  seen{0: 1000, 1: 1200},
		},
		{
			name:  "a microsecond faster is not",
			reads: []Read{at(line, 1000), at(k2, 1199.999999)},
			want:  seen{0: 1000},
		},
		{
			name:  "missing start read: pace counts from the gun",
			reads: []Read{at(k2, 1199), at(line, 2900)},
			want:  seen{2: 2900},
		},
		{
			name:  "points off the course and reads days away count nowhere",
			reads: []Read{at(line, 1005), at(elsewhere, 1100), at(line, -90_000), at(k2, -90_000)},
			want:  seen{0: 1005},
		},
		{
			name:  "a read after the finish counts nowhere",
			reads: []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000), at(line, 5000)},
			want:  seen{0: 1005, 1: 1600, 2: 2400, 3: 3000, 4: 4000},
		},
		{
			name:  "the primary mat counts where it saw the crossing",
			reads: []Read{at(line, 1005), backup(k2, 1600), at(k2, 1601)},
			want:  seen{0: 1005, 1: 1601},
		},
		{
			name:  "the backup counts where it alone saw the crossing",
			reads: []Read{at(line, 1005), backup(k2, 1600)},
			want:  seen{0: 1005, 1: 1600},
		},
		{
			name:  "a late stray primary read in a long crossing does not beat the backup",
			reads: []Read{at(line, 1005), backup(k2, 1600), backup(k2, 1620), at(k2, 1630)},
			want:  seen{0: 1005, 1: 1600},
		},
		{
			name:  "a later walk over the main mat does not beat the crossing that the backup saw",
			reads: []Read{at(line, 1005), backup(k2, 1600), at(k2, 3400)},
			want:  seen{0: 1005, 1: 1600},
		},
		{
			name:  "start: the last primary read, though the backup saw on",
			reads: []Read{at(line, 1005), backup(line, 1010), at(line, 1012), backup(line, 1020)},
			want:  seen{0: 1012},
		},
		{
			name:  "start: the backup's last read where the primary fell silent a gap before",
			reads: []Read{at(line, 1005), backup(line, 1020), backup(line, 1035)},
			want:  seen{0: 1035},
		},
		{
			name:   "an official's passing stands though it is too fast",
			reads:  []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000)},
			manual: []Manual{{Visit: 4, At: sec(3100)}},
			want:   seen{0: 1005, 1: 1600, 2: 2400, 4: 3100},
		},
		{
			name:   "an official's passing takes the place of what the mats saw",
			reads:  []Read{at(line, 1005), at(k2, 1600), at(line, 2400)},
			manual: []Manual{{Visit: 1, At: sec(1650)}, {Visit: 0, At: sec(1001)}},
			want:   seen{0: 1001, 1: 1650, 2: 2400},
		},
		{
			name:   "reads that contradict an official's passing give way",
			reads:  []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000)},
			manual: []Manual{{Visit: 4, At: sec(1500)}},
			want:   seen{0: 1005, 4: 1500},
		},
		{
			name:   "an official's finish before the gun is none, nor is one at it",
			reads:  []Read{at(k2, 1600)},
			manual: []Manual{{Visit: 4, At: sec(gun)}, {Visit: 3, At: sec(700)}},
			want:   seen{1: 1600},
		},
		{
			name:   "an official's finish at the own start is none, and what the mats saw counts",
			reads:  []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000)},
			manual: []Manual{{Visit: 4, At: sec(1005)}, {Visit: 1, At: sec(1004)}},
			want:   seen{0: 1005, 1: 1600, 2: 2400, 3: 3000, 4: 4000},
		},
		{
			name:   "behind an official's start before the gun nothing is passed by the gun",
			reads:  []Read{at(line, 990), at(k2, 500), at(k2, gun), at(k2, 1001), at(line, 995)},
			manual: []Manual{{Visit: 0, At: sec(10)}, {Visit: 4, At: sec(999)}},
			want:   seen{0: 10, 1: 1001},
		},
		{
			name:   "an official's start behind an official's finish",
			manual: []Manual{{Visit: 4, At: sec(4000)}, {Visit: 0, At: sec(4000)}},
			want:   seen{0: 4000},
		},
	} {
		event, r := lap()
		got := seen{}
		for _, p := range NewFinder(event, r).Find(nil, c.reads, sec(gun), c.manual) {
			got[p.Visit] = float64(p.At) / 1e6
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: passings (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestNothingCountsBeforeTheGunIsKnown(t *testing.T) {
	t.Parallel()
	event, r := lap()
	if got := NewFinder(event, r).Find(nil, []Read{at(line, 1005)}, 0, nil); len(got) != 0 {
		t.Errorf("got %v, want nothing", got)
	}
}

// relay is two legs of 5 km from a to b to c, with a mass start of the second leg at second 3000.
func relay(chip race.ChipHolder) (*race.Event, *race.Race) {
	r := race.New(race.Other)
	r.FastestPace = 100 * time.Second
	r.Course = []race.Visit{{Point: "a"}, {Point: "b", AtMillimetres: 5_000_000}, {Point: "c", AtMillimetres: 10_000_000}}
	r.Team = &race.Team{Size: 2, Chip: chip, Legs: []race.Leg{
		{To: "b", LengthMillimetres: 5_000_000, ForcedStart: sec(3000)}, {To: "c", LengthMillimetres: 5_000_000},
	}}
	return &race.Event{Points: []race.PointID{"a", "b", "c"}}, &r
}

func TestForcedStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		reads []Read
		want  []Passing
	}{
		{"handed over before it", []Read{at(0, 1001), at(1, 2000), at(2, 2600)},
			[]Passing{{0, sec(1001)}, {1, sec(2000)}, {2, sec(2600)}}},
		{"too fast from the hand-over before it", []Read{at(0, 1001), at(1, 2000), at(2, 2499)},
			[]Passing{{0, sec(1001)}, {1, sec(2000)}}},
		{"a leg ends before the leg ahead of it", []Read{at(0, 1001), at(1, 4000), at(2, 3900)},
			[]Passing{{0, sec(1001)}, {1, sec(4000)}, {2, sec(3900)}}},
		{"measured from the forced start", []Read{at(0, 1001), at(1, 4000), at(2, 3499)},
			[]Passing{{0, sec(1001)}, {1, sec(4000)}}},
		{"hand-over not seen", []Read{at(0, 1001), at(2, 2600)},
			[]Passing{{0, sec(1001)}, {2, sec(2600)}}},
	} {
		event, r := relay(race.TeamChip)
		got := NewFinder(event, r).Find(nil, c.reads, sec(gun), nil)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: passings (-want +got):\n%s", c.name, diff)
		}
	}
}

// With forced starts the next leg may end before the leg ahead of it; all the same, one crossing is one passing.
func TestForcedStartOnARing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		reads []Read
		want  []Passing
	}{
		{"one crossing behind the forced start", []Read{at(line, 1001), at(line, 2000)}, []Passing{{0, sec(1001)}, {1, sec(2000)}}},
		{"one for each leg", []Read{at(line, 1001), at(line, 1800), at(line, 2000), at(line, 2400)},
			[]Passing{{0, sec(1001)}, {1, sec(1800)}, {2, sec(2000)}, {3, sec(2400)}}},
		{"the last leg is not seen to end",
			[]Read{at(line, 1001), at(line, 1700), at(line, 1900)}, []Passing{{0, sec(1001)}, {1, sec(1700)}, {2, sec(1900)}}},
	} {
		event, r := ring(race.TeamChip)
		got := NewFinder(event, r).Find(nil, c.reads, sec(gun), nil)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: passings (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestMemberChips(t *testing.T) {
	t.Parallel()
	worn := func(leg int16, point int32, s float64) Read { return Read{At: sec(s), Point: point, Leg: leg} }
	for _, c := range []struct {
		name  string
		reads []Read
		want  []Passing
	}{
		{"the incoming member hands over", []Read{worn(1, 0, 1001), worn(2, 1, 1900), worn(1, 1, 2000), worn(2, 1, 2003), worn(2, 2, 2700)},
			[]Passing{{0, sec(1001)}, {1, sec(2000)}, {2, sec(2700)}}},
		{"only the outgoing member was read: the last read before leaving", []Read{worn(1, 0, 1001), worn(2, 1, 1900), worn(2, 1, 1980), worn(2, 1, 1990), worn(2, 2, 2700)},
			[]Passing{{0, sec(1001)}, {1, sec(1990)}, {2, sec(2700)}}},
		{"the member's chip is read before the main mat saw the team's",
			[]Read{worn(1, 0, 1001), {At: sec(1990), Point: 1, Backup: true}, worn(1, 1, 2000), worn(0, 1, 2010)},
			[]Passing{{0, sec(1001)}, {1, sec(2000)}}},
		{"a member seen on another's leg does not count there", []Read{worn(1, 0, 1001), worn(1, 1, 2000), worn(1, 2, 2700)},
			[]Passing{{0, sec(1001)}, {1, sec(2000)}}},
	} {
		event, r := relay(race.MemberChip)
		r.Team.Legs[0].ForcedStart = 0
		got := NewFinder(event, r).Find(nil, c.reads, sec(gun), nil)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: passings (-want +got):\n%s", c.name, diff)
		}
	}
}
