package ruling

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// written writes a sheet: each bib with its reports as id card, then what they amount to, and by whom it was closed.
func written(s Sheet) string {
	var parts []string
	for _, e := range s.Entrants {
		text := string(e.Bib) + ":"
		for _, r := range e.Reports {
			text += fmt.Sprintf(" %s %d", r.ID, r.Card)
			if r.Repeats != "" {
				text += "=" + string(r.Repeats)
			}
			if r.Split {
				text += " split"
			}
			if r.RevokedBy != "" {
				text += " revoked by " + string(r.RevokedBy)
			}
		}
		text += fmt.Sprintf(", %dY %dR %v", e.Verdict.Yellow, e.Verdict.Red, e.Verdict.Penalty)
		if e.Verdict.Disqualified {
			text += " DSQ"
		}
		parts = append(parts, text)
	}
	if s.ClosedBy != nil {
		parts = append(parts, "closed by "+s.ClosedBy.By)
	}
	return strings.Join(parts, "; ")
}

func TestSheet(t *testing.T) {
	t.Parallel()
	const gun racetime.Instant = 1_000_000_000
	card := func(kind Kind, id, bib, judge string, after time.Duration) Ruling {
		return Ruling{ID: ID(id), Race: "walk", Bib: race.Bib(bib), Kind: kind, Point: "k5", Rule: "3.2", By: judge, At: gun.Add(after)}
	}
	yellow := func(id, bib, judge string, after time.Duration) Ruling {
		return card(YellowCard, id, bib, judge, after)
	}
	of := func(kind Kind, id, bib, target string) Ruling {
		return Ruling{ID: ID(id), Race: "walk", Bib: race.Bib(bib), Kind: kind, Target: target, By: "head judge"}
	}
	a, b := yellow("a", "7", "1", time.Minute), yellow("b", "7", "2", 90*time.Second)
	finish := 75 * time.Minute
	for _, c := range []struct {
		name    string
		rulings []Ruling
		want    string
	}{
		{"no cards", nil, ""},
		{"the same fault by two judges within a minute is one card", []Ruling{b, a}, "7: a 1 b 1=a, 1Y 0R 30s"},
		{"split by the head judge", []Ruling{a, b, of(SplitCard, "s", "7", "b")}, "7: a 1 b 2 split, 2Y 0R 1m0s"},
		{"the first of two reports is revoked: the second makes the card", []Ruling{a, b, of(Revoke, "x", "", "a")},
			"7: a 0 revoked by x b 1, 1Y 0R 30s"},
		{"the revocation is revoked", []Ruling{a, of(Revoke, "x", "", "a"), of(Revoke, "y", "", "x")}, "7: a 1, 1Y 0R 30s"},
		{"third yellow card 20 minutes after the finish",
			[]Ruling{a, yellow("c", "7", "1", 40*time.Minute), yellow("d", "7", "2", finish+20*time.Minute)},
			"7: a 1 c 2 d 3, 3Y 0R 1m30s DSQ"},
		{"a red card", []Ruling{card(RedCard, "r", "7", "1", 0)}, "7: r 1, 0Y 1R 0s DSQ"},
		{"bibs in their order", []Ruling{yellow("a", "10", "1", 0), yellow("b", "9", "1", 0)}, "9: b 1, 1Y 0R 30s; 10: a 1, 1Y 0R 30s"},
		{"closed", []Ruling{a, of(CloseSheet, "z", "", "")}, "7: a 1, 1Y 0R 30s; closed by head judge"},
		{"opened again", []Ruling{a, of(CloseSheet, "z", "", ""), of(Revoke, "x", "", "z")}, "7: a 1, 1Y 0R 30s"},
		{"of another race", []Ruling{{ID: "a", Race: "ten", Bib: "7", Kind: YellowCard}, {ID: "z", Race: "ten", Kind: CloseSheet}}, ""},
	} {
		walk := &race.Race{ID: "walk", Nordic: &race.Nordic{YellowCard: 30 * time.Second, YellowToDSQ: 3}}
		if got := written(SheetOf(c.rulings, walk)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	ten := &race.Race{ID: "walk"}
	if got, want := written(SheetOf([]Ruling{a, b}, ten)), "7: a 1 b 1=a, 1Y 0R 0s"; got != want {
		t.Errorf("a race without yellow cards: %q, want %q", got, want)
	}
}

func TestVerdictByTheRulesOfTheRace(t *testing.T) {
	t.Parallel()
	cards := []Card{{Kind: YellowCard}, {Kind: YellowCard}}
	for _, c := range []struct {
		name   string
		nordic *race.Nordic
		want   Verdict
	}{
		{"by default", &race.Nordic{YellowCard: 30 * time.Second, YellowToDSQ: 3}, Verdict{Yellow: 2, Penalty: time.Minute}},
		{"a minute each, the second disqualifies", &race.Nordic{YellowCard: time.Minute, YellowToDSQ: 2},
			Verdict{Yellow: 2, Penalty: 2 * time.Minute, Disqualified: true}},
		{"not Nordic walking", nil, Verdict{Yellow: 2}},
	} {
		if got := VerdictOn(cards, c.nordic); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// The sheet counts what the result counts, whatever is recorded, in whatever order.
func TestTheSheetAgreesWithTheResult(t *testing.T) {
	t.Parallel()
	walk := &race.Race{ID: "walk", Nordic: &race.Nordic{YellowCard: 30 * time.Second, YellowToDSQ: 3}}
	rapid.Check(t, func(t *rapid.T) {
		var all []Ruling
		for i := range rapid.IntRange(0, 10).Draw(t, "rulings") {
			d := Ruling{
				ID: ID(strconv.Itoa(i)), Race: "walk", Bib: "7",
				Kind: rapid.SampledFrom([]Kind{YellowCard, YellowCard, RedCard, SplitCard, Revoke, CloseSheet}).Draw(t, "kind"),
				By:   rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "judge"),
				At:   racetime.Instant(0).Add(time.Duration(rapid.IntRange(1, 6).Draw(t, "at")) * 25 * time.Second),
			}
			switch d.Kind {
			case Revoke, SplitCard:
				d.Target = strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "target"))
			}
			if d.Kind == Revoke || d.Kind == CloseSheet {
				d.Bib = ""
			}
			all = append(all, d)
		}
		standing := Standing(all)
		var own []Ruling
		for _, d := range standing {
			if d.Bib == "7" {
				own = append(own, d)
			}
		}
		cards, sheet := Cards(own), SheetOf(all, walk)
		if closed := ForRace(standing, walk).SheetClosed; closed != (sheet.ClosedBy != nil) {
			t.Fatalf("closed %t, on the sheet by %v", closed, sheet.ClosedBy)
		}
		var verdict Verdict
		makes := 0
		for _, e := range sheet.Entrants {
			verdict = e.Verdict
			for _, r := range e.Reports {
				if (r.Card == 0) != (r.RevokedBy != "") {
					t.Fatalf("report %s makes card %d, and is revoked by %q", r.ID, r.Card, r.RevokedBy)
				}
				if r.Card > 0 && r.Repeats == "" {
					makes++
				}
			}
		}
		if diff := cmp.Diff(VerdictOn(cards, walk.Nordic), verdict); diff != "" || makes != len(cards) {
			t.Fatalf("%d cards on the sheet, want %d (-want +got):\n%s", makes, len(cards), diff)
		}
	})
}
