package registration

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// Breaks returns what a new version of an event would break of the entries that stand: races that have entries and
// disappear or change between persons and teams, capacities below what is taken, waves that entrants name and that
// disappear, the currency once there is a fee or a payment and, unless misfits are kept, ages and teams that kept the rules
// and no longer would. Paths are those of the new event file; messages name the first entries by their references. It holds the places of all races of the version
// before; within a transaction of the caller's, until that ends, so that no entry can be made by the old version once
// Breaks has looked. It returns ErrOvertaken where that version is not the newest.
func (s *Service) Breaks(
	ctx context.Context, version int64, before, after *race.Event, keepMisfits bool,
) ([]fault.Violation, error) {
	if !concernsEntries(before, after) {
		return nil, nil
	}
	byRace := map[race.ID][]Entry{}
	priced := 0
	err := s.store.InRaces(ctx, basisOf(before, version), func(ctx context.Context, tx Tx) error {
		entries, err := tx.Entries(ctx)
		clear(byRace)
		priced = 0
		for _, e := range entries {
			if e.State.Stands() {
				byRace[e.Race] = append(byRace[e.Race], e)
			}
			if e.FeeMinor > 0 || e.PaidMinor > 0 {
				priced++
			}
		}
		if err != nil || priced > 0 || before.Currency == after.Currency {
			return err
		}
		priced, err = s.refunds(ctx, before.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("entries that an event would break: %w", err)
	}
	violations := broken(before, after, byRace, keepMisfits)
	if before.Currency != after.Currency && priced > 0 {
		violations = append([]fault.Violation{{
			Path: "currency", Reason: "CURRENCY_IN_USE",
			Message: "is that of fees and payments of entries already; it cannot change any more",
		}}, violations...)
	}
	return violations, nil
}

// refunds counts the races of an event with payments that are to be given back, of entries without a fee.
func (s *Service) refunds(ctx context.Context, event race.EventID) (int, error) {
	totals, err := s.census.Totals(ctx, event)
	n := 0
	for _, t := range totals {
		if t.RefundDueMinor > 0 {
			n++
		}
	}
	return n, err
}

// broken returns what a new version would break of the entries of each race.
func broken(before, after *race.Event, byRace map[race.ID][]Entry, keepMisfits bool) []fault.Violation {
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
	return violations
}

// concernsEntries reports whether anything differs by which entries are admitted.
func concernsEntries(before, after *race.Event) bool {
	if before.Day != after.Day || before.Cancelled != after.Cancelled || before.Currency != after.Currency {
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
	taken := 0
	misfits := map[string][]Reference{} // by field of the race
	for i := range b.entries {
		e := &b.entries[i]
		if e.State.HasPlace() {
			taken++
		}
		for _, field := range b.newlyBroken(e) {
			misfits[field] = append(misfits[field], e.Reference)
		}
	}
	// The same number as before leaves standing what operators made of it.
	if b.new.Capacity != b.old.Capacity && b.new.Capacity > 0 && b.new.Capacity < taken {
		violations = append(violations, fault.Violation{
			Path: b.path + ".capacity", Reason: ErrCapacityTaken.Reason,
			Message: fmt.Sprintf("%d is below the %d places that are taken", b.new.Capacity, taken),
		})
	}
	for _, kind := range misfitKinds() {
		references := misfits[kind.field]
		if len(references) == 0 || b.keepMisfits && kind.remedy() != "" {
			continue
		}
		violations = append(violations, fault.Violation{
			Path: b.path + "." + kind.field, Reason: kind.reason,
			Message: fmt.Sprintf("%d %s: %s%s", len(references), kind.message, firstOf(references), kind.remedy()),
		})
	}
	return violations
}

// misfitKind is a field of a race that entries may break.
type misfitKind struct{ field, reason, message string }

// remedy says how the change is made all the same.
func (k misfitKind) remedy() string {
	if k.field == "waves" {
		return ""
	}
	return "; keep_misfits (--keep-misfits) leaves them as they are"
}

func misfitKinds() []misfitKind {
	return []misfitKind{
		{"waves", ErrWaveUnknown.Reason, "entries would be in no wave"},
		{"min_age", ErrAgeBelowMinimum.Reason, "entries would be below it"},
		{"max_age", ErrAgeAboveMaximum.Reason, "entries would be above it"},
		{"team", ErrTeamComposition.Reason, "teams would break it"},
	}
}

// newlyBroken returns the fields of the race by which an entry fitted and no longer would.
func (b *breaking) newlyBroken(e *Entry) []string {
	before, after := brokenFields(b.before, e), brokenFields(b.after, e)
	return slices.DeleteFunc(after, func(field string) bool { return slices.Contains(before, field) })
}

// brokenFields returns the fields of its race that an entry breaks, each once.
func brokenFields(event *race.Event, e *Entry) []string {
	var fields []string
	for _, p := range misfitProblems(event, e) {
		field := "team"
		switch p.Reason {
		case ErrWaveUnknown.Reason:
			field = "waves"
		case ErrAgeBelowMinimum.Reason, ErrBirthDateInvalid.Reason:
			field = "min_age"
		case ErrAgeAboveMaximum.Reason:
			field = "max_age"
		}
		if !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// firstOf lists the first of many references.
func firstOf(references []Reference) string {
	const shown = 5
	var list strings.Builder
	for i, reference := range references {
		switch {
		case i == shown:
			list.WriteString(", ...")
			return list.String()
		case i > 0:
			list.WriteString(", ")
		}
		list.WriteString(string(reference))
	}
	return list.String()
}
