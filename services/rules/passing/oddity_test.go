package passing

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// odd is an oddity with instants in seconds.
type odd struct {
	Kind   OddityKind
	From   int
	FromAt float64
	To     int
	ToAt   float64
	Leg    int
}

func odditiesOf(event *race.Event, r *race.Race, reads []Read, gunAt racetime.Instant, manual []Manual) []Oddity {
	f := NewFinder(event, r)
	reads = slices.Clone(reads)
	passings := f.Find(nil, reads, gunAt, manual)
	return f.Oddities(passings, reads, gunAt, manual)
}

func showOdd(oddities []Oddity) []odd {
	var shown []odd
	for _, o := range oddities {
		shown = append(shown, odd{o.Kind, o.From.Visit, float64(o.From.At) / 1e6, o.To.Visit, float64(o.To.At) / 1e6, o.Leg})
	}
	return shown
}

func TestOddities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reads  []Read
		manual []Manual
		want   []odd
	}{
		{name: "nobody was seen"},
		{name: "at the start before the gun only", reads: []Read{at(line, 990)}, want: []odd{{Kind: EarlyStart, ToAt: 990}}},
		{name: "the whole lap", reads: []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000)}},
		{
			name:  "a stretch that is too fast behind the start",
			reads: []Read{at(line, 1005), at(k2, 1100)},
			want:  []odd{{Kind: ImpossibleSegment, FromAt: 1005, To: 1, ToAt: 1100}},
		},
		{
			name:  "the gun stands in for a start that was not read",
			reads: []Read{at(k2, 1199), at(line, 2900)},
			want:  []odd{{Kind: ImpossibleSegment, FromAt: 1000, To: 1, ToAt: 1199}},
		},
		{
			name:  "a stretch that is too fast from the crossing on",
			reads: []Read{at(line, 1005), at(k2, 2350), at(line, 2400), at(k7, 3000), at(line, 4000)},
			want:  []odd{{Kind: ImpossibleSegment, From: 1, FromAt: 2350, To: 2, ToAt: 2400}},
		},
		{
			name:  "exactly the fastest pace",
			reads: []Read{at(line, 1000), at(k2, 1200)},
		},
		{
			name:  "an official entered the passing",
			reads: []Read{at(line, 1005), at(k2, 1100)}, manual: []Manual{{1, sec(1100)}},
		},
		{
			name:  "an official entered a finish before the gun",
			reads: []Read{at(k2, 1600)}, manual: []Manual{{4, sec(700)}},
			want: []odd{{Kind: NotAfterStart, FromAt: gun, To: 4, ToAt: 700}},
		},
		{
			name:  "an official entered a passing at the own start",
			reads: []Read{at(line, 1005), at(k2, 1600)}, manual: []Manual{{1, sec(1005)}},
			want: []odd{{Kind: NotAfterStart, FromAt: 1005, To: 1, ToAt: 1005}},
		},
		{
			name:  "out of order is not too fast",
			reads: []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000), at(k2, 4600)},
		},
		{
			name:  "two crossings that are too fast at one visit are one oddity",
			reads: []Read{at(line, 1005), at(k2, 1100), at(k2, 1150)},
			want:  []odd{{Kind: ImpossibleSegment, FromAt: 1005, To: 1, ToAt: 1100}},
		},
		{
			name:  "in two places at once",
			reads: []Read{at(line, 1005), at(k2, 1600), at(k7, 1610)},
			want: []odd{
				{Kind: TwoPlaces, From: 1, FromAt: 1600, To: 3, ToAt: 1610},
				{Kind: ImpossibleSegment, From: 1, FromAt: 1600, To: 3, ToAt: 1610},
			},
		},
		{
			name:  "in two places after the finish",
			reads: []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000), at(k2, 5000), at(k7, 5029)},
			want:  []odd{{Kind: TwoPlaces, From: 1, FromAt: 5000, To: 3, ToAt: 5029}},
		},
		{
			name:  "a crossing gap apart is not at once",
			reads: []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000), at(k2, 5000), at(k7, 5030)},
		},
		{
			name:  "started before the gun, the last time that it was seen there",
			reads: []Read{at(line, 980), at(line, 995), at(k2, 1600)},
			want:  []odd{{Kind: EarlyStart, ToAt: 995}},
		},
		{
			name:  "before the gun and after it",
			reads: []Read{at(line, 995), at(line, 1005), at(k2, 1600)},
		},
		{
			name:  "before the gun, and an official entered the start",
			reads: []Read{at(line, 995), at(k2, 1600)}, manual: []Manual{{0, sec(1003)}},
		},
	} {
		event, r := lap()
		if diff := gocmp.Diff(c.want, showOdd(odditiesOf(event, r, c.reads, sec(gun), c.manual))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestOdditiesWithoutAGunOrAPace(t *testing.T) {
	t.Parallel()
	reads := []Read{at(line, 995), at(k2, 1600), at(k7, 1601)}
	event, r := lap()
	if got := odditiesOf(event, r, reads, 0, nil); got != nil {
		t.Errorf("before the gun is known: %v", got)
	}
	r.FastestPace = 0
	if diff := gocmp.Diff([]odd{{Kind: EarlyStart, ToAt: 995}}, showOdd(odditiesOf(event, r, reads, sec(gun), nil))); diff != "" {
		t.Errorf("without a fastest pace (-want +got):\n%s", diff)
	}
}

// Points that lie closer together than a crossing gap at the fastest pace, and mats of one point, are one place.
func TestPlacesCloseTogether(t *testing.T) {
	t.Parallel()
	event, r := lap()
	r.Course[1].AtMillimetres = 299_000
	reads := []Read{at(line, 1005), at(k2, 1600), at(line, 2400), at(k7, 3000), at(line, 4000), at(k2, 4001)}
	if got := odditiesOf(event, r, reads, sec(gun), nil); got != nil {
		t.Errorf("299 m apart: %v", got)
	}
	r.Course[1].AtMillimetres = 300_000
	want := []odd{{Kind: TwoPlaces, From: 0, FromAt: 4000, To: 1, ToAt: 4001}}
	if diff := gocmp.Diff(want, showOdd(odditiesOf(event, r, reads, sec(gun), nil))); diff != "" {
		t.Errorf("300 m apart (-want +got):\n%s", diff)
	}
}

func TestOdditiesOfMembers(t *testing.T) {
	t.Parallel()
	worn := func(leg int16, point int32, s float64) Read { return Read{At: sec(s), Point: point, Leg: leg} }
	for _, c := range []struct {
		name  string
		reads []Read
		want  []odd
	}{
		{"members wait at the exchange", []Read{worn(1, 0, 1001), worn(2, 1, 1900), worn(1, 1, 2000), worn(2, 1, 2003), worn(2, 2, 2700)}, nil},
		{"a member on another's leg", []Read{worn(1, 0, 1001), worn(1, 1, 2000), worn(1, 2, 2700)},
			[]odd{{Kind: OnOthersLeg, To: 2, ToAt: 2700, Leg: 1}}},
		{"two members in two places at once", []Read{worn(1, 0, 1001), worn(1, 1, 2000), worn(2, 2, 2005)},
			[]odd{{Kind: ImpossibleSegment, From: 1, FromAt: 2000, To: 2, ToAt: 2005}}},
		{"the chip of who runs the second leg at the start before the gun", []Read{worn(2, 0, 990), worn(1, 1, 2000)}, nil},
	} {
		event, r := relay(race.MemberChip)
		r.Team.Legs[0].ForcedStart = 0
		if diff := gocmp.Diff(c.want, showOdd(odditiesOf(event, r, c.reads, sec(gun), nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// An official may enter a start long before the gun, and nothing counts before that all the same.
func TestAStartBeforeTheGun(t *testing.T) {
	t.Parallel()
	event, r := relay(race.TeamChip)
	reads, manual := []Read{at(1, 800), at(2, 990), at(1, 1700)}, []Manual{{0, sec(10)}}
	want := []said{{BeforeGun, -1, 0}, {BeforeGun, -1, 0}, {Counted, 1, 1700}}
	if diff := gocmp.Diff(want, judged(event, r, reads, sec(gun), manual)); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if odd := showOdd(odditiesOf(event, r, reads, sec(gun), manual)); len(odd) > 0 {
		t.Errorf("oddities %v, want none", odd)
	}
}

// Oddities are what Judge says of the reads: each crossing that is too fast or on another's leg is one, and nothing else is.
func TestOdditiesAreAsJudged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSmall(t)
		oddities := odditiesOf(s.event, s.race, s.reads, s.gun, s.manual)
		_, judgements := NewFinder(s.event, s.race).Judge(s.reads, s.gun, s.manual)
		is := func(v Verdict) bool {
			return slices.ContainsFunc(judgements, func(j Judgement) bool { return j.Verdict == v })
		}
		has := func(k OddityKind) bool {
			return slices.ContainsFunc(oddities, func(o Oddity) bool { return o.Kind == k })
		}
		passings := NewFinder(s.event, s.race).Find(nil, slices.Clone(s.reads), s.gun, s.manual)
		if has(ImpossibleSegment) != is(TooFast) || has(OnOthersLeg) != is(OthersLeg) {
			t.Fatalf("oddities %v of judgements %v", oddities, judgements)
		}
		for i, o := range oddities {
			if slices.ContainsFunc(oddities[:i], o.like) {
				t.Fatalf("two of a kind at one visit: %v", oddities)
			}
			if o.Kind == ImpossibleSegment && s.race.FastestPace == 0 {
				t.Fatalf("too fast without a fastest pace: %v", o)
			}
			if o.Kind == EarlyStart && len(passings) > 0 && passings[0].Visit == 0 {
				t.Fatalf("an early start beside the start: %v", o)
			}
		}
		// The order of reads says nothing.
		shuffled := slices.Clone(s.reads)
		slices.Reverse(shuffled)
		if diff := gocmp.Diff(oddities, odditiesOf(s.event, s.race, shuffled, s.gun, s.manual)); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	})
}
