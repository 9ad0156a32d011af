package registration

import (
	"context"
	"fmt"
	"slices"
	"time"

	"raceday/services/rules/race"
)

// settle gives back the places of a race that have run out of time, offers those that are free, and reports whether there
// was any. Where none is, somebody waits, and the event's file may make more.
func (s *Service) settle(ctx context.Context, at Unsettled) (changed bool, err error) {
	event, _, err := s.event(ctx, at.Event, true)
	if err != nil {
		return false, err
	}
	if r := event.Race(at.Race); r == nil || !at.Due && r.Capacity == at.EventCapacity {
		return false, nil
	}
	err = s.inRaces(ctx, at.Event, onlyRace(at.Race), func(ctx context.Context, tx Tx, event *race.Event) error {
		held, err := open(ctx, tx, event, []race.ID{at.Race}, Question{})
		if err != nil {
			return err
		}
		changed = len(held.changes.Entries) > 0
		return held.close(ctx)
	})
	return changed, err
}

// onlyRace chooses one race, or returns ErrRaceNotFound.
func onlyRace(id race.ID) func(event *race.Event) ([]race.ID, error) {
	return func(event *race.Event) ([]race.ID, error) {
		if event.Race(id) == nil {
			return nil, ErrRaceNotFound
		}
		return []race.ID{id}, nil
	}
}

// Operation is an operator's decision about a race.
type Operation struct {
	Event     race.EventID
	RequestID string
	Race      race.ID
	// Reason says why; it is kept with the change.
	Reason string
}

// SetCapacity sets the places of a race until the event's file names another number, and offers what becomes free. Faults:
// ErrRaceNotFound, ErrReasonMissing, ErrCapacityInvalid, ErrCapacityTaken and those of a request.
func (s *Service) SetCapacity(ctx context.Context, actor string, o Operation, capacity int) (Vacancy, error) {
	if capacity <= 0 {
		return Vacancy{}, ErrCapacityInvalid.With(ErrCapacityInvalid.At("capacity"))
	}
	return s.operate(ctx, Cause{Action: ActionSetCapacity, Actor: actor}, o, capacity,
		func(_ *race.Event, places *Places, _ time.Time) error {
			if capacity < places.Taken {
				violation := ErrCapacityTaken.At("capacity")
				violation.Message = fmt.Sprintf("%d places are taken", places.Taken)
				return ErrCapacityTaken.With(violation)
			}
			places.Limited, places.Capacity = true, capacity
			return nil
		})
}

// CloseRegistration takes no more entries for a race, whatever its times say. Faults: ErrRaceNotFound, ErrReasonMissing
// and those of a request.
func (s *Service) CloseRegistration(ctx context.Context, actor string, o Operation) (Vacancy, error) {
	return s.operate(ctx, Cause{Action: ActionCloseRegistration, Actor: actor}, o, 0,
		func(_ *race.Event, places *Places, _ time.Time) error {
			places.Taking = Closed
			return nil
		})
}

// ReopenRegistration takes entries for a race, whatever its times say; where these admit entries now, they go on to hold.
// Faults: as CloseRegistration, and
// ErrEventCancelled.
func (s *Service) ReopenRegistration(ctx context.Context, actor string, o Operation) (Vacancy, error) {
	return s.operate(ctx, Cause{Action: ActionReopenRegistration, Actor: actor}, o, 0,
		func(event *race.Event, places *Places, now time.Time) error {
			if event.Cancelled {
				return ErrEventCancelled
			}
			places.Taking = Open
			if phaseOf(event, event.Race(places.Race), ByTimes, now) == nil {
				places.Taking = ByTimes // They go on to hold.
			}
			return nil
		})
}

// operate changes the places of a race, once for a request id. value is what the request says beside the operation.
func (s *Service) operate(
	ctx context.Context, cause Cause, o Operation, value int,
	change func(event *race.Event, places *Places, now time.Time) error,
) (Vacancy, error) {
	var err error
	if cause.Reason, err = checkReason(o.Reason); err != nil {
		return Vacancy{}, err
	}
	if err := checkRequestID(o.RequestID); err != nil {
		return Vacancy{}, err
	}
	digest, err := digestOf(cause.Action, []any{o, value})
	if err != nil {
		return Vacancy{}, err
	}
	var vacancy Vacancy
	q := Question{RequestIDs: []string{o.RequestID}}
	err = s.inRaces(ctx, o.Event, onlyRace(o.Race), func(ctx context.Context, tx Tx, event *race.Event) error {
		held, err := open(ctx, tx, event, []race.ID{o.Race}, q)
		if err != nil {
			return err
		}
		places := held.places[o.Race]
		if earlier, ok := held.known.Requests[o.RequestID]; ok {
			if earlier.Digest != digest {
				return ErrRequestIDReused
			}
			vacancy = vacancyOf(event, event.Race(o.Race), *places, held.now)
			return nil
		}
		before := *places
		if err := change(event, places, held.now); err != nil {
			return err
		}
		if before != *places {
			cause.At = held.now
			held.changes.Races = append(held.changes.Races, RaceChange{before, *places, cause})
		}
		held.changes.Requests = slices.Concat(held.changes.Requests, []Request{{ID: o.RequestID, Digest: digest}})
		if err := held.close(ctx); err != nil {
			return err
		}
		vacancy = vacancyOf(event, event.Race(o.Race), *places, held.now)
		return nil
	})
	if err != nil {
		return Vacancy{}, fmt.Errorf("%s: %w", cause.Action, err)
	}
	s.setFull(lane{o.Event, o.Race}, false)
	return vacancy, nil
}
