package registrationpg_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func TestBreaks(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, 1, "marathon")
	f.register(t, 2, "marathon")
	young := request(3, "ten")
	young.Person, young.Guardian = born(2010, time.September, 28), guardian()
	if _, err := f.RegisterPerson(t.Context(), "tester", young); err != nil {
		t.Fatal(err)
	}
	if _, err := f.RegisterTeam(t.Context(), "tester", team(1)); err != nil {
		t.Fatal(err)
	}
	// A child that an organiser entered was below every minimum before.
	f.mustImport(t, "ten,4001,,Child,,2015-01-01,,,,,A,,,", "nordic,6001,,,,,,,,,B,,,")
	tests := []struct {
		name   string
		change func(e *race.Event)
		want   []fault.Violation
	}{
		{"nothing", func(*race.Event) {}, nil},
		{"more places", func(e *race.Event) { e.Races[0].Capacity = 0 }, nil},
		{"an empty race goes", func(e *race.Event) { e.Races = append(e.Races[:1], e.Races[2:]...) }, nil},
		{"a race with entries goes", func(e *race.Event) { e.Races = e.Races[1:] },
			[]fault.Violation{{Path: "races", Reason: "RACE_HAS_ENTRIES", Message: "marathon is missing and has 2 entries"}}},
		{"too few places", func(e *race.Event) { e.Races[0].Capacity = 1 },
			[]fault.Violation{{Path: "races[0].capacity", Reason: "CAPACITY_TAKEN", Message: "1 is below the 2 places that are taken"}}},
		{"a higher age", func(e *race.Event) { e.Races[2].MinAgeYears = 16 },
			[]fault.Violation{{Path: "races[2].min_age", Reason: "AGE_BELOW_MINIMUM", Message: "1 entries would be below it"}}},
		{"an earlier day", func(e *race.Event) { e.Day = civil.Day{Year: 2025, Month: time.September, Day: 27} },
			[]fault.Violation{{Path: "races[2].min_age", Reason: "AGE_BELOW_MINIMUM", Message: "1 entries would be below it"}}},
		{"members must be older", func(e *race.Event) { e.Races[4].MinAgeYears = 31 },
			[]fault.Violation{{Path: "races[4].min_age", Reason: "AGE_BELOW_MINIMUM", Message: "1 entries would be below it"}}},
		{"smaller teams", func(e *race.Event) { e.Races[4].Team = &race.Team{Size: 5} },
			[]fault.Violation{{Path: "races[4].team", Reason: "TEAM_COMPOSITION", Message: "1 teams would break it"}}},
		{"persons instead of teams", func(e *race.Event) { e.Races[4].Team = nil },
			[]fault.Violation{{Path: "races[4].team", Reason: "RACE_HAS_ENTRIES", Message: "changes between persons and teams and has 1 entries"}}},
		{"a wave goes", func(e *race.Event) { e.Races[3].Waves = e.Races[3].Waves[:1] },
			[]fault.Violation{{Path: "races[3].waves", Reason: "WAVE_UNKNOWN", Message: "1 entries would be in no wave"}}},
	}
	for _, tt := range tests {
		newer := almaty()
		tt.change(newer)
		got, err := f.Breaks(t.Context(), 1, f.event, newer, false)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got { // References, which are random, follow.
			got[i].Message, _, _ = strings.Cut(got[i].Message, ": ")
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestBreaksKeepsMisfits(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, 1, "marathon")
	f.register(t, 2, "marathon")
	if _, err := f.RegisterTeam(t.Context(), "tester", team(1)); err != nil {
		t.Fatal(err)
	}
	newer := almaty()
	newer.Races[0].MinAgeYears, newer.Races[0].Capacity = 99, 1
	newer.Races[4].Team = &race.Team{Size: 5}
	got, err := f.Breaks(t.Context(), 1, f.event, newer, true)
	if err != nil {
		t.Fatal(err)
	}
	want := []fault.Violation{
		{Path: "races[0].capacity", Reason: "CAPACITY_TAKEN", Message: "1 is below the 2 places that are taken"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}
