package standings

import (
	"strconv"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// OfficialLeg is a leg of a team in a published list, with what was shown of it.
type OfficialLeg struct {
	MemberBib  race.Bib
	MemberName string
	// RanBy is the leg that its runner was registered for, where the chips said that it was another one; else 0.
	RanBy int
	// Time and Cumulative are official times; empty where they are not known.
	Time, Cumulative string
	// ExactTime is that of the leg.
	ExactTime racetime.Optional
	// Rank is by the leg alone, RankAfter by all legs so far, both among the teams of the list; 0 where there is none.
	Rank, RankAfter int
	NotCompleted    bool
}

// officialLegs returns the legs of the teams that belong to a list; none of persons.
func officialLegs(r *race.Race, members []*result.Result) map[race.EntrantID][]OfficialLeg {
	rankings := rankLegs(members)
	if len(rankings) == 0 {
		return nil
	}
	legs := make(map[race.EntrantID][]OfficialLeg, len(members))
	for _, team := range members {
		for n, shown := range team.ShowLegs(r) {
			leg := &team.Legs[n]
			legs[team.Entrant] = append(legs[team.Entrant], OfficialLeg{
				MemberBib: leg.MemberBib, MemberName: leg.MemberName, RanBy: leg.RanBy, Time: shown.Time, Cumulative: shown.Cumulative,
				ExactTime: leg.Time, Rank: rankOf(rankings[n].times, team.Entrant), RankAfter: rankOf(rankings[n].after, team.Entrant),
				NotCompleted: leg.NotCompleted,
			})
		}
	}
	return legs
}

// digested are the fields of a leg in the digest of a list: all but the name.
func (l *OfficialLeg) digested(n int) []string {
	microseconds := ""
	if l.ExactTime.Known {
		microseconds = strconv.FormatInt(l.ExactTime.Time.Microseconds(), 10)
	}
	return []string{
		"leg " + strconv.Itoa(n), string(l.MemberBib), strconv.Itoa(l.RanBy), l.Time, l.Cumulative, microseconds,
		strconv.Itoa(l.Rank), strconv.Itoa(l.RankAfter), strconv.FormatBool(l.NotCompleted),
	}
}
