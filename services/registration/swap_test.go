package registration

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

func TestSwapChips(t *testing.T) {
	t.Parallel()
	o := newOffice(confirmed("ten", "1", "C1"), confirmed("half", "2"), relayTeam(1))
	swap := func(request string, bib, other race.Bib) ([]ChipAssignment, error) {
		one, two, err := o.service.SwapChips(t.Context(), "desk", ChipSwap{
			Event: "e", RequestID: request, Bib: bib, OtherBib: other, Reason: "mixed up in the envelopes",
		})
		return []ChipAssignment{one, two}, err
	}
	steps := []struct {
		request    string
		bib, other race.Bib
		want       []ChipAssignment
	}{
		{"s1", "1", "2", []ChipAssignment{{"1", nil}, {"2", []string{"C1"}}}},
		{"s1", "1", "2", []ChipAssignment{{"1", nil}, {"2", []string{"C1"}}}}, // again
		{"s2", "1", "R1-2", []ChipAssignment{{"1", []string{"M1M2"}}, {"R1-2", nil}}},
		{"s3", "R1-3", "R1-1", []ChipAssignment{{"R1-3", []string{"M1M1"}}, {"R1-1", []string{"M1M3"}}}},
		{"s1", "1", "2", []ChipAssignment{{"1", []string{"M1M2"}}, {"2", []string{"C1"}}}}, // as they now stand
		{"s4", "R1", "R1-2", []ChipAssignment{{"R1", nil}, {"R1-2", nil}}},
	}
	for _, step := range steps {
		got, err := swap(step.request, step.bib, step.other)
		if err != nil {
			t.Fatalf("%s: %v", step.request, err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.request, diff)
		}
	}
	if _, known := o.requests["s4"]; !known {
		t.Error("the request that changed nothing is not recorded")
	}

	_, err := swap("s1", "1", "R1-1")
	wantFault(t, "another request under the same id", err, ErrRequestIDReused)
	_, err = swap("", "1", "2")
	wantFault(t, "no request id", err, ErrRequestIDInvalid, ErrRequestIDInvalid.At("request_id"))
	_, err = swap("s5", "1", "77")
	wantFault(t, "unknown other bib", err, ErrBibUnknown, ErrBibUnknown.At("other_bib"))
	_, err = swap("s5", "", "a b")
	wantFault(t, "no bibs", err, ErrBibUnknown, ErrBibUnknown.At("bib"), ErrBibUnknown.At("other_bib"))
	_, err = swap("s5", "1", "1")
	wantFault(t, "with itself", err, ErrBibRepeated,
		fault.Violation{Path: "other_bib", Reason: "BIB_REPEATED", Message: "the two bibs are the same"})
	_, _, err = o.service.SwapChips(t.Context(), "desk", ChipSwap{Event: "e", RequestID: "s6", Bib: "1", OtherBib: "2"})
	wantFault(t, "no reason", err, ErrReasonMissing, ErrReasonMissing.At("reason"))
}
