package standings

import (
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// shownPenalty returns the official time of the penalties, or nothing without any.
func shownPenalty(res *result.Result, r *race.Race) string {
	if res.Penalty == 0 {
		return ""
	}
	return racetime.Official(res.Penalty, r.Rounding)
}
