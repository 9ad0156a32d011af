package standingsgrpc_test

import (
	"testing"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

func TestRowsAroundABibArePagedAndWatchedAlike(t *testing.T) {
	t.Parallel()
	client := dial(t, tenKm(field(20)...))
	page, err := client.GetStandings(t.Context(), &standingsv1.GetStandingsRequest{
		EventId: "almaty-2025", Race: "ten", Around: "7", PageSize: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []standingsv1.StandingsOrder{
		standingsv1.StandingsOrder_STANDINGS_ORDER_RANKED_FIRST, standingsv1.StandingsOrder_STANDINGS_ORDER_LIVE,
	} {
		stream, err := client.WatchStandings(t.Context(), &standingsv1.WatchStandingsRequest{
			EventId: "almaty-2025", Race: "ten", Around: "7", Top: 3, Order: order,
		})
		if err != nil {
			t.Fatal(err)
		}
		update, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if len(update.GetRows()) != 3 || !update.GetSnapshot() {
			t.Errorf("%s: %v", order, update)
		}
		for i, row := range update.GetRows() {
			live := order == standingsv1.StandingsOrder_STANDINGS_ORDER_LIVE
			if row.GetBib() != page.GetRows()[i].GetBib() || (row.GetLiveRank() > 0) != live {
				t.Errorf("%s: row %d is %v, on the page %v", order, i, row, page.GetRows()[i])
			}
		}
	}
}
