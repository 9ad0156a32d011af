package timing

import (
	"fmt"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// stoodOnBib is what stands on one bib up to a ruling, as far as another one may contradict it.
type stoodOnBib struct {
	status    *ruling.Ruling
	penalties []*ruling.Ruling
	// before are the rulings by which the bib stands before others.
	before []*ruling.Ruling
}

type onBib struct {
	race race.ID
	bib  race.Bib
}

// stoodOnBibs is what stands on each bib.
type stoodOnBibs map[onBib]*stoodOnBib

func (s stoodOnBibs) of(r *ruling.Ruling, bib race.Bib) *stoodOnBib {
	stood := s[onBib{r.Race, bib}]
	if stood == nil {
		stood = &stoodOnBib{}
		s[onBib{r.Race, bib}] = stood
	}
	return stood
}

// ofStatus reports whether a ruling decides the status of an entrant.
func ofStatus(r *ruling.Ruling) bool {
	switch r.Kind {
	case ruling.DSQ, ruling.DNS, ruling.Withdrawn, ruling.NotCompeting:
		return true
	case ruling.DNF:
		return r.Point == ""
	}
	return false
}

// warn tells what stood against a ruling on a bib.
func (s stoodOnBibs) warn(r *ruling.Ruling, of *race.Race, add func(field, reason, message string)) {
	stood := s.of(r, r.Bib)
	switch {
	case ofStatus(r) && stood.status != nil:
		add("kind", "STATUS_AGAIN", fmt.Sprintf("bib %s is %s already, by ruling %s; the last of them stands", r.Bib, stood.status.Kind, stood.status.ID))
	case r.Kind == ruling.Penalty:
		for _, p := range stood.penalties {
			if p.Duration == r.Duration && p.Reason == r.Reason && p.Rule == r.Rule {
				add("duration", "PENALTY_AGAIN", fmt.Sprintf("bib %s has the same penalty of %s already, by ruling %s; they add up",
					r.Bib, racetime.Official(p.Duration, time.Second), p.ID))
				return
			}
		}
	case r.Kind == ruling.RankBefore:
		for _, b := range s.of(r, race.Bib(r.Target)).before {
			if b.Target == string(r.Bib) {
				add("target", "RANKED_BOTH_WAYS", fmt.Sprintf("bib %s stands before bib %s by ruling %s, and cannot stand behind it too",
					r.Target, r.Bib, b.ID))
				return
			}
		}
	case r.Kind == ruling.YellowCard && of != nil && of.Nordic == nil:
		add("kind", "RACE_WITHOUT_CARDS", fmt.Sprintf("race %s is no Nordic walking: nothing follows from a yellow card", of.ID))
	}
}

// apply takes over what a standing ruling decides.
func (s stoodOnBibs) apply(r *ruling.Ruling) {
	switch {
	case ofStatus(r):
		s.of(r, r.Bib).status = r
	case r.Kind == ruling.Penalty:
		stood := s.of(r, r.Bib)
		stood.penalties = append(stood.penalties, r)
	case r.Kind == ruling.RankBefore:
		stood := s.of(r, r.Bib)
		stood.before = append(stood.before, r)
	}
}
