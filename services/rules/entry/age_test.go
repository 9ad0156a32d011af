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

var september28 = day(2025, time.September, 28)

// reason is the one that CheckAge gives, at the field that says the age; empty where the person may enter.
func reason(t *testing.T, r *race.Race, p race.Person, eventDay civil.Day) entry.Reason {
	t.Helper()
	problems := entry.CheckAge(r, p, eventDay)
	if len(problems) == 0 {
		return ""
	}
	path := "birth_date"
	if p.BirthDay.IsZero() {
		path = "age"
	}
	if diff := cmp.Diff([]entry.Problem{{Path: path, Reason: problems[0].Reason}}, problems); diff != "" {
		t.Errorf("CheckAge (-want +got):\n%s", diff)
	}
	return problems[0].Reason
}

// The formats take 18, 18, 15, 15 and 16 years; every one is tried at all boundaries, with an upper limit of 70.
func TestCheckAgeOfEveryFormat(t *testing.T) {
	t.Parallel()
	for _, format := range []struct {
		name     string
		format   race.Format
		minYears int
	}{
		{"marathon", race.Marathon, 18},
		{"half marathon", race.HalfMarathon, 18},
		{"10 km", race.TenKm, 15},
		{"Nordic walking", race.NordicWalking, 15},
		{"Ekiden", race.Ekiden, 16},
	} {
		t.Run(format.name, func(t *testing.T) {
			t.Parallel()
			r := race.New(format.format)
			r.MaxAgeYears = 70
			youngest, oldest := 2025-format.minYears, 2025-70
			yearEnd, before := r, r
			yearEnd.Age.On = age.YearEnd
			before.Age = age.Rule{On: age.BornBefore, Before: day(youngest, time.September, 1)}
			for _, c := range []struct {
				name  string
				race  race.Race
				birth civil.Day
				want  entry.Reason
			}{
				{"the minimum the day before", r, day(youngest, time.September, 27), ""},
				{"the minimum on race day", r, day(youngest, time.September, 28), ""},
				{"the minimum the day after", r, day(youngest, time.September, 29), entry.AgeBelowMinimum},
				{"the maximum on race day", r, day(oldest, time.September, 28), ""},
				{"the last day of the maximum", r, day(oldest-1, time.September, 29), ""},
				{"above the maximum on race day", r, day(oldest-1, time.September, 28), entry.AgeAboveMaximum},

				{"year end: the minimum on 31 December", yearEnd, day(youngest, time.December, 31), ""},
				{"year end: the minimum on 1 January", yearEnd, day(youngest+1, time.January, 1), entry.AgeBelowMinimum},
				{"year end: the maximum since 1 January", yearEnd, day(oldest, time.January, 1), ""},
				{"year end: above the maximum on 31 December", yearEnd, day(oldest-1, time.December, 31), entry.AgeAboveMaximum},

				{"born the day before the date", before, day(youngest, time.August, 31), ""},
				{"born on the date", before, day(youngest, time.September, 1), entry.AgeBelowMinimum},
				{"born before: the maximum on race day", before, day(oldest, time.September, 28), ""},
				{"born before: above the maximum on race day", before, day(oldest-1, time.September, 28), entry.AgeAboveMaximum},
			} {
				if got := reason(t, &c.race, race.Person{BirthDay: c.birth}, september28); got != c.want {
					t.Errorf("%s: %q, want %q", c.name, got, c.want)
				}
			}
			for years, want := range map[int]entry.Reason{
				format.minYears - 1: entry.AgeBelowMinimum, format.minYears: "", 70: "", 71: entry.AgeAboveMaximum,
			} {
				if got := reason(t, &r, race.Person{AgeYears: &years}, september28); got != want {
					t.Errorf("%d years without a birth date: %q, want %q", years, got, want)
				}
			}
		})
	}
}

func TestCheckAgeOfThoseBornOn29February(t *testing.T) {
	t.Parallel()
	birth := day(2008, time.February, 29)
	for _, c := range []struct {
		name     string
		eventDay civil.Day
		leapDay  age.LeapDay
		years    int // that are complete on the birthday of the event's year
		birthday bool
	}{
		{"common year, 28 February", day(2026, time.February, 28), age.March1, 18, false},
		{"common year, 1 March", day(2026, time.March, 1), age.March1, 18, true},
		{"as 28 February: common year, 27 February", day(2026, time.February, 27), age.February28, 18, false},
		{"as 28 February: common year, 28 February", day(2026, time.February, 28), age.February28, 18, true},
		{"leap year, 28 February", day(2028, time.February, 28), age.March1, 20, false},
		{"leap year, 29 February", day(2028, time.February, 29), age.March1, 20, true},
		{"as 28 February: leap year, 28 February", day(2028, time.February, 28), age.February28, 20, false},
		{"as 28 February: leap year, 29 February", day(2028, time.February, 29), age.February28, 20, true},
	} {
		rule := age.Rule{LeapDay: c.leapDay}
		var wantAtMinimum, wantAtMaximum entry.Reason
		if c.birthday {
			wantAtMaximum = entry.AgeAboveMaximum
		} else {
			wantAtMinimum = entry.AgeBelowMinimum
		}
		minimum := &race.Race{MinAgeYears: c.years, Age: rule}
		if got := reason(t, minimum, race.Person{BirthDay: birth}, c.eventDay); got != wantAtMinimum {
			t.Errorf("%s, from %d years: %q, want %q", c.name, c.years, got, wantAtMinimum)
		}
		maximum := &race.Race{MaxAgeYears: c.years - 1, Age: rule}
		if got := reason(t, maximum, race.Person{BirthDay: birth}, c.eventDay); got != wantAtMaximum {
			t.Errorf("%s, up to %d years: %q, want %q", c.name, c.years-1, got, wantAtMaximum)
		}
	}
}

func TestCheckAgeOfARaceMovedFrom28SeptemberTo1October(t *testing.T) {
	t.Parallel()
	october1 := day(2025, time.October, 1)
	for _, c := range []struct {
		name          string
		on            age.On
		birth         civil.Day
		before, after entry.Reason
	}{
		{"18 on the day before", age.RaceDay, day(2007, time.September, 28), "", ""},
		{"18 in between", age.RaceDay, day(2007, time.September, 30), entry.AgeBelowMinimum, ""},
		{"18 on the new day", age.RaceDay, day(2007, time.October, 1), entry.AgeBelowMinimum, ""},
		{"18 the day after it", age.RaceDay, day(2007, time.October, 2), entry.AgeBelowMinimum, entry.AgeBelowMinimum},
		{"71 on the day before", age.RaceDay, day(1954, time.September, 28), entry.AgeAboveMaximum, entry.AgeAboveMaximum},
		{"71 in between", age.RaceDay, day(1954, time.September, 29), "", entry.AgeAboveMaximum},
		{"71 on the new day", age.RaceDay, day(1954, time.October, 1), "", entry.AgeAboveMaximum},
		{"71 the day after it", age.RaceDay, day(1954, time.October, 2), "", ""},
		{"year end: 18 in between", age.YearEnd, day(2007, time.September, 30), "", ""},
		{"year end: 71 in between", age.YearEnd, day(1954, time.September, 30), entry.AgeAboveMaximum, entry.AgeAboveMaximum},
	} {
		r := &race.Race{MinAgeYears: 18, MaxAgeYears: 70, Age: age.Rule{On: c.on}}
		p := race.Person{BirthDay: c.birth}
		if got := reason(t, r, p, september28); got != c.before {
			t.Errorf("%s: %q on 28 September, want %q", c.name, got, c.before)
		}
		if got := reason(t, r, p, october1); got != c.after {
			t.Errorf("%s: %q on 1 October, want %q", c.name, got, c.after)
		}
	}
}

func TestCheckAgeWithoutLimits(t *testing.T) {
	t.Parallel()
	r := &race.Race{}
	for _, c := range []struct {
		name  string
		birth civil.Day
		want  entry.Reason
	}{
		{"born on race day", september28, ""},
		{"born after the race", day(2025, time.September, 29), entry.BirthDateInvalid},
		{"born 125 years ago", day(1900, time.January, 1), ""},
		{"born 126 years ago", day(1899, time.December, 31), entry.BirthDateInvalid},
	} {
		if got := reason(t, r, race.Person{BirthDay: c.birth}, september28); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	unknown := &race.Race{MinAgeYears: 18, MaxAgeYears: 70}
	if got := reason(t, unknown, race.Person{}, september28); got != "" {
		t.Errorf("unknown age: %q, want nothing", got)
	}
}

func TestMinor(t *testing.T) {
	t.Parallel()
	born := func(year int, month time.Month, d int) race.Person { return race.Person{BirthDay: day(year, month, d)} }
	aged := func(years int) race.Person { return race.Person{AgeYears: &years} }
	yearEnd, before := age.Rule{On: age.YearEnd}, age.Rule{On: age.BornBefore, Before: day(2010, time.January, 1)}
	february28 := day(2026, time.February, 28)
	for _, c := range []struct {
		name     string
		rule     age.Rule
		person   race.Person
		eventDay civil.Day
		want     bool
	}{
		{"18 on race day", age.Rule{}, born(2007, time.September, 28), september28, false},
		{"18 the day after", age.Rule{}, born(2007, time.September, 29), september28, true},
		{"18 the day after, in a race by year end", yearEnd, born(2007, time.September, 29), september28, true},
		{"18 on race day, in a race by year end", yearEnd, born(2007, time.September, 28), september28, false},
		{"18 the day after, in a race by a date", before, born(2007, time.September, 29), september28, true},
		{"18 on race day, in a race by a date", before, born(2007, time.September, 28), september28, false},
		{"18 in between, race moved to 1 October", age.Rule{}, born(2007, time.September, 30), day(2025, time.October, 1), false},
		{"born on 29 February, 28 February", age.Rule{}, born(2008, time.February, 29), february28, true},
		{"born on 29 February, 1 March", age.Rule{}, born(2008, time.February, 29), day(2026, time.March, 1), false},
		{"born on 29 February as 28", age.Rule{LeapDay: age.February28}, born(2008, time.February, 29), february28, false},
		{"18 years without a birth date", age.Rule{}, aged(18), september28, false},
		{"17 years without a birth date", age.Rule{}, aged(17), september28, true},
		{"unknown age", age.Rule{}, race.Person{}, september28, false},
	} {
		r := &race.Race{MinAgeYears: 15, Age: c.rule}
		if got := entry.Minor(r, c.person, c.eventDay); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
