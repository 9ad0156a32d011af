package registration

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"raceday/services/fault"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/team"
)

// Correction changes an entry by an official's hand.
type Correction struct {
	Event     race.EventID
	Reference Reference
	// Fields are the fields to change, by the names of CorrectEntryRequest's mask: race, bib, chips, wave, tags, members,
	// person and person.<field>.
	Fields []string
	// Value holds what they become; its other fields are not looked at.
	Value race.Entrant
	// Reason says why; it is kept with the change.
	Reason string
}

// correctionPaths are those of a CorrectEntryRequest.
func correctionPaths() paths { return paths{root: "entry.", person: "entry.person."} }

// CorrectEntry changes the named fields, checks the rules again, records who did it and why, and returns the entry as it
// now stands. What broke a rule before may stay as it is, but nothing may get worse. Faults: those of an entry's data, and
// ErrEntryNotFound, ErrReasonMissing, ErrFieldUnknown, ErrRaceNotFound, ErrRaceFull, ErrRaceTakesTeams,
// ErrRaceTakesPersons, ErrAlreadyEntered, ErrMemberInTwoTeams, ErrBibInvalid, ErrBibTaken, ErrChipInvalid, ErrChipTaken,
// ErrWaveUnknown, ErrBusy.
func (s *Service) CorrectEntry(ctx context.Context, actor string, c Correction) (Entry, error) {
	var err error
	if c.Reason, err = checkReason(c.Reason); err != nil {
		return Entry{}, err
	}
	if err := c.checkFields(); err != nil {
		return Entry{}, err
	}
	key := Key{Reference: c.Reference}
	if !key.wellFormed() {
		return Entry{}, ErrEntryNotFound
	}
	var after Entry
	err = s.inEvent(ctx, c.Event, func(ctx context.Context, tx Tx, event *race.Event) error {
		held, err := open(ctx, tx, event, raceIDs(event), Question{Entries: []Key{key}})
		if err != nil {
			return err
		}
		before, ok := held.entry(key)
		if !ok {
			return ErrEntryNotFound
		}
		if after, err = c.applied(before); err != nil {
			return err
		}
		if !reflect.DeepEqual(before, after) {
			if err := held.checkCorrection(ctx, &before, &after); err != nil {
				return err
			}
			held.record(&before, after, Cause{Action: ActionCorrect, Actor: actor, Reason: c.Reason})
		}
		return held.close(ctx)
	})
	if err != nil {
		return Entry{}, fmt.Errorf("correct entry: %w", err)
	}
	return after, nil
}

// checkFields refuses fields that cannot be corrected, and a correction of nothing.
func (c *Correction) checkFields() error {
	if len(c.Fields) == 0 {
		return ErrFieldUnknown.With(ErrFieldUnknown.At("update_mask"))
	}
	var unknown []fault.Violation
	for i, field := range c.Fields {
		if !c.set(&Entry{}, field) {
			unknown = append(unknown, ErrFieldUnknown.At(fmt.Sprintf("update_mask.paths[%d]", i)))
		}
	}
	if len(unknown) > 0 {
		return ErrFieldUnknown.With(unknown...)
	}
	return nil
}

// set copies one field into the entry; false where there is no such field.
func (c *Correction) set(e *Entry, field string) bool {
	v := &c.Value
	switch field {
	case "race":
		e.Race = v.Race
	case "bib":
		e.Bib = v.Bib
	case "chips":
		e.Chips = append([]string(nil), v.Chips...)
	case "wave":
		e.Wave = v.Wave
	case "tags":
		e.Tags = append([]string(nil), v.Tags...)
	case "members":
		e.Members = append([]race.Member(nil), v.Members...)
		sortByLeg(e.Members)
	case "person":
		e.Person = v.Person
	case "person.name":
		e.Name = v.Name
	case "person.sex":
		e.Sex = v.Sex
	case "person.birth_date":
		e.BirthDay = v.BirthDay
	case "person.age":
		e.AgeYears = v.AgeYears
	case "person.country":
		e.Country = v.Country
	case "person.club":
		e.Club = v.Club
	case "person.category":
		e.Category = v.Category
	default:
		return false
	}
	return true
}

// applied returns the entry with the correction, its bib, chips and texts checked.
func (c *Correction) applied(before Entry) (Entry, error) {
	at, after := correctionPaths(), before
	for _, field := range c.Fields {
		c.set(&after, field)
	}
	after.Members = append([]race.Member(nil), after.Members...)
	knowOneAge(&after.Person)
	for i := range after.Members {
		knowOneAge(&after.Members[i].Person)
	}
	if err := checkTexts(at, after.Person, after.Members, after.Tags); err != nil {
		return Entry{}, err
	}
	if err := checkMarks(at.root, after.Bib, after.Chips); err != nil {
		return Entry{}, err
	}
	chips := slices.Clone(after.Chips)
	for i := range after.Members {
		prefix := fmt.Sprintf("%smembers[%d].", at.root, i)
		if err := checkMarks(prefix, after.Members[i].Bib, after.Members[i].Chips); err != nil {
			return Entry{}, err
		}
		chips = append(chips, after.Members[i].Chips...)
	}
	return after, checkTwice(at.root, chips)
}

// checkMarks refuses a bib or chips that are none.
func checkMarks(prefix string, bib race.Bib, chips []string) error {
	if bib != "" {
		if _, err := race.ParseBib(string(bib)); err != nil {
			return ErrBibInvalid.With(ErrBibInvalid.At(prefix + "bib"))
		}
	}
	for i, text := range chips {
		if _, err := race.ParseChip(text); err != nil {
			return ErrChipInvalid.With(ErrChipInvalid.At(fmt.Sprintf("%schips[%d]", prefix, i)))
		}
	}
	return nil
}

// checkTwice refuses a chip that one entry has twice.
func checkTwice(root string, chips []string) error {
	seen := map[race.Chip]bool{}
	for _, text := range chips {
		chip, err := race.ParseChip(text)
		if err != nil {
			return ErrChipInvalid
		}
		if seen[chip] {
			return ErrChipTaken.With(ErrChipTaken.At(root + "chips"))
		}
		seen[chip] = true
	}
	return nil
}

// checkCorrection checks the rules on an entry that changed.
func (s *session) checkCorrection(ctx context.Context, before, after *Entry) error {
	event := s.event
	r := event.Race(after.Race)
	if r == nil {
		return ErrRaceNotFound
	}
	old := event.Race(before.Race)
	if r.Team == nil && (len(after.Members) > 0 || old != nil && old.Team != nil) {
		return ErrRaceTakesPersons
	}
	if r.Team != nil && old != nil && old.Team == nil {
		return ErrRaceTakesTeams
	}
	at := correctionPaths()
	prefix := at.person
	if r.Team != nil {
		prefix = at.root
	}
	if err := faultOf(prefix, worsened(problemsOf(old, before, event), problemsOf(r, after, event), r != old)); err != nil {
		return err
	}
	// Only a roster file brings a team without members.
	if len(before.Members) > 0 && len(after.Members) == 0 {
		return ErrTeamSize.With(ErrTeamSize.At(at.root + "members"))
	}
	if err := checkWave(at.root, r, after); err != nil {
		return err
	}
	if !after.State.Stands() {
		return nil
	}
	if r != old && after.State.HasPlace() && s.free(r.ID) <= 0 {
		return ErrRaceFull
	}
	if err := s.learn(ctx, after.Claims()); err != nil {
		return err
	}
	return heldElsewhere(at.root, s.known.People, after.ID, r.Team != nil, after.Person, after.Members)
}

func checkWave(root string, r *race.Race, e *Entry) error {
	if e.Wave != "" && r.Wave(e.Wave) == nil || e.Bib != "" && r.WaveOf(e.Wave, e.Bib) == nil {
		return ErrWaveUnknown.With(ErrWaveUnknown.At(root + "wave"))
	}
	return nil
}

// problemsOf returns what an entry's data breaks of a race's rules.
func problemsOf(r *race.Race, e *Entry, event *race.Event) []entry.Problem {
	switch {
	case r == nil, r.Team != nil && len(e.Members) == 0:
		return nil
	case r.Team != nil:
		return team.Check(r, e.Members, event.Day)
	}
	return entry.Check(r, e.Person, event.Day)
}

// worsened returns the problems that were not there before. A roster file brings entries that lack data; correcting
// something else of them must not fail. In another race only what is missing may go on missing.
func worsened(before, after []entry.Problem, otherRace bool) []entry.Problem {
	allowed := map[entry.Reason]int{}
	for _, p := range before {
		missing := p.Reason == entry.NameMissing || p.Reason == entry.SexMissing || p.Reason == entry.BirthDateMissing
		if missing || !otherRace {
			allowed[p.Reason]++
		}
	}
	var worse []entry.Problem
	for _, p := range after {
		if allowed[p.Reason] > 0 {
			allowed[p.Reason]--
			continue
		}
		worse = append(worse, p)
	}
	return worse
}
