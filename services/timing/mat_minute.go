package timing

import "raceday/services/rules/racetime"

// matMinute counts the reads of the last minute by the second in which the stream took them, whatever order they come in.
type matMinute [60]struct {
	second int64
	reads  int
}

const microsecondsPerSecond = 1_000_000

// add counts a read.
func (m *matMinute) add(arrivedAt racetime.Instant) {
	second := int64(arrivedAt) / microsecondsPerSecond
	slot := &m[second%int64(len(m))]
	switch {
	case second < slot.second:
		return // a minute earlier at the least
	case second > slot.second:
		slot.second, slot.reads = second, 0
	}
	slot.reads++
}

// reads returns how many there are in the minute before an instant, and when that changes if none comes; zero where it
// does not.
func (m *matMinute) reads(now racetime.Instant) (reads int, next racetime.Instant) {
	for _, slot := range m {
		ends := racetime.Instant((slot.second + int64(len(m))) * microsecondsPerSecond)
		if slot.reads == 0 || ends <= now {
			continue
		}
		reads += slot.reads
		next = earlier(next, ends)
	}
	return reads, next
}

// earlier returns the earlier of two instants of which zero is none.
func earlier(a, b racetime.Instant) racetime.Instant {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
