package standings

import (
	"context"
	"fmt"

	"raceday/services/rules/race"
	"raceday/services/rules/record"
)

// ImportEditions enters winners of past editions, all or none. Those that were entered before change nothing. Faults: one that
// says that there is no such event, ErrEditionsInvalid, ErrEntriesTooMany.
func (s *Service) ImportEditions(
	ctx context.Context, actor string, event race.EventID, entries []record.Winner,
) (Import, error) {
	if len(entries) > MaxEntries {
		return Import{}, ErrEntriesTooMany
	}
	definition, err := s.deps.Events.EventAt(ctx, event, 0)
	if err != nil {
		return Import{}, fmt.Errorf("read the event %s: %w", event, err)
	}
	courses, keys := make([]race.CourseID, len(entries)), make([]record.Key, len(entries))
	for i := range entries {
		courses[i], keys[i] = entries[i].Course, entries[i].Key
	}
	by, latest := s.entering(actor, definition)
	added, err := s.deps.Courses.AddPastWinners(ctx, by, distinct(courses),
		func(before []record.Winner) ([]record.Winner, error) {
			added, problems := record.AddWinners(before, entries, latest)
			if len(problems) > 0 {
				return nil, ErrEditionsInvalid.With(violationsOf("winners", "name", problems)...)
			}
			return added, nil
		})
	if err != nil {
		return Import{}, err
	}
	return Import{Added: added, Stood: len(entries) - added, Unused: unusedOf(definition, keys)}, nil
}

// Editions returns who won the past editions of the courses of one race, or of all where the id is empty, as the entries stand
// now: in the order of the event, the latest year first, then by F, M, X. Faults: one that says that there is no such event,
// ErrRaceNotFound.
func (s *Service) Editions(ctx context.Context, event race.EventID, raceID race.ID) ([]record.Winner, error) {
	definition, _, err := s.raceOf(ctx, event, raceID)
	if err != nil {
		return nil, err
	}
	entries, err := s.deps.Courses.PastWinners(ctx, coursesOf(definition))
	if err != nil {
		return nil, fmt.Errorf("read the past winners of %s: %w", event, err)
	}
	var shown []record.Winner
	for _, of := range coursesRun(definition, raceID) {
		for _, w := range record.Winners(entries) {
			if of == openKey(w.Key) {
				shown = append(shown, w)
			}
		}
	}
	return shown, nil
}
