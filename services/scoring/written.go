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
	pages  [][]writtenRead
}

type writtenRead struct {
	at        racetime.Instant
	mat, chip int32
}

// pageReads is how many reads are written down without copying those before.
const pageReads = 1 << 16

func (w *writtenReads) add(read Numbered) {
	named(&w.mats, read.MatNumber, read.Mat)
	named(&w.chips, read.ChipNumber, read.Chip)
	for len(w.counts) < len(w.chips) {
		w.counts = append(w.counts, 0)
	}
	w.counts[read.ChipNumber]++
	last := len(w.pages) - 1
	if last < 0 || len(w.pages[last]) == pageReads {
		w.pages, last = append(w.pages, make([]writtenRead, 0, pageReads)), last+1
	}
	w.pages[last] = append(w.pages[last], writtenRead{read.At, int32(read.MatNumber), int32(read.ChipNumber)})
}

// named notes the name that a number stands for.
func named[Name ~string](names *[]Name, number int, name Name) {
	for number >= len(*names) {
		*names = append(*names, "")
	}
	if (*names)[number] == "" {
		(*names)[number] = name
	}
}

// len returns the number of reads.
func (w *writtenReads) len() int {
	n := 0
	for _, page := range w.pages {
		n += len(page)
	}
	return n
}

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
	all := make([]sighting, total)
	inParts(len(w.chips), partsOf(len(w.chips)), func(_, from, to int) {
		for _, page := range w.pages {
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
