// Package timinggrpc is the gRPC face of the timing service.
package timinggrpc

import (
	"context"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/grpcserver"
	"raceday/services/rules/race"
	"raceday/services/timing"
)

// Server answers raceday.timing.v1.TimingService.
type Server struct {
	timingv1.UnimplementedTimingServiceServer
	service *timing.Service
}

// New returns a server on the service.
func New(service *timing.Service) *Server { return &Server{service: service} }

// FireGun records the gun of a race or a wave.
func (s *Server) FireGun(ctx context.Context, request *timingv1.FireGunRequest) (*timingv1.FireGunResponse, error) {
	gun, err := gunFrom(request)
	if err != nil {
		return nil, err
	}
	recorded, err := s.service.FireGun(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()), gun)
	if err != nil {
		return nil, err
	}
	return &timingv1.FireGunResponse{Ruling: RulingMessage(recorded)}, nil
}

// RecordRuling records one ruling.
func (s *Server) RecordRuling(
	ctx context.Context, request *timingv1.RecordRulingRequest,
) (*timingv1.RecordRulingResponse, error) {
	r, err := rulingFrom(request.GetRuling())
	if err != nil {
		return nil, err
	}
	recorded, isNew, err := s.service.RecordRuling(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()), r)
	if err != nil {
		return nil, err
	}
	return &timingv1.RecordRulingResponse{Ruling: RulingMessage(recorded), Recorded: isNew}, nil
}

// ListRulings returns a page of the rulings of an event or a race.
func (s *Server) ListRulings(
	ctx context.Context, request *timingv1.ListRulingsRequest,
) (*timingv1.ListRulingsResponse, error) {
	rulings, next, err := s.service.ListRulings(ctx, race.EventID(request.GetEventId()),
		timing.RulingFilter{Race: race.ID(request.GetRace())}, pageFrom(request))
	if err != nil {
		return nil, err
	}
	return &timingv1.ListRulingsResponse{Rulings: convert(rulings, RulingMessage), NextPageToken: next}, nil
}

// ListReads returns a page of the stored reads.
func (s *Server) ListReads(ctx context.Context, request *timingv1.ListReadsRequest) (*timingv1.ListReadsResponse, error) {
	reads, next, err := s.service.ListReads(ctx, race.EventID(request.GetEventId()), readFilterFrom(request), pageFrom(request))
	if err != nil {
		return nil, err
	}
	return &timingv1.ListReadsResponse{Reads: convert(reads, readMessage), NextPageToken: next}, nil
}

// ListRejectedMessages returns a page of what could not be taken as a read.
func (s *Server) ListRejectedMessages(
	ctx context.Context, request *timingv1.ListRejectedMessagesRequest,
) (*timingv1.ListRejectedMessagesResponse, error) {
	rejected, next, err := s.service.ListRejectedMessages(ctx, race.EventID(request.GetEventId()), pageFrom(request))
	if err != nil {
		return nil, err
	}
	return &timingv1.ListRejectedMessagesResponse{Messages: convert(rejected, rejectedMessage), NextPageToken: next}, nil
}
