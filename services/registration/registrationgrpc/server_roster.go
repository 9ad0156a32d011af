package registrationgrpc

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/grpcserver"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// The limits of a roster file.
const (
	maxRosterBytes = 64 << 20
	maxChunkBytes  = 256 << 10
)

// rosterStream brings a roster file and takes away how far its import is.
type rosterStream = grpc.BidiStreamingServer[registrationv1.ImportRosterRequest, registrationv1.ImportRosterResponse]

// ImportRoster reads a roster file in pieces and imports it when it is whole.
func (s *Server) ImportRoster(stream rosterStream) error {
	first, content, err := receive(stream)
	if err != nil {
		return err
	}
	lines := 0
	done, err := s.service.ImportRoster(stream.Context(), actor(stream.Context()), registration.RosterFile{
		Event: race.EventID(first.GetEventId()), Content: content, Replace: first.GetReplace(),
		Progress: func(read int) {
			lines = read
			// A caller who is gone is noticed by the import's own context.
			_ = stream.Send(&registrationv1.ImportRosterResponse{Lines: int32(read)})
		},
	})
	if err != nil {
		return err
	}
	return stream.Send(importedMessage(done, lines))
}

// receive returns the first message and the whole file.
func receive(stream rosterStream) (*registrationv1.ImportRosterRequest, io.ReadSeeker, error) {
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

// ExportRoster sends the roster of an event, a race or a wave in pieces.
func (s *Server) ExportRoster(
	request *registrationv1.ExportRosterRequest, stream grpc.ServerStreamingServer[registrationv1.ExportRosterResponse],
) error {
	file := grpcserver.NewChunks(func(chunk []byte) error {
		return stream.Send(&registrationv1.ExportRosterResponse{Chunk: chunk})
	})
	err := s.service.ExportRoster(stream.Context(), file, race.EventID(request.GetEventId()), race.ID(request.GetRace()),
		race.WaveID(request.GetWave()))
	if err != nil {
		return err
	}
	return file.End()
}

// maxWarnings keeps the last answer within what clients take.
const maxWarnings = 1000

func importedMessage(done registration.Imported, lines int) *registrationv1.ImportRosterResponse {
	response := &registrationv1.ImportRosterResponse{
		Added: int32(done.Added), Changed: int32(done.Changed), Same: int32(done.Same), Lines: int32(lines), Done: true,
	}
	for _, bib := range done.Withdrawn {
		response.Withdrawn = append(response.Withdrawn, string(bib))
	}
	for i, w := range done.Warnings {
		if more := len(done.Warnings) - i; i == maxWarnings {
			response.Warnings = append(response.Warnings, &registrationv1.ImportWarning{
				Description: fmt.Sprintf("%d more should be looked at", more),
			})
			break
		}
		response.Warnings = append(response.Warnings, &registrationv1.ImportWarning{
			Line: int32(w.Line), Column: w.Column, Description: w.Reason,
		})
	}
	return response
}
