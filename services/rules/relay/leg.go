// Package relay turns the hand-overs of a team into the times of its legs. [RULES.md, Ekiden and other relays]
package relay

import (
	"time"

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
			leg.Time, leg.Cumulative = s.arrive(i, arrival.At)
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

// arrive returns the time of leg i, ended at at, and the sum of legs with it.
func (s *stretch) arrive(i int, at racetime.Instant) (leg, cumulative racetime.Optional) {
	ran := at.Sub(s.departure)
	if len(s.unseen) == 0 {
		leg = racetime.Known(ran)
	}
	if s.sum.Known && s.leftUnforced(i, at) {
		cumulative = racetime.Known(s.sum.Time + ran)
	}
	return leg, cumulative
}

// leftUnforced reports whether the exchanges that were not seen before leg i's end at at were surely passed before their
// forced starts, so that the legs around them add up to the time between the hand-overs seen.
func (s *stretch) leftUnforced(i int, at racetime.Instant) bool {
	for _, leg := range s.unseen {
		forced := s.race.Team.Legs[leg].ForcedStart
		if forced == 0 {
			continue
		}
		length := int64(0)
		for _, after := range s.race.Team.Legs[leg+1 : i+1] {
			length += after.LengthMillimetres
		}
		if at.Sub(forced) >= time.Duration(s.race.FastestPace.Microseconds()*length/1_000_000)*time.Microsecond {
			return false
		}
	}
	return true
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
