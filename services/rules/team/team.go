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
	Size            entry.Reason = "TEAM_SIZE"
	Composition     entry.Reason = "TEAM_COMPOSITION"
	LegInvalid      entry.Reason = "LEG_INVALID"
	CategoryUnknown entry.Reason = "TEAM_CATEGORY_UNKNOWN"
)

// Check returns what keeps members from being a team of the race: first what concerns the team, then what concerns each
// member. A team has exactly Size regulars with one leg each, 1 to Size, at most Reserves reserves with leg 0, and among
// its regulars at least MinWomen women; every member may enter the race, reserves too. The race must be a relay.
// [RULES.md, Ekiden and other relays]
func Check(r *race.Race, members []race.Member, eventDay civil.Day) []entry.Problem {
	return append(CheckComposition(r, members), checkMembers(r, members, eventDay)...)
}

// CheckComposition is Check without the members' own data: numbers, legs and women.
func CheckComposition(r *race.Race, members []race.Member) []entry.Problem {
	l := lineUpOf(r, members)
	return l.problems(l.regulars != r.Team.Size, l.women < r.Team.MinWomen)
}

// CheckIncomplete returns what no further member could mend in a team that is not complete yet, in the order of Check:
// too many regulars or reserves, legs that are none or taken, fewer women than MinWomen even if all open legs went to
// women, and members who may not enter. The race must be a relay.
func CheckIncomplete(r *race.Race, members []race.Member, eventDay civil.Day) []entry.Problem {
	l := lineUpOf(r, members)
	problems := l.problems(l.regulars > r.Team.Size, l.women+l.open() < r.Team.MinWomen)
	return append(problems, checkMembers(r, members, eventDay)...)
}

// CheckCategory returns what keeps members from being a team of a category: CategoryUnknown at category where the race
// lists categories and this is none of them, Composition at members where the category asks for more women or men than
// the regulars are, or can still become while legs are open. The race must be a relay.
func CheckCategory(r *race.Race, category string, members []race.Member) []entry.Problem {
	if len(r.Team.Categories) == 0 {
		return nil
	}
	c := r.Team.Category(category)
	if c == nil {
		return []entry.Problem{{Path: "category", Reason: CategoryUnknown}}
	}
	l := lineUpOf(r, members)
	if max(c.MinWomen-l.women, 0)+max(c.MinMen-l.men, 0) > l.open() {
		return []entry.Problem{{Path: "members", Reason: Composition}}
	}
	return nil
}

// Complete reports whether every leg of the race has its member. The race must be a relay.
func Complete(r *race.Race, members []race.Member) bool {
	return len(lineUpOf(r, members).legs) == r.Team.Size
}

// lineUp is how the members of a team divide.
type lineUp struct {
	size, maxReserves              int
	regulars, reserves, women, men int
	// legs are those of the race that have a member.
	legs map[int]bool
	// invalid are the members whose leg is none, or another's.
	invalid []int
}

func lineUpOf(r *race.Race, members []race.Member) lineUp {
	l := lineUp{size: r.Team.Size, maxReserves: r.Team.Reserves, legs: map[int]bool{}}
	for i := range members {
		m := &members[i]
		if m.Leg == 0 {
			l.reserves++
			continue
		}
		l.regulars++
		switch m.Sex {
		case race.Female:
			l.women++
		case race.Male:
			l.men++
		}
		if m.Leg < 0 || m.Leg > l.size || l.legs[m.Leg] {
			l.invalid = append(l.invalid, i)
			continue
		}
		l.legs[m.Leg] = true
	}
	return l
}

// open is the number of regulars that the team lacks.
func (l *lineUp) open() int { return max(l.size-l.regulars, 0) }

// problems returns those of the team: of its size, of its composition, of its legs.
func (l *lineUp) problems(size, composition bool) []entry.Problem {
	var problems []entry.Problem
	if size || l.reserves > l.maxReserves {
		problems = append(problems, entry.Problem{Path: "members", Reason: Size})
	}
	if composition {
		problems = append(problems, entry.Problem{Path: "members", Reason: Composition})
	}
	for _, i := range l.invalid {
		problems = append(problems, entry.Problem{Path: fmt.Sprintf("members[%d].leg", i), Reason: LegInvalid})
	}
	return problems
}

func checkMembers(r *race.Race, members []race.Member, eventDay civil.Day) []entry.Problem {
	var problems []entry.Problem
	for i := range members {
		for _, p := range entry.Check(r, members[i].Person, eventDay) {
			problems = append(problems, entry.Problem{Path: fmt.Sprintf("members[%d].person.%s", i, p.Path), Reason: p.Reason})
		}
	}
	return problems
}
