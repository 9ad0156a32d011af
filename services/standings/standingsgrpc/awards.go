package standingsgrpc

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/grpcserver"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// ListAwards returns who wins the prizes of a race, and what changed since they were announced.
func (s *Server) ListAwards(
	ctx context.Context, request *standingsv1.ListAwardsRequest,
) (*standingsv1.ListAwardsResponse, error) {
	now, err := s.service.Awards(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()))
	if err != nil {
		return nil, err
	}
	return awardsResponse(now), nil
}

// AnnounceAwards records that the prizes of a race were announced.
func (s *Server) AnnounceAwards(
	ctx context.Context, request *standingsv1.AnnounceAwardsRequest,
) (*standingsv1.AnnounceAwardsResponse, error) {
	announced, err := s.service.AnnounceAwards(ctx, grpcserver.ActorFrom(ctx).Name, standings.AwardsToAnnounce{
		Event: race.EventID(request.GetEventId()), Race: race.ID(request.GetRace()), RequestID: request.GetRequestId(),
		SignedBy: request.GetSignedBy(),
	})
	if err != nil {
		return nil, err
	}
	return &standingsv1.AnnounceAwardsResponse{Announcement: announcement(&announced)}, nil
}

// HandOverAward records that a prize was handed over.
func (s *Server) HandOverAward(
	ctx context.Context, request *standingsv1.HandOverAwardRequest,
) (*standingsv1.HandOverAwardResponse, error) {
	p := prizeToHand(request)
	p.GivenAlready = request.GetGivenAlready()
	done, err := s.service.HandOverAward(ctx, grpcserver.ActorFrom(ctx).Name, p)
	if err != nil {
		return nil, err
	}
	return &standingsv1.HandOverAwardResponse{HandOver: handOver(&done)}, nil
}

// TakeBackAward records that a prize was taken back.
func (s *Server) TakeBackAward(
	ctx context.Context, request *standingsv1.TakeBackAwardRequest,
) (*standingsv1.TakeBackAwardResponse, error) {
	done, err := s.service.TakeBackAward(ctx, grpcserver.ActorFrom(ctx).Name, prizeToHand(request))
	if err != nil {
		return nil, err
	}
	return &standingsv1.TakeBackAwardResponse{HandOver: handOver(&done)}, nil
}

// GetAwardHistory returns all that was announced and handed over.
func (s *Server) GetAwardHistory(
	ctx context.Context, request *standingsv1.GetAwardHistoryRequest,
) (*standingsv1.GetAwardHistoryResponse, error) {
	announced, done, err := s.service.AwardHistory(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()))
	if err != nil {
		return nil, err
	}
	response := &standingsv1.GetAwardHistoryResponse{}
	for i := range announced {
		response.Announcements = append(response.Announcements, announcement(&announced[i]))
	}
	for i := range done {
		response.HandOvers = append(response.HandOvers, handOver(&done[i]))
	}
	return response, nil
}

func prizeToHand(request interface {
	GetEventId() string
	GetRace() string
	GetRequestId() string
	GetList() string
	GetBib() string
	GetBy() string
}) standings.PrizeToHand {
	return standings.PrizeToHand{
		Event: race.EventID(request.GetEventId()), Race: race.ID(request.GetRace()), RequestID: request.GetRequestId(),
		List: request.GetList(), Bib: race.Bib(request.GetBib()), By: request.GetBy(),
	}
}

func awardsResponse(now standings.Awards) *standingsv1.ListAwardsResponse {
	response := &standingsv1.ListAwardsResponse{Version: now.Version}
	for _, p := range now.Prizes {
		response.Prizes = append(response.Prizes, &standingsv1.Prize{
			Classification: string(p.Classification), List: p.List, Place: int32(p.Place), Rank: int32(p.Rank),
			Bib: string(p.Bib), Name: p.Row.Result.Name, Country: p.Row.Result.Country, Club: p.Row.Result.Club,
			Time: p.Row.Ranked(), HeldPlace: int32(p.Held),
		})
	}
	if now.Announced != nil {
		response.Announced = announcement(now.Announced)
		response.Announced.Prizes = nil
	}
	for _, c := range now.Changes {
		response.Changes = append(response.Changes, &standingsv1.PrizeChange{
			Classification: string(c.Classification), List: c.List, Bib: string(c.Bib), Name: c.Name, PlaceBefore: int32(c.Before),
			PlaceAfter: int32(c.After), HeldPlace: int32(c.Held),
		})
	}
	for i := range now.Wrong {
		response.WrongHands = append(response.WrongHands, handOver(&now.Wrong[i]))
	}
	return response
}

func announcement(a *standings.Announcement) *standingsv1.AwardAnnouncement {
	message := &standingsv1.AwardAnnouncement{
		Race: string(a.Race), Number: int32(a.Number), AnnouncedAt: timestamppb.New(a.AnnouncedAt.Time()), SignedBy: a.SignedBy,
		Actor: a.Actor, Version: a.At.Version, Change: a.At.Change,
	}
	for _, p := range a.Prizes {
		message.Prizes = append(message.Prizes, &standingsv1.AnnouncedPrize{
			Classification: string(p.Classification), List: p.List, Place: int32(p.Place), Rank: int32(p.Rank), Bib: string(p.Bib),
			Time: p.Ranked,
		})
	}
	return message
}

func handOver(h *standings.ShownHandOver) *standingsv1.PrizeHandOver {
	return &standingsv1.PrizeHandOver{
		Number: int32(h.Number), Classification: string(h.Classification), List: h.List, Place: int32(h.Place), Bib: string(h.Bib),
		TakenBack: h.Back, At: timestamppb.New(h.At.Time()), By: h.By, Actor: h.Actor, Announcement: int32(h.Announcement),
		Name: h.Name,
	}
}
