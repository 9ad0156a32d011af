package registrationgrpc

import (
	"context"

	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// GetVacancies returns what each race has left.
func (s *Server) GetVacancies(
	ctx context.Context, request *registrationv1.GetVacanciesRequest,
) (*registrationv1.GetVacanciesResponse, error) {
	vacancies, err := s.service.GetVacancies(ctx, race.EventID(request.GetEventId()))
	if err != nil {
		return nil, err
	}
	return &registrationv1.GetVacanciesResponse{Vacancies: vacancyMessages(vacancies)}, nil
}

// WatchVacancies sends what each race has left, and again when it changes.
func (s *Server) WatchVacancies(
	request *registrationv1.WatchVacanciesRequest, stream grpc.ServerStreamingServer[registrationv1.WatchVacanciesResponse],
) error {
	send := func(vacancies []registration.Vacancy) error {
		return stream.Send(&registrationv1.WatchVacanciesResponse{Vacancies: vacancyMessages(vacancies)})
	}
	return s.service.WatchVacancies(stream.Context(), race.EventID(request.GetEventId()), send)
}

// GetTotals counts the entries of each race.
func (s *Server) GetTotals(
	ctx context.Context, request *registrationv1.GetTotalsRequest,
) (*registrationv1.GetTotalsResponse, error) {
	totals, currency, err := s.service.GetTotals(ctx, race.EventID(request.GetEventId()))
	if err != nil {
		return nil, err
	}
	return totalsMessages(totals, currency), nil
}

// SetCapacity sets the places of a race.
func (s *Server) SetCapacity(
	ctx context.Context, request *registrationv1.SetCapacityRequest,
) (*registrationv1.SetCapacityResponse, error) {
	vacancy, err := s.service.SetCapacity(ctx, actor(ctx), operation(request), int(request.GetCapacity()))
	if err != nil {
		return nil, err
	}
	return &registrationv1.SetCapacityResponse{Vacancy: vacancyMessage(vacancy)}, nil
}

// CloseRegistration takes no more entries for a race.
func (s *Server) CloseRegistration(
	ctx context.Context, request *registrationv1.CloseRegistrationRequest,
) (*registrationv1.CloseRegistrationResponse, error) {
	vacancy, err := s.service.CloseRegistration(ctx, actor(ctx), operation(request))
	if err != nil {
		return nil, err
	}
	return &registrationv1.CloseRegistrationResponse{Vacancy: vacancyMessage(vacancy)}, nil
}

// ReopenRegistration takes entries for a race.
func (s *Server) ReopenRegistration(
	ctx context.Context, request *registrationv1.ReopenRegistrationRequest,
) (*registrationv1.ReopenRegistrationResponse, error) {
	vacancy, err := s.service.ReopenRegistration(ctx, actor(ctx), operation(request))
	if err != nil {
		return nil, err
	}
	return &registrationv1.ReopenRegistrationResponse{Vacancy: vacancyMessage(vacancy)}, nil
}
