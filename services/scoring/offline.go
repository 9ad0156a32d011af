package scoring

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Offline scores a whole day at once, without server or database: the same packages, the same bytes. Reads are written
// down as they come, those of a few hundred chips together and each with the place of the one before of its chip, and
// followed from there when the chip's wearer is computed. To visit a chip for each of its reads, to move reads, or to look
// for them in all of the memory would cost most of the time.
//
// The roster may be set beside the adding of reads; all else is for one goroutine.
type Offline struct {
	book *Book
	// mats are numbers of the book; chips are empty where no read has come.
	mats  []int32
	chips []race.Chip
	// lasts are the places of the chips' last reads on their sheets.
	lasts []int32
	// sheets hold the reads of groupChips chips each.
	sheets []sheet
}

// Numbered is a read whose mat and chip are numbered as well, from 0, so that they need not be looked up for each read.
type Numbered struct {
	Read
	MatNumber, ChipNumber int
}

// sheet is where reads are written down, in pages so that none is copied when more come.
type sheet [][]writtenRead

// writtenRead is a read and the place of the one before of its chip.
type writtenRead struct {
	at     racetime.Instant
	mat    int32
	before int32
}

const (
	unknownMat = -1
	// noRead is the place before that of a chip's first read.
	noRead = -1
	// groupChips is how many chips share a sheet: so few that their reads fit into a processor's own memory.
	groupChips = 512
	pageReads  = 1024
)

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

// AddRead adds one read.
func (o *Offline) AddRead(read Numbered) {
	for read.MatNumber >= len(o.mats) {
		o.mats = append(o.mats, unknownMat)
	}
	if o.mats[read.MatNumber] == unknownMat {
		o.mats[read.MatNumber] = o.book.mat(read.Mat)
	}
	for read.ChipNumber >= len(o.lasts) {
		if len(o.lasts)%groupChips == 0 {
			o.sheets = append(o.sheets, nil)
		}
		o.chips, o.lasts = append(o.chips, ""), append(o.lasts, noRead)
	}
	last := &o.lasts[read.ChipNumber]
	if *last == noRead {
		o.chips[read.ChipNumber] = read.Chip
	}
	*last = o.sheets[read.ChipNumber/groupChips].write(writtenRead{read.At, o.mats[read.MatNumber], *last})
}

// write returns the place that it gave the read.
func (s *sheet) write(read writtenRead) (place int32) {
	last := len(*s) - 1
	if last < 0 || len((*s)[last]) == pageReads {
		*s, last = append(*s, make([]writtenRead, 0, pageReads)), last+1
	}
	page := &(*s)[last]
	*page = append(*page, read)
	return int32(last*pageReads + len(*page) - 1)
}

// Score returns the results of the roster's entrants, computed on every processor: none of them depends on another.
func (o *Offline) Score(rulings []ruling.Ruling) []result.Result {
	o.book.AddRulings(rulings)
	event := o.book.event
	entrants := slices.DeleteFunc(slices.Clone(o.book.dirty), func(e *entrant) bool { return event.Race(e.Race) == nil })
	numbers := o.numbers()
	order := inOrderOfSheets(entrants, numbers)
	results := make([]result.Result, len(entrants))
	var parts sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for part := range n {
		parts.Go(func() {
			c := offlineComputer{computer: newComputer(o.book), offline: o, numbers: numbers}
			for _, i := range order[len(order)*part/n : len(order)*(part+1)/n] {
				results[i] = c.compute(entrants[i], event.Race(entrants[i].Race))
			}
		})
	}
	parts.Wait()
	return results
}

// numbers returns those of the roster's chips that were read.
func (o *Offline) numbers() map[*chip]int32 {
	numbers := make(map[*chip]int32, len(o.chips))
	for number, code := range o.chips {
		if known := o.book.chips[code]; known != nil {
			numbers[known] = int32(number)
		}
	}
	return numbers
}

// inOrderOfSheets returns the indices of entrants so that those whose chips share a sheet stand together.
func inOrderOfSheets(entrants []*entrant, numbers map[*chip]int32) []int32 {
	order, sheets := make([]int32, len(entrants)), make([]int32, len(entrants))
	for i, e := range entrants {
		order[i] = int32(i)
		if len(e.worn) > 0 {
			sheets[i] = numbers[e.worn[0]] / groupChips
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(sheets[a], sheets[b]) })
	return order
}

// offlineComputer is a computer that brings an entrant's reads together first.
type offlineComputer struct {
	*computer
	offline *Offline
	numbers map[*chip]int32
	// together is where they are brought.
	together []sighting
}

func (c *offlineComputer) compute(e *entrant, r *race.Race) result.Result {
	c.together = c.together[:0]
	for _, worn := range e.worn {
		if number, read := c.numbers[worn]; read && worn.wearer == e {
			worn.reads.addAll(c.bringTogether(number))
		}
	}
	computed := c.computer.compute(e, r)
	for _, worn := range e.worn {
		worn.reads = sightings{}
	}
	return computed
}

// bringTogether returns a chip's reads in the order in which they came.
func (c *offlineComputer) bringTogether(number int32) []sighting {
	sheet, from := c.offline.sheets[number/groupChips], len(c.together)
	for place := c.offline.lasts[number]; place != noRead; {
		read := &sheet[place/pageReads][place%pageReads]
		c.together = append(c.together, sighting{read.at, read.mat})
		place = read.before
	}
	slices.Reverse(c.together[from:])
	return c.together[from:len(c.together):len(c.together)]
}
