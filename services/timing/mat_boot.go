package timing

import (
	"slices"

	"raceday/services/rules/racetime"
)

// bootTally is the reads of one numbering of a mat by their numbers: 8 bytes for each where these follow one another.
type bootTally struct {
	boot        string
	first, last uint64
	reads       int
	pages       map[uint64]*seqPage
	// others are the further contents of numbers that were used with several.
	others map[uint64][]uint64
	// firstArrivedAt is when the stream took the first of its reads.
	firstArrivedAt racetime.Instant
}

// pageReads is how many numbers a page holds: few enough that a mat which numbers by chance costs little.
const pageReads = 32

// seqPage holds the digests of the contents of consecutive numbers; zero where none came.
type seqPage [pageReads]uint64

func newBootTally(boot string, seq uint64) *bootTally {
	return &bootTally{boot: boot, first: seq, last: seq, pages: map[uint64]*seqPage{}, others: map[uint64][]uint64{}}
}

// what a number and content are to those before.
type novelty int

const (
	repeated novelty = iota
	fresh
	// conflicting is the first other content of a number, conflictingAgain a further one.
	conflicting
	conflictingAgain
)

// add takes a number with the digest of its content, which is not zero.
func (b *bootTally) add(seq, digest uint64) novelty {
	page := b.pages[seq/pageReads]
	if page == nil {
		page = new(seqPage)
		b.pages[seq/pageReads] = page
	}
	held := &page[seq%pageReads]
	switch {
	case *held == digest || slices.Contains(b.others[seq], digest):
		return repeated
	case *held == 0:
		*held = digest
		b.reads++
		b.first, b.last = min(b.first, seq), max(b.last, seq)
		return fresh
	}
	b.others[seq] = append(b.others[seq], digest)
	if len(b.others[seq]) == 1 {
		return conflicting
	}
	return conflictingAgain
}

func (b *bootTally) state() MatBoot {
	return MatBoot{
		Boot: b.boot, FirstSeq: b.first, LastSeq: b.last, Reads: b.reads, Missing: b.last - b.first + 1 - uint64(b.reads),
	}
}
