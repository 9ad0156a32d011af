package registration

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// Correction changes an entry by an official's hand.
type Correction struct {
	Event     race.EventID
	Reference Reference
	// Fields are the fields to change, by the names of CorrectEntryRequest's mask: race, bib, chips, wave, tags, members,
	// expected_time, person and person.<field>.
	Fields []string
	// Value and ExpectedTime hold what they become; other fields of Value are not looked at.
	Value        race.Entrant
	ExpectedTime time.Duration
	// Reason says why; it is kept with the change.
	Reason string
}

// correctionPaths are those of a CorrectEntryRequest.
func correctionPaths() paths { return paths{root: "entry.", person: "entry.person."} }

// CorrectEntry changes the named fields, checks the rules again, records who did it and why, and returns the entry as it
// now stands. What broke a rule before may stay as it is, but nothing may get worse. The fee stays that of the entry; a
// place that it leaves in another race is offered to who waits there. Faults: those of an entry's data, and
// ErrEntryNotFound, ErrReasonMissing, ErrFieldUnknown, ErrRaceNotFound, ErrRaceFull, ErrRaceTakesTeams,
// ErrRaceTakesPersons, ErrAlreadyEntered, ErrMemberInTwoTeams, ErrGuardianMissing for who becomes a minor, ErrBibInvalid,
// ErrBibTaken, ErrChipInvalid, ErrChipTaken, ErrChipRepeated, ErrWaveUnknown, ErrBusy.
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
	cause := Cause{Action: ActionCorrect, Actor: actor, Reason: c.Reason}
	var races []race.ID
	choose := func(event *race.Event) ([]race.ID, error) {
		var err error
		races, err = s.racesOf(ctx, event, key, &c)
		return races, err
	}
	var corrected Entry
	err = s.inRaces(ctx, c.Event, choose, func(ctx context.Context, tx Tx, event *race.Event) error {
		held, err := open(ctx, tx, event, races, Question{Entries: []Key{key}})
		if err != nil {
			return err
		}
		before, ok := held.entry(key)
		if !ok {
			return ErrEntryNotFound
		}
		corrected, err = s.correct(ctx, held, before, &c, cause)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("correct entry: %w", err)
	}
	return corrected, nil
}

// racesOf returns the race that an entry is in and the one that a correction brings it to.
func (s *Service) racesOf(ctx context.Context, event *race.Event, key Key, c *Correction) ([]race.ID, error) {
	seen, err := s.store.Look(ctx, event.ID, "", Question{Entries: []Key{key}})
	if err != nil {
		return nil, err
	}
	e, ok := seen.Known.Entries[key]
	if !ok {
		return nil, ErrEntryNotFound
	}
	to := e.Race
	if slices.Contains(c.Fields, "race") {
		to = c.Value.Race
	}
	switch {
	case event.Race(to) == nil:
		return nil, ErrRaceNotFound
	case to == e.Race || event.Race(e.Race) == nil:
		return []race.ID{to}, nil
	}
	return []race.ID{e.Race, to}, nil
}

// correct changes an entry and returns it as it now stands.
func (s *Service) correct(ctx context.Context, held *session, before Entry, c *Correction, cause Cause) (Entry, error) {
	if held.event.Race(before.Race) != nil && held.places[before.Race] == nil {
		return Entry{}, errMoved
	}
	after, err := c.applied(before)
	if err != nil {
		return Entry{}, err
	}
	if !reflect.DeepEqual(before, after) {
		if err := s.checkCorrection(ctx, held, &before, &after); err != nil {
			return Entry{}, err
		}
		if after.State == Held {
			held.advance(&after)
		}
		held.record(&before, after, cause)
	}
	if err := held.close(ctx); err != nil {
		return Entry{}, err
	}
	return held.asNow(after), nil
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
	case "expected_time":
		e.ExpectedTime = c.ExpectedTime
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
	case "person.name_shown":
		e.NameShown = v.NameShown
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
	if err := checkExpectedTime(at.root+"expected_time", after.ExpectedTime); err != nil {
		return Entry{}, err
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
