package timinggrpc

import (
	"context"

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
