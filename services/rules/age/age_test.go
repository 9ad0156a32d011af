package age

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raceday/services/rules/civil"
)

func day(year int, month time.Month, dayOfMonth int) civil.Day {
	return civil.Day{Year: year, Month: month, Day: dayOfMonth}
}

func TestYears(t *testing.T) {
	t.Parallel()
	raceDay := day(2025, time.September, 28)
	for _, c := range []struct {
		name        string
		birth, on   civil.Day
		leap        LeapDay
		want        int
		wantYearEnd int
	}{
		{"birthday on race day", day(1990, time.September, 28), raceDay, March1, 35, 35},
		{"birthday the day after", day(1990, time.September, 29), raceDay, March1, 34, 35},
		{"birthday the day before", day(1990, time.September, 27), raceDay, March1, 35, 35},
		{"born on 31 December", day(1990, time.December, 31), raceDay, March1, 34, 35},
		{"born on 1 January", day(1990, time.January, 1), raceDay, March1, 35, 35},
		{"born on race day", raceDay, raceDay, March1, 0, 0},
		{"born the day after", day(2025, time.September, 29), raceDay, March1, -1, 0},
		{"29 February, common year, 28 February", day(2000, time.February, 29), day(2025, time.February, 28), March1, 24, 25},
		{"29 February, common year, 1 March", day(2000, time.February, 29), day(2025, time.March, 1), March1, 25, 25},
		{"29 February as 28, common year, 27 February", day(2000, time.February, 29), day(2025, time.February, 27), February28, 24, 25},
		{"29 February as 28, common year, 28 February", day(2000, time.February, 29), day(2025, time.February, 28), February28, 25, 25},
		{"29 February, leap year, 28 February", day(2000, time.February, 29), day(2024, time.February, 28), March1, 23, 24},
		{"29 February as 28, leap year, 28 February", day(2000, time.February, 29), day(2024, time.February, 28), February28, 23, 24},
		{"29 February, leap year, 29 February", day(2000, time.February, 29), day(2024, time.February, 29), March1, 24, 24},
		{"29 February as 28, a century that is no leap year", day(2096, time.February, 29), day(2100, time.February, 28), February28, 4, 4},
		{"29 February as 28, a century that is", day(1996, time.February, 29), day(2000, time.February, 28), February28, 3, 4},
		{"born on 28 February, leap year", day(2000, time.February, 28), day(2024, time.February, 28), March1, 24, 24},
		{"born on 1 March, 29 February", day(2000, time.March, 1), day(2024, time.February, 29), March1, 23, 24},
	} {
		exact, yearEnd := Rule{On: RaceDay, LeapDay: c.leap}, Rule{On: YearEnd, LeapDay: c.leap}
		if got := exact.Years(c.birth, c.on); got != c.want {
			t.Errorf("%s: %d years, want %d", c.name, got, c.want)
		}
		if got := yearEnd.Years(c.birth, c.on); got != c.wantYearEnd {
			t.Errorf("%s: %d years at the end of the year, want %d", c.name, got, c.wantYearEnd)
		}
		before := Rule{On: BornBefore, LeapDay: c.leap, Before: day(1950, time.January, 1)}
		if got := before.Years(c.birth, c.on); got != c.want {
			t.Errorf("%s: %d years where a date admits, want %d", c.name, got, c.want)
		}
	}
}

func TestOldEnough(t *testing.T) {
	t.Parallel()
	raceDay := day(2025, time.September, 28)
	before := Rule{On: BornBefore, Before: day(2008, time.January, 1)}
	for _, c := range []struct {
		name  string
		rule  Rule
		birth civil.Day
		want  bool
	}{
		{"18 on race day", Rule{}, day(2007, time.September, 28), true},
		{"18 the day after", Rule{}, day(2007, time.September, 29), false},
		{"18 in that year", Rule{On: YearEnd}, day(2007, time.December, 31), true},
		{"18 in the next", Rule{On: YearEnd}, day(2008, time.January, 1), false},
		{"born before the date, 17 on race day", before, day(2007, time.December, 31), true},
		{"born on the date", before, day(2008, time.January, 1), false},
	} {
		if got := c.rule.OldEnough(c.birth, raceDay, 18); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	masters := Bands{18, 35, 40, 70}
	for _, c := range []struct {
		name  string
		bands Bands
		years int
		want  string // empty is none
	}{
		{"below the first", masters, 17, ""},
		{"the first age of the first", masters, 18, "18-34"},
		{"the last age of the first", masters, 34, "18-34"},
		{"the first age of the next", masters, 35, "35-39"},
		{"the last age before the open one", masters, 69, "40-69"},
		{"the first age of the open one", masters, 70, "70+"},
		{"far into the open one", masters, 101, "70+"},
		{"a group of one year", Bands{18, 19}, 18, "18-18"},
		{"after a group of one year", Bands{18, 19}, 19, "19+"},
		{"one open group", Bands{0}, 0, "0+"},
		{"not born yet", Bands{0}, -1, ""},
		{"no groups", nil, 30, ""},
	} {
		if got, ok := c.bands.Group(c.years); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v, want %q", c.name, got, ok, c.want)
		}
	}
}

func TestAscending(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bands Bands
		want  bool
	}{
		{nil, true}, {Bands{0}, true}, {Bands{18, 19, 70}, true}, {Bands{18, 18}, false}, {Bands{35, 18}, false}, {Bands{-1, 18}, false},
	} {
		if got := c.bands.Ascending(); got != c.want {
			t.Errorf("%v: %v, want %v", c.bands, got, c.want)
		}
	}
}

// A year is complete on a birthday and on no other day.
func TestYearsGrowOnBirthdaysOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		birth := day(1904, time.January, 1).AddDays(rapid.IntRange(0, 50_000).Draw(t, "birth"))
		today := birth.AddDays(rapid.IntRange(1, 40_000).Draw(t, "age in days"))
		leap := LeapDay(rapid.IntRange(0, 1).Draw(t, "leap day"))
		birthday := day(today.Year, birth.Month, birth.Day).AddDays(0) // 29 February becomes 1 March in common years
		if leap == February28 && birth.Month == time.February && birth.Day == 29 && birthday.Month == time.March {
			birthday = birthday.AddDays(-1)
		}
		grew := Years(birth, today, leap) - Years(birth, today.AddDays(-1), leap)
		if want := today == birthday; grew != 0 && grew != 1 || (grew == 1) != want {
			t.Fatalf("born %v, on %v: %d years more than the day before", birth, today, grew)
		}
	})
}

// Every age from the first band on is in exactly the group whose name says so.
func TestGroupsHaveNeitherGapsNorOverlaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var bands Bands
		next := 0
		for range rapid.IntRange(1, 8).Draw(t, "groups") {
			next += rapid.IntRange(0, 12).Draw(t, "width")
			bands = append(bands, next)
			next++
		}
		years := rapid.IntRange(-3, 120).Draw(t, "years")
		group, ok := bands.Group(years)
		if ok != (years >= bands[0]) {
			t.Fatalf("%d years in %v: %q, %v", years, bands, group, ok)
		}
		if !ok {
			return
		}
		first, last, bounded := strings.Cut(group, "-")
		low, _ := strconv.Atoi(strings.TrimSuffix(first, "+"))
		high, err := strconv.Atoi(last)
		if years < low || bounded && (err != nil || years > high) || bounded == strings.HasSuffix(first, "+") {
			t.Fatalf("%d years in %v: %q", years, bands, group)
		}
	})
}
