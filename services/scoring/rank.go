package scoring

import (
	"cmp"
	"maps"
	"math"
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
	// round are the lists that TellSome has still to tell.
	round []ListKey
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

// Tell returns the ranks that changed and were not told.
func (r *Ranks) Tell() []ListChange {
	r.round = r.Behind()
	return r.TellSome(math.MaxInt)
}

// TellSome returns the ranks that changed and were not told, of one list after the other until there are as many as limit:
// whoever waits for them must not wait for all. The next calls go on with the lists that are left, until Telling is false.
func (r *Ranks) TellSome(limit int) []ListChange {
	if len(r.round) == 0 {
		r.round = r.Behind()
	}
	var changes []ListChange
	for told := 0; len(r.round) > 0 && told < limit; r.round = r.round[1:] {
		key := r.round[0]
		change := r.lists[key].tell(key)
		delete(r.dirty, key)
		changes = append(changes, change)
		told += len(change.New) + len(change.Put) + len(change.Removed)
	}
	return changes
}

// Telling reports whether TellSome has lists left to tell.
func (r *Ranks) Telling() bool { return len(r.round) > 0 }

// Behind returns the lists of which not everything was told.
func (r *Ranks) Behind() []ListKey {
	keys := slices.Collect(maps.Keys(r.dirty))
	slices.SortFunc(keys, func(a, b ListKey) int {
		return cmp.Or(cmp.Compare(a.Race, b.Race), cmp.Compare(a.List, b.List))
	})
	return keys
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
