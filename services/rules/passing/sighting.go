package passing

import (
	"slices"

	"raceday/services/rules/racetime"
)

// Sighting is a crossing by a member of a team, whether it counts or not.
type Sighting struct {
	// Leg is the one that the member is registered for, from 1.
	Leg int
	// Visit is the first of the course at the point.
	Visit int
	// ArrivedAt and LeftAt are as for an arrival at a hand-over, and for a departure from it.
	ArrivedAt, LeftAt racetime.Instant
}

// Sightings returns what Find saw of members' chips from the start on, in the order of time.
func (f *Finder) Sightings() []Sighting {
	var seen []Sighting
	add := func(c *crossing) {
		if c.leg > 0 {
			visit := slices.IndexFunc(f.stations, func(s station) bool { return s.point == c.point })
			seen = append(seen, Sighting{int(c.leg), visit, f.arriving(c), f.leaving(c)})
		}
	}
	if f.opening.seen {
		add(&f.opening.crossing)
	}
	for i := range f.crossings {
		add(&f.crossings[i])
	}
	return seen
}
