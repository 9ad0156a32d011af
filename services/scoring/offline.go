package scoring

import (
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Offline scores a whole day at once, without server or database: the same packages, the same bytes. The roster may be set
// beside the adding of reads; all else is for one goroutine.
type Offline struct {
	book  *Book
	reads writtenReads
}

// NewOffline returns the scoring of an event without roster and reads.
func NewOffline(event *race.Event) *Offline {
	o := &Offline{book: NewBook()}
	o.book.withAnomalies = false
	o.book.SetEvent(event)
	return o
}

// SetRoster sets who runs, and numbers them in the order of the roster.
func (o *Offline) SetRoster(roster []race.Entrant) {
	for i := range roster {
		roster[i].ID = race.EntrantID(i + 1)
	}
	o.book.SetEntrants(roster)
}

// AddRead adds one read and keeps nothing of the caller's.
func (o *Offline) AddRead(read *Numbered) { o.reads.add(read) }

// Score returns the results of the roster's entrants, in its order.
func (o *Offline) Score(rulings []ruling.Ruling) []result.Result {
	o.book.addWritten(&o.reads)
	o.book.AddRulings(rulings)
	event := o.book.event
	entrants := slices.DeleteFunc(slices.Clone(o.book.dirty), func(e *entrant) bool { return event.Race(e.Race) == nil })
	results := make([]result.Result, len(entrants))
	// Nobody asks what changed. Entrants of a marathon take longer than those of ten kilometres, so that goroutines are given
	// the next ones when they are free.
	runs := runsOf(len(entrants))
	atOnce(partsOf(len(entrants)), func(int) {
		c := newComputer(o.book)
		for from, to := range runs {
			for i := from; i < to; i++ {
				results[i] = c.compute(entrants[i], event.Race(entrants[i].Race))
			}
		}
	})
	return results
}
