package registrationpg_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// TestAnySequenceKeepsTheInvariants does anything in any order. Whatever was refused or done: places taken are entries
// confirmed, claims are those of confirmed entries, and who follows the changes has the roster.
func TestAnySequenceKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	f := start(t)
	events := 0
	rapid.Check(t, func(rt *rapid.T) {
		events++
		f.event = almaty()
		f.event.ID = race.EventID(fmt.Sprintf("event-%d", events))
		f.event.Races[0].Capacity = 4
		const insertEvent = `
INSERT INTO event.events (id, version, name, day, races)
VALUES ($1, 1, 'Any', '2025-09-28', '{}')`
		if _, err := f.pool.Exec(t.Context(), insertEvent, f.event.ID); err != nil {
			rt.Fatal(err)
		}
		s := sequence{fixture: f, t: t, roster: map[race.EntrantID]race.Entrant{}}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if err := s.step(rt); err != nil {
				if _, refused := fault.Of(err); !refused {
					rt.Fatal(err)
				}
			}
			s.follow(rt)
		}
		s.check(rt)
	})
}

type sequence struct {
	*fixture
	t      *testing.T
	change int64
	roster map[race.EntrantID]race.Entrant
	// requests numbers them.
	requests int
}

func (s *sequence) step(rt *rapid.T) error {
	ctx := s.t.Context()
	bib := fmt.Sprint(rapid.IntRange(1, 6).Draw(rt, "bib"))
	chip := fmt.Sprintf("c%d", rapid.IntRange(1, 5).Draw(rt, "chip"))
	id := rapid.SampledFrom([]race.ID{"marathon", "half"}).Draw(rt, "race")
	switch rapid.SampledFrom([]string{"person", "team", "correct", "bibs", "chips", "import", "replace"}).Draw(rt, "step") {
	case "person":
		s.requests++
		r := request(rapid.IntRange(1, 8).Draw(rt, "who"), id)
		r.Event, r.RequestID = s.event.ID, fmt.Sprint("request ", s.requests)
		_, err := s.RegisterPerson(ctx, "tester", r)
		return err
	case "team":
		s.requests++
		r := team(1)
		r.Event, r.RequestID = s.event.ID, fmt.Sprint("request ", s.requests)
		_, err := s.RegisterTeam(ctx, "tester", r)
		return err
	case "correct":
		entries, err := s.ListEntries(ctx, s.event.ID, "", 0, 100)
		if err != nil || len(entries) == 0 {
			return err
		}
		entry := rapid.SampledFrom(entries).Draw(rt, "entry")
		value := race.Entrant{
			Race: id, Bib: race.Bib(bib), Wave: "A", Chips: []string{chip}, Person: person(rapid.IntRange(1, 8).Draw(rt, "who")),
		}
		field := rapid.SampledFrom([]string{"race", "bib", "chips", "person", "wave"})
		fields := rapid.SliceOfNDistinct(field, 1, 3, rapid.ID).Draw(rt, "fields")
		_, err = s.CorrectEntry(ctx, "tester", registration.Correction{
			Event: s.event.ID, Reference: entry.Reference, Fields: fields, Value: value, Reason: "any",
		})
		return err
	case "bibs":
		_, err := s.AssignBibs(ctx, "tester", bibs(s.event.ID, "marathon", []string{"1-7"}))
		return err
	case "chips":
		assignment := registration.ChipAssignment{Bib: race.Bib(bib), Chips: []string{chip}}
		_, err := s.AssignChips(ctx, "tester", s.event.ID, []registration.ChipAssignment{assignment})
		return err
	case "import":
		return s.importLines(false, fmt.Sprintf("%s,%s,%s,A", id, bib, chip))
	default:
		return s.importLines(true, fmt.Sprintf("%s,%s,%s,A\nmarathon,5,,A", id, bib, chip))
	}
}

func (s *sequence) importLines(replace bool, lines string) error {
	_, err := s.ImportRoster(s.t.Context(), "tester", registration.RosterFile{
		Event: s.event.ID, Replace: replace, Content: strings.NewReader("race,bib,chips,wave\n" + lines + "\n"),
	})
	return err
}

// follow does what a scorer does.
func (s *sequence) follow(rt *rapid.T) {
	changed := s.since(s.t, s.change)
	if s.change == 0 {
		clear(s.roster)
	}
	for _, e := range changed {
		if e.Gone {
			delete(s.roster, e.ID)
		} else {
			s.roster[e.ID] = e
		}
	}
	const selectChange = `
SELECT change
FROM event.events
WHERE id = $1`
	if err := s.pool.QueryRow(s.t.Context(), selectChange, s.event.ID).Scan(&s.change); err != nil {
		rt.Fatal(err)
	}
}

func (s *sequence) check(rt *rapid.T) {
	byID := func(a, b race.Entrant) int { return cmp.Compare(a.ID, b.ID) }
	followed := slices.SortedFunc(maps.Values(s.roster), byID)
	if whole := s.since(s.t, 0); len(whole)+len(followed) > 0 {
		if diff := gocmp.Diff(whole, followed); diff != "" {
			rt.Errorf("roster (-whole +followed):\n%s", diff)
		}
	}
	for name, query := range map[string]string{
		"places that are not entries": `
SELECT count(*)
FROM registration.races r
WHERE r.event = $1 AND r.taken <> (
    SELECT count(*)
    FROM registration.entries e
    WHERE e.event = r.event AND e.race = r.race AND e.state = 'CONFIRMED')`,
		"bibs that nobody wears or that are not claimed": `
SELECT count(*)
FROM (
    SELECT event, entrant, bib FROM registration.entries WHERE state = 'CONFIRMED' AND bib IS NOT NULL
    UNION
    SELECT m.event, m.entrant, m.bib
    FROM registration.members m
    JOIN registration.entries e ON e.event = m.event AND e.entrant = m.entrant
    WHERE e.state = 'CONFIRMED' AND m.bib IS NOT NULL
) worn
FULL JOIN registration.bibs b USING (event, entrant, bib)
WHERE event = $1 AND (b.event IS NULL OR worn.event IS NULL)`,
		"chips that nobody wears or that are not claimed": `
SELECT count(*)
FROM (
    SELECT event, entrant, upper(unnest(chips)) AS chip FROM registration.entries WHERE state = 'CONFIRMED'
    UNION
    SELECT m.event, m.entrant, upper(unnest(m.chips))
    FROM registration.members m
    JOIN registration.entries e ON e.event = m.event AND e.entrant = m.entrant
    WHERE e.state = 'CONFIRMED'
) worn
FULL JOIN registration.chips c USING (event, entrant, chip)
WHERE event = $1 AND (c.event IS NULL OR worn.event IS NULL)`,
	} {
		if n := s.count(s.t, query, s.event.ID); n != 0 {
			rt.Errorf("%s: %d", name, n)
		}
	}
}
