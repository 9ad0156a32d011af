package timing

import (
	"fmt"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// stoodOnSheets is what stands on the judges' sheets up to a ruling.
type stoodOnSheets struct {
	// closedBy has the last ruling that closed a sheet, as the sheet shows it.
	closedBy map[race.ID]*ruling.Ruling
	reports  map[sameReport]ruling.ID
	splits   map[onBib][]ruling.Ruling
	// cards stand after all fresh rulings: a card may be split in the lines above it.
	cards map[onBib][]ruling.Ruling
}

// sameReport is what two reports of a card have in common that were written down twice.
type sameReport struct {
	onBib
	kind  ruling.Kind
	point string
	at    racetime.Instant
	by    string
}

func reportOf(r *ruling.Ruling) sameReport {
	return sameReport{onBib{r.Race, r.Bib}, r.Kind, r.Point, r.At, r.By}
}

func isCard(r *ruling.Ruling) bool { return r.Kind == ruling.YellowCard || r.Kind == ruling.RedCard }

func newStoodOnSheets(standing []ruling.Ruling) *stoodOnSheets {
	s := &stoodOnSheets{
		closedBy: map[race.ID]*ruling.Ruling{}, reports: map[sameReport]ruling.ID{},
		splits: map[onBib][]ruling.Ruling{}, cards: map[onBib][]ruling.Ruling{},
	}
	for i := range standing {
		if r := &standing[i]; isCard(r) {
			s.cards[onBib{r.Race, r.Bib}] = append(s.cards[onBib{r.Race, r.Bib}], *r)
		}
	}
	return s
}

// warn tells what stood against a card, a split or the closing of a sheet.
func (s *stoodOnSheets) warn(r *ruling.Ruling, of *race.Race, add func(field, reason, message string)) {
	if of == nil || r.Kind == ruling.YellowCard && of.Nordic == nil { // nothing follows from it
		return
	}
	closed := s.closedBy[r.Race]
	switch {
	case r.Kind == ruling.CloseSheet && closed != nil:
		add("race", "ALREADY_CLOSED", fmt.Sprintf("the judges' sheet of race %s was closed already, by %s with ruling %s", of.ID, closed.By, closed.ID))
	case r.Kind == ruling.SplitCard:
		s.warnOfSplit(r, add)
	case isCard(r):
		if closed != nil {
			add("race", "SHEET_CLOSED_ALREADY", fmt.Sprintf("the judges' sheet was closed by %s with ruling %s; the card counts all the same",
				closed.By, closed.ID))
		}
		if first, ok := s.reports[reportOf(r)]; ok {
			add("kind", "CARD_AGAIN", fmt.Sprintf("bib %s has the same %s already, by ruling %s: they count as two cards; a REVOKE of ruling %s undoes this one",
				r.Bib, r.Kind, first, r.ID))
		}
	}
}

// warnOfSplit warns of a split without which the cards would be the same.
func (s *stoodOnSheets) warnOfSplit(r *ruling.Ruling, add func(field, reason, message string)) {
	bib := onBib{r.Race, r.Bib}
	if !slices.ContainsFunc(s.cards[bib], func(c ruling.Ruling) bool { return string(c.ID) == r.Target }) {
		add("target", "SPLITS_NOTHING", fmt.Sprintf("no card of bib %s that stands in race %s is ruling %s: nothing follows from the split",
			r.Bib, r.Race, r.Target))
		return
	}
	before := slices.Concat(s.cards[bib], s.splits[bib])
	if slices.EqualFunc(ruling.Cards(before), ruling.Cards(append(before, *r)), func(a, b ruling.Card) bool {
		return slices.Equal(a.Reports, b.Reports)
	}) {
		add("target", "SPLITS_NOTHING", fmt.Sprintf("card %s of bib %s stands by itself already: nothing follows from the split", r.Target, r.Bib))
	}
}

// apply takes over what a standing ruling decides.
func (s *stoodOnSheets) apply(r *ruling.Ruling) {
	switch {
	case r.Kind == ruling.CloseSheet:
		s.closedBy[r.Race] = r
	case r.Kind == ruling.SplitCard:
		s.splits[onBib{r.Race, r.Bib}] = append(s.splits[onBib{r.Race, r.Bib}], *r)
	case isCard(r):
		if _, ok := s.reports[reportOf(r)]; !ok {
			s.reports[reportOf(r)] = r.ID
		}
	}
}

// warnOfCardTime warns of a card shown when the entrant was not on the course.
func (w *warner) warnOfCardTime(r *ruling.Ruling, before *before) {
	if w.warnOfDay(r) {
		return
	}
	wave, gun := w.gunOf(r, before)
	if gun == 0 {
		return
	}
	switch late := r.At.Sub(gun); {
	case late < 0:
		w.warnOfGun(r, before)
	case late > longestOf(w.event.Race(r.Race)):
		w.add(r, "at", "TIME_LONG_AFTER_GUN", "%s is %s after the gun of wave %s", w.clock(r.At), long(late), wave.ID)
	}
}
