// Package registrationgrpc is the gRPC face of registration: it checks the shape of requests and decides nothing.
package registrationgrpc

import (
	"bytes"
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
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

// RegisterPerson enters a person.
func (s *Server) RegisterPerson(
	ctx context.Context, request *registrationv1.RegisterPersonRequest,
) (*registrationv1.RegisterPersonResponse, error) {
	r, err := personRegistration(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.RegisterPerson(ctx, r)
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
	entry, err := s.service.RegisterTeam(ctx, r)
	if err != nil {
		return nil, err
	}
	return &registrationv1.RegisterTeamResponse{Entry: entryMessage(r.Event, &entry)}, nil
}

// GetEntry returns an entry by reference or bib.
func (s *Server) GetEntry(
	ctx context.Context, request *registrationv1.GetEntryRequest,
) (*registrationv1.GetEntryResponse, error) {
	event := race.EventID(request.GetEventId())
	var entry registration.Entry
	var err error
	if bib := request.GetBib(); bib != "" {
		entry, err = s.service.GetEntryByBib(ctx, event, race.Bib(bib))
	} else {
		entry, err = s.service.GetEntry(ctx, event, reference(request.GetReference()))
	}
	if err != nil {
		return nil, err
	}
	return &registrationv1.GetEntryResponse{Entry: entryMessage(event, &entry)}, nil
}

// ListEntries returns a page of entries in order of entry.
func (s *Server) ListEntries(
	ctx context.Context, request *registrationv1.ListEntriesRequest,
) (*registrationv1.ListEntriesResponse, error) {
	p, err := pageOf(request)
	if err != nil {
		return nil, err
	}
	event := race.EventID(request.GetEventId())
	// One more tells whether there is a next page.
	entries, err := s.service.ListEntries(ctx, event, race.ID(request.GetRace()), p.after, p.size+1)
	if err != nil {
		return nil, err
	}
	return pageMessage(event, entries, p.size), nil
}

// CorrectEntry changes fields of an entry.
func (s *Server) CorrectEntry(
	ctx context.Context, request *registrationv1.CorrectEntryRequest,
) (*registrationv1.CorrectEntryResponse, error) {
	c, err := correction(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.CorrectEntry(ctx, grpcserver.ActorFrom(ctx).Name, c)
	if err != nil {
		return nil, err
	}
	return &registrationv1.CorrectEntryResponse{Entry: entryMessage(c.Event, &entry)}, nil
}

// AssignBibs gives bibs out of ranges.
func (s *Server) AssignBibs(
	ctx context.Context, request *registrationv1.AssignBibsRequest,
) (*registrationv1.AssignBibsResponse, error) {
	assigned, err := s.service.AssignBibs(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()),
		race.ID(request.GetRace()), request.GetRanges())
	if err != nil {
		return nil, err
	}
	return &registrationv1.AssignBibsResponse{Assigned: int32(assigned)}, nil
}

// AssignChips sets the chips of bibs.
func (s *Server) AssignChips(
	ctx context.Context, request *registrationv1.AssignChipsRequest,
) (*registrationv1.AssignChipsResponse, error) {
	changed, err := s.service.AssignChips(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()),
		chipAssignments(request.GetAssignments()))
	if err != nil {
		return nil, err
	}
	return &registrationv1.AssignChipsResponse{Changed: int32(changed)}, nil
}

// The limits of a roster file.
const (
	maxRosterBytes = 64 << 20
	maxChunkBytes  = 256 << 10
)

// ImportRoster reads a roster file in pieces and imports it when it is whole.
func (s *Server) ImportRoster(
	stream grpc.ClientStreamingServer[registrationv1.ImportRosterRequest, registrationv1.ImportRosterResponse],
) error {
	first, content, err := receive(stream)
	if err != nil {
		return err
	}
	ctx := stream.Context()
	done, err := s.service.ImportRoster(ctx, grpcserver.ActorFrom(ctx).Name, registration.RosterFile{
		Event: race.EventID(first.GetEventId()), Content: content, Replace: first.GetReplace(),
	})
	if err != nil {
		return err
	}
	return stream.SendAndClose(importedMessage(done))
}

// receive returns the first message and the whole file.
func receive(
	stream grpc.ClientStreamingServer[registrationv1.ImportRosterRequest, registrationv1.ImportRosterResponse],
) (*registrationv1.ImportRosterRequest, io.ReadSeeker, error) {
	var first *registrationv1.ImportRosterRequest
	content := &bytes.Buffer{}
	for {
		message, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return first, bytes.NewReader(content.Bytes()), nil
		case err != nil:
			return nil, nil, err
		case len(message.GetChunk()) > maxChunkBytes || content.Len()+len(message.GetChunk()) > maxRosterBytes:
			return nil, nil, registration.ErrRosterTooBig
		case first == nil:
			first = message
		}
		content.Write(message.GetChunk())
	}
}
