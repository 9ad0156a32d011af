package rehearsal

import "time"

// Conditions say what the mats make of a race. Shares run from 0 to 1. The zero Conditions are a perfect day: one read of
// each crossing by each mat, nothing missed, everything sent at once.
type Conditions struct {
	// MinReads and MaxReads bound the reads of one crossing by one mat; below 1 means 1.
	MinReads, MaxReads int
	// MinMissed and MaxMissed bound the share of crossings that a mat does not see, drawn for each mat.
	MinMissed, MaxMissed float64
	// BackupEarly and BackupLate bound by how much a backup mat reads before and after the primary ones.
	BackupEarly, BackupLate time.Duration

	// NoShow, DropOut, LateStart and MissedStart are shares of the entrants: not there, given up on the course, started
	// minutes after the others, not read at the start. BeforeGun are those read at the start minutes too early.
	NoShow, DropOut, LateStart, MissedStart, BeforeGun float64
	// UnknownChips is the number of chips on nobody's roster that pass a mat.
	UnknownChips int

	// Offline is for how long one mat, while it is busy, cannot send; what it read arrives afterwards.
	Offline time.Duration
	// Restart means that one mat begins its numbering again in the middle of the race.
	Restart bool
	// Resent is the share of messages that are sent once more, minutes later.
	Resent float64

	// BatchReads and BatchTime bound what a mat sends in one message; below 1 means 100 reads, and 0 no bound by time.
	BatchReads int
	BatchTime  time.Duration
}

// Usual returns the conditions of an ordinary race day.
func Usual() Conditions {
	return Conditions{
		MinReads: 1, MaxReads: 6,
		MinMissed: 0.004, MaxMissed: 0.056,
		BackupEarly: 4300 * time.Millisecond, BackupLate: 2200 * time.Millisecond,
		NoShow: 0.04, DropOut: 0.02, LateStart: 0.015, MissedStart: 0.005, BeforeGun: 0.08,
		UnknownChips: 12,
		Offline:      12 * time.Minute,
		Restart:      true,
		Resent:       0.02,
		BatchReads:   100,
		BatchTime:    20 * time.Second,
	}
}
