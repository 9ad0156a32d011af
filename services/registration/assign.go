package registration

import (
	"context"
	"fmt"
	"reflect"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// AssignBibs gives the race's confirmed entries without a bib the free bibs of the ranges, in order of entry, all or
// nothing, and returns how many. Bibs that are in use are left out. Faults: ErrRaceNotFound, ErrRangeInvalid,
// ErrRangeTooSmall, ErrBusy.
func (s *Service) AssignBibs(
	ctx context.Context, actor string, eventID race.EventID, id race.ID, ranges []string,
) (int, error) {
	parsed, err := parseRanges(ranges)
	if err != nil {
		return 0, err
	}
	assigned := 0
	err = s.inEvent(ctx, eventID, func(ctx context.Context, tx Tx, event *race.Event) error {
		r := event.Race(id)
		if r == nil {
			return ErrRaceNotFound
		}
		entries, err := tx.Entries(ctx)
		if err != nil {
			return err
		}
		changed, err := giveBibs(r, entries, parsed)
		if assigned = len(changed); err != nil || assigned == 0 {
			return err
		}
		return tx.Save(ctx, Changes{Entries: because(changed, Cause{Action: ActionAssignBibs, Actor: actor, At: tx.Now()})})
	})
	if err != nil {
		return 0, fmt.Errorf("assign bibs: %w", err)
	}
	return assigned, nil
}

func parseRanges(texts []string) ([]race.BibRange, error) {
	ranges := make([]race.BibRange, len(texts))
	var bad []fault.Violation
	for i, text := range texts {
		var err error
		if ranges[i], err = race.ParseBibRange(text); err != nil {
			bad = append(bad, ErrRangeInvalid.At(fmt.Sprintf("ranges[%d]", i)))
		}
	}
	if len(texts) == 0 {
		bad = []fault.Violation{ErrRangeInvalid.At("ranges")}
	}
	if len(bad) > 0 {
		return nil, ErrRangeInvalid.With(bad...)
	}
	return ranges, nil
}

// giveBibs goes through the entries in order of entry and through the ranges at the same time.
func giveBibs(r *race.Race, entries []Entry, ranges []race.BibRange) ([]Change, error) {
	used := map[race.Bib]bool{}
	for i := range entries {
		for _, bib := range entries[i].Claims().Bibs {
			used[bib] = true
		}
	}
	var changed []Change
	at, number := 0, ranges[0].First
	for i := range entries {
		before := entries[i]
		if before.Race != r.ID || before.State != Confirmed || before.Bib != "" {
			continue
		}
		for at < len(ranges) && (number > ranges[at].Last || used[ranges[at].Bib(number)]) {
			if number++; number > ranges[at].Last {
				if at++; at < len(ranges) {
					number = ranges[at].First
				}
			}
		}
		if at == len(ranges) {
			return nil, ErrRangeTooSmall
		}
		after := before
		after.Bib = ranges[at].Bib(number)
		if r.WaveOf(after.Wave, after.Bib) == nil {
			return nil, ErrRangeInvalid.With(ErrWaveUnknown.At(fmt.Sprintf("ranges[%d]", at)))
		}
		used[after.Bib] = true
		changed = append(changed, Change{Before: &entries[i], After: after})
	}
	return changed, nil
}

// because returns the changes with their cause.
func because(changes []Change, cause Cause) []Change {
	for i := range changes {
		changes[i].Cause = cause
	}
	return changes
}

// ChipAssignment is the whole set of chips of a bib.
type ChipAssignment struct {
	Bib race.Bib
	// Chips are as typed.
	Chips []string
}

// AssignChips sets the chips of bibs, of entries or of members, all or nothing, and returns how many bibs' chips changed.
// Chips may change hands within one call. Every bad assignment is a violation of the fault: ErrBibUnknown, ErrChipInvalid
// or ErrChipTaken. It may return ErrBusy.
func (s *Service) AssignChips(
	ctx context.Context, actor string, eventID race.EventID, assignments []ChipAssignment,
) (int, error) {
	changed := 0
	err := s.inEvent(ctx, eventID, func(ctx context.Context, tx Tx, _ *race.Event) error {
		entries, err := tx.Entries(ctx)
		if err != nil {
			return err
		}
		changes, bibs, err := giveChips(entries, assignments)
		if changed = bibs; err != nil || len(changes) == 0 {
			return err
		}
		return tx.Save(ctx, Changes{Entries: because(changes, Cause{Action: ActionAssignChips, Actor: actor, At: tx.Now()})})
	})
	if err != nil {
		return 0, fmt.Errorf("assign chips: %w", err)
	}
	return changed, nil
}

// wearer is who a bib names: an entry, or a member of it.
type wearer struct {
	entry int
	// member is -1 for the entry itself.
	member int
}

// giveChips returns the entries that change and the number of bibs whose chips do.
func giveChips(entries []Entry, assignments []ChipAssignment) (changes []Change, bibs int, err error) {
	wearers := wearersOf(entries)
	after := make(map[int]*Entry)
	var first *fault.Fault
	var violations []fault.Violation
	bad := func(found *fault.Fault, format string, args ...any) {
		if first == nil {
			first = found
		}
		violations = append(violations, found.At(fmt.Sprintf(format, args...)))
	}
	lines := map[wearer]int{}
	for i, a := range assignments {
		w, known := wearers[a.Bib]
		if _, twice := lines[w]; !known || twice {
			bad(ErrBibUnknown, "assignments[%d].bib", i)
			continue
		}
		lines[w] = i
		if after[w.entry] == nil {
			changed := entries[w.entry]
			changed.Members = append([]race.Member(nil), changed.Members...)
			after[w.entry] = &changed
		}
		chips := &after[w.entry].Chips
		if w.member >= 0 {
			chips = &after[w.entry].Members[w.member].Chips
		}
		given := append([]string(nil), a.Chips...)
		if !reflect.DeepEqual(*chips, given) {
			bibs++
		}
		*chips = given
	}
	taken := chipsOutside(entries, after, lines)
	for i, a := range assignments {
		for j, text := range a.Chips {
			chip, err := race.ParseChip(text)
			switch {
			case err != nil:
				bad(ErrChipInvalid, "assignments[%d].chips[%d]", i, j)
			case taken[chip]:
				bad(ErrChipTaken, "assignments[%d].chips[%d]", i, j)
			}
			taken[chip] = true
		}
	}
	if first != nil {
		return nil, 0, first.With(violations...)
	}
	for i := range entries {
		if changed := after[i]; changed != nil && !reflect.DeepEqual(entries[i], *changed) {
			changes = append(changes, Change{Before: &entries[i], After: *changed})
		}
	}
	return changes, bibs, nil
}

func wearersOf(entries []Entry) map[race.Bib]wearer {
	wearers := map[race.Bib]wearer{}
	for i := range entries {
		if entries[i].State != Confirmed {
			continue
		}
		if entries[i].Bib != "" {
			wearers[entries[i].Bib] = wearer{i, -1}
		}
		for j := range entries[i].Members {
			if bib := entries[i].Members[j].Bib; bib != "" {
				wearers[bib] = wearer{i, j}
			}
		}
	}
	return wearers
}

// chipsOutside returns the chips that stay with wearers whom no assignment names.
func chipsOutside(entries []Entry, after map[int]*Entry, named map[wearer]int) map[race.Chip]bool {
	taken := map[race.Chip]bool{}
	for i := range entries {
		if after[i] == nil {
			for _, chip := range entries[i].Claims().Chips {
				taken[chip] = true
			}
			continue
		}
		left := *after[i]
		left.Members = append([]race.Member(nil), left.Members...)
		if _, ok := named[wearer{i, -1}]; ok {
			left.Chips = nil
		}
		for j := range left.Members {
			if _, ok := named[wearer{i, j}]; ok {
				left.Members[j].Chips = nil
			}
		}
		for _, chip := range left.Claims().Chips {
			taken[chip] = true
		}
	}
	return taken
}
