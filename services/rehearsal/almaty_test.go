package rehearsal_test

import (
	"testing"

	"raceday/services/event"
	"raceday/services/rehearsal"
	"raceday/services/rules/race"
)

func almaty(t testing.TB) *race.Event {
	t.Helper()
	e, err := event.Parse(rehearsal.AlmatyFile())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAlmatyHasEveryFormat(t *testing.T) {
	t.Parallel()
	held := map[race.Format]int{}
	for _, r := range almaty(t).Races {
		held[r.Format]++
	}
	for _, format := range []race.Format{race.Marathon, race.HalfMarathon, race.TenKm, race.NordicWalking, race.Ekiden} {
		if held[format] != 1 {
			t.Errorf("%d races of format %d, want 1", held[format], format)
		}
	}
}
