package registrationgrpc

import (
	"context"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/race"
)

// RegisterLate enters a person or a team by a registrar's hand.
func (s *Server) RegisterLate(
	ctx context.Context, request *registrationv1.RegisterLateRequest,
) (*registrationv1.RegisterLateResponse, error) {
	r, isTeam, err := lateRegistration(request)
	if err != nil {
		return nil, withinLate(request, err)
	}
	entry, err := s.service.RegisterLate(ctx, actor(ctx), r, isTeam, lateOf(request))
	if err != nil {
		return nil, withinLate(request, err)
	}
	return &registrationv1.RegisterLateResponse{Entry: entryMessage(r.Event, &entry)}, nil
}

// RecordGuardian records who answers for a minor.
func (s *Server) RecordGuardian(
	ctx context.Context, request *registrationv1.RecordGuardianRequest,
) (*registrationv1.RecordGuardianResponse, error) {
	p, err := guardianRequest(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.RecordGuardian(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	return &registrationv1.RecordGuardianResponse{Entry: entryMessage(p.Event, &entry)}, nil
}

// RecordDocument records that an official saw a document.
func (s *Server) RecordDocument(
	ctx context.Context, request *registrationv1.RecordDocumentRequest,
) (*registrationv1.RecordDocumentResponse, error) {
	p, err := documentRequest(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.RecordDocument(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	return &registrationv1.RecordDocumentResponse{Entry: entryMessage(p.Event, &entry)}, nil
}

// GetPapers returns what is on record of an entry beside itself.
func (s *Server) GetPapers(
	ctx context.Context, request *registrationv1.GetPapersRequest,
) (*registrationv1.GetPapersResponse, error) {
	event := race.EventID(request.GetEventId())
	entry, papers, err := s.service.GetPapers(ctx, event, reference(request.GetReference()))
	if err != nil {
		return nil, err
	}
	return papersMessage(&entry, papers), nil
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
	return pageMessage(request, entries, p.size), nil
}

// ListMisfits returns a page of the entries that do not fit their race.
func (s *Server) ListMisfits(
	ctx context.Context, request *registrationv1.ListMisfitsRequest,
) (*registrationv1.ListMisfitsResponse, error) {
	p, err := pageOf(request)
	if err != nil {
		return nil, err
	}
	misfits, err := s.service.ListMisfits(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()), p.after, p.size+1)
	if err != nil {
		return nil, err
	}
	return misfitsMessage(request, misfits, p.size), nil
}

// CorrectEntry changes fields of an entry.
func (s *Server) CorrectEntry(
	ctx context.Context, request *registrationv1.CorrectEntryRequest,
) (*registrationv1.CorrectEntryResponse, error) {
	c, err := correction(request)
	if err != nil {
		return nil, err
	}
	entry, err := s.service.CorrectEntry(ctx, actor(ctx), c)
	if err != nil {
		return nil, err
	}
	return &registrationv1.CorrectEntryResponse{Entry: entryMessage(c.Event, &entry)}, nil
}

// AssignBibs gives bibs out of ranges.
func (s *Server) AssignBibs(
	ctx context.Context, request *registrationv1.AssignBibsRequest,
) (*registrationv1.AssignBibsResponse, error) {
	a, err := bibAssignment(request)
	if err != nil {
		return nil, err
	}
	assigned, err := s.service.AssignBibs(ctx, actor(ctx), a)
	if err != nil {
		return nil, err
	}
	return &registrationv1.AssignBibsResponse{Assigned: int32(assigned)}, nil
}

// AssignChips sets the chips of bibs.
func (s *Server) AssignChips(
	ctx context.Context, request *registrationv1.AssignChipsRequest,
) (*registrationv1.AssignChipsResponse, error) {
	changed, err := s.service.AssignChips(ctx, actor(ctx), race.EventID(request.GetEventId()),
		chipAssignments(request.GetAssignments()))
	if err != nil {
		return nil, err
	}
	return &registrationv1.AssignChipsResponse{Changed: int32(changed)}, nil
}

// SwapChips exchanges the chips of two bibs.
func (s *Server) SwapChips(
	ctx context.Context, request *registrationv1.SwapChipsRequest,
) (*registrationv1.SwapChipsResponse, error) {
	one, other, err := s.service.SwapChips(ctx, actor(ctx), chipSwap(request))
	if err != nil {
		return nil, err
	}
	return &registrationv1.SwapChipsResponse{
		Assignment: assignmentMessage(one), OtherAssignment: assignmentMessage(other),
	}, nil
}

// CheckIn hands out bib and chip.
func (s *Server) CheckIn(
	ctx context.Context, request *registrationv1.CheckInRequest,
) (*registrationv1.CheckInResponse, error) {
	c := checkInOf(request)
	entry, err := s.service.CheckIn(ctx, actor(ctx), c)
	if err != nil {
		return nil, err
	}
	return &registrationv1.CheckInResponse{Entry: entryMessage(c.Event, &entry)}, nil
}

// EraseEntry forgets who an entry is.
func (s *Server) EraseEntry(
	ctx context.Context, request *registrationv1.EraseEntryRequest,
) (*registrationv1.EraseEntryResponse, error) {
	event := race.EventID(request.GetEventId())
	entry, err := s.service.EraseEntry(ctx, actor(ctx), event, request.GetRequestId(), reference(request.GetReference()),
		request.GetReason())
	if err != nil {
		return nil, err
	}
	return &registrationv1.EraseEntryResponse{Entry: entryMessage(event, &entry)}, nil
}
