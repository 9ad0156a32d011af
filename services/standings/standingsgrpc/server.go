// Package standingsgrpc is the gRPC face of the standings.
package standingsgrpc

import (
	"context"
	"io"
	"slices"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/grpcserver"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// Server answers raceday.standings.v1.StandingsService.
type Server struct {
	standingsv1.UnimplementedStandingsServiceServer
	service *standings.Service
}

// New returns a server on the service.
func New(service *standings.Service) *Server { return &Server{service: service} }

// Register registers the server. What is generated would answer GetStandings with messages, which are encoded each time.
func (s *Server) Register(on grpc.ServiceRegistrar) {
	description := standingsv1.StandingsService_ServiceDesc
	description.Methods = slices.Clone(description.Methods)
	standingsMethod := grpcserver.EncodedMethod(standingsv1.StandingsService_GetStandings_FullMethodName, s.getStandings)
	for i, method := range description.Methods {
		if method.MethodName == standingsMethod.MethodName {
			description.Methods[i] = standingsMethod
		}
	}
	on.RegisterService(&description, s)
}

// getStandings returns a page of a list.
func (s *Server) getStandings(ctx context.Context, request *standingsv1.GetStandingsRequest) (grpcserver.Encoded, error) {
	page, next, err := s.service.Standings(ctx, query(request))
	if err != nil {
		return grpcserver.Encoded{}, err
	}
	return encodedPage(page, next)
}

// WatchStandings sends a window of a list, then what changes in it.
func (s *Server) WatchStandings(
	request *standingsv1.WatchStandingsRequest, stream grpc.ServerStreamingServer[standingsv1.WatchStandingsResponse],
) error {
	send := func(u standings.Update) error {
		encoded, err := encodedUpdate(u)
		for i := 0; err == nil && i < len(encoded); i++ {
			err = stream.SendMsg(encoded[i])
		}
		return err
	}
	return s.service.Watch(stream.Context(), race.EventID(request.GetEventId()), watching(request), send)
}

// GetResult returns one entrant's result.
func (s *Server) GetResult(
	ctx context.Context, request *standingsv1.GetResultRequest,
) (*standingsv1.GetResultResponse, error) {
	entrant, err := s.service.Entrant(ctx, race.EventID(request.GetEventId()), race.Bib(request.GetBib()))
	if err != nil {
		return nil, err
	}
	return resultResponse(entrant), nil
}

// WatchResult sends one entrant's result, then what becomes of it.
func (s *Server) WatchResult(
	request *standingsv1.WatchResultRequest, stream grpc.ServerStreamingServer[standingsv1.WatchResultResponse],
) error {
	send := func(e standings.EntrantResult) error {
		return stream.Send(&standingsv1.WatchResultResponse{Result: resultResponse(e)})
	}
	return s.service.WatchEntrant(stream.Context(), race.EventID(request.GetEventId()), race.Bib(request.GetBib()), send)
}

// GetProgress counts entrants by where they are.
func (s *Server) GetProgress(
	ctx context.Context, request *standingsv1.GetProgressRequest,
) (*standingsv1.GetProgressResponse, error) {
	counts, version, err := s.service.Progress(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()))
	if err != nil {
		return nil, err
	}
	return progressResponse(counts, version), nil
}

// ListLists returns the names of a race's lists.
func (s *Server) ListLists(
	ctx context.Context, request *standingsv1.ListListsRequest,
) (*standingsv1.ListListsResponse, error) {
	lists, err := s.service.Lists(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()))
	if err != nil {
		return nil, err
	}
	return listsResponse(lists), nil
}

// ExportResults streams results as a file, or as several one after another.
func (s *Server) ExportResults(
	request *standingsv1.ExportResultsRequest, stream grpc.ServerStreamingServer[standingsv1.ExportResultsResponse],
) error {
	var file *grpcserver.Chunks
	err := s.service.ExportResults(stream.Context(), export(request), func(name string, version int64) io.Writer {
		file = file.Next(func(chunk []byte) error {
			return stream.Send(&standingsv1.ExportResultsResponse{Chunk: chunk, Version: version, File: name})
		})
		return file
	})
	if err != nil {
		return err
	}
	return file.End()
}

// ExportFacts streams the files of an event's facts, one after another.
func (s *Server) ExportFacts(
	request *standingsv1.ExportFactsRequest, stream grpc.ServerStreamingServer[standingsv1.ExportFactsResponse],
) error {
	at, err := s.factsAt(stream.Context(), request)
	if err != nil {
		return err
	}
	var file *grpcserver.Chunks
	err = s.service.ExportFacts(stream.Context(), race.EventID(request.GetEventId()), at, func(name string) io.Writer {
		file = file.Next(func(chunk []byte) error {
			return stream.Send(&standingsv1.ExportFactsResponse{File: name, Chunk: chunk})
		})
		return file
	})
	if err != nil {
		return err
	}
	return file.End()
}

// factsAt returns when the list was published whose facts are asked for; the zero FactsAt where none is named.
func (s *Server) factsAt(ctx context.Context, request *standingsv1.ExportFactsRequest) (standings.FactsAt, error) {
	name := request.GetAt()
	if name == nil {
		return standings.FactsAt{}, nil
	}
	list, err := s.service.Published(ctx, race.EventID(request.GetEventId()), race.ID(name.GetRace()), name.GetList(),
		int(name.GetNumber()))
	return list.At, err
}

// Rebuild recomputes everything and streams what differs.
func (s *Server) Rebuild(
	request *standingsv1.RebuildRequest, stream grpc.ServerStreamingServer[standingsv1.RebuildResponse],
) error {
	send := func(d standings.Difference) error { return stream.Send(differenceResponse(d)) }
	summary, err := s.service.Rebuild(stream.Context(), race.EventID(request.GetEventId()), send)
	if err != nil {
		return err
	}
	return stream.Send(summaryResponse(summary))
}
