// Package ranking puts results into lists and gives ranks.
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
	entries []Entry
	times   map[race.EntrantID]Entry
}

// NewList returns an empty list.
func NewList() *List { return &List{times: map[race.EntrantID]Entry{}} }

// Len returns the number of entries.
func (l *List) Len() int { return len(l.entries) }

// Put enters an entrant or changes its time; false where nothing changed.
func (l *List) Put(e Entry) bool {
	if old, ok := l.times[e.Entrant]; ok {
		if old == e {
			return false
		}
		l.Remove(e.Entrant)
	}
	i, _ := slices.BinarySearchFunc(l.entries, e, compareEntries)
	l.entries = slices.Insert(l.entries, i, e)
	l.times[e.Entrant] = e
	return true
}

// Remove takes an entrant out; false where it was not in the list.
func (l *List) Remove(entrant race.EntrantID) bool {
	e, ok := l.times[entrant]
	if !ok {
		return false
	}
	i, _ := slices.BinarySearchFunc(l.entries, e, compareEntries)
	l.entries = slices.Delete(l.entries, i, i+1)
	delete(l.times, entrant)
	return true
}

// At returns the entry at an index from 0 and its rank: equal exact times share one, 1, 2, 2, 4. [TR21]
func (l *List) At(i int) (Entry, int) {
	e := l.entries[i]
	return e, l.rankOf(e.Time)
}

// Rank returns an entrant's rank; false where it is not in the list.
func (l *List) Rank(entrant race.EntrantID) (int, bool) {
	e, ok := l.times[entrant]
	if !ok {
		return 0, false
	}
	return l.rankOf(e.Time), true
}

// rankOf is 1 more than the number of entries that are faster.
func (l *List) rankOf(t time.Duration) int {
	faster, _ := slices.BinarySearchFunc(l.entries, t, func(e Entry, t time.Duration) int { return cmp.Compare(e.Time, t) })
	return faster + 1
}

func compareEntries(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), race.CompareBibs(a.Bib, b.Bib), cmp.Compare(a.Entrant, b.Entrant))
}
