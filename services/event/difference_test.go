package event

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
)

func TestDifferenceNamesTheLinesThatChanged(t *testing.T) {
	t.Parallel()
	before := Version{Event: &race.Event{}, Number: 1, File: []byte("mats:\n  - {id: k5-a, point: k5}\n  - {id: k5-b, point: k5}\n")}
	after := Version{Number: 2, File: []byte("mats:\n  - {id: k5-b, point: k5}\n  - {id: k5-a, point: k5, clock_offset: 70s}\n")}
	want := "version 2\n- - {id: k5-a, point: k5}\n+ - {id: k5-a, point: k5, clock_offset: 70s}"
	if diff := cmp.Diff(want, Difference(before, after)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Difference(Version{}, after); got != "version 2" {
		t.Errorf("of the first version: got %q", got)
	}
}
