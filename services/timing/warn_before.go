package timing

import (
	"fmt"
	"strings"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// before is what stood when each fresh ruling was recorded, by the rulings that stand after all of them: what is undone
// together with a ruling is no reason to warn of it.
type before struct {
	// warnings are of the fresh rulings, by id.
	warnings map[ruling.ID][]Warning

	standing []ruling.Ruling
	// isStanding has the rulings that stand, by id.
	isStanding map[ruling.ID]bool
	startWith  map[onBib]race.WaveID
	races      map[race.ID]ruling.OfRace
}

// stands reports whether a ruling stands after all fresh rulings.
func (b *before) stands(id ruling.ID) bool { return b.isStanding[id] }

// race returns what stands for a race after all fresh rulings.
func (b *before) race(of *race.Race) ruling.OfRace {
	decided, ok := b.races[of.ID]
	if !ok {
		decided = ruling.ForRace(b.standing, of)
		b.races[of.ID] = decided
	}
	return decided
}

// stood is what stands for a race up to a ruling.
type stood struct {
	guns     map[race.WaveID]racetime.Instant
	closedBy *ruling.Ruling
}

// before goes through all rulings once.
func (w *warner) before() *before {
	b := &before{
		warnings: map[ruling.ID][]Warning{}, startWith: map[onBib]race.WaveID{}, races: map[race.ID]ruling.OfRace{},
		standing: ruling.Standing(w.all), isStanding: map[ruling.ID]bool{},
	}
	for _, r := range b.standing {
		b.isStanding[r.ID] = true
		if r.Kind == ruling.StartWithWave {
			b.startWith[onBib{r.Race, r.Bib}] = race.WaveID(r.Target)
		}
	}
	fresh := make(map[ruling.ID]bool, len(w.fresh))
	for i := range w.fresh {
		fresh[w.fresh[i].ID] = true
	}
	index := make(map[ruling.ID]int, len(w.all))
	for i := range w.all {
		index[w.all[i].ID] = i
	}
	revokedBy := ruling.Revocations(w.all)
	if revokedBy == nil {
		revokedBy = func(int) int { return ruling.NotRevoked }
	}
	races, bibs, sheets := map[race.ID]*stood{}, stoodOnBibs{}, newStoodOnSheets(b.standing)
	for i := range w.all {
		r := &w.all[i]
		of := races[r.Race]
		if of == nil {
			of = &stood{guns: map[race.WaveID]racetime.Instant{}}
			races[r.Race] = of
		}
		if fresh[r.ID] {
			add := func(field, reason, message string) {
				b.warnings[r.ID] = append(b.warnings[r.ID], Warning{r.ID, field, reason, message})
			}
			if target, ok := index[ruling.ID(r.Target)]; ok && r.Kind == ruling.Revoke {
				if by := revokedBy(target); by != ruling.NotRevoked && by < i {
					add("target", "REVOKED_ALREADY", fmt.Sprintf("ruling %s was revoked already, by ruling %s", r.Target, w.all[by].ID))
				} else if w.all[target].Kind == ruling.Revoke {
					add("target", "REVOKES_REVOCATION", b.comesBack(&w.all[target], w.all, index))
				}
			}
			if revokedBy(i) == ruling.NotRevoked {
				bibs.warn(r, w.event.Race(r.Race), add)
				sheets.warn(r, w.event.Race(r.Race), add)
			}
			of.warn(r, w.event.Race(r.Race), w.zone, add)
		}
		if revokedBy(i) == ruling.NotRevoked {
			of.apply(r, w.event.Race(r.Race))
			bibs.apply(r)
			sheets.apply(r)
		}
	}
	return b
}

// comesBack says what stands again, or no longer, when a revocation is revoked.
func (b *before) comesBack(revocation *ruling.Ruling, all []ruling.Ruling, index map[ruling.ID]int) string {
	about := revocation
	for range all { // no longer than the longest chain of revocations
		target, ok := index[ruling.ID(about.Target)]
		if about.Kind != ruling.Revoke || !ok {
			break
		}
		about = &all[target]
	}
	now := "does not stand"
	if b.stands(about.ID) {
		now = "stands again"
	}
	of := string(about.Kind) + " of "
	if about.Bib != "" {
		of += "bib " + string(about.Bib) + " in "
	}
	return fmt.Sprintf("ruling %s is a revocation: with this one, %srace %s, ruling %s, %s", revocation.ID, of, about.Race, about.ID, now)
}

// warn tells what stood against a gun or a close.
func (s *stood) warn(r *ruling.Ruling, of *race.Race, zone *time.Location, add func(field, reason, message string)) {
	if of == nil {
		return
	}
	switch r.Kind {
	case ruling.Gun:
		var guns []string
		for _, wave := range of.Waves {
			if at, ok := s.guns[wave.ID]; ok && (r.Target == "" || r.Target == string(wave.ID)) {
				guns = append(guns, fmt.Sprintf("that of wave %s stood at %s", wave.ID, writeClock(at, zone)))
			}
		}
		if len(guns) > 0 {
			add("at", "GUN_AGAIN", "there was a gun already: "+strings.Join(guns, ", "))
		}
		if s.closedBy != nil {
			add("race", "GUN_AFTER_CLOSE", "race "+string(of.ID)+" is closed"+s.by())
		}
	case ruling.Close:
		if s.closedBy != nil {
			add("race", "ALREADY_CLOSED", "race "+string(of.ID)+" was closed already"+s.by())
		}
	}
}

func (s *stood) by() string {
	return fmt.Sprintf(", by %s with ruling %s", s.closedBy.By, s.closedBy.ID)
}

// apply takes over what a standing ruling decides.
func (s *stood) apply(r *ruling.Ruling, of *race.Race) {
	switch {
	case r.Kind == ruling.Close && s.closedBy == nil:
		s.closedBy = r
	case r.Kind == ruling.Gun && r.Target != "":
		s.guns[race.WaveID(r.Target)] = r.At
	case r.Kind == ruling.Gun && of != nil:
		for _, wave := range of.Waves {
			s.guns[wave.ID] = r.At
		}
	}
}
