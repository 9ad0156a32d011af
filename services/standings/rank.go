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

// entries are those of one list, as package ranking takes them.
type entries struct {
	all    []ranking.Entry
	before map[race.EntrantID][]race.Bib
}

func (e *entries) add(one entry) {
	e.all = append(e.all, one.Entry)
	if len(one.before) > 0 && e.before == nil {
		e.before = map[race.EntrantID][]race.Bib{}
	}
	if len(one.before) > 0 {
		e.before[one.Entrant] = one.before
	}
}

// list returns the list of these entries, which keeps them.
func (e *entries) list() *ranking.List { return ranking.NewListOf(e.all, e.before) }

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
	lists := map[string]*ranking.List{}
	for name, of := range classify(r, n, results) {
		lists[name] = of.list()
	}
	return lists
}

// classify returns the entries of each list of one of a race's classifications, by name.
func classify(r *race.Race, n int, results []*result.Result) map[string]*entries {
	lengths := map[string]int{}
	for _, res := range results {
		lengths[listOf(res, n)]++
	}
	delete(lengths, "")
	lists := make(map[string]*entries, len(lengths))
	for _, res := range results {
		e, ranked := rankedEntry(res, &r.Classifications[n])
		name := listOf(res, n)
		if name == "" || !ranked {
			continue
		}
		list := lists[name]
		if list == nil {
			list = &entries{all: make([]ranking.Entry, 0, lengths[name])}
			lists[name] = list
		}
		list.add(e)
	}
	return lists
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
		var times, after entries
		for _, r := range results {
			if e, ok := legEntry(r, leg); ok {
				times.add(e)
			}
			if e, ok := afterEntry(r, leg); ok {
				after.add(e)
			}
		}
		rankings[leg] = legRanking{times: times.list(), after: after.list()}
	}
	return rankings
}
