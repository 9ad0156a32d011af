package standings

import (
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// shown returns the official time of an exact one, or nothing where it is not known.
func shown(t racetime.Optional, r *race.Race) string {
	if !t.Known {
		return ""
	}
	return racetime.Official(t.Time, r.Rounding)
}

// shownPenalty returns the official time of the penalties, or nothing without any.
func shownPenalty(res *result.Result, r *race.Race) string {
	if res.Penalty == 0 {
		return ""
	}
	return racetime.Official(res.Penalty, r.Rounding)
}

// netAt returns the time from the own start to an instant. Where no start was read the gun stands in if the race says so.
func netAt(res *result.Result, r *race.Race, at racetime.Instant) racetime.Optional {
	if start, ok := res.StartAt(); ok {
		return racetime.Known(at.Sub(start))
	}
	if r.NoStartRead == race.UseGun {
		return gunTimeAt(res, at)
	}
	return racetime.Optional{}
}

// gunTimeAt returns the time from the gun of the entrant's wave to an instant.
func gunTimeAt(res *result.Result, at racetime.Instant) racetime.Optional {
	if res.GunAt == 0 {
		return racetime.Optional{}
	}
	return racetime.Known(at.Sub(res.GunAt))
}

// shownLeg is the official times of a leg.
type shownLeg struct {
	time, cumulative string
}

// showLegs returns the official times of a team's legs. A shown leg is the difference of the shown cumulative times, so
// that the legs shown add up to the total shown; where the one before is not known it is the leg's own exact time.
// [RULES.md, Ekiden and other relays]
func showLegs(res *result.Result, r *race.Race) []shownLeg {
	legs := make([]shownLeg, len(res.Legs))
	before := racetime.Known(0)
	for i, leg := range res.Legs {
		legs[i] = shownLeg{time: shown(leg.Time, r), cumulative: shown(leg.Cumulative, r)}
		if before.Known && leg.Cumulative.Known {
			difference := racetime.RoundUp(leg.Cumulative.Time, r.Rounding) - racetime.RoundUp(before.Time, r.Rounding)
			legs[i].time = racetime.Format(difference, r.Rounding)
		}
		before = leg.Cumulative
	}
	return legs
}
