package benchmark

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/race"
)

// night is one opening night.
type night struct {
	sale sale
	seen seen
	// refused counts those who came when the race was sold out, refusing is how long they all took.
	refused  int
	refusing time.Duration
}

// turn sells the places of an event of its own.
func (b *RegisterBench) turn(
	ctx context.Context, s *Server, connections []*grpc.ClientConn, people []race.Person, event race.EventID,
) (n night, err error) {
	ctx, cancel := context.WithTimeout(ctx, nightTime)
	defer cancel()
	d, err := b.day(event)
	if err != nil {
		return night{}, err
	}
	if err := s.apply(ctx, d); err != nil {
		return night{}, err
	}
	if err := s.rest(ctx); err != nil {
		return night{}, err
	}
	f := newFrontend(connections, people, event)
	q := &queue{persons: len(people)}
	n.seen, err = watched(ctx, s.Conn, event, func(ctx context.Context) (err error) {
		n.sale, err = sell(ctx, b.Callers, q, f.enter)
		return err
	})
	if err != nil {
		return night{}, err
	}
	if n.refused, n.refusing, err = refuse(ctx, b.Callers, b.Refusals, q, f.enter); err != nil {
		return night{}, err
	}
	if err := b.checkSold(n.sale); err != nil {
		return night{}, err
	}
	return n, s.checkTaken(ctx, event, b.Places)
}

// checkTaken asks the server itself how many places are taken.
func (s *Server) checkTaken(ctx context.Context, event race.EventID, places int) error {
	response, err := registrationv1.NewRegistrationServiceClient(s.Conn).GetTotals(ctx,
		&registrationv1.GetTotalsRequest{EventId: string(event)})
	if err != nil {
		return fmt.Errorf("get totals: %w", err)
	}
	for _, totals := range response.GetTotals() {
		if totals.GetRace() == string(registerRace) && int(totals.GetTaken()) != places {
			return fmt.Errorf("%d of %d places are taken", totals.GetTaken(), places)
		}
	}
	return nil
}

// frontend enters persons as a registration website does.
type frontend struct {
	clients []registrationv1.RegistrationServiceClient
	event   race.EventID
	people  []*registrationv1.Person
}

func newFrontend(connections []*grpc.ClientConn, people []race.Person, event race.EventID) *frontend {
	f := &frontend{event: event, people: make([]*registrationv1.Person, len(people))}
	for _, conn := range connections {
		f.clients = append(f.clients, registrationv1.NewRegistrationServiceClient(conn))
	}
	for i := range people {
		p := &people[i]
		f.people[i] = &registrationv1.Person{
			Name: p.Name, Sex: sexes[p.Sex], BirthDate: p.BirthDay.String(), Country: p.Country, Club: p.Club,
		}
	}
	return f
}

var sexes = map[race.Sex]registrationv1.Sex{race.Female: registrationv1.Sex_SEX_F, race.Male: registrationv1.Sex_SEX_M}

// enter asks for a place; whatever is wrong but a full race is an error.
func (f *frontend) enter(ctx context.Context, caller, person int) (full bool, err error) {
	_, err = f.clients[caller/streamsPerConnection].RegisterPerson(ctx, &registrationv1.RegisterPersonRequest{
		EventId: string(f.event), Race: string(registerRace), RequestId: fmt.Sprintf("%s-%d", f.event, person),
		Person: f.people[person],
	})
	if reasonOf(err) == "RACE_FULL" {
		return true, nil
	}
	return false, err
}

// reasonOf returns the stable reason of a server's answer.
func reasonOf(err error) string {
	answer, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err)
	if !ok {
		return ""
	}
	for _, detail := range answer.GRPCStatus().Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
