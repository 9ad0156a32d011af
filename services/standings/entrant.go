package standings

import (
	"raceday/services/rules/race"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// EntrantResult is all that is shown of one entrant.
type EntrantResult struct {
	// Row is the entrant's in the list of the race's first classification.
	Row     Row
	Splits  []Split
	Ranks   []ListRank
	Legs    []LegResult
	Version int64
}

// ListRank is an entrant's rank in one of its lists; 0 where it has none.
type ListRank struct {
	List string
	Rank int
	// Of counts the ranked entrants of the list.
	Of int
}

// LegResult is one leg of a relay, with official times; empty where they are not known.
type LegResult struct {
	result.Leg
	ShownTime       string
	ShownCumulative string
	// Rank is by the leg alone, RankAfter by all legs so far; 0 where there is none.
	Rank, RankAfter int
}

// Entrant returns the result of the entrant with this bib. Fault: ErrEntrantNotFound.
func (b *Board) Entrant(bib race.Bib) (EntrantResult, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	r, ok := b.entrants[b.bibs[bib]]
	if !ok || r.Bib != bib {
		return EntrantResult{}, ErrEntrantNotFound
	}
	f := b.fields[r.Race]
	entrant := EntrantResult{Row: Row{Result: r, terms: firstTerms(f.race)}, Version: b.version}
	for i := range f.race.Classifications {
		name := listOf(r, i)
		if name == "" {
			continue
		}
		l := f.lists[name]
		rank, _ := l.ranked.Rank(r.Entrant)
		entrant.Ranks = append(entrant.Ranks, ListRank{List: name, Rank: rank, Of: l.ranked.Len()})
		if i == 0 {
			entrant.Row.Rank = rank
		}
	}
	for n := range r.Passings {
		entrant.Splits = append(entrant.Splits, newSplit(r, n, f.race))
	}
	for n, times := range r.ShowLegs(f.race) {
		entrant.Legs = append(entrant.Legs, LegResult{
			Leg:             r.Legs[n],
			ShownTime:       times.Time,
			ShownCumulative: times.Cumulative,
			Rank:            rankOf(f.legs[n].times, r.Entrant),
			RankAfter:       rankOf(f.legs[n].after, r.Entrant),
		})
	}
	return entrant, nil
}

func rankOf(list *ranking.List, entrant race.EntrantID) int {
	rank, _ := list.Rank(entrant)
	return rank
}
