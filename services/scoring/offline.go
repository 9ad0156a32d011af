package scoring

import (
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Offline scores a whole day at once, without server or database: the same packages, the same bytes. The reads are taken
// first, because what nobody wears yet concerns nobody.
type Offline struct {
	book  *Book
	mats  []int32
	chips []*chip
}

// Numbered is a read whose mat and chip are numbered as well, from 0, so that they need not be looked up for each read.
type Numbered struct {
	Read
	MatNumber, ChipNumber int
}

// NewOffline returns the scoring of an event without reads.
func NewOffline(event *race.Event) *Offline {
	o := &Offline{book: NewBook()}
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
	if read.ChipNumber >= len(o.chips) {
		o.chips = append(o.chips, make([]*chip, read.ChipNumber+1-len(o.chips))...)
	}
	if o.chips[read.ChipNumber] == nil {
		o.chips[read.ChipNumber] = o.book.chip(read.Chip)
	}
	o.book.addTo(o.chips[read.ChipNumber], sighting{read.At, o.mats[read.MatNumber]})
}

const unknownMat = -1

// Score returns the results of the roster's entrants, who are numbered in its order.
func (o *Offline) Score(roster []race.Entrant, rulings []ruling.Ruling) []result.Result {
	numbered := slices.Clone(roster)
	for i := range numbered {
		numbered[i].ID = race.EntrantID(i + 1)
	}
	o.book.SetEntrants(numbered)
	o.book.AddRulings(rulings)
	o.book.Settle()
	return o.book.Results()
}
