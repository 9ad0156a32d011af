package timinggrpc

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/matcheck"
	"raceday/services/timing"
)

func TestMatsAsTheyAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		mat  timing.MatState
		want *timingv1.MatState
	}{
		{"all of it", timing.MatState{
			Mat: "line-b", Point: "line", Backup: true, Reads: 1, ReadsPerMinute: 2, Chips: 3, LastReadAt: 4, LastArrivedAt: 5,
			Lag: time.Second, Clock: matcheck.Clock{Difference: -time.Minute, Spread: time.Millisecond, Shared: 6},
			Boots:    []timing.MatBoot{{Boot: "7", FirstSeq: 8, LastSeq: 9, Reads: 10, Missing: 11}},
			Rejected: 12, Conflicts: 13, Silent: true, MissedSince: 14, Overdue: 15,
		}, &timingv1.MatState{
			Mat: "line-b", Point: "line", Backup: true, Reads: 1, ReadsPerMinute: 2, Chips: 3,
			LastReadAt: timestamppb.New(time.UnixMicro(4)), LastArrivedAt: timestamppb.New(time.UnixMicro(5)),
			Lag: durationpb.New(time.Second), ClockDifference: durationpb.New(-time.Minute), ClockSpread: durationpb.New(time.Millisecond),
			SharedCrossings: 6, Boots: []*timingv1.MatBoot{{Boot: "7", FirstSeq: 8, LastSeq: 9, Reads: 10, Missing: 11}},
			Rejected: 12, Conflicts: 13, Silent: true, MissedSince: 14, Overdue: 15,
		}},
		{"no read yet, and too few crossings to say anything of the clock",
			timing.MatState{Mat: "k5", Clock: matcheck.Clock{Shared: 4}}, &timingv1.MatState{Mat: "k5", SharedCrossings: 4}},
	} {
		if diff := cmp.Diff(c.want, matMessage(c.mat), protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}
