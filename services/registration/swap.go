package registration

import (
	"context"
	"fmt"
	"slices"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// ChipSwap exchanges the chips of two bibs, of entries or of members.
type ChipSwap struct {
	Event     race.EventID
	RequestID string
	Bib       race.Bib
	OtherBib  race.Bib
	// Reason says why; it is kept with the change.
	Reason string
}

// SwapChips exchanges the chips of two bibs in one step and returns both as they now stand; a request id that is known
// only does the latter. Faults: ErrBibUnknown, ErrBibRepeated, ErrReasonMissing, ErrTextInvalid, ErrBusy and those of a request.
func (s *Service) SwapChips(ctx context.Context, actor string, w ChipSwap) (one, other ChipAssignment, err error) {
	if w.Reason, err = checkReason(w.Reason); err != nil {
		return one, other, err
	}
	if err := checkRequestID(w.RequestID); err != nil {
		return one, other, err
	}
	digest, err := digestOf(ActionSwapChips, w)
	if err != nil {
		return one, other, err
	}
	q := Question{RequestIDs: []string{w.RequestID}, Entries: bibKeys(w.Bib, w.OtherBib)}
	err = s.inEvent(ctx, w.Event, func(ctx context.Context, tx Tx, event *race.Event) error {
		held, err := open(ctx, tx, event, nil, q)
		if err != nil {
			return err
		}
		earlier, answered := held.known.Requests[w.RequestID]
		if answered && earlier.Digest != digest {
			return ErrRequestIDReused
		}
		c := newRechipping(held)
		chips, missing := c.chips(w.Bib)
		otherChips, otherMissing := c.chips(w.OtherBib)
		if missing != nil || otherMissing != nil {
			return badBibs(missing, otherMissing)
		}
		if !answered {
			*chips, *otherChips = *otherChips, *chips
			c.record(Cause{Action: ActionSwapChips, Actor: actor, Reason: w.Reason})
			request := Request{ID: w.RequestID, Digest: digest, Entrant: c.entries[0].before.ID}
			held.changes.Requests = append(held.changes.Requests, request)
		}
		one, other = ChipAssignment{w.Bib, slices.Clone(*chips)}, ChipAssignment{w.OtherBib, slices.Clone(*otherChips)}
		return held.close(ctx)
	})
	if err != nil {
		return ChipAssignment{}, ChipAssignment{}, fmt.Errorf("swap chips: %w", err)
	}
	return one, other, nil
}

// badBibs names the bibs that nobody wears, or that are one and the same.
func badBibs(bad, otherBad *fault.Fault) error {
	if otherBad == ErrBibRepeated {
		violation := otherBad.At("other_bib")
		violation.Message = "the two bibs are the same"
		return otherBad.With(violation)
	}
	var violations []fault.Violation
	if bad != nil {
		violations = append(violations, bad.At("bib"))
	}
	if otherBad != nil {
		violations = append(violations, otherBad.At("other_bib"))
	}
	return ErrBibUnknown.With(violations...)
}
