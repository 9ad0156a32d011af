package event

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

const (
	defaultPageSize = 50
	maxPageSize     = 100
)

// Summary is a line of the list of events.
type Summary struct {
	ID      race.EventID
	Name    string
	Day     civil.Day
	Version int64
	Races   []race.ID
}

// Cursor is a place in the list of events: behind the event that it names.
type Cursor struct {
	Day civil.Day
	ID  race.EventID
}

// List returns a page of events, the newest day first, and the token of the next page, empty on the last. A size of 0
// means 50. It returns ErrPageSizeInvalid or ErrPageTokenInvalid.
func (s *Service) List(ctx context.Context, size int, token string) ([]Summary, string, error) {
	if size == 0 {
		size = defaultPageSize
	}
	if size < 1 || size > maxPageSize {
		return nil, "", ErrPageSizeInvalid.With(ErrPageSizeInvalid.At("page_size"))
	}
	after, ok := parseToken(token)
	if !ok {
		return nil, "", ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	// One more than the page holds says whether another follows.
	list, err := s.store.List(ctx, after, size+1)
	if err != nil {
		return nil, "", fmt.Errorf("list events: %w", err)
	}
	if len(list) <= size {
		return list, "", nil
	}
	last := list[size-1]
	return list[:size], Cursor{Day: last.Day, ID: last.ID}.token(), nil
}

func (c Cursor) token() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.Day.String() + " " + string(c.ID)))
}

func parseToken(token string) (*Cursor, bool) {
	if token == "" {
		return nil, true
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, false
	}
	dayText, id, _ := strings.Cut(string(text), " ")
	day, err := civil.ParseDay(dayText)
	if err != nil || !race.IsID(id) {
		return nil, false
	}
	return &Cursor{Day: day, ID: race.EventID(id)}, true
}
