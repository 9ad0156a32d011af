// Package standings reads what the scorer derived: lists, live boards, exports. It computes no rule of its own: ranks and
// official times come from rules/*, and what is stored is written elsewhere.
package standings

import (
	"maps"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// listOf returns the list of the race's nth classification that an entrant belongs to, or nothing. A result computed by
// an earlier version of the event may name fewer lists than the race has now.
func listOf(r *result.Result, classification int) string {
	if classification < len(r.Lists) {
		return r.Lists[classification]
	}
	return ""
}

// entry is what a ranking takes.
type entry struct {
	ranking.Entry
	// before are the bibs of RANK_BEFORE rulings.
	before []race.Bib
}

// rankedEntry returns the entry with which a result stands in its list of a classification; false where it is not ranked.
func rankedEntry(r *result.Result, classification *race.Classification) (entry, bool) {
	score := r.Score(classification)
	return newEntry(r, score, r.Before), score.Known
}

func newEntry(r *result.Result, t racetime.Optional, before []race.Bib) entry {
	return entry{ranking.Entry{Entrant: r.Entrant, Bib: r.Bib, Time: t.Time}, before}
}

// rankLists puts the results of one race into its lists, by name.
func rankLists(r *race.Race, results []*result.Result) map[string]*ranking.List {
	lists := map[string]*ranking.List{}
	for i := range r.Classifications {
		maps.Copy(lists, rankClassification(r, i, results))
	}
	return lists
}

// rankClassification puts the results of one race into the lists of one of its classifications, by name.
func rankClassification(r *race.Race, n int, results []*result.Result) map[string]*ranking.List {
	entries := map[string][]entry{}
	for _, res := range results {
		name := listOf(res, n)
		if name == "" {
			continue
		}
		if e, ok := rankedEntry(res, &r.Classifications[n]); ok {
			entries[name] = append(entries[name], e)
		}
	}
	lists := make(map[string]*ranking.List, len(entries))
	for name, entries := range entries {
		lists[name] = newRanking(entries)
	}
	return lists
}

// newRanking returns the list of these entries.
func newRanking(entries []entry) *ranking.List {
	ranked := make([]ranking.Entry, len(entries))
	var before map[race.EntrantID][]race.Bib
	for i, e := range entries {
		ranked[i] = e.Entry
		if len(e.before) > 0 && before == nil {
			before = map[race.EntrantID][]race.Bib{}
		}
		if len(e.before) > 0 {
			before[e.Entrant] = e.before
		}
	}
	return ranking.NewListOf(ranked, before)
}

// legRanking ranks the teams of one leg of a relay.
type legRanking struct {
	// times ranks by the leg alone, after by the sum of all legs so far.
	times, after *ranking.List
}

// legEntry returns the entry of a team in the ranking of a leg; false where its time does not count. A judge's order
// holds in lists only.
func legEntry(r *result.Result, leg int) (entry, bool) {
	if leg >= len(r.Legs) || !r.Legs[leg].Ranked {
		return entry{}, false
	}
	t := r.Legs[leg].Time
	return newEntry(r, t, nil), t.Known
}

// afterEntry returns the entry of a team in the ranking after a leg, for teams complete so far.
func afterEntry(r *result.Result, leg int) (entry, bool) {
	if leg >= len(r.Legs) || r.Status == result.DSQ || r.Status == result.NotCompeting {
		return entry{}, false
	}
	for _, l := range r.Legs[:leg+1] {
		if l.NotCompleted {
			return entry{}, false
		}
	}
	sum := r.Legs[leg].Cumulative
	return newEntry(r, sum, nil), sum.Known
}

// rankLegs ranks the legs of a relay's teams; none for a race of persons.
func rankLegs(results []*result.Result) []legRanking {
	legs := 0
	for _, r := range results {
		legs = max(legs, len(r.Legs))
	}
	rankings := make([]legRanking, legs)
	for leg := range rankings {
		var times, after []entry
		for _, r := range results {
			if e, ok := legEntry(r, leg); ok {
				times = append(times, e)
			}
			if e, ok := afterEntry(r, leg); ok {
				after = append(after, e)
			}
		}
		rankings[leg] = legRanking{times: newRanking(times), after: newRanking(after)}
	}
	return rankings
}
