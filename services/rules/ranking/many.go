package ranking

import (
	"iter"
	"slices"
	"time"

	"raceday/services/rules/race"
)

// NewListOf returns the list of many entries, one of each entrant. before holds the bibs that entrants were ruled to stand
// directly before; it may be nil. The list keeps both. It is what putting the entries one by one gives, sorted once.
func NewListOf(entries []Entry, before map[race.EntrantID][]race.Bib) *List {
	slices.SortFunc(entries, compareEntries)
	if before == nil {
		before = map[race.EntrantID][]race.Bib{}
	}
	l := &List{entries: newSorted(entries), held: make(map[race.EntrantID]time.Duration, len(entries)), before: before}
	for _, e := range entries {
		l.held[e.Entrant] = e.Time
	}
	return l
}

// InOrder returns each rank and entry of the list of many entries, where nothing else is asked of the list. What it is given
// is as for NewListOf.
func InOrder(entries []Entry, before map[race.EntrantID][]race.Bib) iter.Seq2[int, Entry] {
	slices.SortFunc(entries, compareEntries)
	list := List{entries: newSorted(entries), before: before}
	return list.All()
}

// All returns each rank and entry in order, as At does, without a search for each.
func (l *List) All() iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		if len(l.before) > 0 {
			order := l.ruledOrder()
			for i, e := range order.entries {
				if !yield(order.ranks[i], e) {
					return
				}
			}
			return
		}
		i, rank, before := 0, 0, Entry{}
		for e := range l.entries.all() {
			if i++; rank == 0 || e.Time != before.Time {
				rank = i
			}
			if !yield(rank, e) {
				return
			}
			before = e
		}
	}
}
