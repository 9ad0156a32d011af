package passing

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// said is a judgement with the instant in seconds; 0 where nothing counts.
type said struct {
	Verdict Verdict
	Visit   int
	Counts  float64
}

func judged(event *race.Event, r *race.Race, reads []Read, gunAt racetime.Instant, manual []Manual) []said {
	_, judgements := NewFinder(event, r).Judge(reads, gunAt, manual)
	got := make([]said, len(judgements))
	for i, j := range judgements {
		got[i] = said{j.Verdict, j.Visit, float64(j.CountsAt) / 1e6}
	}
	return got
}

func TestJudge(t *testing.T) {
	t.Parallel()
	// whole is the lap with which the read of a case comes.
	whole := []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000)}
	counted := []said{{Counted, 0, 1005}, {Counted, 1, 1600}, {Counted, 2, 2400}, {Counted, 3, 3000}, {Counted, 4, 4000}}
	for _, c := range []struct {
		name   string
		reads  []Read
		manual []Manual
		want   []said
	}{
		{"the whole lap", whole, nil, counted},
		{
			"seen twice in one instant, by the backup first",
			[]Read{at(line, 1005), backup(k2, 1600), at(k2, 1600), at(k2, 1600)}, nil,
			[]said{{Counted, 0, 1005}, {SameInstant, 1, 1600}, {Counted, 1, 1600}, {SameInstant, 1, 1600}},
		},
		{
			"queues on the mat at the start: the last read counts",
			[]Read{at(line, 1003), at(line, 1020), at(line, 1049)}, nil,
			[]said{{SameCrossing, 0, 1049}, {SameCrossing, 0, 1049}, {Counted, 0, 1049}},
		},
		{
			"loiters on the mat for minutes: the first read counts",
			[]Read{at(line, 1005), at(k2, 1600), at(k2, 1629), at(k2, 1658), at(k2, 1687), at(k2, 1716)}, nil,
			[]said{{Counted, 0, 1005}, {Counted, 1, 1600}, {SameCrossing, 1, 1600}, {SameCrossing, 1, 1600}, {SameCrossing, 1, 1600}, {SameCrossing, 1, 1600}},
		},
		{
			"a start crossing that goes on behind the window",
			[]Read{at(line, 2790), at(line, 2815)}, nil,
			[]said{{Counted, 0, 2790}, {SameCrossing, 0, 2790}},
		},
		{
			"the primary mat saw the crossing, though the backup saw it first",
			[]Read{at(line, 1005), backup(k2, 1600), at(k2, 1601), backup(k2, 1602)}, nil,
			[]said{{Counted, 0, 1005}, {BackupNotNeeded, 1, 1601}, {Counted, 1, 1601}, {BackupNotNeeded, 1, 1601}},
		},
		{
			"the backup alone saw the crossing",
			[]Read{at(line, 1005), backup(k2, 1600), backup(k2, 1602)}, nil,
			[]said{{Counted, 0, 1005}, {Counted, 1, 1600}, {SameCrossing, 1, 1600}},
		},
		{
			"a stray primary read a crossing gap behind the backup's first",
			[]Read{at(line, 1005), backup(k2, 1600), backup(k2, 1620), at(k2, 1630)}, nil,
			[]said{{Counted, 0, 1005}, {Counted, 1, 1600}, {SameCrossing, 1, 1600}, {SameCrossing, 1, 1600}},
		},
		{
			"walks over the main mat half an hour after the backups saw the finish",
			[]Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), backup(line, 4000), at(line, 5800)}, nil,
			append(slices.Clone(counted), said{AfterFinish, 4, 4000}),
		},
		{
			"walks over the main mat on course, half an hour after the backups saw the crossing",
			[]Read{at(line, 1005), backup(k2, 1600), at(k2, 3400)}, nil,
			[]said{{Counted, 0, 1005}, {Counted, 1, 1600}, {AnotherCrossing, 1, 1600}},
		},
		{
			"the same, and was on course behind it before",
			append(slices.Clone(whole), at(k2, 3400)), nil, append(slices.Clone(counted), said{OutOfOrder, 1, 1600}),
		},
		{
			"at the start too early",
			[]Read{at(line, 980), at(line, 999.999999), at(line, 1000)}, nil,
			[]said{{BeforeGun, -1, 0}, {BeforeGun, -1, 0}, {Counted, 0, 1000}},
		},
		{"another day", []Read{at(line, 1005), at(k2, -90_000)}, nil, []said{{Counted, 0, 1005}, {BeforeGun, -1, 0}}},
		{"walks over a mat on the way to the start", []Read{at(k7, 1010), at(line, 1200)}, nil, []said{{BeforeStart, -1, 0}, {Counted, 0, 1200}}},
		{"a late start", []Read{at(line, 2800.000001), at(k2, 3100)}, nil, []said{{OutsideStartWindow, 0, 0}, {Counted, 1, 3100}}},
		{
			"no start, and at the line sooner than anybody runs there", []Read{at(k2, 3100), at(line, 3150)}, nil,
			[]said{{Counted, 1, 3100}, {TooFast, 2, 0}},
		},
		{
			"a start that comes too late and would be the lap", []Read{at(line, 2801)}, nil,
			[]said{{Counted, 2, 2801}}, // RULES.md, 4: nothing says that it was not
		},
		{"reads after the finish", append(slices.Clone(whole), at(k7, 4100), at(line, 5000)), nil,
			append(slices.Clone(counted), said{AfterFinish, 4, 4000}, said{AfterFinish, 4, 4000})},
		{"a ride in a car", []Read{at(line, 1005), at(k2, 1100)}, nil, []said{{Counted, 0, 1005}, {TooFast, 1, 0}}},
		{
			"a ghost read far ahead", append(slices.Clone(whole), at(k7, 1650)), nil,
			append(slices.Clone(counted), said{TooFast, 3, 3000}),
		},
		{
			"a read ahead that somebody could have run, against the others",
			append(slices.Clone(whole), at(k7, 1800)), nil, append(slices.Clone(counted), said{OutOfOrder, 3, 3000}),
		},
		{
			"comes back to the point once more", []Read{at(line, 1005), at(k2, 1600), at(k2, 1700), at(line, 2400)}, nil,
			[]said{{Counted, 0, 1005}, {Counted, 1, 1600}, {AnotherCrossing, 1, 1600}, {Counted, 2, 2400}},
		},
		{"another distance's point", []Read{at(line, 1005), at(elsewhere, 1500)}, nil, []said{{Counted, 0, 1005}, {PointNotOnCourse, -1, 0}}},
		{
			"an official's passing", []Read{at(line, 1005), at(k2, 1600), at(line, 2400)},
			[]Manual{{1, sec(1650)}, {0, sec(1001)}}, []said{{ManualTime, 0, 1001}, {ManualTime, 1, 1650}, {Counted, 2, 2400}},
		},
		{
			"an official's finish, before the mats saw it", whole, []Manual{{4, sec(3990)}},
			[]said{{Counted, 0, 1005}, {Counted, 1, 1600}, {Counted, 2, 2400}, {Counted, 3, 3000}, {ManualTime, 4, 3990}},
		},
		{
			"an official's finish that contradicts what the mats saw", []Read{at(line, 1005), at(k2, 1600)},
			[]Manual{{4, sec(1500)}}, []said{{Counted, 0, 1005}, {AfterFinish, 4, 1500}},
		},
		{
			"an official's start before the gun", []Read{at(line, 990), at(k2, 995)}, []Manual{{0, sec(980)}},
			[]said{{BeforeGun, -1, 0}, {BeforeGun, -1, 0}},
		},
		{
			"an official's finish before the gun", []Read{at(line, 1005), at(k2, 1600)}, []Manual{{4, sec(700)}},
			[]said{{Counted, 0, 1005}, {Counted, 1, 1600}},
		},
	} {
		event, r := lap()
		if diff := gocmp.Diff(c.want, judged(event, r, c.reads, sec(gun), c.manual)); diff != "" {
			t.Errorf("%s: verdicts (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestJudgeBeforeTheGunIsKnown(t *testing.T) {
	t.Parallel()
	event, r := lap()
	got := judged(event, r, []Read{at(line, 1005), at(elsewhere, 1005)}, 0, nil)
	if diff := gocmp.Diff([]said{{GunUnknown, -1, 0}, {PointNotOnCourse, -1, 0}}, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// Where the start is a place of its own, it is no later visit.
func TestJudgeAtAStartOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reads  []Read
		manual []Manual
		want   []said
	}{
		{"a late start", []Read{at(0, 2801), at(1, 3400)}, nil, []said{{OutsideStartWindow, 0, 0}, {Counted, 1, 3400}}},
		{"comes back to the start", []Read{at(0, 1005), at(0, 1100), at(1, 2000)}, nil,
			[]said{{Counted, 0, 1005}, {AnotherCrossing, 0, 1005}, {Counted, 1, 2000}}},
		{"comes back to the start behind the window", []Read{at(0, 1005), at(0, 2900)}, nil,
			[]said{{Counted, 0, 1005}, {AnotherCrossing, 0, 1005}}},
		{"an official's start, and a late read there", []Read{at(0, 2900)}, []Manual{{0, sec(1010)}}, []said{{ManualTime, 0, 1010}}},
		{"a swapped pair: the chip of whoever runs the other way", []Read{at(2, 1100), at(1, 2000), at(0, 2900)}, nil,
			[]said{{TooFast, 2, 0}, {Counted, 1, 2000}, {OutsideStartWindow, 0, 0}}},
	} {
		event, r := relay(race.TeamChip)
		r.Team = nil
		if diff := gocmp.Diff(c.want, judged(event, r, c.reads, sec(gun), c.manual)); diff != "" {
			t.Errorf("%s: verdicts (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestJudgeMemberChips(t *testing.T) {
	t.Parallel()
	worn := func(leg int16, point int32, s float64) Read { return Read{At: sec(s), Point: point, Leg: leg} }
	for _, c := range []struct {
		name   string
		reads  []Read
		manual []Manual
		want   []said
	}{
		{"the incoming member hands over", []Read{worn(1, 0, 1001), worn(2, 1, 1900), worn(1, 1, 2000), worn(2, 1, 2003), worn(2, 2, 2700)}, nil,
			[]said{{Counted, 0, 1001}, {AnotherCrossing, 1, 2000}, {Counted, 1, 2000}, {AnotherCrossing, 1, 2000}, {Counted, 2, 2700}}},
		{"only the outgoing member was read", []Read{worn(1, 0, 1001), worn(2, 1, 1980), worn(2, 1, 1990), worn(2, 2, 2700)}, nil,
			[]said{{Counted, 0, 1001}, {SameCrossing, 1, 1990}, {Counted, 1, 1990}, {Counted, 2, 2700}}},
		{"a member on another's leg", []Read{worn(1, 0, 1001), worn(1, 1, 2000), worn(1, 2, 2700)}, nil,
			[]said{{Counted, 0, 1001}, {Counted, 1, 2000}, {OthersLeg, -1, 0}}},
		{"a member at the start who does not start", []Read{worn(2, 0, 1050), worn(1, 0, 1001)}, nil,
			[]said{{OthersLeg, -1, 0}, {Counted, 0, 1001}}},
		{"the team's chip and the member's at the start together", []Read{worn(1, 0, 1001), worn(0, 0, 1001)}, nil,
			[]said{{SameInstant, 0, 1001}, {Counted, 0, 1001}}},
		{"the hand-over that an official entered", []Read{worn(1, 0, 1001), worn(1, 1, 2000), worn(2, 1, 2003)}, []Manual{{1, sec(1999)}},
			[]said{{Counted, 0, 1001}, {ManualTime, 1, 1999}, {ManualTime, 1, 1999}}},
	} {
		event, r := relay(race.MemberChip)
		r.Team.Legs[0].ForcedStart = 0
		if diff := gocmp.Diff(c.want, judged(event, r, c.reads, sec(gun), c.manual)); diff != "" {
			t.Errorf("%s: verdicts (-want +got):\n%s", c.name, diff)
		}
	}
}

// ring is a relay of three laps over the line, with a mass start of the second leg.
func ring(chip race.ChipHolder) (*race.Event, *race.Race) {
	r := race.New(race.Other)
	r.FastestPace = 100 * time.Second
	r.Course = []race.Visit{{Point: "line"}, {Point: "line", AtMillimetres: 2_000_000},
		{Point: "line", AtMillimetres: 4_000_000}, {Point: "line", AtMillimetres: 6_000_000}}
	r.Team = &race.Team{Size: 3, Chip: chip, Legs: []race.Leg{
		{To: "line", LengthMillimetres: 2_000_000, ForcedStart: sec(1500)}, {To: "line", LengthMillimetres: 2_000_000},
		{To: "line", LengthMillimetres: 2_000_000},
	}}
	return &race.Event{Points: []race.PointID{"line", "k2", "k7", "elsewhere"}}, &r
}

// small is an entrant of a small race of any kind, with any trouble.
type small struct {
	event  *race.Event
	race   *race.Race
	reads  []Read
	gun    racetime.Instant
	manual []Manual
}

func drawSmall(t *rapid.T) small {
	var s small
	legs := int16(0)
	switch rapid.SampledFrom([]string{"lap", "relay", "relay of members", "ring", "ring of members"}).Draw(t, "kind") {
	case "lap":
		s.event, s.race = lap()
	case "relay":
		s.event, s.race = relay(race.TeamChip)
	case "relay of members":
		s.event, s.race = relay(race.MemberChip)
		legs = 2
	case "ring":
		s.event, s.race = ring(race.TeamChip)
	case "ring of members":
		s.event, s.race = ring(race.MemberChip)
		legs = 3
	}
	s.race.FastestPace = time.Duration(rapid.SampledFrom([]int{0, 60, 100, 200}).Draw(t, "pace")) * time.Second
	s.race.LateStart = time.Duration(rapid.IntRange(0, 40).Draw(t, "late start")) * 10 * time.Second
	s.gun = rapid.SampledFrom([]racetime.Instant{sec(gun), sec(gun), sec(gun), 0}).Draw(t, "gun")
	instant := rapid.Custom(func(t *rapid.T) racetime.Instant {
		return sec(gun - 30 + 10*float64(rapid.IntRange(0, 200).Draw(t, "at")))
	})
	s.reads = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Read {
		return Read{
			At: instant.Draw(t, "at"), Point: rapid.Int32Range(0, int32(len(s.event.Points)-1)).Draw(t, "point"),
			Leg: rapid.Int16Range(0, legs).Draw(t, "leg"), Backup: rapid.Bool().Draw(t, "backup"),
		}
	}), 0, 14).Draw(t, "reads")
	for visit := range s.race.Course {
		if rapid.IntRange(0, 9).Draw(t, "entered") == 0 {
			s.manual = append(s.manual, Manual{visit, instant.Draw(t, "manual")})
		}
	}
	return s
}

func TestEveryReadHasItsVerdict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSmall(t)
		before := slices.Clone(s.reads)
		passings, judgements := NewFinder(s.event, s.race).Judge(s.reads, s.gun, s.manual)
		if diff := gocmp.Diff(before, s.reads); diff != "" {
			t.Fatalf("Judge changed the reads (-before +after):\n%s", diff)
		}
		found := NewFinder(s.event, s.race).Find(nil, slices.Clone(s.reads), s.gun, s.manual)
		if diff := gocmp.Diff(found, passings); diff != "" {
			t.Fatalf("passings (-Find +Judge):\n%s", diff)
		}
		counts := map[int]int{}
		for i, j := range judgements {
			if j.Verdict < Counted || j.Verdict >= NoLeg {
				t.Errorf("%+v has the verdict %d", s.reads[i], j.Verdict)
			}
			if at, ok := passingAt(passings, j.Visit); ok != (j.CountsAt != 0) || at != j.CountsAt {
				t.Errorf("%+v: %+v, but the passing there is %v, %v", s.reads[i], j, at, ok)
			}
			if j.Verdict != Counted {
				continue
			}
			counts[j.Visit]++
			if s.reads[i].At != j.CountsAt {
				t.Errorf("%+v counts at %v", s.reads[i], j.CountsAt)
			}
			if s.event.Points[s.reads[i].Point] != s.race.Course[j.Visit].Point {
				t.Errorf("%+v counts for visit %d, which is elsewhere", s.reads[i], j.Visit)
			}
		}
		start := s.gun
		for _, p := range passings {
			switch {
			case p.Visit == 0:
				start = max(p.At, s.gun)
			case p.At <= start:
				t.Errorf("%+v is not after the start at %v or the gun at %v", p, start, s.gun)
			}
			want := 1
			if at, entered := manualAt(s.manual, p.Visit); entered && at == p.At && counts[p.Visit] == 0 {
				want = 0
			}
			if counts[p.Visit] != want {
				t.Errorf("visit %d has %d reads that count, want %d", p.Visit, counts[p.Visit], want)
			}
			delete(counts, p.Visit)
		}
		if len(counts) > 0 {
			t.Errorf("reads count for visits %v without a passing", counts)
		}
	})
}

// Reads that are equal in everything may change their verdicts with one another.
func TestTheOrderOfReadsChangesNoVerdict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSmall(t)
		verdicts := func(reads []Read) []string {
			passings, judgements := NewFinder(s.event, s.race).Judge(reads, s.gun, s.manual)
			all := []string{fmt.Sprint(passings)}
			for i, j := range judgements {
				all = append(all, fmt.Sprintf("%+v %+v", reads[i], j))
			}
			slices.SortFunc(all, cmp.Compare)
			return all
		}
		want := verdicts(s.reads)
		shuffled := slices.Clone(s.reads)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, k int) { shuffled[i], shuffled[k] = shuffled[k], shuffled[i] })
		if diff := gocmp.Diff(want, verdicts(shuffled)); diff != "" {
			t.Fatalf("verdicts (-before +shuffled):\n%s", diff)
		}
	})
}

// bestOfAll tries all ways through the nodes, each from behind the way so far: rule 4, with no crossing twice and no passing of an
// official's left out.
func (f *Finder) bestOfAll(way []int) []int {
	visit, at, entered := 0, f.opening.reference, true
	if len(way) > 0 {
		n := f.nodes[way[len(way)-1]]
		visit, at, entered = n.visit, n.at, n.manual()
	}
	end := len(f.nodes)
	var best []int
	if i := slices.IndexFunc(f.nodes, func(n node) bool { return n.visit > visit && n.manual() }); i >= 0 {
		end = i + 1
	} else {
		best = slices.Clone(way)
	}
	for i := range f.nodes[:end] {
		n := &f.nodes[i]
		used := slices.ContainsFunc(way, func(w int) bool { return !n.manual() && f.nodes[w].crossing == n.crossing })
		if n.visit <= visit || used || !(n.manual() && entered) && !f.possible(visit, at, n.visit, n.at, f.pace) {
			continue
		}
		if whole := f.bestOfAll(append(slices.Clone(way), i)); whole != nil && better(whole, best) {
			best = whole
		}
	}
	return best
}

func TestTheWayIsTheBestOfAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSmall(t)
		f := NewFinder(s.event, s.race)
		f.Find(nil, slices.Clone(s.reads), s.gun, s.manual)
		if s.gun == 0 {
			return
		}
		if want := f.bestOfAll(nil); !slices.Equal(want, f.way) {
			t.Fatalf("the way is %v, the best is %v, of %+v", f.way, want, f.nodes)
		}
	})
}
