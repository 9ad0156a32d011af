package scoring

import (
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Numbered is a read whose mat and chip are numbered as well, from 0, so that they need not be looked up for each read.
type Numbered struct {
	Read
	MatNumber, ChipNumber int
}

// writtenReads are many reads, written down as they come and sorted by chip in the end: to visit a chip for each of its
// reads would cost most of the time. They need no book until then, which may take in other facts meanwhile.
type writtenReads struct {
	// mats and chips are by their numbers, and empty where no read has come.
	mats  []race.MatID
	chips []race.Chip
	// counts are the numbers of reads of the chips.
	counts []int
	// page is written to; full are those before it, each of pageReads.
	page []writtenRead
	full [][]writtenRead
}

type writtenRead struct {
	at        racetime.Instant
	mat, chip int32
}

// pageReads is how many reads are written down without copying those before.
const pageReads = 1 << 16

// add writes a read down and keeps nothing of the caller's.
func (w *writtenReads) add(read *Numbered) {
	if !isNamed(w.mats, read.MatNumber) {
		w.mats = named(w.mats, read.MatNumber, read.Mat)
	}
	if !isNamed(w.chips, read.ChipNumber) {
		w.chips = named(w.chips, read.ChipNumber, read.Chip)
		w.counts = append(w.counts, make([]int, len(w.chips)-len(w.counts))...)
	}
	w.counts[read.ChipNumber]++
	switch {
	case w.page == nil:
		w.page = make([]writtenRead, 0, pageReads)
	case len(w.page) == pageReads:
		w.full, w.page = append(w.full, w.page), make([]writtenRead, 0, pageReads)
	}
	w.page = append(w.page, writtenRead{read.At, int32(read.MatNumber), int32(read.ChipNumber)})
}

func isNamed[Name ~string](names []Name, number int) bool {
	return number < len(names) && names[number] != ""
}

// named returns names with name at a number.
func named[Name ~string](names []Name, number int, name Name) []Name {
	if missing := number + 1 - len(names); missing > 0 {
		names = append(names, make([]Name, missing)...)
	}
	names[number] = name
	return names
}

// len returns the number of reads.
func (w *writtenReads) len() int { return len(w.full)*pageReads + len(w.page) }

// addWritten gives each chip its reads, in the order in which they came, and forgets that they were written.
func (b *Book) addWritten(w *writtenReads) {
	mats := make([]int32, len(w.mats))
	for i, id := range w.mats {
		if id != "" {
			mats[i] = b.mat(id)
		}
	}
	// ends[i] is where the next read of chip i goes.
	ends, total := make([]int, len(w.chips)), 0
	for i, count := range w.counts {
		ends[i] = total
		total += count
	}
	all, pages := make([]sighting, total), append(w.full, w.page)
	inParts(len(w.chips), partsOf(len(w.chips)), func(_, from, to int) {
		for _, page := range pages {
			for _, read := range page {
				if chip := int(read.chip); from <= chip && chip < to {
					all[ends[chip]] = sighting{read.at, mats[read.mat]}
					ends[chip]++
				}
			}
		}
	})
	for i, code := range w.chips {
		if code != "" {
			c := b.chip(code)
			c.reads.addAll(all[ends[i]-w.counts[i] : ends[i] : ends[i]])
			if c.wearer != nil {
				b.touch(c.wearer)
			}
		}
	}
	*w = writtenReads{}
}
