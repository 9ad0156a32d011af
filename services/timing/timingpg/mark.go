package timingpg

import (
	"sync"

	"raceday/services/rules/race"
	"raceday/services/timing"
)

// maxMarks bounds the memory that mats with ever new boots can take.
const maxMarks = 10_000

// numbering is what a mat counts its reads in.
type numbering struct {
	event race.EventID
	mat   race.MatID
	boot  string
}

// marks holds how far each mat has counted, as far as this process knows. It only foresees which reads are new: where it
// is wrong the reads' key tells.
type marks struct {
	mu   sync.Mutex
	last map[numbering]uint64
}

// divide returns the reads whose numbers are above all before them, and the others, each in their order.
func (m *marks) divide(event race.EventID, reads []timing.Read) (fresh, doubtful []timing.Read) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil || len(m.last) > maxMarks {
		m.last = map[numbering]uint64{}
	}
	fresh = make([]timing.Read, 0, len(reads))
	for _, read := range reads {
		key := numbering{event, read.Mat, read.Boot}
		last, known := m.last[key]
		if known && read.Seq <= last {
			doubtful = append(doubtful, read)
			continue
		}
		m.last[key] = read.Seq
		fresh = append(fresh, read)
	}
	return fresh, doubtful
}
