package notice

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/anomaly"
)

func TestAnomaliesOnTheWire(t *testing.T) {
	t.Parallel()
	visit := func(v int32) *int32 { return &v }
	for _, kind := range anomaly.Kinds() {
		got := ToAnomaly(anomaly.Anomaly{Kind: kind, Visit: anomaly.Nowhere, FromVisit: anomaly.Nowhere})
		if got.GetKind().String() != "ANOMALY_KIND_"+string(kind) || got.Visit != nil || got.FromVisit != nil || got.At != nil {
			t.Errorf("%s is %v", kind, got)
		}
	}
	got := ToAnomaly(anomaly.Anomaly{
		Kind: anomaly.ImpossibleSegment, Visit: 2, At: 9, FromVisit: 0, FromAt: 4, Time: time.Second, Leg: 3, DealtBy: "r-1",
	})
	want := &standingsv1.Anomaly{
		Kind: standingsv1.AnomalyKind_ANOMALY_KIND_IMPOSSIBLE_SEGMENT, Visit: visit(2),
		At: timestamppb.New(time.UnixMicro(9)), FromVisit: visit(0), FromAt: timestamppb.New(time.UnixMicro(4)),
		Time: durationpb.New(time.Second), Leg: 3, DealtBy: "r-1",
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
