package scoring

import (
	"runtime"
	"slices"
	"sync"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Offline scores a whole day at once, without server or database: the same packages, the same bytes. Reads are written
// down as they come and sorted by chip in the end: to visit a chip for each of its reads would cost most of the time.
type Offline struct {
	book *Book
	// mats are numbers of the book; chips are empty where no read has come.
	mats  []int32
	chips []race.Chip
	pages [][]writtenRead
}

// Numbered is a read whose mat and chip are numbered as well, from 0, so that they need not be looked up for each read.
type Numbered struct {
	Read
	MatNumber, ChipNumber int
}

type writtenRead struct {
	at        racetime.Instant
	mat, chip int32
}

const (
	unknownMat = -1
	// pageReads is how many reads are written down without copying those before.
	pageReads = 1 << 16
)

// NewOffline returns the scoring of an event without reads.
func NewOffline(event *race.Event) *Offline {
	o := &Offline{book: NewBook()}
	o.book.withAnomalies = false
	o.book.SetEvent(event)
	return o
}

// AddRead adds one read.
func (o *Offline) AddRead(read Numbered) {
	for read.MatNumber >= len(o.mats) {
		o.mats = append(o.mats, unknownMat)
	}
	if o.mats[read.MatNumber] == unknownMat {
		o.mats[read.MatNumber] = o.book.mat(read.Mat)
	}
	for read.ChipNumber >= len(o.chips) {
		o.chips = append(o.chips, "")
	}
	if o.chips[read.ChipNumber] == "" {
		o.chips[read.ChipNumber] = read.Chip
	}
	last := len(o.pages) - 1
	if last < 0 || len(o.pages[last]) == pageReads {
		o.pages, last = append(o.pages, make([]writtenRead, 0, pageReads)), last+1
	}
	o.pages[last] = append(o.pages[last], writtenRead{read.At, o.mats[read.MatNumber], int32(read.ChipNumber)})
}

// Score returns the results of the roster's entrants, and numbers these in its order.
func (o *Offline) Score(roster []race.Entrant, rulings []ruling.Ruling) []result.Result {
	o.sortByChip()
	for i := range roster {
		roster[i].ID = race.EntrantID(i + 1)
	}
	o.book.SetEntrants(roster)
	o.book.AddRulings(rulings)
	return o.compute()
}

// compute computes all entrants, on every processor: none of them depends on another.
func (o *Offline) compute() []result.Result {
	event := o.book.event
	entrants := slices.DeleteFunc(slices.Clone(o.book.dirty), func(e *entrant) bool { return event.Race(e.Race) == nil })
	results := make([]result.Result, len(entrants))
	var parts sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for part := range n {
		parts.Go(func() {
			c := newComputer(o.book)
			for i := len(entrants) * part / n; i < len(entrants)*(part+1)/n; i++ {
				results[i] = c.compute(entrants[i], event.Race(entrants[i].Race))
			}
		})
	}
	parts.Wait()
	return results
}

// sortByChip gives each chip its reads, in the order in which they came.
func (o *Offline) sortByChip() {
	ends := make([]int, len(o.chips)+1)
	for _, page := range o.pages {
		for _, read := range page {
			ends[read.chip+1]++
		}
	}
	for i := range o.chips {
		ends[i+1] += ends[i]
	}
	// From here on ends[i] is where the next read of chip i goes.
	all := make([]sighting, ends[len(o.chips)])
	for _, page := range o.pages {
		for _, read := range page {
			all[ends[read.chip]] = sighting{read.at, read.mat}
			ends[read.chip]++
		}
	}
	o.pages = nil
	from := 0
	for i, code := range o.chips {
		if code != "" {
			o.book.chip(code).reads.addAll(all[from:ends[i]:ends[i]])
		}
		from = ends[i]
	}
}
