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

// ruledOrder moves every entrant with such a ruling directly before the bib that its last one names, of those that the list
// holds. Who follows another that is moved itself follows it in the next turn; rulings that contradict each other are
// given up after as many turns as there are of them.
func (l *List) ruledOrder() *ruledOrder {
	if l.ruled != nil {
		return l.ruled
	}
	chipOrder := slices.AppendSeq(make([]Entry, 0, l.Len()), l.entries.all())
	entries := slices.Clone(chipOrder)
	apart := map[[2]race.EntrantID]bool{} // neighbours that never share a rank
	moved := true
	for turn := 0; moved && turn <= len(l.before); turn++ {
		moved = false
		for _, e := range chipOrder {
			if len(l.before[e.Entrant]) == 0 {
				continue
			}
			from, to := slices.Index(entries, e), l.target(entries, e)
			if to < 0 {
				continue
			}
			apart[[2]race.EntrantID{e.Entrant, entries[to].Entrant}] = true
			if from == to-1 {
				continue
			}
			entries = slices.Delete(entries, from, from+1)
			if from < to {
				to--
			}
			entries, moved = slices.Insert(entries, to, e), true
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

// target returns the index of the last bib that e was ruled to stand before, of those in entries; -1 where there is none.
func (l *List) target(entries []Entry, e Entry) int {
	for _, bib := range slices.Backward(l.before[e.Entrant]) {
		if bib == e.Bib {
			continue
		}
		if to := slices.IndexFunc(entries, func(other Entry) bool { return other.Bib == bib }); to >= 0 {
			return to
		}
	}
	return -1
}
