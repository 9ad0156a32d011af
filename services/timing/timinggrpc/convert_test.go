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
		got, violations := rulingFrom(RulingMessage(timing.RecordedRuling{Ruling: want}), "ruling")
		if len(violations) > 0 || got != want {
			t.Errorf("got %+v, %v, want %+v", got, violations, want)
		}
	}
	if got, want := len(timingv1.RulingKind_name), len(ruling.Kinds())+1; got != want {
		t.Errorf("the contract has %d kinds, want %d", got, want)
	}
}

func TestRulingWithoutAKindIsLeftToTheRules(t *testing.T) {
	t.Parallel()
	got, violations := rulingFrom(nil, "ruling")
	if len(violations) > 0 || got.Kind != "UNSPECIFIED" {
		t.Errorf("got %+v, %v, want the kind UNSPECIFIED", got, violations)
	}
}

func TestTimesThatCannotBeHeld(t *testing.T) {
	t.Parallel()
	_, got := rulingFrom(&timingv1.Ruling{
		At:        &timestamppb.Timestamp{Seconds: 1 << 60},
		DecidedAt: &timestamppb.Timestamp{Seconds: 253_000_000_000},
		Duration:  &durationpb.Duration{Seconds: 1, Nanos: -1},
	}, "rulings[7]")
	want := []fault.Violation{
		instantInvalid("rulings[7].at"), instantInvalid("rulings[7].decided_at"),
		{Path: "rulings[7].duration", Reason: "DURATION_INVALID", Message: "is no duration"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	if _, err := gunFrom(&timingv1.FireGunRequest{At: &timestamppb.Timestamp{Nanos: -1}}); err == nil {
		t.Error("a gun at no instant: got no error")
	}
}
