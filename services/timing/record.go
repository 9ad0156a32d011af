package timing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// MaxRulings is how many rulings RecordRulings takes at once.
const MaxRulings = 10_000

// Gun is the start of a race or a wave.
type Gun struct {
	// RequestID is the ruling's id; empty: one is made.
	RequestID ruling.ID
	Race      race.ID
	// Wave is empty where all waves of the race start.
	Wave race.WaveID
	// At is zero for now.
	At racetime.Instant
	// OnlyCheck leaves it unrecorded.
	OnlyCheck bool
}

// FireGun records a gun, unless it is only to be checked, and warns of what looks like a slip. The same RequestID again is the
// same gun, also where At is left open. It returns ErrRaceNotFound, ErrWaveNotFound, ErrRulingInvalid, ErrRulingIDReused, or a fault that
// says that there is no such event.
func (s *Service) FireGun(
	ctx context.Context, actor string, event race.EventID, gun Gun,
) (RecordedRuling, []Warning, error) {
	run, err := s.events.Event(ctx, event)
	if err != nil {
		return RecordedRuling{}, nil, fmt.Errorf("fire gun: %w", err)
	}
	all := []asked{{
		Ruling: ruling.Ruling{ID: gun.RequestID, Race: gun.Race, Kind: ruling.Gun, Target: string(gun.Wave), At: gun.At},
		path:   "ruling", now: gun.At == 0,
	}}
	var recorded []outcome
	if gun.OnlyCheck {
		recorded, _, err = s.prepare(ctx, actor, run, all)
	} else {
		recorded, _, err = s.record(ctx, actor, run, all)
	}
	if errors.Is(err, ErrRulingInvalid) {
		switch of := run.Race(gun.Race); {
		case of == nil:
			return RecordedRuling{}, nil, ErrRaceNotFound
		case gun.Wave != "" && of.Wave(gun.Wave) == nil:
			return RecordedRuling{}, nil, ErrWaveNotFound
		}
	}
	if err != nil {
		return RecordedRuling{}, nil, fmt.Errorf("fire gun: %w", err)
	}
	return *recorded[0].RecordedRuling, s.warn(ctx, run, recorded), nil
}

// RecordRuling records a ruling; one without an id gets one, and one that does not say by whom is the actor's. The same
// ruling again changes nothing. It returns ErrRulingInvalid with the fields at fault, ErrRulingIDReused where
// another ruling has the id, or a fault that says that there is no such event.
func (s *Service) RecordRuling(
	ctx context.Context, actor string, event race.EventID, r ruling.Ruling,
) (RecordedRuling, Recording, error) {
	run, err := s.events.Event(ctx, event)
	if err != nil {
		return RecordedRuling{}, Recording{}, fmt.Errorf("record ruling: %w", err)
	}
	outcomes, out, err := s.record(ctx, actor, run, []asked{{Ruling: r, path: "ruling"}})
	if err != nil {
		return RecordedRuling{}, Recording{}, fmt.Errorf("record ruling: %w", err)
	}
	recording := newRecording(outcomes, out)
	recording.Warnings = s.warn(ctx, run, outcomes)
	return *outcomes[0].RecordedRuling, recording, nil
}

// RecordRulings records rulings as RecordRuling does each, in their order, all or none. One may revoke
// another of them. The faults name the fields of all that are wrong: rulings[3].target.
func (s *Service) RecordRulings(
	ctx context.Context, actor string, event race.EventID, rulings []ruling.Ruling,
) (Recording, error) {
	if len(rulings) > MaxRulings {
		return Recording{}, ErrRulingsTooMany
	}
	run, err := s.events.Event(ctx, event)
	if err != nil {
		return Recording{}, fmt.Errorf("record rulings: %w", err)
	}
	all := make([]asked, len(rulings))
	for i, r := range rulings {
		all[i] = asked{Ruling: r, path: fmt.Sprintf("rulings[%d]", i)}
	}
	outcomes, out, err := s.record(ctx, actor, run, all)
	if err != nil {
		return Recording{}, fmt.Errorf("record rulings: %w", err)
	}
	recording := newRecording(outcomes, out)
	recording.Warnings = s.warn(ctx, run, outcomes)
	return recording, nil
}

// Recording is what became of rulings.
type Recording struct {
	// New counts those that did not stand already.
	New int
	StillOut
	// Warnings are of the new ones, in their order.
	Warnings []Warning
}

func newRecording(outcomes []outcome, out StillOut) Recording {
	recording := Recording{StillOut: out}
	for _, o := range outcomes {
		if o.isNew {
			recording.New++
		}
	}
	return recording
}

// asked is a ruling as a caller gave it.
type asked struct {
	ruling.Ruling
	// path leads to it in the request.
	path string
	// now means that the caller left the instant to the clock.
	now bool
}

// is reports whether a ruling that stands is the one asked for. What was left open is taken from it: somebody else may
// send the same again, at another time.
func (a *asked) is(before *ruling.Ruling) bool {
	r := a.Ruling
	if r.By == "" {
		r.By = before.By
	}
	if a.now {
		r.At = before.At
	}
	return r == *before
}

// outcome is the ruling that stands for one asked for; it is not new where it stood already.
type outcome struct {
	*RecordedRuling
	isNew bool
	// startsBefore counts, of a new GUN, the entrants whose start was before it.
	startsBefore int
}

// record records all or none, and has an outcome for each.
func (s *Service) record(
	ctx context.Context, actor string, event *race.Event, all []asked,
) ([]outcome, StillOut, error) {
	for {
		outcomes, out, err := s.prepare(ctx, actor, event, all)
		if err != nil {
			return nil, StillOut{}, err
		}
		err = s.insert(ctx, event.ID, actor, outcomes)
		if errors.Is(err, ErrRulingIDReused) {
			// Another call was faster. What it recorded stays, so that the next look finds it.
			continue
		}
		return outcomes, out, err
	}
}

// prepare does all but recording. Who is still out is asked before a CLOSE is recorded, which makes DNF who is STARTED, and
// who has started before a GUN is, before which there is no start.
func (s *Service) prepare(
	ctx context.Context, actor string, event *race.Event, all []asked,
) ([]outcome, StillOut, error) {
	for i := range all {
		r := &all[i].Ruling
		if r.ID == "" {
			r.ID = ruling.ID(rand.Text())
		}
		for _, text := range []*string{&r.Target, &r.Point, &r.Rule, &r.Reason, &r.By} {
			*text = asInFile(*text)
		}
	}
	known, err := s.known(ctx, event.ID, all)
	if err != nil {
		return nil, StillOut{}, err
	}
	outcomes, err := draft(actor, event, all, known, racetime.At(s.now()))
	if err != nil {
		return nil, StillOut{}, err
	}
	if err := s.refuseEarly(ctx, event, all, outcomes); err != nil {
		return nil, StillOut{}, err
	}
	s.countStarts(ctx, event, outcomes)
	return outcomes, s.stillOut(ctx, event.ID, outcomes), nil
}

// known finds what stands of the rulings asked for and of those that they revoke.
func (s *Service) known(ctx context.Context, event race.EventID, all []asked) (map[ruling.ID]*RecordedRuling, error) {
	var ids []ruling.ID
	for i := range all {
		// What is no id was never stored, and some of it the store cannot even be asked for.
		if ruling.ValidID(all[i].ID) {
			ids = append(ids, all[i].ID)
		}
		if target := ruling.ID(all[i].Target); namesRuling(all[i].Kind) && ruling.ValidID(target) {
			ids = append(ids, target)
		}
	}
	found, err := s.store.FindRulings(ctx, event, ids)
	if err != nil {
		return nil, err
	}
	known := make(map[ruling.ID]*RecordedRuling, len(found))
	for i := range found {
		known[found[i].ID] = &found[i]
	}
	return known, nil
}

// draft decides what is to be stored. What stands is not checked again: the event may have changed since.
func draft(
	actor string, event *race.Event, all []asked, known map[ruling.ID]*RecordedRuling, now racetime.Instant,
) ([]outcome, error) {
	ids := make(map[ruling.ID]bool, len(known)+len(all))
	for id := range known {
		ids[id] = true
	}
	for i := range all {
		ids[all[i].ID] = true
	}
	outcomes := make([]outcome, len(all))
	var violations []fault.Violation
	reused := 0
	for i := range all {
		a := &all[i]
		if standing, ok := known[a.ID]; ok {
			if !a.is(&standing.Ruling) {
				violations = append(violations, ErrRulingIDReused.At(a.path+".id"))
				reused++
			}
			outcomes[i] = outcome{RecordedRuling: standing}
			continue
		}
		fresh := &RecordedRuling{Ruling: a.Ruling, RecordedAt: now}
		if fresh.By == "" {
			fresh.By = actor
		}
		if a.now {
			fresh.At = now
		}
		violations = append(violations, check(fresh.Ruling, event, ids, a.path)...)
		known[a.ID], outcomes[i] = fresh, outcome{RecordedRuling: fresh, isNew: true}
	}
	switch {
	case len(violations) == 0:
		return outcomes, nil
	case len(violations) == reused:
		return nil, ErrRulingIDReused.With(violations...)
	}
	return nil, ErrRulingInvalid.With(violations...)
}

// insert stores what is new and sets its change numbers.
func (s *Service) insert(ctx context.Context, event race.EventID, actor string, outcomes []outcome) error {
	outcomes = slices.Clone(outcomes)
	outcomes = slices.DeleteFunc(outcomes, func(o outcome) bool { return !o.isNew })
	if len(outcomes) == 0 {
		return nil
	}
	rulings := make([]ruling.Ruling, len(outcomes))
	for i, o := range outcomes {
		rulings[i] = o.Ruling
	}
	changes, err := s.store.InsertRulings(ctx, event, actor, rulings, outcomes[0].RecordedAt)
	if err != nil {
		return err
	}
	for i, change := range changes {
		outcomes[i].Change = change
	}
	return nil
}

// asInFile leaves out of a text what a rulings.csv does not give back.
func asInFile(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// maxNoteBytes bounds the texts of a ruling that its kind does not check.
const maxNoteBytes = 1000

// check returns why a new ruling is refused; ids has the one that it revokes or splits.
func check(r ruling.Ruling, event *race.Event, ids map[ruling.ID]bool, path string) []fault.Violation {
	var violations []fault.Violation
	for _, problem := range slices.Concat(ruling.Check(r), ruling.Vague(r), ruling.Misfits(r, event)) {
		violations = append(violations, fault.Violation{
			Path: path + "." + problem.Field, Reason: problem.Reason, Message: problem.Message,
		})
	}
	for _, note := range []struct{ field, text string }{
		{"target", r.Target}, {"point", r.Point}, {"rule", r.Rule}, {"reason", r.Reason}, {"by", r.By},
	} {
		if len(note.text) > maxNoteBytes || strings.ContainsRune(note.text, 0) {
			violations = append(violations, fault.Violation{
				Path: path + "." + note.field, Reason: "TEXT_INVALID", Message: "is longer than 1000 bytes, or holds a zero byte",
			})
		}
	}
	if namesRuling(r.Kind) && ruling.ValidID(ruling.ID(r.Target)) && !ids[ruling.ID(r.Target)] {
		violations = append(violations, fault.Violation{
			Path: path + ".target", Reason: "RULING_UNKNOWN", Message: "the event has no ruling with this id",
		})
	}
	return violations
}

// namesRuling reports whether the target of a kind is a ruling.
func namesRuling(kind ruling.Kind) bool { return kind == ruling.Revoke || kind == ruling.SplitCard }
