package ranking

import (
	"slices"

	"raceday/services/rules/race"
)

// ruledOrder is the order of a list after judges reversed what the chips gave. [TR18.2: torso, not chip, decides]
type ruledOrder struct {
	entries []Entry
	ranks   []int
	index   map[race.EntrantID]int
}

// ruledOrder moves every entrant with such a ruling, the fastest first, directly before the bib it names; a bib that the
// list does not hold moves nobody.
func (l *List) ruledOrder() *ruledOrder {
	if l.ruled != nil {
		return l.ruled
	}
	entries := slices.Clone(l.entries)
	apart := map[[2]race.EntrantID]bool{} // neighbours that never share a rank
	for _, e := range l.entries {
		for _, bib := range l.before[e.Entrant] {
			to := slices.IndexFunc(entries, func(other Entry) bool { return other.Bib == bib })
			if to < 0 || bib == e.Bib {
				continue
			}
			apart[[2]race.EntrantID{e.Entrant, entries[to].Entrant}] = true
			from := slices.Index(entries, e)
			entries = slices.Delete(entries, from, from+1)
			if from < to {
				to--
			}
			entries = slices.Insert(entries, to, e)
		}
	}
	order := &ruledOrder{entries, make([]int, len(entries)), map[race.EntrantID]int{}}
	for i, e := range entries {
		order.ranks[i], order.index[e.Entrant] = i+1, i
		if i > 0 && e.Time == entries[i-1].Time && !apart[[2]race.EntrantID{entries[i-1].Entrant, e.Entrant}] {
			order.ranks[i] = order.ranks[i-1]
		}
	}
	l.ruled = order
	return order
}
