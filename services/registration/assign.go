package registration

import (
	"context"
	"fmt"
	"slices"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/startwave"
)

// BibAssignment gives bibs to the confirmed entries of a race that have none.
type BibAssignment struct {
	Event race.EventID
	Race  race.ID
	// Ranges, such as 1-999 or F1-F99, are used up one after the other; none stands for those of the race's waves.
	Ranges []string
	// ByExpectedTime gives them by the time that entries expect to finish in, the fastest first and those that expect none
	// last; else they are given in order of entry.
	ByExpectedTime bool
}

// AssignBibs gives the race's confirmed entries without a bib free bibs, all or nothing, and returns how many. Without
// ranges an entry whose wave is set stays in it, and the others fill the waves one after the other, each up to its
// maximum; a wave without ranges takes nobody, and whoever is set into one needs a bib by hand before. The bibs of a
// wave are given in the same order. Faults: ErrRaceNotFound, ErrRangeInvalid, ErrRangeTooSmall, ErrBusy.
func (s *Service) AssignBibs(ctx context.Context, actor string, a BibAssignment) (int, error) {
	ranges, err := parseRanges(a.Ranges)
	if err != nil {
		return 0, err
	}
	cause := Cause{Action: ActionAssignBibs, Actor: actor}
	assigned := 0
	err = s.inEvent(ctx, a.Event, func(ctx context.Context, tx Tx, event *race.Event) error {
		r := event.Race(a.Race)
		if r == nil {
			return ErrRaceNotFound
		}
		held, err := open(ctx, tx, event, nil, Question{})
		if err != nil {
			return err
		}
		entries, err := tx.Entries(ctx)
		if err != nil {
			return err
		}
		changed, err := giveBibs(r, entries, ranges, a.ByExpectedTime)
		if err != nil {
			return err
		}
		for _, change := range changed {
			held.record(change.Before, change.After, cause)
		}
		assigned = len(changed)
		return held.close(ctx)
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
	if len(bad) > 0 {
		return nil, ErrRangeInvalid.With(bad...)
	}
	return ranges, nil
}

// giveBibs returns the entries that get a bib, before and after.
func giveBibs(r *race.Race, entries []Entry, ranges []race.BibRange, byExpectedTime bool) ([]Change, error) {
	g := newBibGiving(r, entries, byExpectedTime)
	var bibs []race.Bib
	var err error
	if len(ranges) > 0 {
		bibs, err = g.fromRanges(ranges)
	} else {
		bibs, err = g.fromWaves()
	}
	if err != nil {
		return nil, err
	}
	changed := make([]Change, len(bibs))
	for i, bib := range bibs {
		after := *g.waiting[i]
		after.Bib = bib
		changed[i] = Change{Before: g.waiting[i], After: after}
	}
	return changed, nil
}

// bibGiving is the giving of bibs to entries of a race.
type bibGiving struct {
	race *race.Race
	// waiting are those without a bib, in the order in which they get one.
	waiting []*Entry
	// used are the bibs of the event that are in use.
	used map[race.Bib]bool
	// inWave is how many entries with a bib are in each wave.
	inWave map[race.WaveID]int
}

func newBibGiving(r *race.Race, entries []Entry, byExpectedTime bool) *bibGiving {
	g := &bibGiving{race: r, used: map[race.Bib]bool{}, inWave: map[race.WaveID]int{}}
	for i := range entries {
		e := &entries[i]
		for _, bib := range e.Claims().Bibs {
			g.used[bib] = true
		}
		switch {
		case e.Race != r.ID || !e.State.HasPlace():
		case e.Bib == "":
			if e.State == Confirmed {
				g.waiting = append(g.waiting, e)
			}
		default:
			if wave := r.WaveOf(e.Wave, e.Bib); wave != nil {
				g.inWave[wave.ID]++
			}
		}
	}
	if byExpectedTime {
		slices.SortStableFunc(g.waiting, func(a, b *Entry) int {
			return startwave.CompareExpected(a.ExpectedTime, b.ExpectedTime)
		})
	}
	return g
}

// fromRanges returns the bib of each waiting entry, each in a wave of the race.
func (g *bibGiving) fromRanges(ranges []race.BibRange) ([]race.Bib, error) {
	bibs := make([]race.Bib, len(g.waiting))
	free := freeBibs{ranges: ranges, used: g.used}
	for i, e := range g.waiting {
		bib, ok := free.next()
		if !ok {
			return nil, ErrRangeTooSmall
		}
		if g.race.WaveOf(e.Wave, bib) == nil {
			return nil, ErrRangeInvalid.With(ErrWaveUnknown.At(fmt.Sprintf("ranges[%d]", free.at)))
		}
		bibs[i] = bib
	}
	return bibs, nil
}

// fromWaves returns the bib of each waiting entry, of the ranges of the wave that it is set into or gets into.
func (g *bibGiving) fromWaves() ([]race.Bib, error) {
	set := map[race.WaveID]int{}
	for _, e := range g.waiting {
		set[e.Wave]++
	}
	waves := g.race.Waves
	free := map[race.WaveID][]race.Bib{}
	room := make([]int, len(waves))
	for i := range waves {
		w := &waves[i]
		hereToStay := set[w.ID]
		inWave := g.inWave[w.ID] + hereToStay
		source := freeBibs{ranges: w.Bibs, used: g.used}
		for range hereToStay + startwave.Room(w, inWave, len(g.waiting)) {
			bib, ok := source.next()
			if !ok {
				break
			}
			free[w.ID] = append(free[w.ID], bib)
		}
		room[i] = startwave.Room(w, inWave, len(free[w.ID])-hereToStay)
	}
	divided := startwave.ByEntry(room, set[""])
	bibs := make([]race.Bib, len(g.waiting))
	for i, e := range g.waiting {
		id := e.Wave
		if id == "" {
			wave := divided[0]
			if divided = divided[1:]; wave == startwave.None {
				return nil, ErrRangeTooSmall
			}
			id = waves[wave].ID
		}
		if len(free[id]) == 0 {
			return nil, ErrRangeTooSmall
		}
		bibs[i], free[id] = free[id][0], free[id][1:]
	}
	return bibs, nil
}

// freeBibs are those of ranges that are not in use.
type freeBibs struct {
	ranges []race.BibRange
	used   map[race.Bib]bool
	// at is the range that the last bib was of, given how many of its bibs were looked at.
	at, given int
}

// next returns the first of them, which is in use from then on; false where there is none.
func (f *freeBibs) next() (race.Bib, bool) {
	for f.at < len(f.ranges) {
		bibs := f.ranges[f.at]
		if bibs.First+f.given > bibs.Last {
			f.at, f.given = f.at+1, 0
			continue
		}
		bib := bibs.Bib(bibs.First + f.given)
		f.given++
		if !f.used[bib] {
			f.used[bib] = true
			return bib, true
		}
	}
	return "", false
}
