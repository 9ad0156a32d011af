package timingpg

import (
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

// Memory is which reads of an event are stored, as one run of its scorer knows it: those that EachRead handed over when the
// run began, and those that the run appended since. So the reads of a mat that sends everything again need not be looked
// for one by one, whoever stored them. Reads are never deleted, and only the run whose position stands appends: while the
// fence lets it through, its memory is all that there is. It serves one run, one append after another.
//
// The nil Memory knows nothing: all reads are looked for.
type Memory struct {
	// at is the position to which what is remembered belongs, the zero Position before the first append.
	at timing.Position
	// to is the position that the last append led to, and pending the reads that it stored: they are committed if the next
	// append begins there, for it is fenced by that very position.
	to         timing.Position
	pending    []timing.Read
	numberings map[numbering]*numbers
	// chips numbers the chips from 1.
	chips map[race.Chip]uint32
	spent budget
	// lost is set where nothing is known any more.
	lost bool
}

// numbering is what a mat counts its reads in.
type numbering struct {
	mat  race.MatID
	boot string
}

// numbers are the reads of a numbering: the chip of number first + i, 0 where it is not known, and the instant.
type numbers struct {
	// last is the highest number that was seen, if any was.
	last  uint64
	seen  bool
	first uint64
	chips []uint32
	at    []racetime.Instant
	// known counts the reads among them.
	known uint64
}

const (
	// maxNumberings bounds the memory that mats with ever new boots can take: reads of further ones are looked for.
	maxNumberings = 10_000
	// maxNumbersApart and maxPlacesARead bound the memory that one numbering with wild numbers can take.
	maxNumbersApart = 10_000
	maxPlacesARead  = 4
	// maxSparePlaces bounds, with maxPlacesARead, what all numberings take together: these are 12 MB, and 12 more with
	// the room that a numbering has to grow into.
	maxSparePlaces = 1_000_000
)

// budget counts what all numberings of a memory hold: reads, and places for reads.
type budget struct{ known, places uint64 }

// room returns how many more places one more read may take: at least one, so that a mat which counts one by one is
// remembered whatever others do.
func (b *budget) room() uint64 {
	return maxPlacesARead*(b.known+1) + maxSparePlaces - b.places
}

func newMemory() *Memory {
	return &Memory{numberings: map[numbering]*numbers{}, chips: map[race.Chip]uint32{}}
}

// divide returns the reads of an append from a position on that cannot be stored yet, since their numbers are above all
// before them, and the doubtful ones, each in their order; without those that are stored already.
func (m *Memory) divide(from timing.Position, reads []timing.Read) (fresh, doubtful []timing.Read) {
	if m == nil {
		return nil, reads
	}
	if m.settle(from); m.lost {
		return nil, reads
	}
	fresh = make([]timing.Read, 0, len(reads))
	for i := range reads {
		read := &reads[i]
		n := m.numbersOf(read.Mat, read.Boot)
		switch {
		case n == nil || n.seen && read.Seq <= n.last:
			if !n.holds(read.Seq, m.chips[read.Chip], read.At) {
				doubtful = append(doubtful, *read)
			}
		default:
			n.see(read.Seq)
			fresh = append(fresh, *read)
		}
	}
	return fresh, doubtful
}

// settle decides what became of the last append, now that one begins at a position.
func (m *Memory) settle(from timing.Position) {
	switch {
	case from.Equal(m.to):
		for i := range m.pending {
			read := &m.pending[i]
			if n := m.numbersOf(read.Mat, read.Boot); n != nil {
				n.add(&m.spent, read.Seq, m.chipOf(read.Chip), read.At)
			}
		}
		m.at = from
	case from.Equal(m.at): // its transaction came to nothing: its reads are doubtful, since their numbers have been seen
	default:
		if !m.at.Equal(timing.Position{}) {
			*m = Memory{lost: true} // no append of one run
			return
		}
		m.at = from
	}
	m.to, m.pending = timing.Position{}, nil
}

// wrote notes that reads were appended with a step to a position.
func (m *Memory) wrote(to timing.Position, reads ...[]timing.Read) {
	if m == nil || m.lost {
		return
	}
	m.to = to
	for _, some := range reads {
		m.pending = append(m.pending, some...)
	}
}

// numbersOf returns what is known of a numbering; nil where there are too many.
func (m *Memory) numbersOf(mat race.MatID, boot string) *numbers {
	key := numbering{mat, boot}
	n := m.numberings[key]
	if n == nil && len(m.numberings) < maxNumberings {
		n = &numbers{}
		m.numberings[key] = n
	}
	return n
}

func (m *Memory) chipOf(chip race.Chip) uint32 {
	number, ok := m.chips[chip]
	if !ok {
		number = uint32(len(m.chips) + 1)
		m.chips[chip] = number
	}
	return number
}

// see notes that a number was used.
func (n *numbers) see(seq uint64) {
	if !n.seen || seq > n.last {
		n.last, n.seen = seq, true
	}
}

// holds reports whether a read of that chip and instant is the one that has the number.
func (n *numbers) holds(seq uint64, chip uint32, at racetime.Instant) bool {
	if n == nil || chip == 0 || seq < n.first || seq-n.first >= uint64(len(n.chips)) {
		return false
	}
	i := seq - n.first
	return n.chips[i] == chip && n.at[i] == at
}

// add remembers a read, unless its number is taken or lies far from the others, or too much is spent.
func (n *numbers) add(spent *budget, seq uint64, chip uint32, at racetime.Instant) {
	if len(n.chips) == 0 {
		n.first = seq
	}
	most, room := maxPlacesARead*n.known+maxNumbersApart, spent.room()
	if seq < n.first { // a late batch, or rows in the order of the disk
		more := n.first - seq
		if more+uint64(len(n.chips)) > most || more > room {
			return
		}
		more = min(max(more, uint64(len(n.chips)/2)), n.first, room) // not again for the next
		n.chips, n.at = append(make([]uint32, more), n.chips...), append(make([]racetime.Instant, more), n.at...)
		n.first -= more
		spent.places += more
	}
	i := seq - n.first
	if i > most || i >= uint64(len(n.chips))+room {
		return
	}
	if i >= uint64(min(cap(n.chips), cap(n.at))) { // twice the room: with append's quarter more, copying takes the most time of all
		n.chips, n.at = slices.Grow(n.chips, len(n.chips)), slices.Grow(n.at, len(n.at))
	}
	for uint64(len(n.chips)) <= i {
		n.chips, n.at = append(n.chips, 0), append(n.at, 0)
		spent.places++
	}
	if n.chips[i] == 0 {
		n.chips[i], n.at[i] = chip, at
		n.known++
		spent.known++
	}
}
