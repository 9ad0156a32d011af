package registration

import (
	"context"
	"fmt"
	"reflect"

	"raceday/services/fault"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/team"
)

// Breaks returns what a new version of an event would break of the entries that stand: races that have entries and
// disappear or change between persons and teams, capacities below what is taken, waves that entrants name and that
// disappear and, unless misfits are kept, ages and teams that kept the rules and no longer would. Paths are those of the new
// event file. It holds the places of all races of the version before; within a transaction of the caller's, until that
// ends, so that no entry can be made by the old version once Breaks has looked. It returns ErrEventChanged where that
// version is not the newest.
func (s *Service) Breaks(
	ctx context.Context, version int64, before, after *race.Event, keepMisfits bool,
) ([]fault.Violation, error) {
	if !concernsEntries(before, after) {
		return nil, nil
	}
	byRace := map[race.ID][]Entry{}
	err := s.store.InRaces(ctx, basisOf(before, version), func(ctx context.Context, tx Tx) error {
		entries, err := tx.Entries(ctx)
		clear(byRace)
		for _, e := range entries {
			if e.State.Stands() {
				byRace[e.Race] = append(byRace[e.Race], e)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("entries that an event would break: %w", err)
	}
	var violations []fault.Violation
	for i := range before.Races {
		id := before.Races[i].ID
		if n := len(byRace[id]); n > 0 && after.Race(id) == nil {
			violations = append(violations, fault.Violation{
				Path: "races", Reason: "RACE_HAS_ENTRIES", Message: fmt.Sprintf("%s is missing and has %d entries", id, n),
			})
		}
	}
	for i := range after.Races {
		r := &after.Races[i]
		b := breaking{
			path: fmt.Sprintf("races[%d]", i), before: before, after: after, old: before.Race(r.ID), new: r,
			entries: byRace[r.ID], keepMisfits: keepMisfits,
		}
		if b.old != nil && len(b.entries) > 0 {
			violations = append(violations, b.violations()...)
		}
	}
	return violations, nil
}

// concernsEntries reports whether anything differs by which entries are admitted.
func concernsEntries(before, after *race.Event) bool {
	if before.Day != after.Day {
		return true
	}
	for i := range before.Races {
		if r := after.Race(before.Races[i].ID); r == nil || !reflect.DeepEqual(before.Races[i], *r) {
			return true
		}
	}
	return false
}

// breaking is a race with entries in two versions of its event.
type breaking struct {
	path          string
	before, after *race.Event
	old, new      *race.Race
	entries       []Entry
	keepMisfits   bool
}

func (b *breaking) violations() []fault.Violation {
	if (b.old.Team == nil) != (b.new.Team == nil) {
		return []fault.Violation{{
			Path: b.path + ".team", Reason: "RACE_HAS_ENTRIES",
			Message: fmt.Sprintf("changes between persons and teams and has %d entries", len(b.entries)),
		}}
	}
	var violations []fault.Violation
	add := func(field, reason string, n int, format string) {
		if n > 0 {
			violations = append(violations,
				fault.Violation{Path: b.path + field, Reason: reason, Message: fmt.Sprintf(format, n)})
		}
	}
	if n := len(b.entries); b.new.Capacity > 0 && b.new.Capacity < n {
		violations = append(violations, fault.Violation{
			Path: b.path + ".capacity", Reason: "CAPACITY_TAKEN",
			Message: fmt.Sprintf("%d is below the %d places that are taken", b.new.Capacity, n),
		})
	}
	waves, ages, teams := 0, 0, 0
	for i := range b.entries {
		e := &b.entries[i]
		if b.wave(b.old, e) && !b.wave(b.new, e) {
			waves++
		}
		switch {
		case b.old.Team == nil:
			if b.broken(entry.CheckAge(b.old, e.Person, b.before.Day), entry.CheckAge(b.new, e.Person, b.after.Day)) {
				ages++
			}
		case len(e.Members) > 0:
			if b.broken(memberAges(b.old, e, b.before), memberAges(b.new, e, b.after)) {
				ages++
			}
			if b.broken(team.CheckComposition(b.old, e.Members), team.CheckComposition(b.new, e.Members)) {
				teams++
			}
		}
	}
	add(".waves", ErrWaveUnknown.Reason, waves, "%d entries would be in no wave")
	if !b.keepMisfits {
		add(".min_age", ErrAgeBelowMinimum.Reason, ages, "%d entries would be below it")
		add(".team", ErrTeamComposition.Reason, teams, "%d teams would break it")
	}
	return violations
}

// wave reports whether an entry that needs a wave has one: without a bib it may still get one.
func (b *breaking) wave(r *race.Race, e *Entry) bool {
	if e.Bib == "" && e.Wave == "" {
		return true
	}
	return r.WaveOf(e.Wave, e.Bib) != nil
}

func (b *breaking) broken(before, after []entry.Problem) bool {
	return len(before) == 0 && len(after) > 0
}

func memberAges(r *race.Race, e *Entry, event *race.Event) []entry.Problem {
	var problems []entry.Problem
	for i := range e.Members {
		problems = append(problems, entry.CheckAge(r, e.Members[i].Person, event.Day)...)
	}
	return problems
}
