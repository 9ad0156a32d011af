package standingsgrpc

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// GetSplitStandings returns a page of who passed a visit.
func (s *Server) GetSplitStandings(
	ctx context.Context, request *standingsv1.GetSplitStandingsRequest,
) (*standingsv1.GetSplitStandingsResponse, error) {
	page, next, err := s.service.Split(ctx, standings.SplitQuery{
		Event: race.EventID(request.GetEventId()), Race: race.ID(request.GetRace()), List: request.GetList(),
		Point: request.GetPoint(), PageSize: int(request.GetPageSize()), PageToken: request.GetPageToken(),
	})
	if err != nil {
		return nil, err
	}
	return splitResponse(page, next), nil
}

func splitResponse(page standings.SplitPage, next string) *standingsv1.GetSplitStandingsResponse {
	response := &standingsv1.GetSplitStandingsResponse{
		List: page.List, Version: page.Version, Total: int32(page.Total), Visit: int32(page.Visit), Point: page.Point,
		AtMetres: float64(page.AtMillimetres) / 1000, NextPageToken: next,
	}
	for _, row := range page.Rows {
		response.Rows = append(response.Rows, &standingsv1.SplitStanding{
			Rank: int32(row.Rank), At: timestamppb.New(row.At.Time()), Time: row.Shown, ExactTime: durationpb.New(row.Time.Time),
			Behind: row.Behind, Standing: standing(row.Row, page.At),
		})
	}
	return response
}
