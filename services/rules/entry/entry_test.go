package entry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
)

func day(year int, month time.Month, d int) civil.Day {
	return civil.Day{Year: year, Month: month, Day: d}
}

func TestCheckAgeAtTheBoundary(t *testing.T) {
	t.Parallel()
	september := day(2025, time.September, 28)
	exact := age.Rule{}
	tests := []struct {
		name     string
		minYears int
		rule     age.Rule
		eventDay civil.Day
		birth    civil.Day
		want     []entry.Problem
	}{
		{"marathon: 18 on race day", 18, exact, september, day(2007, time.September, 28), nil},
		{"marathon: 18 the day after", 18, exact, september, day(2007, time.September, 29), below},
		{"half marathon: 18 the day before", 18, exact, september, day(2007, time.September, 27), nil},
		{"10 km: 15 on race day", 15, exact, september, day(2010, time.September, 28), nil},
		{"10 km: 15 the day after", 15, exact, september, day(2010, time.September, 29), below},
		{"Nordic walking: 15 the day after", 15, exact, september, day(2010, time.September, 29), below},
		{"Ekiden member: 16 on race day", 16, exact, september, day(2009, time.September, 28), nil},
		{"Ekiden member: 16 the day after", 16, exact, september, day(2009, time.September, 29), below},
		{"born on 29 February, race on 28 February", 18, exact, day(2026, time.February, 28), day(2008, time.February, 29), below},
		{"born on 29 February, race on 1 March", 18, exact, day(2026, time.March, 1), day(2008, time.February, 29), nil},
		{
			"born on 29 February, race on 28 February that counts", 18, age.Rule{LeapDay: age.February28},
			day(2026, time.February, 28), day(2008, time.February, 29), nil,
		},
		{"year end: 18 on 31 December", 18, age.Rule{On: age.YearEnd}, september, day(2007, time.December, 31), nil},
		{"year end: 18 on 1 January", 18, age.Rule{On: age.YearEnd}, september, day(2008, time.January, 1), below},
		{
			"born before the date", 18, age.Rule{On: age.BornBefore, Before: day(2008, time.January, 1)},
			september, day(2007, time.December, 31), nil,
		},
		{
			"born on the date", 18, age.Rule{On: age.BornBefore, Before: day(2008, time.January, 1)},
			september, day(2008, time.January, 1), below,
		},
		{"race without a minimum", 0, exact, september, september, nil},
		{"born after the race", 0, exact, september, day(2025, time.September, 29), invalid},
		{"born 126 years ago", 18, exact, september, day(1899, time.December, 31), invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &race.Race{MinAgeYears: tt.minYears, Age: tt.rule}
			got := entry.CheckAge(r, race.Person{BirthDay: tt.birth}, tt.eventDay)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("CheckAge (-want +got):\n%s", diff)
			}
		})
	}
}

var (
	below   = []entry.Problem{{Path: "birth_date", Reason: entry.AgeBelowMinimum}}
	invalid = []entry.Problem{{Path: "birth_date", Reason: entry.BirthDateInvalid}}
)

func TestCheckAgeWithoutBirthDate(t *testing.T) {
	t.Parallel()
	r := &race.Race{MinAgeYears: 18}
	old, young := 18, 17
	if got := entry.CheckAge(r, race.Person{AgeYears: &old}, civil.Day{}); got != nil {
		t.Errorf("18 years: got %v, want nothing", got)
	}
	want := []entry.Problem{{Path: "age", Reason: entry.AgeBelowMinimum}}
	if diff := cmp.Diff(want, entry.CheckAge(r, race.Person{AgeYears: &young}, civil.Day{})); diff != "" {
		t.Errorf("17 years (-want +got):\n%s", diff)
	}
	if got := entry.CheckAge(r, race.Person{}, civil.Day{}); got != nil {
		t.Errorf("unknown age: got %v, want nothing", got)
	}
}

func TestCheckNamesEveryMissingField(t *testing.T) {
	t.Parallel()
	want := []entry.Problem{
		{Path: "name", Reason: entry.NameMissing},
		{Path: "sex", Reason: entry.SexMissing},
		{Path: "birth_date", Reason: entry.BirthDateMissing},
	}
	if diff := cmp.Diff(want, entry.Check(&race.Race{}, race.Person{}, civil.Day{})); diff != "" {
		t.Errorf("Check (-want +got):\n%s", diff)
	}
}
