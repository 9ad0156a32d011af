package registrationpg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/registration/registrationpg"
	"raceday/services/rules/race"
)

func TestLinesOfBibs(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t, "marathon,1,0c1 D1,,,,,,,,,,,", "marathon,2,C2,,,,,,,,,,,",
		"ekiden,9001,T1,,,,,,,,,,,", "ekiden,9002,M1,,,,,,,,,9001,1,")
	got, err := f.store.LinesOfBibs(t.Context(), f.event.ID, []race.Bib{"1", "9001", "9002", "77"})
	if err != nil {
		t.Fatal(err)
	}
	team := []race.Chip{"M1", "T1"}
	want := []registrationpg.BibLine{
		{Asked: "1", Race: "marathon", Bib: "1", Chips: []race.Chip{"C1", "D1"}},
		{Asked: "9001", Race: "ekiden", Bib: "9001", Chips: team}, {Asked: "9002", Race: "ekiden", Bib: "9001", Chips: team},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
