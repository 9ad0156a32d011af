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
	// UnknownChips is the number of chips on nobody's roster that pass a mat, Unregistered that of runners without an entry,
	// and TestChips that of chips that the timers wear themselves, 99990 and up.
	UnknownChips, Unregistered, TestChips int
	// SwappedPairs is the number of pairs of one race that wear each other's chip.
	SwappedPairs int
	// Loiter is the share of crossings at which a runner stays on the mat, and LoiterReads bounds the reads of it by one mat.
	Loiter      float64
	LoiterReads int
	// Again is the share of finishers who come over the finish once more, five minutes to an hour later.
	Again float64

	// Offline is for how long one mat, while it is busy, cannot send; what it read arrives afterwards.
	Offline time.Duration
	// Restart means that one mat begins its numbering again in the middle of the race.
	Restart bool
	// Backwards is the share of reads that a mat writes down late, by up to BackwardsBy: lines go back in time.
	Backwards   float64
	BackwardsBy time.Duration
	// ClocksOff bounds by how much clocks are off beside what the event knows of.
	ClocksOff time.Duration
	// Spellings means that some mats write chips with leading zeros or in lower case.
	Spellings bool
	// Resent is the share of messages that are sent once more, minutes later.
	Resent float64

	// BatchReads and BatchTime bound what a mat sends in one message; below 1 means 100 reads, and 0 no bound by time.
	BatchReads int
	BatchTime  time.Duration
}

// Raw returns the conditions of the race whose mats wrote the case raw-2021, and what else mats do.
func Raw() Conditions {
	c := Usual()
	c.MinReads, c.MaxReads = 2, 8
	c.Unregistered, c.TestChips, c.SwappedPairs = 6, 3, 1
	c.Loiter, c.LoiterReads = 0.004, 170
	c.Again = 0.1
	c.Offline = 20 * time.Minute
	c.Backwards, c.BackwardsBy = 0.6, 6*time.Second
	c.Spellings = true
	return c
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
