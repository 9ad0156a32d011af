// Package timinggrpc is the gRPC face of the timing service.
package timinggrpc

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/fault"
	"raceday/services/grpcserver"
	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
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
	recorded, warnings, err := s.service.FireGun(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()), gun)
	if err != nil {
		return nil, err
	}
	return &timingv1.FireGunResponse{Ruling: RulingMessage(recorded), Warnings: convert(warnings, warningMessage)}, nil
}

// RecordRuling records one ruling.
func (s *Server) RecordRuling(
	ctx context.Context, request *timingv1.RecordRulingRequest,
) (*timingv1.RecordRulingResponse, error) {
	r, violations := rulingFrom(request.GetRuling(), "ruling")
	if len(violations) > 0 {
		return nil, timing.ErrRulingInvalid.With(violations...)
	}
	recorded, outcome, err := s.service.RecordRuling(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()), r)
	if err != nil {
		return nil, err
	}
	return &timingv1.RecordRulingResponse{
		Ruling: RulingMessage(recorded), Recorded: outcome.New > 0,
		StillOut: notice.ToOnCourse(outcome.Entrants, outcome.AskedAt), StillOutTotal: int32(outcome.Total),
		StillOutUnknown: outcome.Unknown,
		Warnings:        convert(outcome.Warnings, warningMessage),
	}, nil
}

// RecordRulings records the rulings of a stream when it is whole.
func (s *Server) RecordRulings(
	stream grpc.ClientStreamingServer[timingv1.RecordRulingsRequest, timingv1.RecordRulingsResponse],
) error {
	event, rulings, err := receiveRulings(stream)
	if err != nil {
		return err
	}
	ctx := stream.Context()
	outcome, err := s.service.RecordRulings(ctx, grpcserver.ActorFrom(ctx).Name, event, rulings)
	if err != nil {
		return err
	}
	told := outcome.Warnings[:min(len(outcome.Warnings), maxWarnings)]
	return stream.SendAndClose(&timingv1.RecordRulingsResponse{
		Recorded: int32(outcome.New), Stood: int32(len(rulings) - outcome.New),
		StillOut: notice.ToOnCourse(outcome.Entrants, outcome.AskedAt), StillOutTotal: int32(outcome.Total),
		StillOutUnknown: outcome.Unknown,
		Warnings:        convert(told, warningMessage), MoreWarnings: int32(len(outcome.Warnings) - len(told)),
	})
}

// maxWarnings keeps an answer below what gRPC clients receive unless told otherwise, 4 MiB.
const maxWarnings = 1000

// maxRulingsBytes bounds the messages of RecordRulings together.
const maxRulingsBytes = 32 << 20

// receiveRulings returns the event of the first message and the rulings of all.
func receiveRulings(
	stream grpc.ClientStreamingServer[timingv1.RecordRulingsRequest, timingv1.RecordRulingsResponse],
) (event race.EventID, rulings []ruling.Ruling, err error) {
	var violations []fault.Violation
	for size, first := 0, true; ; first = false {
		message, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && len(violations) > 0:
			return "", nil, timing.ErrRulingInvalid.With(violations...)
		case errors.Is(err, io.EOF):
			return event, rulings, nil
		case err != nil:
			return "", nil, err
		case first:
			event = race.EventID(message.GetEventId())
		}
		size += proto.Size(message)
		if size > maxRulingsBytes || len(rulings)+len(message.GetRulings()) > timing.MaxRulings {
			return "", nil, timing.ErrRulingsTooMany
		}
		for _, one := range message.GetRulings() {
			r, wrong := rulingFrom(one, fmt.Sprintf("rulings[%d]", len(rulings)))
			rulings, violations = append(rulings, r), append(violations, wrong...)
		}
	}
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
