// Package registrationgrpc is the gRPC face of registration: it checks the shape of requests and decides nothing.
package registrationgrpc

import (
	"context"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/access"
	"raceday/services/grpcserver"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// Server answers raceday.registration.v1.RegistrationService.
type Server struct {
	registrationv1.UnimplementedRegistrationServiceServer
	service *registration.Service
}

// New returns a server on the service.
func New(service *registration.Service) *Server { return &Server{service: service} }

// actor is who is kept as having done what the call does.
func actor(ctx context.Context) string { return grpcserver.ActorFrom(ctx).Name }

// RegisterPerson enters a person.
func (s *Server) RegisterPerson(
	ctx context.Context, request *registrationv1.RegisterPersonRequest,
) (*registrationv1.RegisterPersonResponse, error) {
	r, err := personRegistration(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.RegisterPerson(ctx, actor(ctx), r)
	if err != nil {
		return nil, err
	}
	return &registrationv1.RegisterPersonResponse{Entry: entryMessage(r.Event, &entry)}, nil
}

// RegisterTeam enters a team with its members.
func (s *Server) RegisterTeam(
	ctx context.Context, request *registrationv1.RegisterTeamRequest,
) (*registrationv1.RegisterTeamResponse, error) {
	r, err := teamRegistration(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.RegisterTeam(ctx, actor(ctx), r)
	if err != nil {
		return nil, err
	}
	return &registrationv1.RegisterTeamResponse{Entry: entryMessage(r.Event, &entry)}, nil
}

// ConfirmPayment records a payment.
func (s *Server) ConfirmPayment(
	ctx context.Context, request *registrationv1.ConfirmPaymentRequest,
) (*registrationv1.ConfirmPaymentResponse, error) {
	p := paymentNotice(request)
	entry, refundDue, err := s.service.ConfirmPayment(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	return paymentMessage(p.Event, &entry, refundDue), nil
}

// AcceptOffer takes an offered place for which nothing is to be paid.
func (s *Server) AcceptOffer(
	ctx context.Context, request *registrationv1.AcceptOfferRequest,
) (*registrationv1.AcceptOfferResponse, error) {
	event := race.EventID(request.GetEventId())
	entry, err := s.service.AcceptOffer(ctx, actor(ctx), event, request.GetRequestId(), reference(request.GetReference()))
	if err != nil {
		return nil, err
	}
	return &registrationv1.AcceptOfferResponse{Entry: entryMessage(event, &entry)}, nil
}

// Withdraw takes an entry back.
func (s *Server) Withdraw(
	ctx context.Context, request *registrationv1.WithdrawRequest,
) (*registrationv1.WithdrawResponse, error) {
	w := withdrawal(request, grpcserver.ActorFrom(ctx).Role)
	entry, err := s.service.Withdraw(ctx, actor(ctx), w)
	if err != nil {
		return nil, err
	}
	return &registrationv1.WithdrawResponse{Entry: entryMessage(w.Event, &entry)}, nil
}

// TransferEntry passes an entry on to another person, race or event.
func (s *Server) TransferEntry(
	ctx context.Context, request *registrationv1.TransferEntryRequest,
) (*registrationv1.TransferEntryResponse, error) {
	t, err := transferOf(request)
	if err != nil {
		return nil, err
	}
	before, after, err := s.service.TransferEntry(ctx, actor(ctx), t)
	if err != nil {
		return nil, within("person", request.GetPerson(), err)
	}
	return transferMessage(t, &before, &after), nil
}

// JoinTeam adds a member to a team.
func (s *Server) JoinTeam(
	ctx context.Context, request *registrationv1.JoinTeamRequest,
) (*registrationv1.JoinTeamResponse, error) {
	j, err := joiningOf(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.JoinTeam(ctx, actor(ctx), j)
	if err != nil {
		return nil, err
	}
	return joinedMessage(j.Event, &entry), nil
}

// SetNameShown says how a name is published.
func (s *Server) SetNameShown(
	ctx context.Context, request *registrationv1.SetNameShownRequest,
) (*registrationv1.SetNameShownResponse, error) {
	n, err := nameRequest(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.SetNameShown(ctx, actor(ctx), n)
	if err != nil {
		return nil, err
	}
	return &registrationv1.SetNameShownResponse{Entry: entryMessage(n.Event, &entry)}, nil
}

// SubstituteMember lets somebody else run a leg.
func (s *Server) SubstituteMember(
	ctx context.Context, request *registrationv1.SubstituteMemberRequest,
) (*registrationv1.SubstituteMemberResponse, error) {
	u, err := substitutionOf(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.SubstituteMember(ctx, actor(ctx), u)
	if err != nil {
		return nil, within("person", request.GetPerson(), err)
	}
	return &registrationv1.SubstituteMemberResponse{Entry: entryMessage(u.Event, &entry)}, nil
}

// GetEntry returns an entry by reference or bib.
func (s *Server) GetEntry(
	ctx context.Context, request *registrationv1.GetEntryRequest,
) (*registrationv1.GetEntryResponse, error) {
	if request.GetBib() != "" && grpcserver.ActorFrom(ctx).Role == access.Frontend {
		return nil, access.ErrRoleNotAllowed // Bibs are public, and who has one is not.
	}
	event := race.EventID(request.GetEventId())
	entry, err := s.service.GetEntry(ctx, event, keyOf(request.GetReference(), request.GetBib()))
	if err != nil {
		return nil, err
	}
	ahead, err := s.service.WaitingAhead(ctx, event, entry)
	if err != nil {
		return nil, err
	}
	return entryAnswer(event, &entry, ahead), nil
}
