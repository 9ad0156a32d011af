package matcheck_test

import (
	"testing"
	"time"

	"raceday/services/rules/matcheck"
)

func TestAtPace(t *testing.T) {
	t.Parallel()
	const km = 1_000_000
	for _, c := range []struct {
		name           string
		elapsed        time.Duration
		covered, ahead int64
		want           time.Duration
		ok             bool
	}{
		{"the same pace", 20 * minute, 5 * km, 10 * km, 40 * minute, true},
		{"a hundred kilometres in a day, once more", 24 * time.Hour, 100 * km, 100 * km, 24 * time.Hour, true},
		{"no time passed", 0, 5 * km, 5 * km, 0, false},
		{"clocks that disagree", -minute, 5 * km, 5 * km, 0, false},
		{"a clock in another year", 365 * 24 * time.Hour, 5 * km, 5 * km, 0, false},
		{"no length covered", minute, 0, 5 * km, 0, false},
		{"no length ahead", minute, 5 * km, 0, 0, false},
		{"a metre in an hour", time.Hour, 1000, 42 * km, 0, false},
	} {
		got, ok := matcheck.AtPace(c.elapsed, c.covered, c.ahead)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: got %v, %v, want %v, %v", c.name, got, ok, c.want, c.ok)
		}
	}
	if got, ok := matcheck.AtWalk(5 * km); got != time.Hour || !ok {
		t.Errorf("five kilometres at a walk: got %v, %v", got, ok)
	}
}

func TestAMatAloneAtItsPointFallsSilent(t *testing.T) {
	t.Parallel()
	// Runners are expected at the mat one every so often, 20 minutes after they were seen.
	type field struct {
		first, every time.Duration
		n            int
	}
	for _, c := range []struct {
		name            string
		heard           time.Duration
		passed, awaited field
		// now is how long after the start it is asked; the mat was last read at heard.
		now     time.Duration
		overdue int
		want    bool
	}{
		{name: "nobody is late yet", awaited: field{30 * minute, minute, 20}, now: 34 * minute},
		{name: "nine are late", awaited: field{30 * minute, 0, 9}, now: 40 * minute, overdue: 9},
		{name: "ten are late, and nobody was ever seen", awaited: field{30 * minute, 0, 10}, now: 35 * minute, overdue: 10, want: true},
		{name: "ten are late by less than a quarter of their way", awaited: field{30 * minute, 0, 10}, now: 35*minute - 1000},
		{name: "a mat dies in the middle of the field", heard: 60 * minute, passed: field{31 * minute, minute, 30},
			awaited: field{60*minute + 30*second, minute, 60}, now: 76 * minute, overdue: 11, want: true},
		{name: "they should have passed before it was last read", heard: 60 * minute, passed: field{31 * minute, minute, 30},
			awaited: field{30 * minute, minute, 30}, now: 76 * minute},
		{name: "twelve of the last hour's two hundred give up behind the last one who came", heard: 80 * minute,
			passed: field{21 * minute, 18 * second, 200}, awaited: field{81 * minute, 0, 12}, now: 89 * minute, overdue: 12},
		{name: "they who passed long ago say nothing of now", heard: 80 * minute,
			passed: field{21 * minute, 18 * second, 200}, awaited: field{90 * minute, 0, 12}, now: 150*minute - 1000, overdue: 12, want: true},
		{name: "reads of the day before", awaited: field{-24 * time.Hour, 0, 100}, now: 10 * minute},
		{name: "nobody is late any more after an hour", awaited: field{30 * minute, 0, 20}, now: 90 * minute},
	} {
		heard := after(c.heard)
		if c.heard == 0 {
			heard = 0
		}
		w := matcheck.NewWatch(after(c.now), heard)
		for i := range c.passed.n {
			w.Pass(after(c.passed.first + time.Duration(i)*c.passed.every))
		}
		for i := range c.awaited.n {
			w.Await(after(c.awaited.first+time.Duration(i)*c.awaited.every-20*minute), 20*minute)
		}
		if w.Silent() != c.want || w.Overdue() != c.overdue {
			t.Errorf("%s: silent %v with %d overdue, want %v with %d", c.name, w.Silent(), w.Overdue(), c.want, c.overdue)
		}
	}
}

func TestWhenTheNextRunnerIsLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		seen       []time.Duration
		takes, now time.Duration
		want       time.Duration
	}{
		{"nobody is awaited", nil, minute, 0, 0},
		{"a quarter of the way after it is expected", []time.Duration{minute, 0, 2 * minute}, 20 * minute, 10 * minute, 25 * minute},
		{"two minutes on a short stretch", []time.Duration{0}, 4 * minute, minute, 6 * minute},
		{"who is late already, for an hour", []time.Duration{0}, 20 * minute, 25 * minute, 80 * minute},
		{"the next one", []time.Duration{0, minute}, 20 * minute, 25 * minute, 26 * minute},
	} {
		w := matcheck.NewWatch(after(c.now), 0)
		for _, seen := range c.seen {
			w.Await(after(seen), c.takes)
		}
		want := after(c.want)
		if c.want == 0 {
			want = 0
		}
		if got := w.Next(); got != want {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}
