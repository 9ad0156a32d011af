package standingsgrpc_test

import (
	"context"
	"testing"
	"time"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// pair is a relay of two legs.
func pair(results ...result.Result) backend {
	r := race.New(race.Other)
	r.ID = "pair"
	r.Course = []race.Visit{{Point: "line"}, {Point: "x1", AtMillimetres: 5_000_000}, {Point: "line", AtMillimetres: 12_195_000}}
	r.Team = &race.Team{Size: 2, Legs: []race.Leg{{To: "x1", LengthMillimetres: 5_000_000}, {To: "line", LengthMillimetres: 7_195_000}}}
	r.Classifications = []race.Classification{{ID: "overall"}}
	return backend{event: &race.Event{ID: "almaty-2025", Races: []race.Race{r}}, results: results}
}

// pairOf is a team with these legs.
func pairOf(id race.EntrantID, bib race.Bib, first, second time.Duration) result.Result {
	leg := func(n int, member race.Bib, name string, t, sum time.Duration) result.Leg {
		return result.Leg{Number: n, MemberBib: bib + member, MemberName: name, Time: racetime.Known(t), Cumulative: racetime.Known(sum), Ranked: true}
	}
	return result.Result{
		Entrant: id, Race: "pair", Bib: bib, Name: "Team " + string(bib), Country: "KAZ", Club: "Tengri", Category: "Mixed",
		Status: result.Finished, GunAt: gun, Lists: []string{"overall"},
		Passings:  []passing.Passing{{Visit: 1, At: gun.Add(first)}, {Visit: 2, At: gun.Add(first + second)}},
		LegsTotal: racetime.Known(first + second),
		Legs:      []result.Leg{leg(1, "-1", "Aru", first, first), leg(2, "-2", "", second, first+second)},
	}
}

func TestGetLegStandings(t *testing.T) {
	t.Parallel()
	client := dial(t, pair(pairOf(1, "1", 1000*time.Second, 1500*time.Second+time.Millisecond), pairOf(2, "2", 900*time.Second, 1700*time.Second)))
	row := func(bib, second, ranks, more string) string {
		return `{"bib": "` + bib + `", "name": "Team ` + bib + `", "country": "KAZ", "club": "Tengri", "category": "Mixed", "status": "STATUS_FINISHED",
			"leg": {"leg": 2, "memberBib": "` + bib + `-2", "metres": 7195, "legTime": "` + second + `", ` + ranks + `}, ` + more + `}`
	}
	first := row("1", "0:25:01", `"legRank": 1, "cumulative": "0:41:41", "rankAfter": 1, "ranksGained": 1`,
		`"at": "2025-09-28T02:41:40.001Z", "exactLegTime": "1500.001s", "exactCumulative": "2500.001s"`)
	second := row("2", "0:28:20", `"legRank": 2, "cumulative": "0:43:20", "rankAfter": 2, "ranksGained": -1`,
		`"at": "2025-09-28T02:43:20Z", "exactLegTime": "1700s", "exactCumulative": "2600s", "behind": "0:01:39"`)
	head := `{"leg": 2, "legs": 2, "metres": 7195, "to": "line#2", "version": 7, "total": 2, "ranked": 2, "fastest": [` + first + `]`
	request := &standingsv1.GetLegStandingsRequest{EventId: "almaty-2025", Race: "pair", PageSize: 1}
	page, err := client.GetLegStandings(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	want(t, head+`, "rows": [`+first+`], "nextPageToken": "`+page.GetNextPageToken()+`"}`, page)
	request.PageToken = page.GetNextPageToken()
	if page, err = client.GetLegStandings(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	want(t, head+`, "rows": [`+second+`]}`, page)
	for _, wrong := range []*standingsv1.GetLegStandingsRequest{
		{Race: "pair", Leg: 1, PageToken: request.GetPageToken()}, {Race: "pair", List: "overall", PageToken: request.GetPageToken()},
		{Race: "pair", Order: standingsv1.LegOrder_LEG_ORDER_LEG_TIME, PageToken: request.GetPageToken()},
		{Race: "pair", Leg: 3}, {Race: "pair", List: "x"}, {Race: "x"}, {Race: "pair", PageSize: 1001}, {Race: "pair", PageToken: "x"},
	} {
		wrong.EventId = "almaty-2025"
		if got, err := client.GetLegStandings(t.Context(), wrong); err == nil {
			t.Errorf("%v is answered with %v", wrong, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := client.WatchLegStandings(ctx, &standingsv1.WatchLegStandingsRequest{EventId: "almaty-2025", Race: "pair", Leg: 2, PageSize: 1,
		Order: standingsv1.LegOrder_LEG_ORDER_LEG_TIME})
	if err != nil {
		t.Fatal(err)
	}
	update, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	want(t, head+`, "rows": [`+first+`]}`, update.GetStandings())
}
