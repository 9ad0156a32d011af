package standingsgrpc_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// chasing is a runner from the gun who passed k5 so long after it.
func chasing(id race.EntrantID, bib race.Bib, atK5 time.Duration) result.Result {
	return result.Result{
		Entrant: id, Race: "ten", Bib: bib, Status: result.Started, GunAt: gun, Lists: []string{"overall", ""},
		Passings: []passing.Passing{{Visit: 0, At: gun}, {Visit: 1, At: gun.Add(atK5)}},
	}
}

func TestGetSplitStandings(t *testing.T) {
	t.Parallel()
	client := dial(t, tenKm(winner(), chasing(2, "8", 1500*time.Second)))
	request := &standingsv1.GetSplitStandingsRequest{EventId: "almaty-2025", Race: "ten", Point: "k5", PageSize: 1}
	first, err := client.GetSplitStandings(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"list": "overall", "version": 7, "total": 2, "visit": 1, "point": "k5", "atMetres": 5000.5, "nextPageToken": "`+
		first.GetNextPageToken()+`", "rows": [
		{"rank": 1, "at": "2025-09-28T02:15:01Z", "time": "0:15:01", "exactTime": "901s", "standing": `+winnerRow+`}]}`, first)
	request.PageToken = first.GetNextPageToken()
	second, err := client.GetSplitStandings(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"list": "overall", "version": 7, "total": 2, "visit": 1, "point": "k5", "atMetres": 5000.5, "rows": [
		{"rank": 2, "at": "2025-09-28T02:25:00Z", "time": "0:25:00", "exactTime": "1500s", "behind": "0:09:59", "standing":
		{"bib": "8", "status": "STATUS_STARTED", "lastVisit": 1, "lastPoint": "k5", "lastAt": "2025-09-28T02:25:00Z", "lastTime": "1500s",
		 "estimatedFinishAt": "2025-09-28T02:49:59.700029Z", "estimatedTime": "0:50:00"}}]}`, second)
	request.PageToken, request.Point = "", "k6"
	if _, err := client.GetSplitStandings(t.Context(), request); err == nil {
		t.Error("a point that is none is taken")
	}
}

// It is 40 minutes after the gun: one who should be in by then has no estimate any more.
func TestGetStandingsInTheLiveOrder(t *testing.T) {
	t.Parallel()
	client := dial(t, tenKm(winner(), chasing(2, "8", 1500*time.Second), chasing(3, "9", 1000*time.Second)))
	for order, wanted := range map[standingsv1.StandingsOrder]string{
		standingsv1.StandingsOrder_STANDINGS_ORDER_LIVE: `"liveRank": 2, "bib": "8"`, standingsv1.StandingsOrder_STANDINGS_ORDER_UNSPECIFIED: `"bib": "8"`,
	} {
		got, err := client.GetStandings(t.Context(), &standingsv1.GetStandingsRequest{EventId: "almaty-2025", Race: "ten", Order: order})
		if err != nil {
			t.Fatal(err)
		}
		runner8 := `{` + wanted + `, "status": "STATUS_STARTED", "lastVisit": 1, "lastPoint": "k5", "lastAt": "2025-09-28T02:25:00Z",
			"lastTime": "1500s", "estimatedFinishAt": "2025-09-28T02:49:59.700029Z", "estimatedTime": "0:50:00"}`
		runner9 := `{"bib": "9", "status": "STATUS_STARTED", "lastVisit": 1, "lastPoint": "k5", "lastAt": "2025-09-28T02:16:40Z", "lastTime": "1000s"}`
		first, rows := winnerRow, runner9+`, `+runner8
		if order == standingsv1.StandingsOrder_STANDINGS_ORDER_LIVE {
			first, rows = `{"liveRank": 1, `+winnerRow[1:], runner8+`, `+runner9
		}
		want(t, `{"list": "overall", "version": 7, "ranked": 1, "onCourse": 2, "rows": [`+first+`, `+rows+`]}`, got)
	}
}

func TestWatchResultBeginsWithWhatGetResultSays(t *testing.T) {
	t.Parallel()
	client := dial(t, tenKm(winner(), chasing(2, "8", 1500*time.Second)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := client.WatchResult(ctx, &standingsv1.WatchResultRequest{EventId: "almaty-2025", Bib: "8"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"race": "ten", "version": 7, "ranks": [{"list": "overall", "of": 1}], "splits": [
			{"point": "line", "at": "2025-09-28T02:00:00Z", "net": "0:00:00", "gun": "0:00:00"},
			{"visit": 1, "point": "k5", "at": "2025-09-28T02:25:00Z", "net": "0:25:00", "gun": "0:25:00", "atMetres": 5000.5, "pace": "299.970003s"}],
		"standing": {"bib": "8", "status": "STATUS_STARTED", "lastVisit": 1, "lastPoint": "k5", "lastAt": "2025-09-28T02:25:00Z",
			"lastTime": "1500s", "estimatedFinishAt": "2025-09-28T02:49:59.700029Z", "estimatedTime": "0:50:00"}}`, got.GetResult())
	nobody, err := client.WatchResult(ctx, &standingsv1.WatchResultRequest{EventId: "almaty-2025", Bib: "99"})
	if err == nil {
		_, err = nobody.Recv()
	}
	if status.Code(err) == codes.OK {
		t.Error("a bib that nobody wears is watched")
	}
}
