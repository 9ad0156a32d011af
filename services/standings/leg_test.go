package standings_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// legDay is the relay with categories and lengths.
func legDay() *race.Event {
	event := relay()
	r := &event.Races[0]
	r.Course[2].Point, r.Course[3].Point, r.Course[0].Point = "x2", "line", "line"
	r.Team.Legs = []race.Leg{{To: "x1", LengthMillimetres: 5_000_000}, {To: "x2", LengthMillimetres: 10_000_000}, {To: "line", LengthMillimetres: 7_195_000}}
	r.Classifications = append(r.Classifications, race.Classification{ID: "cat", By: []race.By{race.ByCategory}})
	return event
}

// relayed gives a team the passings that follow from its legs, zero being a leg whose end was not seen, and its lists.
func relayed(r result.Result, category string, at ...time.Duration) result.Result {
	for visit, d := range at {
		if d > 0 {
			r.Passings = append(r.Passings, passing.Passing{Visit: visit + 1, At: gun.Add(d)})
		}
	}
	r.Category, r.Lists = category, []string{"overall", "cat/" + category}
	return r
}

// teams are: 1 and 2 are home, 3 is on its last leg, 4's first exchange was not seen, 5 did not complete the second leg, 6 was
// disqualified, 7 is on its first leg.
func teams() []result.Result {
	missed := relayed(team(4, "4", result.Started, 0, 0), "Open", 0, 2900*second)
	missed.Legs[1].Cumulative = racetime.Known(2900 * second)
	missed.Legs = append(missed.Legs, result.Leg{Number: 3})
	dropped := relayed(team(5, "5", result.DNF, 1000*second, 0, 1500*second), "Mixed", 1000*second, 2800*second, 4300*second)
	dropped.Legs[1].NotCompleted, dropped.Legs[2].Cumulative = true, racetime.Optional{}
	out := relayed(team(6, "6", result.DSQ, 900*second, 1800*second, 1300*second), "Mixed", 900*second, 2700*second, 4000*second)
	for i := range out.Legs {
		out.Legs[i].Ranked = false
	}
	return []result.Result{
		relayed(team(1, "1", result.Finished, 1100*second, 1900*second, 1400*second), "Open", 1100*second, 3000*second, 4400*second),
		relayed(team(2, "2", result.Finished, 1000*second, 2000*second+millisecond, 1400*second), "Mixed", 1000*second, 3000*second+millisecond, 4400*second+millisecond),
		relayed(team(3, "3", result.Started, 1050*second, 1900*second, 0), "Mixed", 1050*second, 2950*second),
		missed, dropped, out,
		relayed(team(7, "7", result.Started, 0, 0, 0), "Mixed"),
	}
}

func legLines(rows []standings.LegRow) []string {
	var lines []string
	for _, row := range rows {
		gained := "?"
		if ranks, ok := row.Leg.RanksGained(); ok {
			gained = fmt.Sprintf("%+d", ranks)
		}
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprint("after ", row.Leg.RankAfter, " ", gained, " bib ", row.Bib, " ",
			row.Leg.MemberBib, " ", row.Leg.ShownTime, " rank ", row.Leg.Rank, " total ", row.Leg.ShownCumulative, " ", row.Behind)), " "))
	}
	return lines
}

func TestTheTableOfALeg(t *testing.T) {
	t.Parallel()
	b := standings.NewBoard(legDay(), 1, teams())
	for _, c := range []struct {
		name    string
		asked   standings.LegAsked
		want    []string
		page    standings.LegPage
		fastest []string
	}{
		{
			name: "after the first leg: equal times share a rank, and a missed exchange has none", asked: standings.LegAsked{Leg: 1},
			want: []string{
				"after 1 ? bib 2 2-1 0:16:40 rank 1 total 0:16:40", "after 1 ? bib 5 5-1 0:16:40 rank 1 total 0:16:40",
				"after 3 ? bib 3 3-1 0:17:30 rank 3 total 0:17:30 0:00:50", "after 4 ? bib 1 1-1 0:18:20 rank 4 total 0:18:20 0:01:40",
				"after 0 ? bib 4 4-1 rank 0 total", "after 0 ? bib 6 6-1 0:15:00 rank 0 total 0:15:00",
			},
			page:    standings.LegPage{Leg: 1, LengthMillimetres: 5_000_000, To: "x1", Total: 6, Ranked: 4},
			fastest: []string{"2", "5"},
		},
		{
			name: "after the second leg: complete teams only, with ranks gained and lost", asked: standings.LegAsked{Leg: 2},
			want: []string{
				"after 1 ? bib 4 4-2 rank 0 total 0:48:20", "after 2 +1 bib 3 3-2 0:31:40 rank 1 total 0:49:10 0:00:50",
				"after 3 +1 bib 1 1-2 0:31:40 rank 1 total 0:50:00 0:01:40", "after 4 -3 bib 2 2-2 0:33:21 rank 3 total 0:50:01 0:01:41",
				"after 0 ? bib 5 5-2 rank 0 total", "after 0 ? bib 6 6-2 0:30:00 rank 0 total 0:45:00",
			},
			page:    standings.LegPage{Leg: 2, LengthMillimetres: 10_000_000, To: "x2", Total: 6, Ranked: 4},
			fastest: []string{"1", "3"},
		},
		{
			name: "by the leg alone", asked: standings.LegAsked{Leg: 2, Order: standings.ByLegTime},
			want: []string{
				"after 3 +1 bib 1 1-2 0:31:40 rank 1 total 0:50:00 0:01:40", "after 2 +1 bib 3 3-2 0:31:40 rank 1 total 0:49:10 0:00:50",
				"after 4 -3 bib 2 2-2 0:33:21 rank 3 total 0:50:01 0:01:41", "after 1 ? bib 4 4-2 rank 0 total 0:48:20",
				"after 0 ? bib 5 5-2 rank 0 total", "after 0 ? bib 6 6-2 0:30:00 rank 0 total 0:45:00",
			},
			page:    standings.LegPage{Leg: 2, LengthMillimetres: 10_000_000, To: "x2", Total: 6, Ranked: 4},
			fastest: []string{"1", "3"},
		},
		{
			name: "the furthest leg: who did not complete an earlier one keeps its time and rank in it", asked: standings.LegAsked{},
			want: []string{
				"after 1 +2 bib 1 1-3 0:23:20 rank 1 total 1:13:20", "after 2 +2 bib 2 2-3 0:23:20 rank 1 total 1:13:21 0:00:01",
				"after 0 ? bib 5 5-3 0:25:00 rank 3 total", "after 0 ? bib 6 6-3 0:21:40 rank 0 total 1:06:40",
			},
			page:    standings.LegPage{Leg: 3, LengthMillimetres: 7_195_000, To: "line#2", Total: 4, Ranked: 2},
			fastest: []string{"1", "2"},
		},
		{
			name: "a team category is ranked for itself", asked: standings.LegAsked{Leg: 2, List: "cat/Mixed"},
			want: []string{
				"after 1 +2 bib 3 3-2 0:31:40 rank 1 total 0:49:10", "after 2 -1 bib 2 2-2 0:33:21 rank 2 total 0:50:01 0:00:51",
				"after 0 ? bib 5 5-2 rank 0 total", "after 0 ? bib 6 6-2 0:30:00 rank 0 total 0:45:00",
			},
			page:    standings.LegPage{Leg: 2, LengthMillimetres: 10_000_000, To: "x2", Total: 4, Ranked: 2},
			fastest: []string{"3"},
		},
	} {
		c.asked.Race = "relay"
		page, err := b.Leg(c.asked, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(c.want, legLines(page.Rows)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
		var fastest []string
		for _, row := range page.Fastest {
			fastest = append(fastest, string(row.Bib))
		}
		if diff := gocmp.Diff(c.fastest, fastest); diff != "" {
			t.Errorf("%s: fastest (-want +got)\n%s", c.name, diff)
		}
		page.Rows, page.Fastest, c.page.Version, c.page.Legs = nil, nil, 1, 3
		if diff := gocmp.Diff(c.page, page); diff != "" {
			t.Errorf("%s: page (-want +got)\n%s", c.name, diff)
		}
	}
	first, err := b.Leg(standings.LegAsked{Race: "relay", Leg: 1}, 1, 2)
	if bibs := legLines(first.Rows); err != nil || len(bibs) != 2 || !strings.Contains(bibs[0], "bib 5 ") || first.Rows[0].At != gun.Add(1000*second) {
		t.Errorf("second and third after leg 1: %v, %v", bibs, err)
	}
}

func TestALegThatIsNone(t *testing.T) {
	t.Parallel()
	event := legDay()
	event.Races = append(event.Races, twenty().Races[0])
	b := standings.NewBoard(event, 1, spread())
	if page, err := b.Leg(standings.LegAsked{Race: "relay"}, 0, 10); err != nil || page.Leg != 1 || page.Total != 0 {
		t.Errorf("before any team has ended a leg: %+v, %v", page, err)
	}
	for _, c := range []struct {
		asked standings.LegAsked
		want  error
	}{
		{standings.LegAsked{Race: "x"}, standings.ErrRaceNotFound}, {standings.LegAsked{Race: "relay", List: "x"}, standings.ErrListNotFound},
		{standings.LegAsked{Race: "relay", Leg: 4}, standings.ErrLegNotFound}, {standings.LegAsked{Race: "relay", Leg: -1}, standings.ErrLegNotFound},
		{standings.LegAsked{Race: "twenty"}, standings.ErrLegNotFound}, {standings.LegAsked{Race: "twenty", Leg: 1}, standings.ErrLegNotFound},
	} {
		if _, err := b.Leg(c.asked, 0, 10); !errors.Is(err, c.want) {
			t.Errorf("%+v: got %v, want %v", c.asked, err, c.want)
		}
	}
}

// Whatever the scorer commits, in whatever steps, the tables are those of a board that knew it from the start.
func TestTheTablesOfLegsFollowTheBoard(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		event := boardEvent()
		entrants := field{}
		b := standings.NewBoard(event, 1, nil)
		ask := func(b *standings.Board) []standings.LegPage {
			var pages []standings.LegPage
			for leg := range 4 {
				for _, list := range []string{"", "overall"} {
					for _, order := range []standings.LegOrder{standings.AfterLeg, standings.ByLegTime} {
						page, err := b.Leg(standings.LegAsked{Race: "relay", Leg: leg, Order: order, List: list}, 0, 100)
						if err != nil {
							t.Fatal(err)
						}
						pages = append(pages, page)
					}
				}
			}
			return pages
		}
		for version := range rapid.Int64Range(2, 5).Draw(t, "commits") {
			changed, removed := entrants.change(t, false)
			b.Apply(version+2, changed, removed)
			anew := standings.NewBoard(event, version+2, slices.Clone(entrants.results()))
			if diff := gocmp.Diff(ask(anew), ask(b)); diff != "" {
				t.Fatalf("(-anew +kept)\n%s", diff)
			}
		}
	})
}

func TestALegIsWatched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := teams()
		b := standings.NewBoard(legDay(), 1, all[:1])
		ctx, cancel := context.WithCancel(t.Context())
		var seen []string
		ended := make(chan error, 1)
		go func() {
			ended <- b.WatchLeg(ctx, standings.LegAsked{Race: "relay", Leg: 2}, 1, func(page standings.LegPage) error {
				seen = append(seen, fmt.Sprint(page.Version, " ", legLines(page.Rows), " of ", page.Total))
				return nil
			})
		}()
		synctest.Wait()
		b.Apply(2, all[6:], nil) // on its first leg: nothing to see
		synctest.Wait()
		b.Apply(3, all[2:3], nil)
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		want := []string{
			"1 [after 1 +0 bib 1 1-2 0:31:40 rank 1 total 0:50:00] of 1",
			"3 [after 1 +0 bib 3 3-2 0:31:40 rank 1 total 0:49:10] of 2",
		}
		if diff := gocmp.Diff(want, seen); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
