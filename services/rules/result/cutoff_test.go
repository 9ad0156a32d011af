package result_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

func TestCutOffs(t *testing.T) {
	t.Parallel()
	const us = time.Microsecond
	unread := seen{1: 2500, 2: 4000}
	gun, net := 3000*time.Second, 2995*time.Second
	for _, c := range []struct {
		name         string
		at           seen
		half, finish race.CutOff
		over         bool
	}{
		{name: "none", at: whole()},
		{name: "after the gun: exactly", at: whole(), finish: race.CutOff{AfterGun: gun}},
		{name: "after the gun: a microsecond late", at: whole(), finish: race.CutOff{AfterGun: gun - us}, over: true},
		{name: "after the start: exactly", at: whole(), finish: race.CutOff{AfterStart: net}},
		{name: "after the start: a microsecond late", at: whole(), finish: race.CutOff{AfterStart: net - us}, over: true},
		{name: "after the start, which was not read: the gun stands in", at: unread, finish: race.CutOff{AfterStart: gun}},
		{name: "after the start, which was not read: late from the gun", at: unread, finish: race.CutOff{AfterStart: gun - us}, over: true},
		{name: "by the clock: exactly", at: whole(), finish: race.CutOff{Clock: sec(4000)}},
		{name: "by the clock: a microsecond late", at: whole(), finish: race.CutOff{Clock: sec(4000) - 1}, over: true},
		{name: "met by one limit, missed by the other", at: whole(), finish: race.CutOff{AfterGun: gun, Clock: sec(3999)}, over: true},
		{name: "met from the own start, missed from the gun", at: whole(), finish: race.CutOff{AfterStart: net, AfterGun: net}, over: true},
		{name: "half-way in time", at: whole(), half: race.CutOff{AfterGun: 1500 * time.Second}},
		{name: "half-way too late, the finish in time", at: whole(), half: race.CutOff{AfterGun: 1499 * time.Second}, finish: race.CutOff{AfterGun: gun}, over: true},
		{name: "half-way not seen", at: seen{0: 1005, 2: 4000}, half: race.CutOff{AfterGun: time.Second}},
	} {
		r := ten()
		r.Course[1].CutOff, r.Course[2].CutOff = c.half, c.finish
		want := result.Finished
		if c.over {
			want = result.OTL
		}
		if got := compute(r, runner(), c.at).Status; got != want {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}

func TestOverTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		rule  race.OverTime
		at    seen
		close bool
		want  shown
	}{
		{"OTL keeps its times", race.OverTimeOTL, whole(), false, unranked(result.OTL, 3000, 2995)},
		{"DNF has none", race.OverTimeDNF, whole(), false, shown{Status: result.DNF}},
		{"DSQ keeps its times", race.OverTimeDSQ, whole(), false, unranked(result.DSQ, 3000, 2995)},
		{"too late half-way and still on course", race.OverTimeDSQ, seen{0: 1005, 1: 2500}, false, shown{Status: result.Started}},
		{"too late half-way, the race is closed", race.OverTimeDSQ, seen{0: 1005, 1: 2500}, true, shown{Status: result.DNF}},
	} {
		r := ten()
		r.OverTime = c.rule
		r.Course[1].CutOff = race.CutOff{AfterGun: time.Second}
		got := compute(r, runner(), c.at)
		if c.close {
			got = compute(r, runner(), c.at, closed)
		}
		if diff := cmp.Diff(c.want, show(got)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.name, diff)
		}
	}
}

// A penalty makes nobody over time: cut-offs look at the passing.
func TestPenaltiesMeetNoCutOff(t *testing.T) {
	t.Parallel()
	r := ten()
	r.Course[2].CutOff = race.CutOff{AfterGun: 3000 * time.Second}
	if got := compute(r, runner(), whole(), penalty(60)).Status; got != result.Finished {
		t.Errorf("%v, want FINISHED", got)
	}
}
