package standingspdf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// relayOf is a relay with so many teams of so many legs, each leg of a team a second slower than that of the team before.
func relayOf(teams, legs int) (*race.Event, []result.Result) {
	event, _ := marathon(1)
	r := &event.Races[0]
	r.Team, r.Classifications = &race.Team{Size: legs, Legs: make([]race.Leg, legs)}, r.Classifications[:1]
	var results []result.Result
	for i := range teams {
		team := result.Result{
			Entrant: race.EntrantID(i + 1), Race: "marathon", Bib: race.Bib(fmt.Sprint(i + 1)), Status: result.Finished, GunAt: gun,
			Lists: []string{"overall"},
		}
		for n := range legs {
			exact := time.Duration(n+1)*time.Minute + time.Duration(i)*time.Second
			team.LegsTotal = racetime.Known(team.LegsTotal.Time + exact)
			team.Legs = append(team.Legs, result.Leg{Number: n + 1, Time: racetime.Known(exact), Cumulative: team.LegsTotal, Ranked: true})
		}
		results = append(results, team)
	}
	return event, results
}

func TestLegsStandBelowTheirTeam(t *testing.T) {
	t.Parallel()
	event, results := relayOf(3, 8)
	out, gone := &results[1], &results[2]
	out.Status = result.DNF
	out.Legs[1] = result.Leg{Number: 2, NotCompleted: true}
	out.Legs[2].Cumulative, out.Legs[3] = racetime.Optional{}, result.Leg{Number: 4}
	gone.Status = result.DSQ
	for n := range gone.Legs {
		gone.Legs[n].Ranked = false
	}
	live := standings.SheetOf(list(t, event, results, "overall"))
	published := live
	published.Published = &standings.OfficialList{Number: 1, State: official.Official, PublishedAt: racetime.At(printedAt)}
	for name, s := range map[string]standings.Sheet{"as it stands": live, "published": published} {
		var file bytes.Buffer
		if err := newPrinter(t).WriteSheet(&file, s); err != nil {
			t.Fatal(err)
		}
		var got []string
		page := read(t, file.Bytes())[0]
		for _, line := range page[4 : len(page)-1] {
			got = append(got, words(line))
		}
		want := []string{
			"1 1 0:36:00",
			"1: 0:01:00 (1) 2: 0:02:00 (1) 3: 0:03:00 (1) 4: 0:04:00 (1) 5: 0:05:00 (1) 6: 0:06:00 (1)", "7: 0:07:00 (1) 8: 0:08:00 (1)",
			"2 DNF",
			"1: 0:01:01 (2) 2: not completed 3: 0:03:01 (2) 4: – 5: 0:05:01 (2) 6: 0:06:01 (2)", "7: 0:07:01 (2) 8: 0:08:01 (2)",
			"3 DSQ",
			"1: 0:01:02 2: 0:02:02 3: 0:03:02 4: 0:04:02 5: 0:05:02 6: 0:06:02", "7: 0:07:02 8: 0:08:02",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// Every team, with all of its legs, is on one page, and none is left out between two.
func TestLegsOfManyTeams(t *testing.T) {
	t.Parallel()
	event, results := relayOf(60, 6)
	pages := read(t, sheet(t, list(t, event, results, "overall")))
	if len(pages) != 3 {
		t.Errorf("%d pages, want 3", len(pages))
	}
	bib := 0
	for i, page := range pages {
		rows := page[4 : len(page)-1]
		for n := 0; n < len(rows); n += 2 {
			bib++
			if !strings.HasPrefix(words(rows[n]), fmt.Sprintf("%d %d ", bib, bib)) || n+1 == len(rows) || !strings.HasPrefix(rows[n+1], "1: ") ||
				!strings.Contains(rows[n+1], fmt.Sprintf("6: 0:%02d:%02d (%d)", 6+(bib-1)/60, (bib-1)%60, bib)) {
				t.Fatalf("page %d: the team %d is %q", i+1, bib, rows[n:min(n+2, len(rows))])
			}
		}
	}
	if bib != 60 {
		t.Errorf("%d teams, want 60", bib)
	}
}
