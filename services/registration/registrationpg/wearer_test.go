package registrationpg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/registration/registrationpg"
	"raceday/services/rules/race"
)

func TestWearers(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t, "marathon,1,0c1 D1,,,,,,,,,,,", "marathon,2,C2,,,,,,,,,,,",
		"ekiden,9001,T1,,,,,,,,,,,", "ekiden,9002,M1,,,,,,,,,9001,1,")
	got, err := f.store.Wearers(t.Context(), f.event.ID, []race.Chip{"C1", "D1", "M1", "C77"})
	if err != nil {
		t.Fatal(err)
	}
	want := []registrationpg.Wearer{{"C1", "marathon", "1"}, {"D1", "marathon", "1"}, {"M1", "ekiden", "9001"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := f.store.Wearers(t.Context(), f.event.ID, nil); err != nil || len(got) > 0 {
		t.Errorf("of no chips: %v, %v", got, err)
	}
}
