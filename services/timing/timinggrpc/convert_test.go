package timinggrpc

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/fault"
	"raceday/services/rules/ruling"
	"raceday/services/timing"
)

func TestEveryKindGoesBothWays(t *testing.T) {
	t.Parallel()
	for _, kind := range ruling.Kinds() {
		want := ruling.Ruling{
			ID: "1", Race: "marathon", Bib: "7", Kind: kind, Target: "t", Point: "line#2", At: 5, Duration: 30 * time.Second,
			Rule: "TR6", Reason: "why", By: "referee", DecidedAt: -6,
		}
		got, err := rulingFrom(RulingMessage(timing.RecordedRuling{Ruling: want}))
		if err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	if got, want := len(timingv1.RulingKind_name), len(ruling.Kinds())+1; got != want {
		t.Errorf("the contract has %d kinds, want %d", got, want)
	}
}

func TestRulingWithoutAKindIsLeftToTheRules(t *testing.T) {
	t.Parallel()
	got, err := rulingFrom(nil)
	if err != nil || got.Kind != "UNSPECIFIED" {
		t.Errorf("got %+v, %v, want the kind UNSPECIFIED", got, err)
	}
}

func TestTimesThatCannotBeHeld(t *testing.T) {
	t.Parallel()
	_, err := rulingFrom(&timingv1.Ruling{
		At:        &timestamppb.Timestamp{Seconds: 1 << 60},
		DecidedAt: &timestamppb.Timestamp{Seconds: 253_000_000_000},
		Duration:  &durationpb.Duration{Seconds: 1, Nanos: -1},
	})
	want := []fault.Violation{
		instantInvalid("ruling.at"), instantInvalid("ruling.decided_at"),
		{Path: "ruling.duration", Reason: "DURATION_INVALID", Message: "is no duration"},
	}
	if diff := cmp.Diff(want, fault.Violations(err)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	if _, err := gunFrom(&timingv1.FireGunRequest{At: &timestamppb.Timestamp{Nanos: -1}}); err == nil {
		t.Error("a gun at no instant: got no error")
	}
}
