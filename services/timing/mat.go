package timing

import (
	"slices"
	"time"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// MatState is how a mat does.
type MatState struct {
	Mat race.MatID
	// Point is where it lies now by its own clock, or lay last, or will lie; empty where the event does not name it.
	Point  race.PointID
	Backup bool
	// Reads counts distinct ones, ReadsPerMinute those of them that the stream took in the last minute, Chips distinct chips.
	Reads, ReadsPerMinute, Chips int
	// LastReadAt is the latest read as the mat wrote it, LastArrivedAt when the stream took a read last that was no repeat, and
	// Lag that less the latest read that it took then: its way, and the error of the mat's clock. All are zero before the first
	// read.
	LastReadAt, LastArrivedAt racetime.Instant
	Lag                       time.Duration
	// Clock compares the mat with the others of its point, after the offsets that the event has.
	Clock matcheck.Clock
	// Boots are in the order in which they came.
	Boots []MatBoot
	// Rejected counts messages, or single reads, that could not be taken, Conflicts identities used with other content.
	Rejected, Conflicts int
	// Silent means that this mat has stopped seeing, by those whom others saw at its point or behind it, MissedSince, or by
	// those whom others saw before it and who are Overdue at the point. Both count since its last read.
	Silent               bool
	MissedSince, Overdue int
}

// MatBoot is one numbering of a mat.
type MatBoot struct {
	Boot              string
	FirstSeq, LastSeq uint64
	Reads             int
	// Missing counts the numbers between first and last that never came.
	Missing uint64
}

// equal reports whether two states show the same.
func (s *MatState) equal(o *MatState) bool {
	return s.Mat == o.Mat && s.Point == o.Point && s.Backup == o.Backup && s.Reads == o.Reads &&
		s.ReadsPerMinute == o.ReadsPerMinute && s.Chips == o.Chips && s.LastReadAt == o.LastReadAt &&
		s.LastArrivedAt == o.LastArrivedAt && s.Lag == o.Lag && s.Clock == o.Clock && s.Rejected == o.Rejected &&
		s.Conflicts == o.Conflicts && s.Silent == o.Silent &&
		s.MissedSince == o.MissedSince && s.Overdue == o.Overdue && slices.Equal(s.Boots, o.Boots)
}
