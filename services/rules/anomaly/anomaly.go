// Package anomaly finds what officials should look at in the passings of an entrant. Nothing follows from an anomaly:
// never a status, never a time. [RULES.md, Statuses]
package anomaly

import (
	"time"

	"raceday/services/rules/racetime"
)

// Kind says what is out of the ordinary.
type Kind string

// The kinds.
const (
	// MissingPoint is information: one point was not read between others that were.
	MissingPoint Kind = "MISSING_POINT"
	// MissingPoints are two or more in a row.
	MissingPoints Kind = "MISSING_POINTS"
	// ImpossibleSegment: a crossing counts nowhere because a stretch would be faster than the fastest pace; or what an official
	// entered, because it is not after the start or the gun.
	ImpossibleSegment Kind = "IMPOSSIBLE_SEGMENT"
	// TwoPlaces: within one crossing gap the entrant was at two points that lie too far apart.
	TwoPlaces Kind = "TWO_PLACES"
	// FinishWithoutStart: the finish was read and the start was not.
	FinishWithoutStart Kind = "FINISH_WITHOUT_START"
	// NothingAfterStart: the race is closed and nothing was read after the start.
	NothingAfterStart Kind = "NOTHING_AFTER_START"
	// EarlyWave: started before the own gun, but after the gun of an earlier wave. That a start before the gun was one shows
	// when the entrant is seen later on; of who never is, CLOSE shows that no other start comes. No clock is asked.
	EarlyWave Kind = "EARLY_WAVE"
	// FalseStart: started before every gun of the race; the same holds.
	FalseStart Kind = "FALSE_START"
	// OthersLeg: a member of a relay was read where only another one runs.
	OthersLeg Kind = "OTHERS_LEG"
	// IdentityConflict: a mat used the number of a read for two reads. It is found among the reads, not here.
	IdentityConflict Kind = "IDENTITY_CONFLICT"
	// OverTime: a cut-off was missed.
	OverTime Kind = "OVER_TIME"
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{MissingPoint, MissingPoints, ImpossibleSegment, TwoPlaces, FinishWithoutStart, NothingAfterStart, EarlyWave,
		FalseStart, OthersLeg, IdentityConflict, OverTime}
}

// Information reports whether nobody needs to deal with anomalies of the kind.
func (k Kind) Information() bool { return k == MissingPoint }

// AtPoints reports whether an entrant may have several anomalies of the kind, each at a point of its own: a review must say
// which one was looked at. Of other kinds an entrant has one at most, but for conflicts, which have their identity.
func (k Kind) AtPoints() bool {
	switch k {
	case MissingPoint, MissingPoints, ImpossibleSegment, TwoPlaces, OthersLeg:
		return true
	}
	return false
}

// Nowhere is the visit of what has none.
const Nowhere = -1

// Anomaly is one of them, with its evidence.
type Anomaly struct {
	Kind Kind
	// Visit is where, and At when it was read; zero where it was not. Of missing points, which were not read, Visit is the
	// one, or the last of the row, and At is zero.
	Visit int
	At    racetime.Instant
	// FromVisit is where an impossible segment begins, the other of two places, or the first of a row of missing points;
	// Nowhere for other kinds. FromAt is when the entrant was there; zero where it was not read.
	FromVisit int
	FromAt    racetime.Instant
	// Time is how long an impossible segment would have taken, zero or less where it ends before the start or the gun; by how
	// much a start was early; or by how much a cut-off was missed.
	Time time.Duration
	// Leg is that of a member seen on another's, counted from 1; 0 for other kinds.
	Leg int
	// DealtBy is the ruling by which an official dealt with it; empty as long as it is open.
	DealtBy string
}

// Review says that an official looked at one anomaly.
type Review struct {
	// By is the id of the ruling.
	By   string
	Kind Kind
	// Point is where, as a ruling names it: line#2. It may be empty for kinds of which an entrant has one at most.
	Point string
	// Conflict is that of a review of an IdentityConflict.
	Conflict Identity
}
