package timing

import (
	"context"
	"fmt"

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

// ListUnknownChips returns a page of the chips that were read and that are on nobody's roster line, the last read first, and
// the token of the next, empty on the last. It returns ErrPageSizeInvalid, ErrPageTokenInvalid, or a fault that says that
// there is no such event.
func (s *Service) ListUnknownChips(ctx context.Context, event race.EventID, page Page) ([]UnknownChip, string, error) {
	var run *race.Event
	check := func(newest *race.Event, after *UnknownChipID) error {
		if after != nil && (!after.LastAt.Held() || !isPrintable(string(after.Chip), maxMatRunes)) {
			return errPageToken()
		}
		run = newest
		return nil
	}
	return list(ctx, s, event, page, check, weightless,
		func(ctx context.Context, after *UnknownChipID, limit int) ([]UnknownChip, error) {
			worn, err := s.wearers.WornChips(ctx, event)
			if err != nil {
				return nil, fmt.Errorf("read who wears which chip: %w", err)
			}
			chips, err := s.store.ListUnknownChips(ctx, event, worn, after, limit)
			for i := range chips {
				if mat := run.MatAt(chips[i].LastMat, chips[i].LastAt); mat != nil {
					chips[i].LastPoint = mat.Point
				}
			}
			return chips, err
		},
		func(last UnknownChip) UnknownChipID { return UnknownChipID{last.LastAt, last.Chip} })
}
