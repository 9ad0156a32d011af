// Package passing finds in the reads of one entrant the crossings of the course's points, and gives them to the visits
// of the course. [RULES.md, Passings, exactly]
package passing

import "raceday/services/rules/racetime"

// Passing is the crossing that counts for a visit.
type Passing struct {
	// Visit is the index in the course; the start is 0.
	Visit int
	At    racetime.Instant
}

// Read is one sighting of the entrant at a point of its course.
type Read struct {
	// At is corrected by the mat's clock offset.
	At racetime.Instant
	// Point is the index of the point in the event's points.
	Point int32
	// Leg is the leg of the member whose chip was read; 0 for the chip of a person or a team.
	Leg    int16
	Backup bool
}

// Manual is a passing that an official entered: it stands whatever the mats saw and however fast it is, unless it is behind
// the start and not after that and the gun: nobody passes anything by then.
type Manual struct {
	Visit int
	At    racetime.Instant
}

// crossing is the reads of one entrant at one point that lie closer together than the crossing gap.
type crossing struct {
	point int32
	leg   int16
	// The first and last read of all mats, and of the primary ones.
	first, last               racetime.Instant
	firstPrimary, lastPrimary racetime.Instant
	primary                   bool
}

func (c *crossing) add(r Read) {
	c.last = r.At
	if r.Backup {
		return
	}
	if !c.primary {
		c.primary, c.firstPrimary = true, r.At
	}
	c.lastPrimary = r.At
}

func newCrossing(r Read) crossing {
	c := crossing{point: r.Point, leg: r.Leg, first: r.At}
	c.add(r)
	return c
}

// arriving is the instant of a crossing everywhere but at the start: the first primary read, or the first of all where
// the primary mats saw it only a crossing gap later or not at all.
func (f *Finder) arriving(c *crossing) racetime.Instant {
	if c.primary && c.firstPrimary.Sub(c.first) < f.gap {
		return c.firstPrimary
	}
	return c.first
}

// leaving is the instant of a crossing that is left from: last for first, before for after.
func (f *Finder) leaving(c *crossing) racetime.Instant {
	if c.primary && c.last.Sub(c.lastPrimary) < f.gap {
		return c.lastPrimary
	}
	return c.last
}
