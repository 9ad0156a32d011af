// Package relay turns the hand-overs of a team into the times of its legs. [RULES.md, Ekiden and other relays]
package relay

import (
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Leg is the time of one leg.
type Leg struct {
	// Time is unknown where an exchange around the leg was not seen or the leg was not completed.
	Time racetime.Optional
	// Cumulative is the sum of the legs so far: unknown at an exchange that was not seen, and from a leg that was not
	// completed on.
	Cumulative   racetime.Optional
	NotCompleted bool
}

// Arrival is when a team reached the end of a leg; false in Seen where no mat saw it.
type Arrival struct {
	At   racetime.Instant
	Seen bool
}

// Legs computes a team's legs. Leg 1 runs from the gun; each other leg from the hand-over, or from the forced start where
// that is earlier, and the leg ahead of it is counted fully even so. notCompleted holds the legs, from 0, that were ruled
// not completed: their hand-over stands and starts the next leg.
func Legs(r *race.Race, arrivals []Arrival, gun racetime.Instant, notCompleted map[int]bool) []Leg {
	legs := make([]Leg, len(arrivals))
	s := stretch{race: r, departure: gun, sum: racetime.Known(0)}
	for i, arrival := range arrivals {
		leg := &legs[i]
		leg.NotCompleted = notCompleted[i]
		if leg.NotCompleted {
			s.sum = racetime.Optional{}
		}
		if arrival.Seen {
			leg.Time, leg.Cumulative = s.arrive(arrival.At)
		}
		if leg.NotCompleted {
			leg.Time = racetime.Optional{}
		}
		s.leave(i, arrival, leg.Cumulative)
	}
	return legs
}

// stretch is what is known between the last hand-over seen and the next.
type stretch struct {
	race *race.Race
	// departure is when the leg after the last hand-over seen began.
	departure racetime.Instant
	// unseen are the legs, from 0, whose end was not seen since.
	unseen []int
	// sum is of the legs up to departure.
	sum racetime.Optional
}

// arrive returns the time of the leg that ended at at, and the sum of legs with it: over exchanges that were not seen, the
// time since the last that was. Whether a team had waited for a forced start there nobody knows; an official who does
// enters the hand-over.
func (s *stretch) arrive(at racetime.Instant) (leg, cumulative racetime.Optional) {
	ran := at.Sub(s.departure)
	if len(s.unseen) == 0 {
		leg = racetime.Known(ran)
	}
	if s.sum.Known {
		cumulative = racetime.Known(s.sum.Time + ran)
	}
	return leg, cumulative
}

// leave begins the leg after leg i.
func (s *stretch) leave(i int, arrival Arrival, cumulative racetime.Optional) {
	if !arrival.Seen {
		s.unseen = append(s.unseen, i)
		return
	}
	s.sum, s.unseen, s.departure = cumulative, s.unseen[:0], arrival.At
	if forced := s.race.Team.Legs[i].ForcedStart; forced != 0 {
		s.departure = min(forced, arrival.At)
	}
}
