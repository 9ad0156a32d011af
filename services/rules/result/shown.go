package result

import (
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Shown returns the official time of an exact one, or nothing where it is not known.
func Shown(t racetime.Optional, r *race.Race) string {
	if !t.Known {
		return ""
	}
	return racetime.Official(t.Time, r.Rounding)
}

// NetTimeAt returns the time from the own start to an instant. Where no start was read the gun stands in if the race says
// so.
func (r *Result) NetTimeAt(at racetime.Instant, of *race.Race) racetime.Optional {
	if start, ok := r.StartAt(); ok {
		return racetime.Known(at.Sub(start))
	}
	if of.NoStartRead == race.UseGun {
		return r.GunTimeAt(at)
	}
	return racetime.Optional{}
}

// GunTimeAt returns the time from the gun of the entrant's wave to an instant.
func (r *Result) GunTimeAt(at racetime.Instant) racetime.Optional {
	if r.GunAt == 0 {
		return racetime.Optional{}
	}
	return racetime.Known(at.Sub(r.GunAt))
}

// ShownLeg is the official times of a leg; empty where they are not known.
type ShownLeg struct {
	Time, Cumulative string
}

// ShowLegs returns the official times of a team's legs. A shown leg is the difference of the shown cumulative times, so
// that the legs shown add up to the total shown; where the one before is not known it is the leg's own exact time.
// [RULES.md, Ekiden and other relays]
func (r *Result) ShowLegs(of *race.Race) []ShownLeg {
	legs := make([]ShownLeg, len(r.Legs))
	before := racetime.Known(0)
	for i, leg := range r.Legs {
		legs[i] = ShownLeg{Time: Shown(leg.Time, of), Cumulative: Shown(leg.Cumulative, of)}
		if before.Known && leg.Cumulative.Known {
			difference := racetime.RoundUp(leg.Cumulative.Time, of.Rounding) - racetime.RoundUp(before.Time, of.Rounding)
			legs[i].Time = racetime.Format(difference, of.Rounding)
		}
		before = leg.Cumulative
	}
	return legs
}
