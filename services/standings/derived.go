package standings

import (
	"context"
	"fmt"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// derived is what the scorer wrote of an event, with the definition that it computed by.
type derived struct {
	event   *race.Event
	version int64
	// change is the last one of event, roster and rulings that is in the results.
	change  int64
	results []result.Result
}

// readDerived reads the results, and then the event of the change that is in them: a newer one may name other lists.
func readDerived(ctx context.Context, store Store, events Events, id race.EventID) (derived, error) {
	version, change, results, err := store.Load(ctx, id)
	if err != nil {
		return derived{}, fmt.Errorf("read the results of %s: %w", id, err)
	}
	event, err := events.EventAt(ctx, id, change)
	if err != nil {
		return derived{}, fmt.Errorf("read the event %s: %w", id, err)
	}
	return derived{event, version, change, results}, nil
}

// readScored is readDerived when all changes that were made before are in it. Fault: ErrNotScoredYet.
func (s *Service) readScored(ctx context.Context, event race.EventID) (derived, error) {
	if _, err := s.deps.Boards.untilScored(ctx, event); err != nil {
		return derived{}, err
	}
	return readDerived(ctx, s.deps.Store, s.deps.Events, event)
}
