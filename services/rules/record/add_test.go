package record_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/record"
)

// at writes problems as index field reason.
func at(problems []record.Problem) []string {
	var texts []string
	for _, p := range problems {
		texts = append(texts, string(rune('0'+p.Index))+" "+p.Field+" "+p.Reason)
	}
	return texts
}

func TestAddRecords(t *testing.T) {
	t.Parallel()
	first, faster := of(race.Male, 2019, men+time.Minute), of(race.Male, 2022, men)
	slower := of(race.Male, 2021, men+time.Second)
	corrected := with(slower, func(r *record.Record) { r.Reason = "the one of 2022 is struck" })
	shared := with(faster, func(r *record.Record) { r.Name = "Another" })
	x := of(race.X, 2022, 3*time.Hour)
	bad := func(change func(*record.Record)) []record.Record { return []record.Record{with(faster, change)} }
	for _, c := range []struct {
		name            string
		before, entries []record.Record
		added           []record.Record
		problems        []string
	}{
		{"nothing", nil, nil, nil, nil},
		{"a row for X", []record.Record{first}, []record.Record{x}, []record.Record{x}, nil},
		{"faster than before", []record.Record{first}, []record.Record{faster}, []record.Record{faster}, nil},
		{"the same again", []record.Record{first, faster}, []record.Record{first, faster}, nil, nil},
		{"twice in one file", nil, []record.Record{first, first}, []record.Record{first}, nil},
		{"a file in order of years", nil, []record.Record{first, faster}, []record.Record{first, faster}, nil},
		{"a file in another order", nil, []record.Record{faster, first}, []record.Record{faster}, []string{"1 reason REASON_MISSING"}},
		{"slower without a reason", []record.Record{faster}, []record.Record{slower}, nil, []string{"0 reason REASON_MISSING"}},
		{"slower with a reason", []record.Record{faster}, []record.Record{corrected}, []record.Record{corrected}, nil},
		{"the same time by another", []record.Record{faster}, []record.Record{shared}, nil, []string{"0 reason REASON_MISSING"}},
		{"of another distance", []record.Record{faster}, bad(func(r *record.Record) { r.DistanceMillimetres, r.Time = 21_097_500, men }),
			bad(func(r *record.Record) { r.DistanceMillimetres, r.Time = 21_097_500, men }), nil},

		{"of a leg, slower than of the course", []record.Record{faster}, bad(func(r *record.Record) { r.Leg, r.Time = 1, men+1e9 }),
			bad(func(r *record.Record) { r.Leg, r.Time = 1, men+1e9 }), nil},
		{"a negative leg", nil, bad(func(r *record.Record) { r.Leg = -1 }), nil, []string{"0 leg LEG_INVALID"}},
		{"leg 101", nil, bad(func(r *record.Record) { r.Leg = 101 }), nil, []string{"0 leg LEG_INVALID"}},

		{"course with a blank", nil, bad(func(r *record.Record) { r.Course = "old town" }), nil, []string{"0 course COURSE_INVALID"}},
		{"no distance", nil, bad(func(r *record.Record) { r.DistanceMillimetres = 0 }), nil, []string{"0 distance_metres DISTANCE_INVALID"}},
		{"no sex", nil, bad(func(r *record.Record) { r.Sex = race.SexUnknown }), nil, []string{"0 sex SEX_INVALID"}},
		{"next year", nil, bad(func(r *record.Record) { r.Year = 2027 }), nil, []string{"0 year YEAR_INVALID"}},
		{"this year", nil, bad(func(r *record.Record) { r.Year = 2026 }), bad(func(r *record.Record) { r.Year = 2026 }), nil},
		{"year in two digits", nil, bad(func(r *record.Record) { r.Year = 22 }), nil, []string{"0 year YEAR_INVALID"}},
		{"tenths", nil, bad(func(r *record.Record) { r.Time += 100 * time.Millisecond }), nil, []string{"0 time TIME_INVALID"}},
		{"no time", nil, bad(func(r *record.Record) { r.Time = 0 }), nil, []string{"0 time TIME_INVALID"}},
		{"no name", nil, bad(func(r *record.Record) { r.Name = " " }), nil, []string{"0 name NAME_MISSING"}},
		{"a name of two lines", nil, bad(func(r *record.Record) { r.Name = "A\nB" }), nil, []string{"0 name TEXT_INVALID"}},
		{"all at once", nil, []record.Record{{}, faster}, []record.Record{faster},
			[]string{"0 course COURSE_INVALID", "0 distance_metres DISTANCE_INVALID", "0 sex SEX_INVALID", "0 year YEAR_INVALID",
				"0 time TIME_INVALID", "0 name NAME_MISSING"}},
		{"a long reason", nil, bad(func(r *record.Record) { r.Reason = strings.Repeat("ә", 201) }), nil, []string{"0 reason TEXT_INVALID"}},
	} {
		added, problems := record.AddRecords(c.before, c.entries, 2026)
		if diff := cmp.Diff(c.added, added); diff != "" {
			t.Errorf("%s: added (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.problems, at(problems)); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", c.name, diff)
		}
	}
}

// A file that was taken changes nothing when it comes again, whatever was added since.
func TestAddingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	entry := rapid.Custom(func(t *rapid.T) record.Record {
		r := of(rapid.SampledFrom([]race.Sex{race.Male, race.Female}).Draw(t, "sex"), rapid.IntRange(2019, 2026).Draw(t, "year"),
			men-time.Duration(rapid.IntRange(0, 5).Draw(t, "faster by"))*time.Second)
		r.Reason = rapid.SampledFrom([]string{"", "protest"}).Draw(t, "reason")
		return r
	})
	rapid.Check(t, func(t *rapid.T) {
		before, _ := record.AddRecords(nil, rapid.SliceOf(entry).Draw(t, "before"), 2026)
		file, _ := record.AddRecords(before, rapid.SliceOf(entry).Draw(t, "file"), 2026)
		later, _ := record.AddRecords(slices.Concat(before, file), rapid.SliceOf(entry).Draw(t, "later"), 2026)
		all := slices.Concat(before, file, later)
		if added, problems := record.AddRecords(all, file, 2026); added != nil || problems != nil {
			t.Fatalf("added %v, problems %v", added, problems)
		}
	})
}

func TestAddWinners(t *testing.T) {
	t.Parallel()
	won := func(sex race.Sex, year int, name string) record.Winner {
		w := record.Winner{Run: of(sex, year, men).Run}
		w.Name = name
		return w
	}
	m13, f13, m14 := won(race.Male, 2013, "A"), won(race.Female, 2013, "B"), won(race.Male, 2014, "C")
	other, reasoned, bib := won(race.Male, 2013, "D"), won(race.Male, 2013, "D"), won(race.Male, 2015, "E")
	reasoned.Reason, bib.Bib = "A was disqualified", "a1"
	for _, c := range []struct {
		name            string
		before, entries []record.Winner
		added           []record.Winner
		problems        []string
	}{
		{"men and women of several years, in any order", nil, []record.Winner{m14, m13, f13}, []record.Winner{m14, m13, f13}, nil},
		{"the same again", []record.Winner{m13}, []record.Winner{m13, m14}, []record.Winner{m14}, nil},
		{"another winner of the year", []record.Winner{m13}, []record.Winner{other}, nil, []string{"0 reason REASON_MISSING"}},
		{"another winner for a reason", []record.Winner{m13}, []record.Winner{reasoned}, []record.Winner{reasoned}, nil},
		{"a bib in small letters", nil, []record.Winner{bib}, nil, []string{"0 bib BIB_INVALID"}},
	} {
		added, problems := record.AddWinners(c.before, c.entries, 2026)
		if diff := cmp.Diff(c.added, added); diff != "" {
			t.Errorf("%s: added (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.problems, at(problems)); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", c.name, diff)
		}
	}
	if diff := cmp.Diff([]record.Winner{m14, f13, reasoned}, record.Winners([]record.Winner{m13, f13, m14, reasoned})); diff != "" {
		t.Errorf("those that stand (-want +got):\n%s", diff)
	}
}
