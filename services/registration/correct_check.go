package registration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
)

// checkMarks refuses a bib or chips that are none.
func checkMarks(prefix string, bib race.Bib, chips []string) error {
	if bib != "" {
		if _, err := race.ParseBib(string(bib)); err != nil {
			return ErrBibInvalid.With(ErrBibInvalid.At(prefix + "bib"))
		}
	}
	for i, text := range chips {
		if _, err := race.ParseChip(text); err != nil {
			return ErrChipInvalid.With(ErrChipInvalid.At(fmt.Sprintf("%schips[%d]", prefix, i)))
		}
	}
	return nil
}

// checkTwice refuses a chip that one entry has twice.
func checkTwice(root string, chips []string) error {
	seen := map[race.Chip]bool{}
	for _, text := range chips {
		chip, err := race.ParseChip(text)
		if err != nil {
			return ErrChipInvalid
		}
		if seen[chip] {
			return ErrChipRepeated.With(ErrChipRepeated.At(root + "chips"))
		}
		seen[chip] = true
	}
	return nil
}

// checkCorrection checks the rules on an entry that changed.
func (s *Service) checkCorrection(ctx context.Context, held *session, before, after *Entry) error {
	event, at := held.event, correctionPaths()
	r, old := event.Race(after.Race), event.Race(before.Race)
	if r.Team == nil && (after.isTeam() || old != nil && old.Team != nil) {
		return ErrRaceTakesPersons
	}
	if r.Team != nil && old != nil && old.Team == nil {
		return ErrRaceTakesTeams
	}
	problems := worsened(problemsOf(at, event, old, before, held.now), problemsOf(at, event, r, after, held.now), r != old)
	if err := faultOf(at.root, subject{r, after.Category, after.Members}, problems); err != nil {
		return err
	}
	if r != old && before.State == Waitlisted {
		return ErrEntryNotConfirmed // It would pass those who wait there already.
	}
	// Only a roster file brings a team without members, and nothing makes a confirmed team incomplete again.
	incomplete := after.State == Confirmed && !isComplete(r, after) && (r != old || isComplete(r, before))
	if before.isTeam() && (!after.isTeam() || incomplete) {
		return ErrTeamSize.With(ErrTeamSize.At(at.root + "members"))
	}
	if err := checkWave(at.root, r, after); err != nil {
		return err
	}
	if !after.State.Stands() {
		return nil
	}
	if r != old && after.State.HasPlace() && held.free(r.ID) <= 0 {
		return ErrRaceFull
	}
	if err := s.checkMinors(ctx, held, r, before, after); err != nil {
		return err
	}
	return held.checkClaims(ctx, at.root, after)
}

func checkWave(root string, r *race.Race, e *Entry) error {
	if e.Wave != "" && r.Wave(e.Wave) == nil || e.Bib != "" && r.WaveOf(e.Wave, e.Bib) == nil {
		return ErrWaveUnknown.With(ErrWaveUnknown.At(root + "wave"))
	}
	return nil
}

// problemsOf returns what an entry's data breaks of a race's rules, by paths from the root of the entry.
func problemsOf(at paths, event *race.Event, r *race.Race, e *Entry, now time.Time) []entry.Problem {
	var problems []entry.Problem
	switch {
	case r == nil, r.Team != nil && !e.isTeam():
		return nil
	case r.Team == nil:
		problems = entry.Check(r, e.Person, event.Day)
	case e.Name == "":
		problems = []entry.Problem{{Path: "name", Reason: entry.NameMissing}}
	}
	for i := range problems {
		problems[i].Path = "person." + problems[i].Path
	}
	if r.Team != nil {
		problems = append(problems, teamProblems(at, event, r, e.Category, e.Members, now)...)
	}
	return problems
}

// worsened returns the problems that were not there before. A roster file brings entries that lack data; correcting
// something else of them must not fail. In another race only what is missing may go on missing.
func worsened(before, after []entry.Problem, otherRace bool) []entry.Problem {
	allowed := map[entry.Reason]int{}
	for _, p := range before {
		missing := p.Reason == entry.NameMissing || p.Reason == entry.SexMissing || p.Reason == entry.BirthDateMissing
		if missing || !otherRace {
			allowed[p.Reason]++
		}
	}
	var worse []entry.Problem
	for _, p := range after {
		if allowed[p.Reason] > 0 {
			allowed[p.Reason]--
			continue
		}
		worse = append(worse, p)
	}
	return worse
}

// checkMinors refuses who becomes a minor by a correction while nobody who answers for them is on record. A member is who
// stood in the same place, or has the same name.
func (s *Service) checkMinors(ctx context.Context, held *session, r *race.Race, before, after *Entry) error {
	at := correctionPaths()
	minor := func(p race.Person) bool { return entry.Minor(r, p, held.event.Day) }
	whose := map[string]Whose{}
	if !after.isTeam() && minor(after.Person) && !minor(before.Person) {
		whose[at.root+"person"] = Whose{}
	}
	for i := range after.Members {
		m := &after.Members[i]
		was := false
		for j, earlier := range before.Members {
			was = was || minor(earlier.Person) && (i == j || foldedName(earlier.Name) == foldedName(m.Name))
		}
		if minor(m.Person) && !was {
			whose[fmt.Sprintf("%smembers[%d].person", at.root, i)], _ = whoseMember(m)
		}
	}
	if len(whose) == 0 {
		return nil
	}
	papers, err := s.papers.Papers(ctx, held.event.ID, after.ID)
	if err != nil {
		return err
	}
	var violations []fault.Violation
	for _, path := range slices.Sorted(maps.Keys(whose)) {
		if _, answers := papers.Guardians[whose[path]]; !answers {
			violations = append(violations, ErrGuardianMissing.At(path))
		}
	}
	if len(violations) > 0 {
		return ErrGuardianMissing.With(violations...)
	}
	return nil
}

// checkClaims refuses bibs, chips and people that belong to another entry, or stand twice in this one.
func (s *session) checkClaims(ctx context.Context, root string, e *Entry) error {
	if err := s.learn(ctx, e.Claims()); err != nil {
		return err
	}
	if err := s.bibsTaken(root, e); err != nil {
		return err
	}
	if err := s.chipsTaken(root, e); err != nil {
		return err
	}
	others := s.known.People
	if e.SecondEntry {
		others = nil
	}
	return heldElsewhere(root, others, e.ID, e.isTeam(), e.Person, e.Members)
}

// bibsTaken refuses bibs that another entry wears, and names the other bib, or that stand twice in this one.
func (s *session) bibsTaken(root string, e *Entry) error {
	var violations []fault.Violation
	here := map[race.Bib]bool{}
	refuse := func(path string, bib race.Bib) {
		if bib == "" {
			return
		}
		wearer, worn := s.known.Bibs[bib]
		switch {
		case worn && wearer.Entrant != e.ID:
			violations = append(violations, takenBy(ErrBibTaken, path, wearer.Bib))
		case here[bib]:
			violations = append(violations, ErrBibTaken.At(path))
		}
		here[bib] = true
	}
	refuse(root+"bib", e.Bib)
	for i := range e.Members {
		refuse(fmt.Sprintf("%smembers[%d].bib", root, i), e.Members[i].Bib)
	}
	if len(violations) > 0 {
		return ErrBibTaken.With(violations...)
	}
	return nil
}
