package standingsgrpc

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
	"raceday/services/standings"
)

// ListCards returns a page of the judges' sheet of a race.
func (s *Server) ListCards(
	ctx context.Context, request *standingsv1.ListCardsRequest,
) (*standingsv1.ListCardsResponse, error) {
	page, next, err := s.service.Cards(ctx, standings.CardQuery{
		Event: race.EventID(request.GetEventId()), Race: race.ID(request.GetRace()), Bib: race.Bib(request.GetBib()),
		PageSize: int(request.GetPageSize()), PageToken: request.GetPageToken(),
	})
	if err != nil {
		return nil, err
	}
	return cardsResponse(page, next), nil
}

func cardsResponse(page standings.CardPage, next string) *standingsv1.ListCardsResponse {
	response := &standingsv1.ListCardsResponse{NextPageToken: next}
	if page.Nordic != nil {
		response.Rules = &standingsv1.NordicRules{
			YellowCard: durationpb.New(page.Nordic.YellowCard), YellowToDsq: int32(page.Nordic.YellowToDSQ),
		}
	}
	if closed := page.ClosedBy; closed != nil {
		response.Closed = &standingsv1.SheetClosing{RulingId: string(closed.ID), By: closed.By, Reason: closed.Reason}
		if closed.DecidedAt != 0 {
			response.Closed.DecidedAt = timestamppb.New(closed.DecidedAt.Time())
		}
	}
	for i := range page.Entrants {
		response.Entrants = append(response.Entrants, entrantCards(&page.Entrants[i]))
	}
	return response
}

func entrantCards(e *standings.EntrantCards) *standingsv1.EntrantCards {
	message := &standingsv1.EntrantCards{
		Bib: string(e.Bib), Yellow: int32(e.Verdict.Yellow), Red: int32(e.Verdict.Red),
		Penalty: durationpb.New(e.Verdict.Penalty), Disqualified: e.Verdict.Disqualified,
	}
	if e.Result != nil {
		message.Name, message.Status = e.Result.Name, standingsv1.Status(e.Result.Status)
	}
	for _, r := range e.Reports {
		message.Reports = append(message.Reports, &standingsv1.CardReport{
			RulingId: string(r.ID), Kind: cardKinds[r.Kind], Judge: r.By, Point: r.Point, At: timestamppb.New(r.At.Time()), Rule: r.Rule,
			Reason: r.Reason, Card: int32(r.Card), Repeats: string(r.Repeats), Split: r.Split, RevokedBy: string(r.RevokedBy),
		})
	}
	return message
}

var cardKinds = map[ruling.Kind]standingsv1.CardKind{
	ruling.YellowCard: standingsv1.CardKind_CARD_KIND_YELLOW, ruling.RedCard: standingsv1.CardKind_CARD_KIND_RED,
}
