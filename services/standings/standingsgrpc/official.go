package standingsgrpc

import (
	"context"
	"encoding/hex"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/grpcserver"
	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// PublishOfficialList freezes a list.
func (s *Server) PublishOfficialList(
	ctx context.Context, request *standingsv1.PublishOfficialListRequest,
) (*standingsv1.PublishOfficialListResponse, error) {
	list, err := s.service.Publish(ctx, grpcserver.ActorFrom(ctx).Name, publication(request))
	if err != nil {
		return nil, err
	}
	return &standingsv1.PublishOfficialListResponse{List: officialList(list)}, nil
}

// ListOpenMatters returns what somebody should deal with before a list is official.
func (s *Server) ListOpenMatters(
	ctx context.Context, request *standingsv1.ListOpenMattersRequest,
) (*standingsv1.ListOpenMattersResponse, error) {
	open, err := s.service.OpenMatters(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()), request.GetList())
	if err != nil {
		return nil, err
	}
	return &standingsv1.ListOpenMattersResponse{Matters: open}, nil
}

// GetOfficialList returns a version of a list.
func (s *Server) GetOfficialList(
	ctx context.Context, request *standingsv1.GetOfficialListRequest,
) (*standingsv1.GetOfficialListResponse, error) {
	name := request.GetName()
	list, err := s.service.Published(ctx, race.EventID(request.GetEventId()), race.ID(name.GetRace()), name.GetList(),
		int(name.GetNumber()))
	if err != nil {
		return nil, err
	}
	return &standingsv1.GetOfficialListResponse{List: officialList(list)}, nil
}

// ListOfficialLists returns all versions of the lists of an event.
func (s *Server) ListOfficialLists(
	ctx context.Context, request *standingsv1.ListOfficialListsRequest,
) (*standingsv1.ListOfficialListsResponse, error) {
	lists, err := s.service.PublishedLists(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()))
	if err != nil {
		return nil, err
	}
	response := &standingsv1.ListOfficialListsResponse{}
	for _, list := range lists {
		response.Lists = append(response.Lists, officialList(list))
	}
	return response, nil
}

// DiffOfficialLists returns what differs between two versions.
func (s *Server) DiffOfficialLists(
	ctx context.Context, request *standingsv1.DiffOfficialListsRequest,
) (*standingsv1.DiffOfficialListsResponse, error) {
	from, to, changes, err := s.service.DiffPublished(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()),
		request.GetList(), int(request.GetFrom()), int(request.GetTo()))
	if err != nil {
		return nil, err
	}
	return diffResponse(from, to, changes), nil
}

func publication(request *standingsv1.PublishOfficialListRequest) standings.Publication {
	return standings.Publication{
		Event: race.EventID(request.GetEventId()), Race: race.ID(request.GetRace()), List: request.GetList(),
		As: states[request.GetAs()], Reason: request.GetReason(), SignedBy: request.GetSignedBy(), Waive: request.GetWaived(),
	}
}

var states = map[standingsv1.OfficialState]official.State{
	standingsv1.OfficialState_OFFICIAL_STATE_PROVISIONAL: official.Provisional,
	standingsv1.OfficialState_OFFICIAL_STATE_OFFICIAL:    official.Official,
	standingsv1.OfficialState_OFFICIAL_STATE_AMENDED:     official.Amended,
}

func stateMessage(state official.State) standingsv1.OfficialState {
	for message, s := range states {
		if s == state {
			return message
		}
	}
	return standingsv1.OfficialState_OFFICIAL_STATE_UNSPECIFIED
}

func officialList(l standings.OfficialList) *standingsv1.OfficialList {
	message := &standingsv1.OfficialList{
		Race: string(l.Race), List: l.List, Number: int32(l.Number), State: stateMessage(l.State),
		PublishedAt: timestamppb.New(l.PublishedAt.Time()), ProtestsUntil: timestamppb.New(l.ProtestsUntil.Time()),
		Reason: l.Reason, SignedBy: l.SignedBy, Actor: l.Actor, Waived: l.Waived, Version: l.At.Version, Change: l.At.Change,
		Digest: hex.EncodeToString(l.Digest[:]), FactsDigest: hex.EncodeToString(l.FactsDigest[:]),
		Differs: l.Differs,
	}
	for i := range l.Rows {
		message.Rows = append(message.Rows, officialRow(&l.Rows[i]))
	}
	return message
}

// officialRow returns nil for a row that is not there.
func officialRow(r *standings.OfficialRow) *standingsv1.OfficialRow {
	if r == nil {
		return nil
	}
	message := &standingsv1.OfficialRow{
		Rank: int32(r.Rank), Bib: string(r.Bib), Name: r.Name, Sex: r.Sex, AgeGroup: r.AgeGroup, Country: r.Country, Club: r.Club,
		Category: r.Category, Status: standingsv1.Status(r.Status), Rule: r.Rule, Gun: r.Gun, Net: r.Net, Penalty: r.Penalty,
		Ranked: r.Ranked,
	}
	for n := range r.Legs {
		message.Legs = append(message.Legs, officialLeg(r, n))
	}
	if r.RankedTime.Known {
		message.RankedTime = durationpb.New(r.RankedTime.Time)
	}
	return message
}

func officialLeg(team *standings.OfficialRow, n int) *standingsv1.LegResult {
	leg := &team.Legs[n]
	message := &standingsv1.LegResult{
		Leg: int32(n + 1), MemberBib: string(leg.MemberBib), MemberName: leg.MemberName, LegTime: leg.Time, Cumulative: leg.Cumulative,
		LegRank: int32(leg.Rank), RankAfter: int32(leg.RankAfter), NotCompleted: leg.NotCompleted, RanBy: int32(leg.RanBy),
	}
	if leg.RanBy > 0 && leg.RanBy <= len(team.Legs) {
		runner := &team.Legs[leg.RanBy-1]
		message.RanByBib, message.RanByName = string(runner.MemberBib), runner.MemberName
	}
	return message
}

func diffResponse(from, to standings.OfficialList, changes []standings.RowChange) *standingsv1.DiffOfficialListsResponse {
	from.Rows, to.Rows = nil, nil
	response := &standingsv1.DiffOfficialListsResponse{From: officialList(from), To: officialList(to)}
	for _, c := range changes {
		response.Changes = append(response.Changes, &standingsv1.OfficialChange{
			Before: officialRow(c.Before), After: officialRow(c.After),
		})
	}
	return response
}
