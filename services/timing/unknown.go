package timing

import (
	"context"
	"fmt"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Wearers knows which chips are worn.
type Wearers interface {
	// WornChips returns the chips on the lines of an event's roster, in no order.
	WornChips(ctx context.Context, event race.EventID) ([]race.Chip, error)
}

// UnknownChip is a chip that mats read and that is on nobody's roster line.
type UnknownChip struct {
	Chip  race.Chip
	Reads int64
	// LastMat is the mat of the last read, and LastPoint where it lay; empty where it lay nowhere.
	LastMat   race.MatID
	LastPoint race.PointID
	// LastAt and FirstAt are as the mats wrote them.
	LastAt, FirstAt racetime.Instant
}

// UnknownChipID orders unknown chips: the last read first, then by chip.
type UnknownChipID struct {
	LastAt racetime.Instant
	Chip   race.Chip
}

// unknownCursor is the last chip of a page, and when the list of its first page was made.
type unknownCursor struct {
	UnknownChipID
	ListedAt racetime.Instant
}

// ListUnknownChips returns a page of the chips that were read and that are on nobody's roster line, the last read first, and
// the token of the next, empty on the last. Pages asked for soon after the first one are of the same moment. It returns
// ErrPageSizeInvalid, ErrPageTokenInvalid, or a fault that says that there is no such event.
func (s *Service) ListUnknownChips(ctx context.Context, event race.EventID, page Page) ([]UnknownChip, string, error) {
	var run *race.Event
	check := func(newest *race.Event, after *unknownCursor) error {
		if after != nil && (!after.LastAt.Held() || !after.ListedAt.Held() || !isPrintable(string(after.Chip), maxMatRunes)) {
			return errPageToken()
		}
		run = newest
		return nil
	}
	var listedAt racetime.Instant
	return list(ctx, s, event, page, check, weightless,
		func(ctx context.Context, after *unknownCursor, limit int) (chips []UnknownChip, err error) {
			chips, listedAt, err = s.unknownChips(ctx, event, after, limit)
			for i := range chips {
				if mat := run.MatAt(chips[i].LastMat, chips[i].LastAt); mat != nil {
					chips[i].LastPoint = mat.Point
				}
			}
			return chips, err
		},
		func(last UnknownChip) unknownCursor { return unknownCursor{last.id(), listedAt} })
}

// unknownChips returns at most limit chips behind a cursor, nil being the start, and when they were looked for.
func (s *Service) unknownChips(
	ctx context.Context, event race.EventID, cursor *unknownCursor, limit int,
) ([]UnknownChip, racetime.Instant, error) {
	now := racetime.At(s.now())
	var after *UnknownChipID
	if cursor != nil {
		after = &cursor.UnknownChipID
		if now.Sub(cursor.ListedAt).Abs() <= unknownWindowTime {
			if window := s.unknown.find(event, cursor.ListedAt, now); window != nil {
				if chips, ok := window.page(after, limit); ok {
					return chips, window.listedAt, nil
				}
			}
		}
	}
	worn, err := s.wearers.WornChips(ctx, event)
	if err != nil {
		return nil, 0, fmt.Errorf("read who wears which chip: %w", err)
	}
	chips, err := s.store.ListUnknownChips(ctx, event, worn, after, maxUnknownWindow)
	if err != nil {
		return nil, 0, err
	}
	window := &unknownWindow{event: event, after: after, listedAt: now, chips: chips, whole: len(chips) < maxUnknownWindow}
	if len(chips) < limit {
		return chips, now, nil
	}
	s.unknown.keep(window)
	return slices.Clone(chips[:limit]), now, nil
}
