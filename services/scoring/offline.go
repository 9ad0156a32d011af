package scoring

import (
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Offline scores a whole day at once, without server or database: the same packages, the same bytes.
type Offline struct {
	book  *Book
	reads writtenReads
}

// NewOffline returns the scoring of an event without reads.
func NewOffline(event *race.Event) *Offline {
	o := &Offline{book: NewBook()}
	o.book.withAnomalies = false
	o.book.SetEvent(event)
	return o
}

// AddRead adds one read.
func (o *Offline) AddRead(read Numbered) { o.reads.add(read) }

// Score returns the results of the roster's entrants, and numbers these in its order.
func (o *Offline) Score(roster []race.Entrant, rulings []ruling.Ruling) []result.Result {
	o.book.addWritten(&o.reads)
	for i := range roster {
		roster[i].ID = race.EntrantID(i + 1)
	}
	o.book.SetEntrants(roster)
	o.book.AddRulings(rulings)
	return o.compute()
}

// compute computes all entrants: nobody asks what changed.
func (o *Offline) compute() []result.Result {
	event := o.book.event
	entrants := slices.DeleteFunc(slices.Clone(o.book.dirty), func(e *entrant) bool { return event.Race(e.Race) == nil })
	results := make([]result.Result, len(entrants))
	inParts(len(entrants), func(_, from, to int) {
		c := newComputer(o.book)
		for i := from; i < to; i++ {
			results[i] = c.compute(entrants[i], event.Race(entrants[i].Race))
		}
	})
	return results
}
