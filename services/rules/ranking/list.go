// Package ranking puts entrants into the order of a list and gives ranks.
package ranking

import (
	"cmp"
	"slices"
	"time"

	"raceday/services/rules/race"
)

// Entry is an entrant in a list.
type Entry struct {
	Entrant race.EntrantID
	Bib     race.Bib
	Time    time.Duration
}

// List keeps its entries in the order of their exact times, equal times in the order of bibs.
type List struct {
	entries sorted
	// held are the times of the entries, by which they are found: with all that an entry is, memory would be what a long list
	// spends its time on.
	held map[race.EntrantID]time.Duration
	// before holds the bibs that an entrant was ruled to stand directly before.
	before map[race.EntrantID][]race.Bib
	// ruled is the order with these rulings applied, made when it is asked for.
	ruled *ruledOrder
}

// NewList returns an empty list.
func NewList() *List {
	return &List{held: map[race.EntrantID]time.Duration{}, before: map[race.EntrantID][]race.Bib{}}
}

// Len returns the number of entries.
func (l *List) Len() int { return l.entries.n }

// Put enters an entrant or changes its time; before are the bibs that it was ruled to stand directly before. It is false
// where nothing changed.
func (l *List) Put(e Entry, before ...race.Bib) bool {
	if was, ok := l.held[e.Entrant]; ok {
		if was == e.Time && l.entries.holds(e) && slices.Equal(l.before[e.Entrant], before) {
			return false
		}
		l.Remove(e.Entrant)
	}
	l.entries.insert(e)
	l.held[e.Entrant] = e.Time
	if len(before) > 0 {
		l.before[e.Entrant] = before
	}
	l.ruled = nil
	return true
}

// Remove takes an entrant out; false where it was not in the list.
func (l *List) Remove(entrant race.EntrantID) bool {
	t, ok := l.held[entrant]
	if !ok {
		return false
	}
	l.entries.remove(entrant, t)
	delete(l.held, entrant)
	delete(l.before, entrant)
	l.ruled = nil
	return true
}

// At returns the entry at an index from 0 and its rank: equal exact times share one, 1, 2, 2, 4. [TR21]
func (l *List) At(i int) (Entry, int) {
	if len(l.before) > 0 {
		order := l.ruledOrder()
		return order.entries[i], order.ranks[i]
	}
	e := l.entries.at(i)
	return e, l.rankOf(e.Time)
}

// Rank returns an entrant's rank; false where it is not in the list.
func (l *List) Rank(entrant race.EntrantID) (int, bool) {
	t, ok := l.held[entrant]
	switch {
	case !ok:
		return 0, false
	case len(l.before) > 0:
		order := l.ruledOrder()
		return order.ranks[order.index[entrant]], true
	}
	return l.rankOf(t), true
}

// rankOf is 1 more than the number of entries that are faster.
func (l *List) rankOf(t time.Duration) int { return l.entries.faster(t) + 1 }

func compareEntries(a, b Entry) int {
	if a.Time != b.Time { // nearly always
		return cmp.Compare(a.Time, b.Time)
	}
	return cmp.Or(race.CompareBibs(a.Bib, b.Bib), cmp.Compare(a.Entrant, b.Entrant))
}
