// Package team decides whether the members of a relay's team make a team.
package team

import (
	"fmt"

	"raceday/services/rules/civil"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
)

// The reasons beside those of package entry.
const (
	Size        entry.Reason = "TEAM_SIZE"
	Composition entry.Reason = "TEAM_COMPOSITION"
	LegInvalid  entry.Reason = "LEG_INVALID"
)

// Check returns what keeps members from being a team of the race: first what concerns the team, then what concerns each
// member. A team has exactly Size regulars with one leg each, 1 to Size, at most Reserves reserves with leg 0, and among
// its regulars at least MinWomen women; every member may enter the race, reserves too. The race must be a relay.
func Check(r *race.Race, members []race.Member, eventDay civil.Day) []entry.Problem {
	problems := CheckComposition(r, members)
	for i, member := range members {
		for _, p := range entry.Check(r, member.Person, eventDay) {
			problems = append(problems, entry.Problem{Path: fmt.Sprintf("members[%d].person.%s", i, p.Path), Reason: p.Reason})
		}
	}
	return problems
}

// CheckComposition is Check without the members' own data: numbers, legs and women.
func CheckComposition(r *race.Race, members []race.Member) []entry.Problem {
	var problems []entry.Problem
	var legs []entry.Problem
	regulars, reserves, women := 0, 0, 0
	taken := map[int]bool{}
	for i, member := range members {
		if member.Leg == 0 {
			reserves++
			continue
		}
		regulars++
		if member.Sex == race.Female {
			women++
		}
		if member.Leg < 0 || member.Leg > r.Team.Size || taken[member.Leg] {
			legs = append(legs, entry.Problem{Path: fmt.Sprintf("members[%d].leg", i), Reason: LegInvalid})
		}
		taken[member.Leg] = true
	}
	if regulars != r.Team.Size || reserves > r.Team.Reserves {
		problems = append(problems, entry.Problem{Path: "members", Reason: Size})
	}
	if women < r.Team.MinWomen {
		problems = append(problems, entry.Problem{Path: "members", Reason: Composition})
	}
	return append(problems, legs...)
}
