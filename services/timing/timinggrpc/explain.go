package timinggrpc

import (
	"context"

	"google.golang.org/grpc"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

// ExplainResult returns everything that the result of one entrant follows from.
func (s *Server) ExplainResult(
	ctx context.Context, request *timingv1.ExplainResultRequest,
) (*timingv1.ExplainResultResponse, error) {
	explained, ranks, err := s.service.ExplainResult(ctx, race.EventID(request.GetEventId()), race.Bib(request.GetBib()))
	if err != nil {
		return nil, err
	}
	return &timingv1.ExplainResultResponse{Explanation: explanationMessage(explained, ranks)}, nil
}

// readsOfMessage is how many reads of a chip travel in one message.
const readsOfMessage = 1000

// ExplainChip sends what became of the reads of a chip.
func (s *Server) ExplainChip(
	request *timingv1.ExplainChipRequest, stream grpc.ServerStreamingServer[timingv1.ExplainChipResponse],
) error {
	explained, err := s.service.ExplainChip(stream.Context(), race.EventID(request.GetEventId()), request.GetChip())
	if err != nil {
		return err
	}
	for rest := explained.Reads; ; {
		n := min(len(rest), readsOfMessage)
		err := stream.Send(&timingv1.ExplainChipResponse{
			Race: string(explained.Race), Bib: string(explained.Bib), Reads: convert(rest[:n], judgedMessage),
		})
		if rest = rest[n:]; err != nil || len(rest) == 0 {
			return err
		}
	}
}

// ListUnknownChips returns a page of the chips that are on nobody's roster line.
func (s *Server) ListUnknownChips(
	ctx context.Context, request *timingv1.ListUnknownChipsRequest,
) (*timingv1.ListUnknownChipsResponse, error) {
	chips, next, err := s.service.ListUnknownChips(ctx, race.EventID(request.GetEventId()), pageFrom(request))
	if err != nil {
		return nil, err
	}
	return &timingv1.ListUnknownChipsResponse{Chips: convert(chips, unknownChipMessage), NextPageToken: next}, nil
}
