package scoring

import (
	"cmp"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// ListKey names a list of an event.
type ListKey struct {
	Race race.ID
	List string
}

// Rank is an entrant's rank in a list.
type Rank struct {
	Entrant race.EntrantID
	Rank    int
	// Time is what the list ranks by.
	Time time.Duration
}

// ListChange is how the ranks of a list differ from those last told.
type ListChange struct {
	ListKey
	// New are ranks of entrants that had none, Put those that are other ones now.
	New, Put []Rank
	Removed  []race.EntrantID
	// Ranked is the number of ranked entrants.
	Ranked int
}

// Ranks keeps every list of an event, and knows which ranks were told.
type Ranks struct {
	lists map[ListKey]*rankedList
	dirty map[ListKey]bool
}

type rankedList struct {
	*ranking.List
	told map[race.EntrantID]Rank
}

// NewRanks returns lists without entrants; told are the ranks that are known already, where they are stored.
func NewRanks(told map[ListKey][]Rank) *Ranks {
	r := &Ranks{lists: map[ListKey]*rankedList{}, dirty: map[ListKey]bool{}}
	for key, ranks := range told {
		list := r.list(key)
		for _, rank := range ranks {
			list.told[rank.Entrant] = rank
		}
	}
	return r
}

func (r *Ranks) list(key ListKey) *rankedList {
	list := r.lists[key]
	if list == nil {
		list = &rankedList{ranking.NewList(), map[race.EntrantID]Rank{}}
		r.lists[key], r.dirty[key] = list, true
	}
	return list
}

// Update brings the lists up to date with results that changed, was being nil for an entrant that is new.
func (r *Ranks) Update(event *race.Event, was *result.Result, now *result.Result) {
	if was != nil {
		for i, name := range was.Lists {
			if name != "" && (now == nil || now.Race != was.Race || i >= len(now.Lists) || now.Lists[i] != name) {
				r.remove(ListKey{was.Race, name}, was.Entrant)
			}
		}
	}
	if now == nil {
		return
	}
	classifications := event.Race(now.Race).Classifications
	for i, name := range now.Lists {
		if name == "" {
			continue
		}
		key := ListKey{now.Race, name}
		list, score := r.list(key), now.Score(&classifications[i])
		if !score.Known {
			r.remove(key, now.Entrant)
			continue
		}
		if list.Put(ranking.Entry{Entrant: now.Entrant, Bib: now.Bib, Time: score.Time}, now.Before...) {
			r.dirty[key] = true
		}
	}
}

func (r *Ranks) remove(key ListKey, entrant race.EntrantID) {
	if list := r.lists[key]; list != nil && list.Remove(entrant) {
		r.dirty[key] = true
	}
}

// Any reports whether there is a list at all, were it without a ranked entrant.
func (r *Ranks) Any() bool { return len(r.lists) > 0 }

// Tell returns the ranks that changed since the last call.
func (r *Ranks) Tell() []ListChange {
	changes := make([]ListChange, 0, len(r.dirty))
	for key := range r.dirty {
		changes = append(changes, r.lists[key].tell(key))
	}
	clear(r.dirty)
	slices.SortFunc(changes, func(a, b ListChange) int {
		return cmp.Or(cmp.Compare(a.Race, b.Race), cmp.Compare(a.List, b.List))
	})
	return changes
}

func (l *rankedList) tell(key ListKey) ListChange {
	change := ListChange{ListKey: key, Ranked: l.Len()}
	for number, e := range l.All() {
		rank := Rank{e.Entrant, number, e.Time}
		switch was, told := l.told[e.Entrant]; {
		case !told:
			change.New = append(change.New, rank)
		case was != rank:
			change.Put = append(change.Put, rank)
		default:
			continue
		}
		l.told[e.Entrant] = rank
	}
	if len(l.told) > l.Len() {
		for entrant := range l.told {
			if _, ok := l.Rank(entrant); !ok {
				delete(l.told, entrant)
				change.Removed = append(change.Removed, entrant)
			}
		}
	}
	return change
}
