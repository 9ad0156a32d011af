package timingpg

import (
	"sync"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

// marks remembers what this process stored of each event, so that the reads of a mat that sends everything again need not
// be asked for one by one. It knows only what a fenced position proves to be committed; of everything else the reads' key
// decides.
type marks struct {
	mu     sync.Mutex
	events map[race.EventID]*stored
}

// of returns what is remembered of an event.
func (m *marks) of(event race.EventID) *stored {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.events == nil {
		m.events = map[race.EventID]*stored{}
	}
	s := m.events[event]
	if s == nil {
		s = &stored{}
		s.forget()
		m.events[event] = s
	}
	return s
}

// stored are the reads of one event that are known to be committed.
type stored struct {
	mu sync.Mutex
	// to is the position that the last append led to, and pending the reads that it stored: they are committed if the next
	// append begins there, for it is fenced by that very position.
	to         timing.Position
	pending    []timing.Read
	numberings map[numbering]*numbers
	// chips numbers the chips from 1.
	chips map[race.Chip]uint32
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
	// maxNumberings bounds the memory that mats with ever new boots can take.
	maxNumberings = 10_000
	// maxNumbersApart and maxPlacesARead bound the memory that a mat with wild numbers can take.
	maxNumbersApart = 10_000
	maxPlacesARead  = 4
)

// forget makes every read a doubtful one.
func (s *stored) forget() {
	s.to, s.pending = timing.Position{}, nil
	s.numberings, s.chips = map[numbering]*numbers{}, map[race.Chip]uint32{}
}

// divide returns the reads of an append from a position on whose numbers are above all before them, and the others, each in
// their order; without those that are stored already.
func (s *stored) divide(from timing.Position, reads []timing.Read) (fresh, doubtful []timing.Read) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from != s.to || len(s.numberings) > maxNumberings {
		s.forget()
	}
	for i := range s.pending {
		s.numbersOf(&s.pending[i]).add(&s.pending[i], s.chipOf(s.pending[i].Chip))
	}
	s.pending = nil
	fresh = make([]timing.Read, 0, len(reads))
	for i := range reads {
		read := &reads[i]
		n := s.numbersOf(read)
		switch {
		case n.holds(read, s.chips[read.Chip]):
		case n.seen && read.Seq <= n.last:
			doubtful = append(doubtful, *read)
		default:
			n.last, n.seen = read.Seq, true
			fresh = append(fresh, *read)
		}
	}
	return fresh, doubtful
}

// wrote notes that reads were appended with a step to a position.
func (s *stored) wrote(to timing.Position, reads ...[]timing.Read) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to, s.pending = to, nil
	for _, some := range reads {
		s.pending = append(s.pending, some...)
	}
}

// failed forgets everything: what is committed is not known.
func (s *stored) failed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
}

func (s *stored) numbersOf(read *timing.Read) *numbers {
	key := numbering{read.Mat, read.Boot}
	n := s.numberings[key]
	if n == nil {
		n = &numbers{first: read.Seq}
		s.numberings[key] = n
	}
	return n
}

func (s *stored) chipOf(chip race.Chip) uint32 {
	number, ok := s.chips[chip]
	if !ok {
		number = uint32(len(s.chips) + 1)
		s.chips[chip] = number
	}
	return number
}

// holds reports whether a read is the one that has its number.
func (n *numbers) holds(read *timing.Read, chip uint32) bool {
	i := read.Seq - n.first
	return read.Seq >= n.first && i < uint64(len(n.chips)) && chip != 0 && n.chips[i] == chip && n.at[i] == read.At
}

// add remembers a read, unless its number is taken or lies far from the others.
func (n *numbers) add(read *timing.Read, chip uint32) {
	i := read.Seq - n.first
	if read.Seq < n.first || i > maxPlacesARead*n.known+maxNumbersApart {
		return
	}
	for uint64(len(n.chips)) <= i {
		n.chips, n.at = append(n.chips, 0), append(n.at, 0)
	}
	if n.chips[i] == 0 {
		n.chips[i], n.at[i] = chip, read.At
		n.known++
	}
}
