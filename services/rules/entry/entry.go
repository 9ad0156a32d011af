// Package entry decides whether a person may enter a race. It knows no places, no windows of registration and no other
// entries.
package entry

import (
	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// Reason says what is wrong; it is stable and meant for programs.
type Reason string

// The reasons.
const (
	NameMissing      Reason = "NAME_MISSING"
	SexMissing       Reason = "SEX_MISSING"
	BirthDateMissing Reason = "BIRTH_DATE_MISSING"
	BirthDateInvalid Reason = "BIRTH_DATE_INVALID"
	AgeBelowMinimum  Reason = "AGE_BELOW_MINIMUM"
	AgeAboveMaximum  Reason = "AGE_ABOVE_MAXIMUM"
)

// AdultAgeYears is the age below which a person is a minor, whatever the race's minimum. [RULES.md, Ages]
const AdultAgeYears = 18

// maxYears is beyond every age that was ever proven; a birth date before it is a slip of the pen.
const maxYears = 125

// Problem is one field of an entry at fault.
type Problem struct {
	// Path leads to the field from what was checked: birth_date, or members[2].person.birth_date.
	Path   string
	Reason Reason
}

// Check returns what keeps a person from entering a race, in the order of the fields; nothing where the person may.
// Whoever enters gives name, sex and birth date.
func Check(r *race.Race, p race.Person, eventDay civil.Day) []Problem {
	var problems []Problem
	if p.Name == "" {
		problems = append(problems, Problem{"name", NameMissing})
	}
	if p.Sex == race.SexUnknown {
		problems = append(problems, Problem{"sex", SexMissing})
	}
	if p.BirthDay.IsZero() {
		return append(problems, Problem{"birth_date", BirthDateMissing})
	}
	return append(problems, CheckAge(r, p, eventDay)...)
}

// CheckAge returns what is wrong with a person's age where it is known, and nothing where it is not. The minimum is
// reached on the birthday itself, and the maximum is kept until the day before the next. [RULES.md, Ages]
func CheckAge(r *race.Race, p race.Person, eventDay civil.Day) []Problem {
	years, known := r.Years(p, eventDay)
	if !known {
		return nil
	}
	path, oldEnough := "age", years >= r.MinAgeYears
	if !p.BirthDay.IsZero() {
		path, oldEnough = "birth_date", r.Age.OldEnough(p.BirthDay, eventDay, r.MinAgeYears)
		if eventDay.Before(p.BirthDay) || eventDay.Year-p.BirthDay.Year > maxYears {
			return []Problem{{path, BirthDateInvalid}}
		}
	}
	switch {
	case !oldEnough:
		return []Problem{{path, AgeBelowMinimum}}
	case r.MaxAgeYears > 0 && years > r.MaxAgeYears:
		return []Problem{{path, AgeAboveMaximum}}
	}
	return nil
}

// Minor reports whether a person is under age on the event's day itself, on whatever day the race takes its ages. Nobody
// of unknown age is taken for a minor.
func Minor(r *race.Race, p race.Person, eventDay civil.Day) bool {
	if !p.BirthDay.IsZero() {
		return age.Years(p.BirthDay, eventDay, r.Age.LeapDay) < AdultAgeYears
	}
	return p.AgeYears != nil && *p.AgeYears < AdultAgeYears
}
