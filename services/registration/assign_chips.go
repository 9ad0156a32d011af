package registration

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// ChipAssignment is the whole set of chips of a bib. Chips that it has already, written otherwise, are kept as they were.
type ChipAssignment struct {
	Bib race.Bib
	// Chips are as typed.
	Chips []string
}

// AssignChips sets the chips of bibs, of entries or of members, all or nothing, and returns how many bibs' chips
// changed. Chips may change hands within one call. Every bad assignment is a violation of the fault: ErrBibUnknown,
// ErrBibRepeated, ErrChipInvalid, ErrChipRepeated or ErrChipTaken, which names the other bib. It may return ErrBusy.
func (s *Service) AssignChips(
	ctx context.Context, actor string, eventID race.EventID, assignments []ChipAssignment,
) (int, error) {
	var q Question
	for _, a := range assignments {
		q.Entries = append(q.Entries, bibKeys(a.Bib)...)
		q.Chips = append(q.Chips, chipsOf(a.Chips)...)
	}
	changed := 0
	err := s.inEvent(ctx, eventID, func(ctx context.Context, tx Tx, event *race.Event) error {
		held, err := open(ctx, tx, event, nil, q)
		if err != nil {
			return err
		}
		c := newRechipping(held)
		if changed, err = c.assign(assignments); err != nil {
			return err
		}
		c.record(Cause{Action: ActionAssignChips, Actor: actor})
		return held.close(ctx)
	})
	if err != nil {
		return 0, fmt.Errorf("assign chips: %w", err)
	}
	return changed, nil
}

// bibKeys returns the keys of bibs, without those that are none.
func bibKeys(bibs ...race.Bib) []Key {
	var keys []Key
	for _, bib := range bibs {
		if key := (Key{Bib: bib}); key.wellFormed() {
			keys = append(keys, key)
		}
	}
	return keys
}

// chipsOf returns the chips as they are compared, without those that are none.
func chipsOf(texts []string) []race.Chip {
	var chips []race.Chip
	for _, text := range texts {
		if chip, err := race.ParseChip(text); err == nil {
			chips = append(chips, chip)
		}
	}
	return chips
}

// rechipping gives other chips to entries and members.
type rechipping struct {
	held *session
	// entries are those concerned, as they become, in the order in which they were first named.
	entries []*rechipped
	byID    map[race.EntrantID]*rechipped
}

// rechipped is an entry whose chips change.
type rechipped struct {
	before, after Entry
	// named tells whose chips were named: those of a member by its index, those of the entry itself by itself.
	named map[int]bool
}

// itself stands for the entry among the indexes of its members.
const itself = -1

func newRechipping(held *session) *rechipping {
	return &rechipping{held: held, byID: map[race.EntrantID]*rechipped{}}
}

// chips returns those of whoever wears a bib, to be changed, or ErrBibUnknown where nobody does, and ErrBibRepeated where
// the bib was named before.
func (c *rechipping) chips(bib race.Bib) (*[]string, *fault.Fault) {
	e, ok := c.held.entry(Key{Bib: bib})
	if !ok || !e.State.Stands() {
		return nil, ErrBibUnknown
	}
	entry := c.byID[e.ID]
	if entry == nil {
		entry = &rechipped{before: e, after: e, named: map[int]bool{}}
		entry.after.Members = slices.Clone(e.Members)
		c.byID[e.ID] = entry
		c.entries = append(c.entries, entry)
	}
	who := itself
	if e.Bib != bib {
		who = slices.IndexFunc(e.Members, func(m race.Member) bool { return m.Bib == bib })
	}
	if entry.named[who] {
		return nil, ErrBibRepeated
	}
	entry.named[who] = true
	if who == itself {
		return &entry.after.Chips, nil
	}
	return &entry.after.Members[who].Chips, nil
}

// assign returns how many bibs have other chips than before.
func (c *rechipping) assign(assignments []ChipAssignment) (int, error) {
	changed := 0
	var first *fault.Fault
	var violations []fault.Violation
	bad := func(found *fault.Fault, violation fault.Violation) {
		if first == nil {
			first = found
		}
		violations = append(violations, violation)
	}
	for i, a := range assignments {
		chips, found := c.chips(a.Bib)
		if found != nil {
			violation := found.At(fmt.Sprintf("assignments[%d].bib", i))
			if found == ErrBibRepeated {
				at := slices.IndexFunc(assignments, func(first ChipAssignment) bool { return first.Bib == a.Bib })
				violation.Message = fmt.Sprintf("stands in assignments[%d] already", at)
			}
			bad(found, violation)
			continue
		}
		if sameChips(*chips, a.Chips) {
			continue
		}
		changed++
		*chips = append([]string(nil), a.Chips...)
	}
	taken := c.kept()
	for i, a := range assignments {
		for j, text := range a.Chips {
			path := fmt.Sprintf("assignments[%d].chips[%d]", i, j)
			chip, err := race.ParseChip(text)
			if err != nil {
				bad(ErrChipInvalid, ErrChipInvalid.At(path))
				continue
			}
			switch other, worn := taken[chip]; {
			case worn && other == a.Bib:
				bad(ErrChipRepeated, ErrChipRepeated.At(path))
			case worn:
				bad(ErrChipTaken, takenBy(ErrChipTaken, path, other))
			}
			taken[chip] = a.Bib
		}
	}
	if first != nil {
		return 0, first.With(violations...)
	}
	return changed, nil
}

// sameChips reports whether two texts of chips are of the same ones in the same order, however they are written.
func sameChips(one, other []string) bool {
	return slices.EqualFunc(one, other, func(a, b string) bool {
		chip, err := race.ParseChip(a)
		chipToo, errToo := race.ParseChip(b)
		return err == nil && errToo == nil && chip == chipToo
	})
}

// kept returns the chips that stay with those who were not named, and the bib of each.
func (c *rechipping) kept() map[race.Chip]race.Bib {
	kept := map[race.Chip]race.Bib{}
	for chip, wearer := range c.held.known.Chips {
		if c.byID[wearer.Entrant] == nil {
			kept[chip] = wearer.Bib
		}
	}
	for _, entry := range c.entries {
		e := &entry.before
		keep := func(who int, bib race.Bib, texts []string) {
			if entry.named[who] {
				return
			}
			for _, chip := range chipsOf(texts) {
				kept[chip] = bib
			}
		}
		keep(itself, e.Bib, e.Chips)
		for i := range e.Members {
			keep(i, cmp.Or(e.Members[i].Bib, e.Bib), e.Members[i].Chips)
		}
	}
	return kept
}

// record notes the entries that changed.
func (c *rechipping) record(cause Cause) {
	for _, entry := range c.entries {
		if !reflect.DeepEqual(entry.before, entry.after) {
			c.held.record(&entry.before, entry.after, cause)
		}
	}
}
