package standings

import (
	"context"
	"strconv"
	"strings"

	"raceday/services/rules/race"
)

// LegQuery names a page of a leg.
type LegQuery struct {
	Event race.EventID
	LegAsked
	// PageSize is 1 to 1000, or 0 for 50.
	PageSize int
	// PageToken is that of the page before; empty for the first page.
	PageToken string
}

// legOrderNames name the orders in page tokens.
var legOrderNames = [...]string{AfterLeg: "after leg", ByLegTime: "by leg time"}

// Leg returns a page of a leg, and the token of the next one, empty on the last. Pages follow one another by place, as those
// of Standings do. Faults: one that says that there is no such event, ErrRaceNotFound, ErrListNotFound, ErrLegNotFound,
// ErrPageTokenInvalid, ErrPageSizeInvalid, ErrStopping.
func (s *Service) Leg(ctx context.Context, q LegQuery) (LegPage, string, error) {
	size, err := pageSize(q.PageSize)
	if err != nil {
		return LegPage{}, "", err
	}
	asked, offset, err := q.at()
	if err != nil {
		return LegPage{}, "", err
	}
	var page LegPage
	err = s.deps.Boards.Use(ctx, q.Event, func(b *Board) error {
		var err error
		page, err = b.Leg(asked, offset, size)
		return err
	})
	if err != nil {
		return LegPage{}, "", err
	}
	next := ""
	if end := offset + len(page.Rows); end < page.Total {
		next = pageToken(q.Race, legOrderNames[q.Order], strconv.Itoa(page.Leg)+" "+q.List, end)
	}
	return page, next, nil
}

// at returns which leg is asked for, which its token names where the query does not, and where its page begins.
func (q *LegQuery) at() (LegAsked, int, error) {
	asked := q.LegAsked
	if q.PageToken == "" {
		return asked, 0, nil
	}
	of, offset, err := readPageToken(q.PageToken, q.Race, legOrderNames[q.Order], "")
	if err != nil {
		return LegAsked{}, 0, err
	}
	text, list, _ := strings.Cut(of, " ")
	leg, err := strconv.Atoi(text)
	if err != nil || q.Leg != 0 && q.Leg != leg || q.List != list {
		return LegAsked{}, 0, ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	asked.Leg = leg
	return asked, offset, nil
}

// WatchLeg calls send with the first rows of a leg and then again when they have changed, until ctx ends, send fails or the
// boards stop. Faults: one that says that there is no such event, ErrRaceNotFound, ErrListNotFound, ErrLegNotFound,
// ErrPageSizeInvalid, ErrStopping.
func (s *Service) WatchLeg(ctx context.Context, event race.EventID, asked LegAsked, size int, send func(LegPage) error) error {
	size, err := pageSize(size)
	if err != nil {
		return err
	}
	return s.deps.Boards.Use(ctx, event, func(b *Board) error { return b.WatchLeg(ctx, asked, size, send) })
}
