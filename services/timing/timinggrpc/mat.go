package timinggrpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/timing"
)

// ListMats returns how each mat does.
func (s *Server) ListMats(ctx context.Context, request *timingv1.ListMatsRequest) (*timingv1.ListMatsResponse, error) {
	mats, err := s.service.ListMats(ctx, race.EventID(request.GetEventId()))
	if err != nil {
		return nil, err
	}
	return &timingv1.ListMatsResponse{Mats: convert(mats, matMessage)}, nil
}

// WatchMats sends the state of all mats, then of those that changed.
func (s *Server) WatchMats(
	request *timingv1.WatchMatsRequest, stream grpc.ServerStreamingServer[timingv1.WatchMatsResponse],
) error {
	send := func(mats []timing.MatState) error {
		return stream.Send(&timingv1.WatchMatsResponse{Mats: convert(mats, matMessage)})
	}
	return s.service.WatchMats(stream.Context(), race.EventID(request.GetEventId()), send)
}

func matMessage(m timing.MatState) *timingv1.MatState {
	message := &timingv1.MatState{
		Mat: string(m.Mat), Point: string(m.Point), Backup: m.Backup,
		Reads: int64(m.Reads), ReadsPerMinute: int64(m.ReadsPerMinute), Chips: int64(m.Chips),
		LastReadAt: timestamp(m.LastReadAt), LastArrivedAt: timestamp(m.LastArrivedAt),
		SharedCrossings: int64(m.Clock.Shared), Rejected: int64(m.Rejected), Conflicts: int64(m.Conflicts),
		Silent: m.Silent, MissedSince: int64(m.MissedSince), Overdue: int64(m.Overdue),
	}
	if m.Reads > 0 {
		message.Lag = durationpb.New(m.Lag)
	}
	if m.Clock.Known() {
		message.ClockDifference = durationpb.New(m.Clock.Difference)
		message.ClockSpread = durationpb.New(m.Clock.Spread)
	}
	for _, b := range m.Boots {
		message.Boots = append(message.Boots, &timingv1.MatBoot{
			Boot: b.Boot, FirstSeq: b.FirstSeq, LastSeq: b.LastSeq, Reads: int64(b.Reads), Missing: int64(b.Missing),
		})
	}
	return message
}
