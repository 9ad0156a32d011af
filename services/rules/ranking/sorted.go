package ranking

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"time"

	"raceday/services/rules/race"
)

// sorted keeps entries in the order of a list. They lie in blocks, so that one that comes or goes moves only its block, however
// long the list is.
type sorted struct {
	// blocks are in order, and none is empty.
	blocks [][]Entry
	// starts holds the index of each block's first entry, and firsts its time: together, for they are searched for every entry.
	starts []int
	firsts []time.Duration
	n      int
}

// blockEntries is how many entries a block holds before it is divided.
const blockEntries = 256

// newSorted returns entries that are in order. It keeps them.
func newSorted(entries []Entry) sorted {
	s := sorted{n: len(entries)}
	for start := 0; start < len(entries); start += blockEntries / 2 {
		end := min(start+blockEntries/2, len(entries))
		s.blocks, s.starts = append(s.blocks, entries[start:end:end]), append(s.starts, start)
		s.firsts = append(s.firsts, entries[start].Time)
	}
	return s
}

func (s *sorted) insert(e Entry) {
	if s.n++; len(s.blocks) == 0 {
		s.blocks, s.starts, s.firsts = [][]Entry{{e}}, []int{0}, []time.Duration{e.Time}
		return
	}
	b := s.blockOf(e)
	i, _ := slices.BinarySearchFunc(s.blocks[b], e, compareEntries)
	s.blocks[b] = slices.Insert(s.blocks[b], i, e)
	s.firsts[b] = s.blocks[b][0].Time
	s.shift(b+1, 1)
	if len(s.blocks[b]) <= blockEntries {
		return
	}
	const half = blockEntries / 2
	after := slices.Clone(s.blocks[b][half:])
	s.blocks[b] = slices.Delete(s.blocks[b], half, len(s.blocks[b]))
	s.blocks = slices.Insert(s.blocks, b+1, after)
	s.starts = slices.Insert(s.starts, b+1, s.starts[b]+half)
	s.firsts = slices.Insert(s.firsts, b+1, after[0].Time)
}

// holds reports whether exactly this entry is there.
func (s *sorted) holds(e Entry) bool {
	if s.n == 0 {
		return false
	}
	block := s.blocks[s.blockOf(e)]
	i, found := slices.BinarySearchFunc(block, e, compareEntries)
	return found && block[i] == e
}

// remove takes out an entrant's entry, which is there with this time. Those of exactly equal time are looked through.
func (s *sorted) remove(entrant race.EntrantID, t time.Duration) {
	b, i := s.first(t)
	for s.blocks[b][i].Entrant != entrant {
		if i++; i == len(s.blocks[b]) {
			b, i = b+1, 0
		}
	}
	s.blocks[b] = slices.Delete(s.blocks[b], i, i+1)
	s.n--
	s.shift(b+1, -1)
	if len(s.blocks[b]) > 0 {
		s.firsts[b] = s.blocks[b][0].Time
		return
	}
	s.blocks, s.starts = slices.Delete(s.blocks, b, b+1), slices.Delete(s.starts, b, b+1)
	s.firsts = slices.Delete(s.firsts, b, b+1)
}

// blockOf returns the block that an entry belongs into: the last one that does not begin behind it, or else the first.
func (s *sorted) blockOf(e Entry) int {
	behind := sort.Search(len(s.firsts), func(b int) bool {
		return s.firsts[b] > e.Time || s.firsts[b] == e.Time && compareEntries(s.blocks[b][0], e) > 0
	})
	return max(behind-1, 0)
}

func (s *sorted) shift(from, by int) {
	for b := from; b < len(s.starts); b++ {
		s.starts[b] += by
	}
}

func (s *sorted) at(i int) Entry {
	b := sort.Search(len(s.starts), func(b int) bool { return s.starts[b] > i }) - 1
	return s.blocks[b][i-s.starts[b]]
}

// faster returns the number of entries with a shorter time.
func (s *sorted) faster(t time.Duration) int {
	b, i := s.first(t)
	if b == len(s.blocks) {
		return s.n
	}
	return s.starts[b] + i
}

// first returns block and place in it of the first entry that is not faster than a time; the number of blocks where there is
// none.
func (s *sorted) first(t time.Duration) (block, at int) {
	block = sort.Search(len(s.firsts), func(b int) bool { return s.firsts[b] >= t })
	if block == 0 {
		return 0, 0
	}
	before := s.blocks[block-1]
	at, _ = slices.BinarySearchFunc(before, t, func(e Entry, t time.Duration) int { return cmp.Compare(e.Time, t) })
	if at == len(before) {
		return block, 0
	}
	return block - 1, at
}

func (s *sorted) all() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, block := range s.blocks {
			for _, e := range block {
				if !yield(e) {
					return
				}
			}
		}
	}
}
