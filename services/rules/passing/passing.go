package passing

import "raceday/services/rules/racetime"

// Passing is the crossing that counts for a visit.
type Passing struct {
	// Visit is the index in the course; the start is 0.
	Visit int
	At    racetime.Instant
}
