package registration

import (
	"context"
	"fmt"
	"slices"

	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/team"
)

// Misfit is an entry that breaks its race's rules as the event now stands.
type Misfit struct {
	Entrant   race.EntrantID
	Reference Reference
	Race      race.ID
	Bib       race.Bib
	Problems  []MisfitProblem
}

// MisfitProblem is one thing that does not fit.
type MisfitProblem struct {
	// Field leads to it from the entry: person.birth_date, or members[2].person.birth_date.
	Field string
	// Reason is that of the fault that a registration would get.
	Reason string
}

// ListMisfits returns at most limit misfits of an event, or of one race of it, in order of entry: those after the entrant
// given. Entries that have ended fit, and so does what a roster file left out. It returns ErrRaceNotFound for a race that
// the event does not have.
func (s *Service) ListMisfits(
	ctx context.Context, id race.EventID, raceID race.ID, after race.EntrantID, limit int,
) ([]Misfit, error) {
	event, _, err := s.event(ctx, id, true)
	if err != nil {
		return nil, fmt.Errorf("list misfits: %w", err)
	}
	if raceID != "" && event.Race(raceID) == nil {
		return nil, ErrRaceNotFound
	}
	var misfits []Misfit
	err = s.walk(ctx, id, raceID, after, func(e *Entry) bool {
		if !e.State.Stands() {
			return true
		}
		if problems := misfitProblems(event, e); len(problems) > 0 {
			misfits = append(misfits, Misfit{e.ID, e.Reference, e.Race, e.Bib, problems})
		}
		return len(misfits) < limit
	})
	if err != nil {
		return nil, fmt.Errorf("list misfits: %w", err)
	}
	return misfits, nil
}

// misfitProblems returns what an entry's data breaks of its race's rules. What is missing breaks none.
func misfitProblems(event *race.Event, e *Entry) []MisfitProblem {
	r := event.Race(e.Race)
	switch {
	case r == nil:
		return []MisfitProblem{{"race", ErrRaceNotFound.Reason}}
	case r.Team == nil && e.isTeam():
		return []MisfitProblem{{"race", ErrRaceTakesPersons.Reason}}
	}
	var problems []MisfitProblem
	add := func(path string, reason entry.Reason) {
		problems = append(problems, MisfitProblem{path, faults[reason].Reason})
	}
	if r.Team == nil {
		for _, p := range entry.CheckAge(r, e.Person, event.Day) {
			add("person."+p.Path, p.Reason)
		}
	}
	if r.Team != nil && e.isTeam() {
		// A team that could still be completed once is left to its deadline.
		then := timeOf(r.Team.CompleteUntil)
		for _, p := range teamProblems(paths{person: "person."}, event, r, e.Category, e.Members, then) {
			if slices.Contains([]entry.Reason{team.Size, team.Composition, team.CategoryUnknown, team.LegInvalid}, p.Reason) {
				add(p.Path, p.Reason)
			}
		}
		for i := range e.Members {
			for _, p := range entry.CheckAge(r, e.Members[i].Person, event.Day) {
				add(fmt.Sprintf("members[%d].person.%s", i, p.Path), p.Reason)
			}
		}
	}
	if checkWave("", r, e) != nil {
		problems = append(problems, MisfitProblem{"wave", ErrWaveUnknown.Reason})
	}
	return problems
}
