package standingsxlsx

import (
	"strconv"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// legColumns are those of a relay's legs; none of a race of persons.
func legColumns(r *race.Race) []column {
	if r.Team == nil {
		return nil
	}
	const width = 13
	columns := make([]column, len(r.Team.Legs))
	for i, leg := range r.Team.Legs {
		columns[i] = column{"Leg " + strconv.Itoa(i+1) + " (" + kilometres(leg.LengthMillimetres) + " km)", width}
	}
	return columns
}

// appendLegs appends the cells of a team's legs.
func appendLegs(cells []any, r *race.Race, team *result.Result) []any {
	if r.Team == nil {
		return cells
	}
	legs := team.ShowLegs(r)
	for n := range r.Team.Legs {
		switch {
		case n >= len(legs):
			cells = append(cells, nil)
		case team.Legs[n].NotCompleted:
			cells = append(cells, "not completed")
		default:
			cells = append(cells, text(legs[n].Time))
		}
	}
	return cells
}
