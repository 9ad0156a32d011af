package race_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestVisitAt(t *testing.T) {
	t.Parallel()
	r := &race.Race{Course: []race.Visit{{Point: "line"}, {Point: "k5"}, {Point: "line"}, {Point: "k5"}, {Point: "line"}}}
	for _, c := range []struct {
		text string
		want int // -1 is none
	}{
		{"line", 0}, {"line#1", 0}, {"line#2", 2}, {"line#3", 4}, {"line#4", -1},
		{"k5", 1}, {"k5#2", 3}, {"k5#3", -1},
		{"k10", -1}, {"", -1}, {"line#", -1}, {"line#0", -1}, {"line#-1", -1}, {"line#two", -1}, {"line#2#2", -1},
		{"line#99999999999999999999", -1},
	} {
		if got, ok := r.VisitAt(c.text); ok != (c.want >= 0) || ok && got != c.want {
			t.Errorf("%q is visit %d, %v, want %d", c.text, got, ok, c.want)
		}
	}
}

func TestVisitName(t *testing.T) {
	t.Parallel()
	r := &race.Race{Course: []race.Visit{{Point: "line"}, {Point: "k5"}, {Point: "line"}, {Point: "k10"}, {Point: "line"}}}
	for visit, want := range map[int]string{-1: "", 0: "line#1", 1: "k5", 2: "line#2", 3: "k10", 4: "line#3", 5: ""} {
		if got := r.VisitName(visit); got != want {
			t.Errorf("visit %d is %q, want %q", visit, got, want)
		}
	}
}

func TestLegEnds(t *testing.T) {
	t.Parallel()
	course := []race.Visit{{Point: "line"}, {Point: "x"}, {Point: "k5"}, {Point: "x"}, {Point: "line"}}
	for _, c := range []struct {
		name string
		to   []race.PointID
		want []int
		ok   bool
	}{
		{"a leg for each visit", []race.PointID{"x", "k5", "x", "line"}, []int{1, 2, 3, 4}, true},
		{"over a point without a hand-over", []race.PointID{"x", "x", "line"}, []int{1, 3, 4}, true},
		{"the start ends no leg", []race.PointID{"line"}, []int{4}, true},
		{"a point that does not follow", []race.PointID{"k5", "k5"}, []int{2}, false},
		{"after the finish", []race.PointID{"line", "line"}, []int{4}, false},
		{"no legs", nil, []int{}, true},
	} {
		r := &race.Race{Course: course, Team: &race.Team{}}
		for _, point := range c.to {
			r.Team.Legs = append(r.Team.Legs, race.Leg{To: point})
		}
		got, ok := r.LegEnds()
		if diff := cmp.Diff(c.want, got); diff != "" || ok != c.ok {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, ok, diff)
		}
	}
}

func TestWaveOf(t *testing.T) {
	t.Parallel()
	one := &race.Race{Waves: []race.Wave{{ID: "all", Bibs: []race.BibRange{{First: 1, Last: 9}}}}}
	two := &race.Race{Waves: []race.Wave{
		{ID: "A", Bibs: []race.BibRange{{First: 1, Last: 9}, {Prefix: "E", First: 1, Last: 9}}},
		{ID: "B", Bibs: []race.BibRange{{First: 10, Last: 99}}},
	}}
	for _, c := range []struct {
		name string
		race *race.Race
		wave race.WaveID
		bib  race.Bib
		want race.WaveID // empty is none
	}{
		{"by range", two, "", "10", "B"},
		{"by the second range", two, "", "E7", "A"},
		{"the roster's beats the range", two, "A", "10", "A"},
		{"the roster's that the race lacks", two, "C", "10", ""},
		{"in no range", two, "", "100", ""},
		{"in no range of the only wave", one, "", "100", "all"},
		{"without a bib, the only wave", one, "", "", "all"},
		{"without a bib", two, "", "", ""},
		{"no waves", &race.Race{}, "", "1", ""},
	} {
		got := c.race.WaveOf(c.wave, c.bib)
		if got == nil && c.want != "" || got != nil && got.ID != c.want {
			t.Errorf("%s: %v, want %q", c.name, got, c.want)
		}
	}
}

func TestMatHolds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		from, until racetime.Instant
		at          racetime.Instant
		want        bool
	}{
		{"open", 0, 0, 5, true},
		{"from is in it", 5, 9, 5, true},
		{"before from", 5, 9, 4, false},
		{"just before until", 5, 9, 8, true},
		{"until is not in it", 5, 9, 9, false},
		{"open at the end", 5, 0, 99, true},
		{"open at the beginning", 0, 9, -99, true},
	} {
		if got := (race.Mat{From: c.from, Until: c.until}).Holds(c.at); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestYears(t *testing.T) {
	t.Parallel()
	r := race.New(race.Marathon)
	raceDay, given := civil.Day{Year: 2025, Month: 9, Day: 28}, 40
	birth := civil.Day{Year: 1990, Month: 9, Day: 29}
	if got, ok := r.Years(race.Person{BirthDay: birth, AgeYears: &given}, raceDay); got != 34 || !ok {
		t.Errorf("birth date and age: %d, %v, want 34 by the birth date", got, ok)
	}
	if got, ok := r.Years(race.Person{AgeYears: &given}, raceDay); got != 40 || !ok {
		t.Errorf("age alone: %d, %v, want 40", got, ok)
	}
	if got, ok := r.Years(race.Person{}, raceDay); ok {
		t.Errorf("neither: %d, want none", got)
	}
}

func TestSex(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "F", "M", "X"} {
		if got, ok := race.ParseSex(text); !ok || got.String() != text {
			t.Errorf("ParseSex(%q) = %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"f", "W", "MX", " "} {
		if got, ok := race.ParseSex(text); ok {
			t.Errorf("ParseSex(%q) = %v, want none", text, got)
		}
	}
}

func TestCourseOfRecords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		given, want race.CourseID
	}{
		{"named as the race is", "", "ten"}, {"the same under two races", "almaty", "almaty"},
	} {
		r := race.Race{ID: "ten", RecordCourse: c.given}
		if got := r.RecordsOf(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
