// Package auditgrpc is the gRPC face of the audit.
package auditgrpc

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	auditv1 "raceday/proto/raceday/audit/v1"
	"raceday/services/audit"
	"raceday/services/rules/race"
)

// Server answers raceday.audit.v1.AuditService.
type Server struct {
	auditv1.UnimplementedAuditServiceServer
	service *audit.Service
}

// New returns a server on the service.
func New(service *audit.Service) *Server { return &Server{service: service} }

// ListActions returns a page of the official actions on an event.
func (s *Server) ListActions(ctx context.Context, request *auditv1.ListActionsRequest) (*auditv1.ListActionsResponse, error) {
	actions, next, err := s.service.List(ctx, race.EventID(request.GetEventId()), int(request.GetPageSize()), request.GetPageToken())
	if err != nil {
		return nil, err
	}
	response := &auditv1.ListActionsResponse{NextPageToken: next}
	for i := range actions {
		response.Actions = append(response.Actions, actionMessage(&actions[i]))
	}
	return response, nil
}

func actionMessage(a *audit.Action) *auditv1.Action {
	return &auditv1.Action{
		Number: a.Number, At: timestamppb.New(a.At), Actor: a.Actor, Action: a.Action, Detail: a.Detail, Digest: a.Digest.String(),
	}
}

// VerifyActions computes all digests of an event again.
func (s *Server) VerifyActions(
	ctx context.Context, request *auditv1.VerifyActionsRequest,
) (*auditv1.VerifyActionsResponse, error) {
	v, err := s.service.Verify(ctx, race.EventID(request.GetEventId()))
	if err != nil {
		return nil, err
	}
	return verifiedMessage(v), nil
}

func verifiedMessage(v audit.Verified) *auditv1.VerifyActionsResponse {
	message := &auditv1.VerifyActionsResponse{Verified: v.Actions}
	if v.Touched != 0 {
		message.Touched = &v.Touched
	}
	if v.Last != nil {
		message.LastDigest = v.Last.String()
	}
	return message
}
