package registration

import (
	"fmt"
	"net/mail"
	"strings"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/age"
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
	entry.AgeAboveMaximum:  ErrAgeAboveMaximum,
	team.Size:              ErrTeamSize,
	team.Composition:       ErrTeamComposition,
	team.CategoryUnknown:   ErrTeamCategoryUnknown,
	team.LegInvalid:        ErrLegInvalid,
}

// paths lead from a request's root to what it says of an entry.
type paths struct {
	// root stands before every field of the entry, person before those of the person or of the team as such.
	root, person string
}

// subject is what problems are of; category and members are a team's.
type subject struct {
	race     *race.Race
	category string
	members  []race.Member
}

// message says what is wrong, and by which bound.
func (s subject) message(reason entry.Reason) string {
	message := faults[reason].Message
	if bound := s.bound(reason); bound != "" {
		message += ": " + bound
	}
	return message
}

// bound is empty where the fault says it all.
func (s subject) bound(reason entry.Reason) string {
	switch r := s.race; reason {
	case entry.AgeBelowMinimum:
		if r.Age.On == age.BornBefore {
			return "it is for those who were born before " + r.Age.Before.String()
		}
		return fmt.Sprintf("it is %d", r.MinAgeYears)
	case entry.AgeAboveMaximum:
		return fmt.Sprintf("it is %d", r.MaxAgeYears)
	case team.Size:
		regulars := s.regulars(func(race.Member) bool { return true })
		return fmt.Sprintf("regulars %d of %d, reserves %d of at most %d",
			regulars, r.Team.Size, len(s.members)-regulars, r.Team.Reserves)
	case team.Composition:
		return s.composition()
	case team.CategoryUnknown:
		names := make([]string, len(r.Team.Categories))
		for i, c := range r.Team.Categories {
			names[i] = c.Name
		}
		return "it has " + strings.Join(names, ", ")
	}
	return ""
}

// composition counts women, and men where the category asks for some.
func (s subject) composition() string {
	minWomen, minMen := s.race.Team.MinWomen, 0
	if c := s.race.Team.Category(s.category); c != nil {
		minWomen, minMen = max(minWomen, c.MinWomen), c.MinMen
	}
	var parts []string
	if minWomen > 0 {
		women := s.regulars(func(m race.Member) bool { return m.Sex == race.Female })
		parts = append(parts, fmt.Sprintf("women %d of %d", women, minWomen))
	}
	if minMen > 0 {
		men := s.regulars(func(m race.Member) bool { return m.Sex == race.Male })
		parts = append(parts, fmt.Sprintf("men %d of %d", men, minMen))
	}
	return strings.Join(parts, ", ")
}

// regulars counts the members that have a leg.
func (s subject) regulars(counts func(race.Member) bool) int {
	n := 0
	for _, m := range s.members {
		if m.Leg != 0 && counts(m) {
			n++
		}
	}
	return n
}

// faultOf returns the fault of the first problem with all problems as its fields, nil where there is none.
func faultOf(prefix string, of subject, problems []entry.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	violations := make([]fault.Violation, len(problems))
	for i, p := range problems {
		violations[i] = faults[p.Reason].At(prefix + p.Path)
		violations[i].Message = of.message(p.Reason)
	}
	return faults[problems[0].Reason].With(violations...)
}

// checkPerson refuses who may not enter.
func checkPerson(at paths, event *race.Event, r *race.Race, p race.Person) error {
	return faultOf(at.person, subject{race: r}, entry.Check(r, p, event.Day))
}

// checkTeam refuses what is no team of the race, nor becomes one where it may be completed later.
func checkTeam(at paths, event *race.Event, r *race.Race, as race.Person, members []race.Member, now time.Time) error {
	var problems []entry.Problem
	if as.Name == "" {
		path := strings.TrimPrefix(at.person, at.root) + "name"
		problems = append(problems, entry.Problem{Path: path, Reason: entry.NameMissing})
	}
	problems = append(problems, teamProblems(at, event, r, as.Category, members, now)...)
	return faultOf(at.root, subject{r, as.Category, members}, problems)
}

// teamProblems returns what keeps members from being a team of the race at an instant, by paths from the root.
func teamProblems(
	at paths, event *race.Event, r *race.Race, category string, members []race.Member, now time.Time,
) []entry.Problem {
	check := team.Check
	if mayComplete(r, now) && !team.Complete(r, members) {
		check = team.CheckIncomplete
	}
	problems := check(r, members, event.Day)
	for _, p := range team.CheckCategory(r, category, members) {
		if p.Path == "category" {
			p.Path = strings.TrimPrefix(at.person, at.root) + p.Path
		}
		problems = append(problems, p)
	}
	return problems
}

// mayComplete reports whether teams of a race may still be completed at an instant.
func mayComplete(r *race.Race, now time.Time) bool {
	return r.Team != nil && r.Team.CompleteUntil != 0 && !now.After(timeOf(r.Team.CompleteUntil))
}

// checkGuardian refuses a minor for whom nobody answers, and a guardian who is none, or has not consented yet at an instant.
func checkGuardian(
	path string, event *race.Event, r *race.Race, p race.Person, g *Guardian, now time.Time,
) error {
	if g == nil {
		if entry.Minor(r, p, event.Day) {
			return ErrGuardianMissing.With(ErrGuardianMissing.At(path))
		}
		return nil
	}
	if err := checkGuardianData(path, g); err != nil {
		return err
	}
	return checkConsent(path, g, now)
}

// clocksDiffer is by how much a caller's clock may go before the database's.
const clocksDiffer = time.Minute

// checkConsent refuses a consent that is still to be given.
func checkConsent(path string, g *Guardian, now time.Time) error {
	if g.ConsentedAt.After(now.Add(clocksDiffer)) {
		violation := ErrGuardianInvalid.At(path + ".consented_at")
		violation.Message = "the consent is not given yet: the instant is to come"
		return ErrGuardianInvalid.With(violation)
	}
	return nil
}

func checkGuardianData(path string, g *Guardian) error {
	var violations []fault.Violation
	for _, field := range []struct{ name, text string }{
		{"name", g.Name}, {"contact", g.Contact}, {"consent_version", g.ConsentVersion},
	} {
		if field.text == "" || !isText(field.text) {
			violations = append(violations, ErrGuardianInvalid.At(path+"."+field.name))
		}
	}
	if len(violations) > 0 {
		return ErrGuardianInvalid.With(violations...)
	}
	return nil
}

// maxExpectedTime is beyond every race that is run in one day.
const maxExpectedTime = 7 * 24 * time.Hour

// checkApplication refuses what stands beside the entrant in an application and is none.
func checkApplication(a *application) error {
	if a.Owner != "" && !isRequestID(a.Owner) {
		return ErrOwnerInvalid.With(ErrOwnerInvalid.At("owner"))
	}
	if err := checkContact(a.Contact); err != nil {
		return err
	}
	return checkExpectedTime("expected_time", a.ExpectedTime)
}

func checkExpectedTime(path string, d time.Duration) error {
	if d < 0 || d > maxExpectedTime || d%time.Microsecond != 0 {
		return ErrExpectedTimeInvalid.With(ErrExpectedTimeInvalid.At(path))
	}
	return nil
}

func checkContact(c *Contact) error {
	if c == nil {
		return nil
	}
	var violations []fault.Violation
	if c.Email != "" {
		if parsed, err := mail.ParseAddress(c.Email); err != nil || parsed.Address != c.Email || !isText(c.Email) {
			violations = append(violations, ErrContactInvalid.At("contact.email"))
		}
	}
	if !isText(c.Name) {
		violations = append(violations, ErrContactInvalid.At("contact.name"))
	}
	if !isText(c.Phone) {
		violations = append(violations, ErrContactInvalid.At("contact.phone"))
	}
	if len(violations) > 0 {
		return ErrContactInvalid.With(violations...)
	}
	return nil
}

// checkUnmarked refuses bibs and chips that come with an application: one that is taken would undo the whole batch.
func checkUnmarked(root string, members []race.Member) error {
	var violations []fault.Violation
	for i := range members {
		if members[i].Bib != "" {
			violations = append(violations, ErrFieldNotTaken.At(fmt.Sprintf("%smembers[%d].bib", root, i)))
		}
		if len(members[i].Chips) > 0 {
			violations = append(violations, ErrFieldNotTaken.At(fmt.Sprintf("%smembers[%d].chips", root, i)))
		}
	}
	if len(violations) > 0 {
		return ErrFieldNotTaken.With(violations...)
	}
	return nil
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
