package registration

import (
	"fmt"
	"strings"

	"raceday/services/fault"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
	"raceday/services/rules/team"
)

// faults are the rules' reasons as callers see them.
var faults = map[entry.Reason]*fault.Fault{
	entry.NameMissing:      ErrNameMissing,
	entry.SexMissing:       ErrSexMissing,
	entry.BirthDateMissing: ErrBirthDateMissing,
	entry.BirthDateInvalid: ErrBirthDateInvalid,
	entry.AgeBelowMinimum:  ErrAgeBelowMinimum,
	team.Size:              ErrTeamSize,
	team.Composition:       ErrTeamComposition,
	team.LegInvalid:        ErrLegInvalid,
}

// faultOf returns the fault of the first problem with all problems as its fields, nil where there is none.
func faultOf(prefix string, problems []entry.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	violations := make([]fault.Violation, len(problems))
	for i, p := range problems {
		violations[i] = fault.Violation{Path: prefix + p.Path, Reason: string(p.Reason)}
	}
	return faults[problems[0].Reason].With(violations...)
}

// checkTexts refuses what no file or store can hold.
func checkTexts(p race.Person, members []race.Member, tags []string) error {
	violations := textViolations("person.", p)
	for i := range members {
		violations = append(violations, textViolations(fmt.Sprintf("members[%d].person.", i), members[i].Person)...)
	}
	if len(violations) > 0 {
		return ErrTextInvalid.With(violations...)
	}
	for i, tag := range tags {
		if fields := strings.Fields(tag); len(fields) != 1 || fields[0] != tag || !isText(tag) {
			violations = append(violations, fault.Violation{Path: fmt.Sprintf("tags[%d]", i), Reason: ErrTagInvalid.Reason})
		}
	}
	if len(violations) > 0 {
		return ErrTagInvalid.With(violations...)
	}
	return nil
}

func textViolations(prefix string, p race.Person) []fault.Violation {
	var violations []fault.Violation
	for _, field := range []struct{ name, text string }{
		{"name", p.Name}, {"country", p.Country}, {"club", p.Club}, {"category", p.Category},
	} {
		if !isText(field.text) {
			violations = append(violations, fault.Violation{Path: prefix + field.name, Reason: ErrTextInvalid.Reason})
		}
	}
	return violations
}
