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

// paths lead from a request's root to what it says of an entry.
type paths struct {
	// root stands before every field of the entry, person before those of the person or of the team as such.
	root, person string
}

// faultOf returns the fault of the first problem with all problems as its fields, nil where there is none.
func faultOf(prefix string, problems []entry.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	violations := make([]fault.Violation, len(problems))
	for i, p := range problems {
		violations[i] = faults[p.Reason].At(prefix + p.Path)
	}
	return faults[problems[0].Reason].With(violations...)
}

// checkTexts refuses what no file or store can hold.
func checkTexts(at paths, p race.Person, members []race.Member, tags []string) error {
	violations := textViolations(at.person, p)
	for i := range members {
		prefix := fmt.Sprintf("%smembers[%d].person.", at.root, i)
		violations = append(violations, textViolations(prefix, members[i].Person)...)
	}
	if len(violations) > 0 {
		return ErrTextInvalid.With(violations...)
	}
	for i, tag := range tags {
		if fields := strings.Fields(tag); len(fields) != 1 || fields[0] != tag || !isText(tag) {
			violations = append(violations, ErrTagInvalid.At(fmt.Sprintf("%stags[%d]", at.root, i)))
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
			violations = append(violations, ErrTextInvalid.At(prefix+field.name))
		}
	}
	return violations
}
