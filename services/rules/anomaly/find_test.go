package anomaly_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Instants are seconds: the gun of wave 1 goes at 1000, that of wave 3 at 2200.
const (
	gun  = 1000
	gun3 = 2200
)

func sec(s float64) racetime.Instant { return racetime.Instant(s * 1e6) }

// city is a race of 20 km over k5, k10, a tunnel without mats and k15 back to the line.
func city() (*race.Event, *race.Race) {
	r := race.New(race.Other)
	r.DistanceMillimetres = 20_000_000
	r.Course = []race.Visit{
		{Point: "line"}, {Point: "k5", AtMillimetres: 5_000_000}, {Point: "k10", AtMillimetres: 10_000_000},
		{Point: "tunnel", AtMillimetres: 12_000_000}, {Point: "k15", AtMillimetres: 15_000_000},
		{Point: "line", AtMillimetres: 20_000_000},
	}
	event := &race.Event{Points: []race.PointID{"line", "k5", "k10", "tunnel", "k15"}}
	for _, point := range []race.PointID{"line", "k5", "k10", "k15"} {
		event.Mats = append(event.Mats, race.Mat{ID: race.MatID(point) + "-a", Point: point})
	}
	return event, &r
}

const (
	line = iota
	k5
	k10
	tunnel
	k15
)

func at(point int32, s float64) passing.Read { return passing.Read{At: sec(s), Point: point} }

// day is what is known of one entrant.
type day struct {
	event  *race.Event
	race   *race.Race
	reads  []passing.Read
	manual []passing.Manual
	gun    float64
	closed bool
	ruled  string
	review []anomaly.Review
}

func (d day) anomalies() []anomaly.Anomaly {
	finder := passing.NewFinder(d.event, d.race)
	gunAt := sec(d.gun)
	passings := finder.Find(nil, d.reads, gunAt, d.manual)
	return anomaly.Find(anomaly.Facts{
		Event: d.event, Race: d.race, Passings: passings, Oddities: finder.Oddities(passings, d.reads, gunAt, d.manual),
		GunAt: gunAt, FirstGunAt: sec(gun), Closed: d.closed, StatusBy: d.ruled, Reviews: d.review,
	})
}

// found is an anomaly with instants and time in seconds.
type found struct {
	Kind   anomaly.Kind
	Visit  int
	At     float64
	From   int
	FromAt float64
	Time   time.Duration
	Leg    int
	By     string
}

func show(anomalies []anomaly.Anomaly) []found {
	var shown []found
	for _, a := range anomalies {
		shown = append(shown, found{
			a.Kind, a.Visit, float64(a.At) / 1e6, a.FromVisit, float64(a.FromAt) / 1e6, a.Time, a.Leg, a.DealtBy,
		})
	}
	return shown
}

const (
	nowhere = anomaly.Nowhere
	second  = time.Second
)

func TestFind(t *testing.T) {
	t.Parallel()
	lateAtK10 := func(r *race.Race) {
		r.Course[2].CutOff.AfterGun = 2900 * second
		r.Course[5].CutOff.AfterGun = time.Second
	}
	for _, c := range []struct {
		name   string
		reads  []passing.Read
		manual []passing.Manual
		gun    float64 // of the own wave; 0 is wave 1's
		closed bool
		spoil  func(*race.Race)
		want   []found
	}{
		{name: "never seen, the race is closed", closed: true},
		{
			name:  "a point without mats is not missed",
			reads: []passing.Read{at(line, 1005), at(k5, 2500), at(k10, 4000), at(k15, 5500), at(line, 7000)},
		},
		{
			name:  "one missing point is information",
			reads: []passing.Read{at(line, 1005), at(k5, 2500), at(k15, 5500), at(line, 7000)},
			want:  []found{{Kind: anomaly.MissingPoint, Visit: 2, From: nowhere}},
		},
		{
			name:  "two missing points in a row",
			reads: []passing.Read{at(line, 1005), at(k15, 5500), at(line, 7000)},
			want:  []found{{Kind: anomaly.MissingPoints, Visit: 2, From: 1}},
		},
		{
			name:  "a point without mats between them does not part a row",
			reads: []passing.Read{at(line, 1005), at(k5, 2500), at(line, 7000)},
			want:  []found{{Kind: anomaly.MissingPoints, Visit: 4, From: 2}},
		},
		{
			name:  "two missing points that are not in a row",
			reads: []passing.Read{at(line, 1005), at(k10, 4000), at(line, 7000)},
			want:  []found{{Kind: anomaly.MissingPoint, Visit: 1, From: nowhere}, {Kind: anomaly.MissingPoint, Visit: 4, From: nowhere}},
		},
		{
			name:  "who may still come is not missed, though the race is closed",
			reads: []passing.Read{at(line, 1005), at(k5, 2500)}, closed: true,
		},
		{
			name:  "a missing time that an official entered",
			reads: []passing.Read{at(line, 1005), at(k5, 2500), at(k15, 5500)}, manual: []passing.Manual{{Visit: 2, At: sec(4000)}},
		},
		{
			name:  "finish without start",
			reads: []passing.Read{at(k5, 2500), at(k10, 4000), at(k15, 5500), at(line, 7000)},
			want:  []found{{Kind: anomaly.FinishWithoutStart, Visit: 5, At: 7000, From: nowhere}},
		},
		{
			name:  "no start, still on course",
			reads: []passing.Read{at(k5, 2500), at(k10, 4000)},
		},
		{
			name:  "nothing after the start, and the race is closed",
			reads: []passing.Read{at(line, 1005)}, closed: true,
			want: []found{{Kind: anomaly.NothingAfterStart, At: 1005, From: nowhere}},
		},
		{name: "nothing after the start yet", reads: []passing.Read{at(line, 1005)}},
		{
			name:  "an impossible segment, with the time that it would give",
			reads: []passing.Read{at(line, 1005), at(k5, 1300), at(k10, 4000), at(k15, 5500), at(line, 7000)},
			want: []found{
				{Kind: anomaly.MissingPoint, Visit: 1, From: nowhere},
				{Kind: anomaly.ImpossibleSegment, Visit: 1, At: 1300, From: 0, FromAt: 1005, Time: 295 * second},
			},
		},
		{
			name:  "an impossible segment that an official lets stand",
			reads: []passing.Read{at(line, 1005), at(k5, 1300), at(k10, 4000)}, manual: []passing.Manual{{Visit: 1, At: sec(1300)}},
		},
		{
			name:  "a finish that an official entered before the gun",
			reads: []passing.Read{at(line, 1005), at(k5, 2500)}, manual: []passing.Manual{{Visit: 5, At: sec(700)}},
			want: []found{{Kind: anomaly.ImpossibleSegment, Visit: 5, At: 700, From: 0, FromAt: 1005, Time: -305 * second}},
		},
		{
			name:  "in two places at once",
			reads: []passing.Read{at(line, 1005), at(k5, 2500), at(k10, 4000), at(k15, 4010), at(line, 7000)},
			want: []found{
				{Kind: anomaly.MissingPoint, Visit: 4, From: nowhere},
				{Kind: anomaly.TwoPlaces, Visit: 4, At: 4010, From: 2, FromAt: 4000},
				{Kind: anomaly.ImpossibleSegment, Visit: 4, At: 4010, From: 2, FromAt: 4000, Time: 10 * second},
			},
		},
		{
			name: "wave 3 entrant starts with wave 1", gun: gun3,
			reads: []passing.Read{at(line, 1010), at(k5, 2900)},
			want:  []found{{Kind: anomaly.EarlyWave, At: 1010, From: nowhere, Time: 1190 * second}},
		},
		{
			name: "wave 3 entrant ruled to start with wave 1", gun: gun,
			reads: []passing.Read{at(line, 1010), at(k5, 2900)},
		},
		{
			name: "wave 3 entrant warms up on the mat and starts with wave 3", gun: gun3,
			reads: []passing.Read{at(line, 1010), at(line, 2210), at(k5, 3900)},
		},
		{
			name:  "false start",
			reads: []passing.Read{at(line, 995), at(k5, 2500)},
			want:  []found{{Kind: anomaly.FalseStart, At: 995, From: nowhere, Time: 5 * second}},
		},
		{
			name: "false start before the gun of wave 1 by an entrant of wave 3, and the finish", gun: gun3,
			reads: []passing.Read{at(line, 990), at(k5, 2900), at(k10, 4000), at(k15, 5500), at(line, 7000)},
			want: []found{
				{Kind: anomaly.FalseStart, At: 990, From: nowhere, Time: 10 * second},
				{Kind: anomaly.FinishWithoutStart, Visit: 5, At: 7000, From: nowhere},
			},
		},
		{name: "waits at the start before the gun", reads: []passing.Read{at(line, 995)}},
		{
			name:  "false start, and nothing after it when the race is closed",
			reads: []passing.Read{at(line, 990), at(line, 995)}, closed: true,
			want: []found{{Kind: anomaly.FalseStart, At: 995, From: nowhere, Time: 5 * second}},
		},
		{
			name: "started with an earlier wave, and nothing after it when the race is closed", gun: gun3,
			reads: []passing.Read{at(line, 1010)}, closed: true,
			want: []found{{Kind: anomaly.EarlyWave, At: 1010, From: nowhere, Time: 1190 * second}},
		},
		{
			name:  "tried the mat an hour before the gun and did not start",
			reads: []passing.Read{at(line, -2600)}, closed: true,
		},
		{
			name:  "too fast from the gun, and seen nowhere else",
			reads: []passing.Read{at(k5, 1300)},
			want:  []found{{Kind: anomaly.ImpossibleSegment, Visit: 1, At: 1300, From: 0, FromAt: 1000, Time: 300 * second}},
		},
		{
			name:  "tries the mat an hour before the gun",
			reads: []passing.Read{at(line, -2600), at(k5, 2500)},
		},
		{
			name:  "over time at the first cut-off that was missed, by so much",
			reads: []passing.Read{at(line, 1005), at(k5, 2500), at(k10, 4000), at(k15, 5500), at(line, 7000)}, spoil: lateAtK10,
			want: []found{{Kind: anomaly.OverTime, Visit: 2, At: 4000, From: nowhere, Time: 100 * second}},
		},
		{
			name:  "a cut-off met to the microsecond",
			reads: []passing.Read{at(line, 1005), at(k5, 2500), at(k10, 3900)}, spoil: lateAtK10,
		},
		{
			name:  "over time from the own start",
			reads: []passing.Read{at(line, 1500), at(k5, 2500)},
			spoil: func(r *race.Race) { r.Course[1].CutOff.AfterStart = 999 * second },
			want:  []found{{Kind: anomaly.OverTime, Visit: 1, At: 2500, From: nowhere, Time: second}},
		},
	} {
		event, r := city()
		if c.spoil != nil {
			c.spoil(r)
		}
		d := day{event: event, race: r, reads: c.reads, manual: c.manual, gun: c.gun, closed: c.closed}
		if d.gun == 0 {
			d.gun = gun
		}
		if diff := cmp.Diff(c.want, show(d.anomalies())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestFindAMemberOnAnothersLeg(t *testing.T) {
	t.Parallel()
	event, r := city()
	r.Team = &race.Team{Size: 2, Chip: race.MemberChip, Legs: []race.Leg{
		{To: "k10", LengthMillimetres: 10_000_000}, {To: "line", LengthMillimetres: 10_000_000},
	}}
	worn := func(leg int16, point int32, s float64) passing.Read {
		return passing.Read{At: sec(s), Point: point, Leg: leg}
	}
	d := day{event: event, race: r, gun: gun, reads: []passing.Read{
		worn(1, line, 1005), worn(1, k5, 2500), worn(1, k10, 4000), worn(1, k15, 5500), worn(2, line, 7000),
	}}
	want := []found{
		{Kind: anomaly.MissingPoint, Visit: 4, From: nowhere},
		{Kind: anomaly.OthersLeg, Visit: 4, At: 5500, From: nowhere, Leg: 1},
	}
	if diff := cmp.Diff(want, show(d.anomalies())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatDealsWithAnAnomaly(t *testing.T) {
	t.Parallel()
	review := func(by string, kind anomaly.Kind, point string) anomaly.Review {
		return anomaly.Review{By: by, Kind: kind, Point: point}
	}
	for _, c := range []struct {
		name    string
		ruled   string
		reviews []anomaly.Review
		// missing are the two missing points, finish is the finish without a start.
		missing, finish string
	}{
		{name: "nobody"},
		{name: "missing points reviewed, and not which", reviews: []anomaly.Review{review("r1", anomaly.MissingPoints, "")}},
		{name: "a finish without a start reviewed, of which there is one", reviews: []anomaly.Review{review("r1", anomaly.FinishWithoutStart, "")}, finish: "r1"},
		{name: "reviewed at this point", reviews: []anomaly.Review{review("r1", anomaly.MissingPoints, "k10")}, missing: "r1"},
		{name: "reviewed where the row begins", reviews: []anomaly.Review{review("r1", anomaly.MissingPoints, "k5")}, missing: "r1"},
		{name: "reviewed at another point", reviews: []anomaly.Review{review("r1", anomaly.MissingPoints, "k15")}},
		{name: "reviewed at the start, which is another visit of the point", reviews: []anomaly.Review{review("r1", anomaly.FinishWithoutStart, "line")}},
		{name: "reviewed at the finish", reviews: []anomaly.Review{review("r1", anomaly.FinishWithoutStart, "line#2")}, finish: "r1"},
		{name: "reviewed at a point that the course no longer has", reviews: []anomaly.Review{review("r1", anomaly.MissingPoints, "k7")}},
		{
			name:    "both reviewed, one of them twice: the first deals with it",
			reviews: []anomaly.Review{review("r1", anomaly.FinishWithoutStart, ""), review("r2", anomaly.MissingPoints, "k5"), review("r3", anomaly.MissingPoints, "k10")},
			missing: "r2", finish: "r1",
		},
		{
			name: "disqualified deals with all", ruled: "dsq",
			reviews: []anomaly.Review{review("r1", anomaly.MissingPoints, "k10")}, missing: "dsq", finish: "dsq",
		},
	} {
		event, r := city()
		d := day{event: event, race: r, gun: gun, ruled: c.ruled, review: c.reviews, reads: []passing.Read{at(k15, 5500), at(line, 7000)}}
		want := []found{
			{Kind: anomaly.MissingPoints, Visit: 2, From: 1, By: c.missing},
			{Kind: anomaly.FinishWithoutStart, Visit: 5, At: 7000, From: nowhere, By: c.finish},
		}
		if diff := cmp.Diff(want, show(d.anomalies())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestMissingOnePointIsInformationOnly(t *testing.T) {
	t.Parallel()
	for _, kind := range anomaly.Kinds() {
		if got, want := kind.Information(), kind == anomaly.MissingPoint; got != want {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
}
