package registrationpg_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

func TestAssignBibs(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t, "marathon,11,,,,,,,,,,,,", "half,2000,,,,,,,,,,,,")
	for n := range 4 {
		f.register(t, n, "marathon")
	}
	f.register(t, 9, "half")
	for _, tt := range []struct {
		name   string
		race   race.ID
		ranges []string
		want   *fault.Fault
	}{
		{"unknown race", "ultra", []string{"1-9"}, registration.ErrRaceNotFound},
		{"no range", "marathon", []string{"10-13", "9-1"}, registration.ErrRangeInvalid},
		{"too small by the bib in use", "marathon", []string{"10-12", "12-13"}, registration.ErrRangeTooSmall},
		{"in no wave", "marathon", []string{"5000-5010"}, registration.ErrRangeInvalid},
	} {
		if _, err := f.AssignBibs(t.Context(), "tester", bibs(f.event.ID, tt.race, tt.ranges)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	before := f.change(t)
	n, err := f.AssignBibs(t.Context(), "tester", bibs(f.event.ID, "marathon", []string{"10-12", "20-1999"}))
	if err != nil || n != 4 {
		t.Fatalf("got %d bibs, %v, want 4", n, err)
	}
	var got []race.Bib
	for _, e := range f.since(t, before) {
		got = append(got, e.Bib)
	}
	if diff := cmp.Diff([]race.Bib{"10", "12", "20", "21"}, got); diff != "" {
		t.Errorf("bibs in order of entry (-want +got):\n%s", diff)
	}
	if n, err = f.AssignBibs(t.Context(), "tester", bibs(f.event.ID, "marathon", []string{"10-12"})); err != nil || n != 0 {
		t.Errorf("again: got %d bibs, %v, want none", n, err)
	}
	if after := f.change(t); after != before+1 {
		t.Errorf("got change %d, want %d: one for all bibs", after, before+1)
	}
}

func TestAssignChips(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t, "marathon,1,C1,,,,,,,,,,,", "marathon,2,C2,,,,,,,,,,,", "marathon,3,C3,,,,,,,,,,,",
		"ekiden,9001,T1,,,,,,,,,,,", "ekiden,9002,M1,,,,,,,,,9001,1,")
	assign := func(assignments ...registration.ChipAssignment) (int, error) {
		return f.AssignChips(t.Context(), "tester", f.event.ID, assignments)
	}
	before := f.change(t)
	_, err := assign(
		registration.ChipAssignment{Bib: "1", Chips: []string{"C1", "0c3"}},
		registration.ChipAssignment{Bib: "77", Chips: []string{"C77"}},
		registration.ChipAssignment{Bib: "2", Chips: []string{"C-2"}},
		registration.ChipAssignment{Bib: "9002", Chips: []string{"N1", "t1"}},
		registration.ChipAssignment{Bib: "1", Chips: nil},
	)
	want := []fault.Violation{
		registration.ErrBibUnknown.At("assignments[1].bib"),
		{Path: "assignments[4].bib", Reason: "BIB_REPEATED", Message: "stands in assignments[0] already"},
		takenBy("assignments[0].chips[1]", "3"),
		registration.ErrChipInvalid.At("assignments[2].chips[0]"),
		takenBy("assignments[3].chips[1]", "9001"),
	}
	if diff := cmp.Diff(want, fault.Violations(err)); diff != "" || !errors.Is(err, registration.ErrBibUnknown) {
		t.Errorf("got %v (-want +got):\n%s", err, diff)
	}
	if after := f.change(t); after != before {
		t.Errorf("got change %d after a refusal, want %d", after, before)
	}

	n, err := assign(
		registration.ChipAssignment{Bib: "1", Chips: []string{"C2"}},
		registration.ChipAssignment{Bib: "2", Chips: []string{"C1", "0042"}},
		registration.ChipAssignment{Bib: "3", Chips: []string{"C3"}},
		registration.ChipAssignment{Bib: "9002", Chips: nil},
	)
	if err != nil || n != 3 {
		t.Fatalf("got %d changed, %v, want 3", n, err)
	}
	got := map[race.Bib][]string{}
	for _, e := range f.since(t, before) {
		got[e.Bib] = e.Chips
		for _, m := range e.Members {
			got[m.Bib] = m.Chips
		}
	}
	chips := map[race.Bib][]string{"1": {"C2"}, "2": {"C1", "0042"}, "9001": {"T1"}, "9002": nil}
	if diff := cmp.Diff(chips, got); diff != "" {
		t.Errorf("changed lines (-want +got):\n%s", diff)
	}
}

// takenBy is a chip that another bib wears.
func takenBy(path string, bib race.Bib) fault.Violation {
	violation := registration.ErrChipTaken.At(path)
	violation.Message += ": bib " + string(bib)
	return violation
}
