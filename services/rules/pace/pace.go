// Package pace says how fast an entrant covered the stretches of its course, and how long another length takes at that pace.
package pace

import (
	"math/bits"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// Stretch is a length of the course and the time that an entrant took for it.
type Stretch struct {
	Time        time.Duration
	Millimetres int64
}

// longestTime is the longest that a pace says of any length. Only passings that were entered by mistake make more of it.
const longestTime = 7 * 24 * time.Hour

// For returns the time that a length takes at the pace of the stretch, cut to nanoseconds; unknown where the stretch has no
// pace, nothing is left to cover, or it would be longer than a week.
func (s Stretch) For(millimetres int64) racetime.Optional {
	if s.Time <= 0 || s.Millimetres <= 0 || millimetres <= 0 {
		return racetime.Optional{}
	}
	high, low := bits.Mul64(uint64(s.Time), uint64(millimetres))
	if high >= uint64(s.Millimetres) {
		return racetime.Optional{}
	}
	t, _ := bits.Div64(high, low, uint64(s.Millimetres))
	if t > uint64(longestTime) {
		return racetime.Optional{}
	}
	return racetime.Known(time.Duration(t))
}

// PerKm returns the time per kilometre as racetime.Pace does; unknown where the stretch has no pace.
func (s Stretch) PerKm() racetime.Optional { return racetime.Pace(s.Time, s.Millimetres) }

// Began returns the instant from which an entrant's pace is counted: the own start, the gun where that was not read, and
// of a team the gun, from which its first leg runs; zero where it is not known.
func Began(r *race.Race, res *result.Result) racetime.Instant {
	if start, ok := res.StartAt(); ok && r.Team == nil {
		return start
	}
	return res.GunAt
}

// Before returns the last so many stretches up to an entrant's nth passing, from 0, as one; up to the start where it has not
// been seen so often. It has no pace at the start, without a start and a gun, and at a visit that the course no longer has,
// between two versions of the event. After a forced start time runs from it. [RULES.md, Passings, exactly, 6]
func Before(r *race.Race, res *result.Result, n, stretches int) Stretch {
	end := res.Passings[n]
	if end.Visit == 0 || end.Visit >= len(r.Course) {
		return Stretch{}
	}
	s := Stretch{Millimetres: r.Course[end.Visit].AtMillimetres}
	arrived := end.At
	for i := n - 1; i > n-1-stretches; i-- {
		if i < 0 || res.Passings[i].Visit == 0 {
			began := Began(r, res)
			if began == 0 {
				return Stretch{}
			}
			s.Time += arrived.Sub(began)
			s.Millimetres -= r.Course[0].AtMillimetres
			return s
		}
		p := res.Passings[i]
		s.Time += arrived.Sub(LeftAt(r, p.Visit, p.At))
		arrived = p.At
	}
	s.Millimetres -= r.Course[res.Passings[n-stretches].Visit].AtMillimetres
	return s
}

// LeftAt returns when an entrant that passed a visit went on from there: at once, but at an exchange with a forced start at
// that where it is earlier.
func LeftAt(r *race.Race, visit int, passedAt racetime.Instant) racetime.Instant {
	if r.Team == nil {
		return passedAt
	}
	ends, _ := r.LegEnds()
	for leg, end := range ends {
		if forced := r.Team.Legs[leg].ForcedStart; end == visit && forced != 0 {
			return min(forced, passedAt)
		}
	}
	return passedAt
}
