package registration

import (
	"context"
	"fmt"
	"slices"
	"time"

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
// given. Entries that have ended fit, and so does what a roster file may leave out. It returns ErrRaceNotFound for a race that
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

// misfitProblems returns what an entry's data breaks of its race's rules. What is missing breaks none, but the members of a
// team of a race that asks for them.
func misfitProblems(event *race.Event, e *Entry) []MisfitProblem {
	var problems []MisfitProblem
	for _, p := range misfitsOf(event, e) {
		problems = append(problems, p.MisfitProblem)
	}
	return problems
}

// misfitOf is a problem with the rule's own reason, which is empty for what no rule of a person or a team says.
type misfitOf struct {
	MisfitProblem
	reason entry.Reason
}

func misfitsOf(event *race.Event, e *Entry) []misfitOf {
	r := event.Race(e.Race)
	switch {
	case r == nil:
		return []misfitOf{{MisfitProblem{"race", ErrRaceNotFound.Reason}, ""}}
	case r.Team == nil && e.isTeam():
		return []misfitOf{{MisfitProblem{"race", ErrRaceTakesPersons.Reason}, ""}}
	}
	var problems []misfitOf
	add := func(path string, reason entry.Reason) {
		problems = append(problems, misfitOf{MisfitProblem{path, faults[reason].Reason}, reason})
	}
	if r.Team == nil {
		for _, p := range entry.CheckAge(r, e.Person, event.Day) {
			add("person."+p.Path, p.Reason)
		}
	} else {
		for _, p := range compositionProblems(event, r, e) {
			add(p.Path, p.Reason)
		}
		for i := range e.Members {
			for _, p := range entry.CheckAge(r, e.Members[i].Person, event.Day) {
				add(fmt.Sprintf("members[%d].person.%s", i, p.Path), p.Reason)
			}
		}
	}
	if checkWave("", r, e) != nil {
		problems = append(problems, misfitOf{MisfitProblem{"wave", ErrWaveUnknown.Reason}, ""})
	}
	return problems
}

// compositionProblems returns what keeps the members of an entry from being a team of its race, whoever they are. A team
// that could still be completed once is left to its deadline, but for one that a roster file confirmed.
func compositionProblems(event *race.Event, r *race.Race, e *Entry) []entry.Problem {
	if !e.isTeam() && !asksForMembers(r) {
		return nil
	}
	then := timeOf(r.Team.CompleteUntil)
	if e.State == Confirmed {
		then = then.Add(time.Second)
	}
	problems := teamProblems(paths{person: "person."}, event, r, e.Category, e.Members, then)
	return slices.DeleteFunc(problems, func(p entry.Problem) bool {
		return !slices.Contains([]entry.Reason{team.Size, team.Composition, team.CategoryUnknown, team.LegInvalid}, p.Reason)
	})
}

// asksForMembers reports whether a race of teams has rules about members or lets them wear chips: a roster file may name
// teams alone of the others.
func asksForMembers(r *race.Race) bool {
	t := r.Team
	return t.Chip == race.MemberChip || t.MinWomen > 0 || len(t.Categories) > 0 || t.CompleteUntil != 0
}
