package ruling

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/racetime"
)

// told writes cards as the ids of their reports, cards apart by a bar.
func told(cards []Card) string {
	var texts []string
	for _, card := range cards {
		var ids []string
		for _, report := range card.Reports {
			ids = append(ids, string(report.Ruling))
		}
		texts = append(texts, strings.Join(ids, " "))
	}
	return strings.Join(texts, " | ")
}

func TestCards(t *testing.T) {
	t.Parallel()
	const start racetime.Instant = 1_000_000_000
	report := func(id, judge string, after time.Duration) Ruling {
		return Ruling{ID: ID(id), Bib: "7", Kind: YellowCard, Point: "k5", Rule: "3.2", By: judge, At: start.Add(after)}
	}
	changed := func(r Ruling, change func(*Ruling)) Ruling { change(&r); return r }
	a, b := report("a", "Judge 1", 0), report("b", "Judge 2", time.Minute)
	for _, c := range []struct {
		name    string
		rulings []Ruling
		want    string
	}{
		{"none", nil, ""},
		{"the same fault by two judges within a minute is one card", []Ruling{a, b}, "a b"},
		{"recorded the other way round", []Ruling{b, a}, "a b"},
		{"a microsecond more than a minute", []Ruling{a, report("b", "Judge 2", time.Minute+time.Microsecond)}, "a | b"},
		{"one judge twice", []Ruling{a, report("b", "Judge 1", time.Second)}, "a | b"},
		{"three judges", []Ruling{a, report("c", "Judge 3", 30*time.Second), b}, "a c b"},
		{"a minute counts from the first report", []Ruling{a, report("c", "Judge 3", 90*time.Second), b}, "a b | c"},
		{"both judges see a second fault", []Ruling{a, b, report("c", "Judge 1", 40*time.Second), report("d", "Judge 2", 70*time.Second)}, "a b | c d"},
		{"another fault", []Ruling{a, changed(b, func(r *Ruling) { r.Rule = "3.4" })}, "a | b"},
		{"at another point", []Ruling{a, changed(b, func(r *Ruling) { r.Point = "k10" })}, "a | b"},
		{"a yellow and a red one", []Ruling{a, changed(b, func(r *Ruling) { r.Kind = RedCard })}, "a | b"},
		{"nobody knows whose reports they are", []Ruling{report("a", "", 0), report("b", "", time.Second)}, "a | b"},
		{"the head judge says that they are two", []Ruling{a, b, {Kind: SplitCard, Bib: "7", Target: "b"}}, "a | b"},
		{"by naming either", []Ruling{a, b, {Kind: SplitCard, Bib: "7", Target: "a"}}, "a | b"},
		{"after the finish", []Ruling{a, report("b", "Judge 1", time.Hour), report("c", "Judge 2", 80*time.Minute)}, "a | b | c"},
	} {
		if got := told(Cards(c.rulings)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Cards follow from the set of reports, whatever the order in which they were recorded.
func TestCardsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []Ruling
		for i := range rapid.IntRange(1, 8).Draw(t, "reports") {
			id := strconv.Itoa(i)
			all = append(all, Ruling{
				ID: ID(id), Kind: rapid.SampledFrom([]Kind{YellowCard, RedCard}).Draw(t, "kind"),
				By:   rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(t, "judge"),
				At:   racetime.Instant(0).Add(time.Duration(rapid.IntRange(1, 8).Draw(t, "at")) * 20 * time.Second),
				Rule: rapid.SampledFrom([]string{"3.2", "3.4"}).Draw(t, "rule"),
			})
			if rapid.IntRange(0, 5).Draw(t, "split") == 0 {
				all = append(all, Ruling{ID: ID("s" + id), Kind: SplitCard, Target: id})
			}
		}
		want := Cards(all)
		got := Cards(rapid.Permutation(all).Draw(t, "order"))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Card{})); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	})
}
