package registrationpg_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
)

func TestLinesAndTheirChips(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t,
		"marathon,7,C7 0c8,Ann,F,1990-05-01,,KAZ,Sunkar,Open,,,,",
		"marathon,8,,Bob,M,,44,,,,B,,,",
		"ekiden,9001,T1,Team,X,,,KAZ,,Mixed,,,,",
		"ekiden,9002,M1,First,F,,,,,,,9001,1,",
		"ekiden,,,Second,M,2000-02-29,,,,,,9001,2,",
		"ekiden,,M3,Third,M,2000-02-29,,,,,,9001,,",
	)
	chips, err := f.store.WornChips(t.Context(), f.event.ID)
	slices.Sort(chips)
	if diff := cmp.Diff([]race.Chip{"C7", "C8", "M1", "M3", "T1"}, chips); err != nil || diff != "" {
		t.Errorf("worn chips: %v (-want +got):\n%s", err, diff)
	}
	for _, want := range f.since(t, 0) {
		got, found, err := f.store.LineOf(t.Context(), f.event.ID, want.Bib)
		if diff := cmp.Diff(want, got); err != nil || !found || diff != "" {
			t.Errorf("line of bib %s: found %v, %v (-want +got):\n%s", want.Bib, found, err, diff)
		}
	}
	for _, bib := range []race.Bib{"9002", "1"} { // a member's, and nobody's
		if got, found, err := f.store.LineOf(t.Context(), f.event.ID, bib); err != nil || found {
			t.Errorf("line of bib %s: got %+v, %v, want none", bib, got, err)
		}
	}
}
