package standings

import (
	"cmp"
	"slices"
	"sync"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// anomalyPlace is where an anomaly stands in its list, and no other one does.
type anomalyPlace struct {
	Race      race.ID
	Bib       race.Bib
	Visit     int
	Kind      anomaly.Kind
	FromVisit int
	At        racetime.Instant
	FromAt    racetime.Instant
	Leg       int
	// Conflict is empty for other kinds.
	Conflict anomaly.Identity
}

func placeOf(a *Anomaly) anomalyPlace {
	p := anomalyPlace{
		Race: a.Race, Bib: a.Bib, Visit: a.Visit, Kind: a.Kind, FromVisit: a.FromVisit, At: a.At, FromAt: a.FromAt, Leg: a.Leg,
	}
	if c := a.Conflict; c != nil {
		p.Conflict = anomaly.Identity{Mat: c.Mat, Boot: c.Boot, Seq: c.Seq}
	}
	return p
}

// raceOrder is the order of the races of an event; what is of no race comes last.
type raceOrder map[race.ID]int

func newRaceOrder(event *race.Event) raceOrder {
	order := make(raceOrder, len(event.Races)+1)
	for i := range event.Races {
		order[event.Races[i].ID] = i
	}
	order[""] = len(event.Races)
	return order
}

// of returns the place of a race. One that the event no longer has comes first: who pages on behind it begins again.
func (o raceOrder) of(id race.ID) int {
	if i, known := o[id]; known {
		return i
	}
	return -1
}

// compare orders by race, bib and course; an entrant's conflicts come behind its others.
func (o raceOrder) compare(a, b anomalyPlace) int {
	conflict := func(p anomalyPlace) int {
		if p.Conflict == (anomaly.Identity{}) {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(o.of(a.Race), o.of(b.Race)), cmp.Compare(a.Race, b.Race), race.CompareBibs(a.Bib, b.Bib),
		cmp.Compare(conflict(a), conflict(b)),
		cmp.Compare(a.Visit, b.Visit), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.FromVisit, b.FromVisit),
		cmp.Compare(a.At, b.At), cmp.Compare(a.FromAt, b.FromAt), cmp.Compare(a.Leg, b.Leg),
		cmp.Compare(a.Conflict.Mat, b.Conflict.Mat), cmp.Compare(a.Conflict.Boot, b.Conflict.Boot),
		cmp.Compare(a.Conflict.Seq, b.Conflict.Seq),
	)
}

// anomalyList is all that answers a question; nobody may change it.
type anomalyList struct {
	question string
	// listedAt is before the store was asked.
	listedAt racetime.Instant
	// whole is a page that holds everything, in order.
	whole AnomalyPage
	order raceOrder
}

// behind returns the index of the first anomaly behind a place.
func (l *anomalyList) behind(place anomalyPlace) int {
	i, there := slices.BinarySearchFunc(l.whole.Anomalies, place, func(a Anomaly, place anomalyPlace) int {
		return l.order.compare(placeOf(&a), place)
	})
	if there {
		i++
	}
	return i
}

// anomalyLists are the lists of more than one page that were asked for last, as long as somebody may page through them:
// for the conflicts among them all reads of the day were looked through.
type anomalyLists struct {
	mu sync.Mutex
	// lists are at most maxAnomalyLists, the newest last.
	lists []*anomalyList
}

// maxAnomalyLists bounds the memory that many different questions take.
const maxAnomalyLists = 4

// find returns a list that is not older than an instant; nil where none is kept.
func (l *anomalyLists) find(question string, since, now racetime.Instant) *anomalyList {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lists = slices.DeleteFunc(l.lists, func(old *anomalyList) bool { return now-old.listedAt > pagingTime })
	for _, list := range slices.Backward(l.lists) {
		if list.question == question && list.listedAt >= since {
			return list
		}
	}
	return nil
}

func (l *anomalyLists) keep(list *anomalyList) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lists = slices.DeleteFunc(l.lists, func(old *anomalyList) bool { return old.question == list.question })
	l.lists = append(l.lists, list)
	if beyond := len(l.lists) - maxAnomalyLists; beyond > 0 {
		l.lists = slices.Delete(l.lists, 0, beyond)
	}
}
