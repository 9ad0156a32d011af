// Package eventgrpc is the gRPC face of the event service.
package eventgrpc

import (
	"context"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/event"
	"raceday/services/grpcserver"
	"raceday/services/rules/race"
)

// Server answers raceday.event.v1.EventService.
type Server struct {
	eventv1.UnimplementedEventServiceServer
	service *event.Service
}

// New returns a server on the service.
func New(service *event.Service) *Server { return &Server{service: service} }

// ApplyEvent stores an event or its next version.
func (s *Server) ApplyEvent(ctx context.Context, request *eventv1.ApplyEventRequest) (*eventv1.ApplyEventResponse, error) {
	applied, err := s.apply(ctx, grpcserver.ActorFrom(ctx).Name, request)
	if err != nil {
		return nil, err
	}
	return applyResponse(applied), nil
}

func (s *Server) apply(ctx context.Context, actor string, request *eventv1.ApplyEventRequest) (event.Applied, error) {
	switch source := request.GetSource().(type) {
	case *eventv1.ApplyEventRequest_Event:
		return s.service.ApplyMessage(ctx, actor, source.Event, request.GetKeepMisfits())
	case *eventv1.ApplyEventRequest_File:
		return s.service.ApplyFile(ctx, actor, source.File, request.GetKeepMisfits())
	}
	return event.Applied{}, errSourceMissing()
}

// GetEvent returns the newest version of an event.
func (s *Server) GetEvent(ctx context.Context, request *eventv1.GetEventRequest) (*eventv1.GetEventResponse, error) {
	version, err := s.service.Get(ctx, race.EventID(request.GetEventId()))
	if err != nil {
		return nil, err
	}
	return getResponse(version), nil
}

// ListEvents returns a page of events, the newest day first.
func (s *Server) ListEvents(ctx context.Context, request *eventv1.ListEventsRequest) (*eventv1.ListEventsResponse, error) {
	list, next, err := s.service.List(ctx, int(request.GetPageSize()), request.GetPageToken())
	if err != nil {
		return nil, err
	}
	return listResponse(list, next), nil
}
