package standingsgrpc

import (
	"context"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// ListAwards returns who wins the prizes of a race.
func (s *Server) ListAwards(
	ctx context.Context, request *standingsv1.ListAwardsRequest,
) (*standingsv1.ListAwardsResponse, error) {
	prizes, version, err := s.service.Awards(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()))
	if err != nil {
		return nil, err
	}
	return awardsResponse(prizes, version), nil
}

func awardsResponse(prizes []standings.Prize, version int64) *standingsv1.ListAwardsResponse {
	response := &standingsv1.ListAwardsResponse{Version: version}
	for _, p := range prizes {
		response.Prizes = append(response.Prizes, &standingsv1.Prize{
			Classification: string(p.Classification), List: p.List, Place: int32(p.Place), Rank: int32(p.Rank),
			Bib: string(p.Bib), Name: p.Row.Result.Name, Country: p.Row.Result.Country, Club: p.Row.Result.Club,
			Time: p.Row.Ranked(),
		})
	}
	return response
}
