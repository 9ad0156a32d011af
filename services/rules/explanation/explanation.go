// Package explanation holds everything that the result of one entrant follows from, and what follows: what an official is
// told who asks why. It computes nothing.
package explanation

import (
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Explanation is that of one entrant.
type Explanation struct {
	Race *race.Race
	// Result is what the scorer computes of the same facts.
	Result result.Result
	// Ranked is the exact time that the race's first classification ranks by; see result.Result.Time.
	Ranked racetime.Optional
	Chips  []Chip
	// GunRuling is where the gun of the result comes from; empty where it is the event's, or not known.
	GunRuling ruling.ID
	// Reads are in the order of their corrected instants.
	Reads    []Read
	Passings []Passing
	// Rulings are in the order of recording.
	Rulings []Ruling
}

// Chip is a chip of the entrant's.
type Chip struct {
	Chip race.Chip
	// Leg is the member's; 0 for the chip of a person or a team, or a reserve's.
	Leg int
	// Reads counts those that are stored.
	Reads int
}

// OfChip is what became of all reads of one chip.
type OfChip struct {
	// Race and Bib are its wearer's, a team for its members; empty where nobody wears it.
	Race race.ID
	Bib  race.Bib
	// Reads are in the order of their corrected instants.
	Reads []Read
}

// StoredRead is a read as it is kept.
type StoredRead struct {
	Mat  race.MatID
	Boot string
	Seq  uint64
	Chip race.Chip
	// At is as the mat wrote it.
	At        racetime.Instant
	ArrivedAt racetime.Instant
	// RSSIDBm and Antenna are known where HasRSSI and HasAntenna say so.
	RSSIDBm, Antenna    int32
	HasRSSI, HasAntenna bool
}

// Read is a stored read with what became of it.
type Read struct {
	StoredRead
	// Conflict means that its identity was used with other content too.
	Conflict bool
	// Judgement has the visit Nowhere where there is none.
	passing.Judgement
	// Point is where the mat lay; empty where it lay nowhere.
	Point  race.PointID
	Backup bool
	// CorrectedAt is At less the clock offset of the mat.
	CorrectedAt racetime.Instant
	// Leg is that of the member whose chip it is; 0 for the chip of a person or a team, or a reserve's.
	Leg int
}

// Nowhere is the visit of a read that has none, and the read of a passing that has none.
const Nowhere = -1

// Passing is a passing with what it rests on.
type Passing struct {
	passing.Passing
	// Read is the index of the read that counts; Nowhere where an official entered the passing.
	Read int
	// Ruling is the one by which an official entered it; empty where a read counts.
	Ruling ruling.ID
}

// RecordedRuling is a ruling as it is kept.
type RecordedRuling struct {
	ruling.Ruling
	RecordedAt racetime.Instant
	Change     int64
}

// Ruling is a ruling on the entrant or on all of its race, or one that revokes such a ruling.
type Ruling struct {
	RecordedRuling
	// Stands is false where it was revoked, or where a later one stands in its place.
	Stands bool
	// RevokedBy is the revocation that undid it; empty where none did.
	RevokedBy ruling.ID
}
