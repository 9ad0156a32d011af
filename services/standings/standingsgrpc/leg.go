package standingsgrpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/standings"
)

// GetLegStandings returns a page of the teams that ended a leg.
func (s *Server) GetLegStandings(
	ctx context.Context, request *standingsv1.GetLegStandingsRequest,
) (*standingsv1.GetLegStandingsResponse, error) {
	page, next, err := s.service.Leg(ctx, standings.LegQuery{
		Event: race.EventID(request.GetEventId()), LegAsked: legAsked(request),
		PageSize: int(request.GetPageSize()), PageToken: request.GetPageToken(),
	})
	if err != nil {
		return nil, err
	}
	return legResponse(page, next), nil
}

// WatchLegStandings sends the top of a leg, then what becomes of it.
func (s *Server) WatchLegStandings(
	request *standingsv1.WatchLegStandingsRequest, stream grpc.ServerStreamingServer[standingsv1.WatchLegStandingsResponse],
) error {
	send := func(page standings.LegPage) error {
		return stream.Send(&standingsv1.WatchLegStandingsResponse{Standings: legResponse(page, "")})
	}
	return s.service.WatchLeg(stream.Context(), race.EventID(request.GetEventId()), legAsked(request), int(request.GetPageSize()), send)
}

func legAsked(request interface {
	GetRace() string
	GetLeg() int32
	GetOrder() standingsv1.LegOrder
	GetList() string
}) standings.LegAsked {
	order := standings.AfterLeg
	if request.GetOrder() == standingsv1.LegOrder_LEG_ORDER_LEG_TIME {
		order = standings.ByLegTime
	}
	return standings.LegAsked{Race: race.ID(request.GetRace()), Leg: int(request.GetLeg()), Order: order, List: request.GetList()}
}

func legResponse(page standings.LegPage, next string) *standingsv1.GetLegStandingsResponse {
	return &standingsv1.GetLegStandingsResponse{
		Leg: int32(page.Leg), Legs: int32(page.Legs), Metres: metres(page.LengthMillimetres), To: page.To, Version: page.Version,
		Rows: legRows(page.Rows), Total: int32(page.Total), Ranked: int32(page.Ranked), Fastest: legRows(page.Fastest),
		NextPageToken: next,
	}
}

func legRows(rows []standings.LegRow) []*standingsv1.LegStanding {
	var messages []*standingsv1.LegStanding
	for i := range rows {
		row := &rows[i]
		message := &standingsv1.LegStanding{
			Bib: string(row.Bib), Name: row.Name, Country: row.Country, Club: row.Club, Category: row.Category,
			Status: notice.ToStatus(row.Status), Leg: legResult(&row.Leg), Behind: row.Behind,
			ExactLegTime: exact(row.Leg.Time), ExactCumulative: exact(row.Leg.Cumulative),
		}
		if row.At != 0 {
			message.At = timestamppb.New(row.At.Time())
		}
		messages = append(messages, message)
	}
	return messages
}

func legResult(l *standings.LegResult) *standingsv1.LegResult {
	message := &standingsv1.LegResult{
		Leg:          int32(l.Number),
		MemberBib:    string(l.MemberBib),
		MemberName:   l.MemberName,
		LegTime:      l.ShownTime,
		LegRank:      int32(l.Rank),
		Cumulative:   l.ShownCumulative,
		RankAfter:    int32(l.RankAfter),
		NotCompleted: l.NotCompleted,
		Metres:       metres(l.LengthMillimetres),
		RanBy:        int32(l.RanBy),
		RanByBib:     string(l.RanByBib),
		RanByName:    l.RanByName,
		Record:       markMessage(l.Mark),
	}
	if gained, known := l.RanksGained(); known {
		ranks := int32(gained)
		message.RanksGained = &ranks
	}
	return message
}

func exact(t racetime.Optional) *durationpb.Duration {
	if !t.Known {
		return nil
	}
	return durationpb.New(t.Time)
}

func metres(millimetres int64) float64 { return float64(millimetres) / 1000 }
