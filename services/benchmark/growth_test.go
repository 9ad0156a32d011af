package benchmark

import "testing"

func TestEventsOfAFieldShareThePortions(t *testing.T) {
	t.Parallel()
	for portions := 1; portions <= 60; portions++ {
		for _, c := range []struct{ entrants, most int }{{1000, portions}, {10_000, max(1, portions/10)}, {100_000, 1}} {
			events := eventsOf(portions, 1000, c.entrants)
			if events < 1 || events > c.most || portions%events > 0 {
				t.Errorf("%d portions of %d entrants are of %d events, want a divisor up to %d", portions, c.entrants, events, c.most)
			}
		}
	}
	if got := eventsOf(20, 1000, 10_000); got != 2 {
		t.Errorf("20 portions of 10 000 entrants are of %d events, want 2", got)
	}
}
