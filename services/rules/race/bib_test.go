package race_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
)

func TestParseBib(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1", "0", "007", "F1", "TEAM-A", "12345678", "-", "7-1"} {
		if got, err := race.ParseBib(text); err != nil || got != race.Bib(text) {
			t.Errorf("ParseBib(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "123456789", "f1", "F 1", "F_1", "Ä", "1\n", "١"} {
		if got, err := race.ParseBib(text); err == nil {
			t.Errorf("ParseBib(%q) = %q, want an error", text, got)
		}
	}
}

func TestBibsOfDigitsComeFirst(t *testing.T) {
	t.Parallel()
	want := []race.Bib{"1", "02", "2", "10", "99", "100", "-1", "1-1", "A", "F10", "F9"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, race.CompareBibs)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var bibs = rapid.Map(rapid.StringMatching(`[A-F0-9-]{1,4}`), func(text string) race.Bib { return race.Bib(text) })

func TestBibsAreInOneOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := bibs.Draw(t, "a"), bibs.Draw(t, "b"), bibs.Draw(t, "c")
		if race.CompareBibs(a, b) != -race.CompareBibs(b, a) || (race.CompareBibs(a, b) == 0) != (a == b) {
			t.Fatalf("%q and %q compare as %d and %d", a, b, race.CompareBibs(a, b), race.CompareBibs(b, a))
		}
		if race.CompareBibs(a, b) <= 0 && race.CompareBibs(b, c) <= 0 && race.CompareBibs(a, c) > 0 {
			t.Fatalf("%q, %q, %q go in a circle", a, b, c)
		}
	})
}

func TestParseBibRange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want race.BibRange
	}{
		{"1-999", race.BibRange{First: 1, Last: 999}},
		{"7-7", race.BibRange{First: 7, Last: 7}},
		{"0-9", race.BibRange{First: 0, Last: 9}},
		{"F1-F99", race.BibRange{Prefix: "F", First: 1, Last: 99}},
		{"F-1-F-9", race.BibRange{Prefix: "F-", First: 1, Last: 9}},
		{"10-1-10-9", race.BibRange{Prefix: "10-", First: 1, Last: 9}},
	} {
		got, err := race.ParseBibRange(c.text)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("ParseBibRange(%q) = %+v, %v, written %q", c.text, got, err, got)
		}
	}
	for _, text := range []string{"", "7", "-", "1-", "-9", "9-1", "F1-G9", "F1-9", "1-F9", "01-09", "1 - 9", "A-B", "1-2-3", "f1-f9", "1-123456789"} {
		if got, err := race.ParseBibRange(text); err == nil {
			t.Errorf("ParseBibRange(%q) = %+v, want an error", text, got)
		}
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		bib  race.Bib
		want bool
	}{
		{"1-999", "1", true}, {"1-999", "999", true}, {"1-999", "0", false}, {"1-999", "1000", false},
		{"1-999", "F7", false}, {"1-999", "007", false}, {"1-999", "1-7", false}, {"1-999", "", false},
		{"F1-F99", "F99", true}, {"F1-F99", "F100", false}, {"F1-F99", "7", false}, {"F1-F99", "FF7", false}, {"F1-F99", "F", false},
	} {
		r, err := race.ParseBibRange(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Contains(c.bib); got != c.want {
			t.Errorf("%s contains %q: %v, want %v", c.text, c.bib, got, c.want)
		}
	}
}

func TestRangesOverlapWhereTheyShareABib(t *testing.T) {
	t.Parallel()
	ranges := rapid.Custom(func(t *rapid.T) race.BibRange {
		first := rapid.IntRange(0, 12).Draw(t, "first")
		return race.BibRange{
			Prefix: rapid.SampledFrom([]string{"", "F", "1-"}).Draw(t, "prefix"),
			First:  first, Last: first + rapid.IntRange(0, 5).Draw(t, "more"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := ranges.Draw(t, "a"), ranges.Draw(t, "b")
		shared := false
		for n := a.First; n <= a.Last; n++ {
			if !a.Contains(a.Bib(n)) {
				t.Fatalf("%v does not contain its %q", a, a.Bib(n))
			}
			shared = shared || b.Contains(a.Bib(n))
		}
		if a.Overlaps(b) != shared || b.Overlaps(a) != shared {
			t.Fatalf("%v and %v overlap: %v, %v, want %v", a, b, a.Overlaps(b), b.Overlaps(a), shared)
		}
		if again, err := race.ParseBibRange(a.String()); err != nil || again != a {
			t.Fatalf("%q is read back as %+v, %v", a, again, err)
		}
	})
}

func TestParseChip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       race.Chip
	}{
		{"as it is", "C0FFEE1", "C0FFEE1"},
		{"without leading zeros", "000123", "123"},
		{"zeros within and behind stay", "0102030", "102030"},
		{"without regard to case", "c0ffee", "C0FFEE"},
		{"both", "00ab", "AB"},
		{"a zero", "0", "0"},
		{"only zeros", "0000", "0"},
		{"zeros before one letter", "000z", "Z"},
		{"the longest", strings.Repeat("F", 32), race.Chip(strings.Repeat("F", 32))},
	} {
		if got, err := race.ParseChip(c.text); err != nil || got != c.want {
			t.Errorf("%s: ParseChip(%q) = %q, %v, want %q", c.name, c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"", strings.Repeat("0", 33), "AB-1", "A B", " A", "ß", "A\x00"} {
		if got, err := race.ParseChip(text); err == nil {
			t.Errorf("ParseChip(%q) = %q, want an error", text, got)
		}
	}
}

func TestChipsThatAreComparedAsOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0a-cA-C]{1,6}`).Draw(t, "chip")
		want, err := race.ParseChip(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, same := range []string{"0" + text, strings.ToLower(text), strings.ToUpper(text), string(want)} {
			if got, err := race.ParseChip(same); err != nil || got != want {
				t.Fatalf("%q is %q, and %q is %q, %v", text, want, same, got, err)
			}
		}
		if n, err := strconv.ParseUint(text, 16, 64); err == nil {
			if got, err := strconv.ParseUint(string(want), 16, 64); err != nil || got != n {
				t.Fatalf("%q became the number of %q", text, want)
			}
		}
	})
}
