package timing

import (
	"context"
	"fmt"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// refuseEarly refuses new finishes that are not after the gun: they would be no result. One that was recorded before the gun
// was corrected stays. As long as roster or rulings are away nobody knows the gun, and all are recorded: the rules let none
// of them count.
func (s *Service) refuseEarly(ctx context.Context, event *race.Event, all []asked, outcomes []outcome) error {
	w := warner{event: event, zone: zoneOf(event)}
	for i := range outcomes {
		if o := &outcomes[i]; o.isNew && isFinish(event, &o.Ruling) {
			w.fresh = append(w.fresh, o.Ruling)
		}
	}
	if len(w.fresh) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, warnTime)
	defer cancel()
	var err error
	if w.lines, err = s.roster.Lines(ctx, event.ID, w.bibs()); err != nil {
		return nil
	}
	recorded, err := s.store.ListRulings(ctx, event.ID, RulingFilter{}, 0, maxRulingsLooked)
	if err != nil {
		return nil
	}
	for _, r := range recorded {
		w.all = append(w.all, r.Ruling)
	}
	for _, o := range outcomes {
		if o.isNew {
			w.all = append(w.all, o.Ruling)
		}
	}
	var violations []fault.Violation
	before := w.before()
	for i := range outcomes {
		o := &outcomes[i]
		if !o.isNew || !isFinish(event, &o.Ruling) || !before.stands(o.ID) {
			continue
		}
		if wave, gun := w.gunOf(&o.Ruling, before); gun != 0 && o.At <= gun {
			violations = append(violations, fault.Violation{
				Path: all[i].path + ".at", Reason: "FINISH_BEFORE_GUN", Message: fmt.Sprintf(
					"%s is not after the gun of wave %s at %s: nobody finishes by then", w.clock(o.At), wave.ID, w.clock(gun)),
			})
		}
	}
	if len(violations) > 0 {
		return ErrRulingInvalid.With(violations...)
	}
	return nil
}

// isFinish reports whether a ruling enters a finish.
func isFinish(event *race.Event, r *ruling.Ruling) bool {
	of := event.Race(r.Race)
	if r.Kind != ruling.ManualTime || of == nil {
		return false
	}
	visit, ok := of.VisitAt(r.Point)
	return ok && visit == len(of.Course)-1
}

// gunOf returns the gun that the entrant that a ruling is on is counted from after all fresh rulings, and its wave; zero
// where nobody knows it.
func (w *warner) gunOf(r *ruling.Ruling, before *before) (*race.Wave, racetime.Instant) {
	line, ok := w.entrant(r)
	if !ok {
		return nil, 0
	}
	of := w.event.Race(r.Race)
	wave := of.WaveOf(line.Wave, line.Bib)
	if with := before.startWith[onBib{r.Race, r.Bib}]; with != "" {
		wave = of.Wave(with)
	}
	return wave, before.race(of).GunOf(wave)
}
