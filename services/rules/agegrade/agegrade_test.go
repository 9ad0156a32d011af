package agegrade_test

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"raceday/services/rules/agegrade"
	"raceday/services/rules/race"
)

func TestCheckedResults(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/testvectors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range lines[1:] {
		number := func(column int) float64 {
			n, err := strconv.ParseFloat(line[column], 64)
			if err != nil {
				t.Fatalf("line %d: %v", i+2, err)
			}
			return n
		}
		sex, _ := race.ParseSex(line[0])
		mm := int64(math.Round(number(1) * 1e6))
		age, ran := int(number(2)), time.Duration(number(3))*time.Second

		standard, ok := agegrade.Standard(sex, age, mm)
		if want := time.Duration(number(6)) * time.Second; !ok || standard.Round(time.Second) != want {
			t.Errorf("line %d: standard %v, %t, want %v", i+2, standard, ok, want)
		}
		percent, ok := agegrade.Percent(sex, age, mm, ran)
		if want := int64(math.Round(number(7) * 100)); !ok || percent != want {
			t.Errorf("line %d: %d hundredths of a percent, %t, want %d", i+2, percent, ok, want)
		}
	}
}

func TestStandard(t *testing.T) {
	t.Parallel()
	const tenKm, marathon = 10_000_000, 42_195_000
	cases := []struct {
		name string
		sex  race.Sex
		age  int
		mm   int64
		want time.Duration
		ok   bool
	}{
		{"of a table, in whole microseconds", race.Male, 45, marathon, 7_718_980_049 * time.Microsecond, true},
		{"the youngest", race.Female, 5, tenKm, 0, true},
		{"the oldest", race.Female, 100, tenKm, 0, true},
		{"longer than a marathon, in a table", race.Male, 30, 100_000_000, 21_360 * time.Second, true},
		{"sex X", race.X, 30, tenKm, 0, false},
		{"sex not known", race.SexUnknown, 30, tenKm, 0, false},
		{"too young", race.Male, 4, tenKm, 0, false},
		{"too old", race.Male, 101, tenKm, 0, false},
		{"below 5 km and in no table", race.Male, 30, 3_000_000, 0, false},
		{"beyond a marathon and in no table", race.Male, 30, 60_000_000, 0, false},
		{"no distance", race.Male, 30, 0, 0, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := agegrade.Standard(c.sex, c.age, c.mm)
			if ok != c.ok || c.want != 0 && got != c.want {
				t.Errorf("got %v, %t, want %v, %t", got, ok, c.want, c.ok)
			}
			if ok && got <= 0 {
				t.Errorf("got %v, which is no time", got)
			}
		})
	}
}

// A distance in between has a standard in between, and one beside a table's has nearly the table's.
func TestStandardBetweenTables(t *testing.T) {
	t.Parallel()
	for _, sex := range []race.Sex{race.Male, race.Female} {
		for age := 5; age <= 100; age++ {
			last := time.Duration(0)
			for mm := int64(5_000_000); mm <= 42_195_000; mm += 4_999 {
				got, ok := agegrade.Standard(sex, age, mm)
				if !ok || got < last && last-got > 20*time.Second {
					t.Fatalf("%v, %d years, %d mm: %v, %t after %v", sex, age, mm, got, ok, last)
				}
				last = got
			}
		}
	}
	for _, mm := range []int64{5_000_000, 10_000_000, 21_097_500, 42_195_000} {
		table, _ := agegrade.Standard(race.Female, 60, mm)
		beside, ok := agegrade.Standard(race.Female, 60, mm-1)
		if mm == 5_000_000 {
			beside, ok = agegrade.Standard(race.Female, 60, mm+1)
		}
		if off := (table - beside).Abs(); !ok || off > 50*time.Millisecond {
			t.Errorf("beside %d mm: %v off the table's, %t", mm, off, ok)
		}
	}
}

func TestPercentNeedsATime(t *testing.T) {
	t.Parallel()
	if got, ok := agegrade.Percent(race.Male, 30, 10_000_000, 0); ok {
		t.Errorf("got %d for no time", got)
	}
}
