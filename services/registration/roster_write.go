package registration

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"raceday/services/rules/race"
)

// WriteRoster writes a roster.csv that reads back as the same entrants: races as in the event, bibs in their order,
// members after their team. The same entrants in any order give the same bytes.
func WriteRoster(w io.Writer, event *race.Event, entrants []race.Entrant) error {
	position := make(map[race.ID]int, len(event.Races))
	for i := range event.Races {
		position[event.Races[i].ID] = i
	}
	ordered := slices.Clone(entrants)
	slices.SortStableFunc(ordered, func(a, b race.Entrant) int {
		return cmp.Or(cmp.Compare(position[a.Race], position[b.Race]), race.CompareBibs(a.Bib, b.Bib))
	})
	out := csv.NewWriter(w)
	columns := rosterColumns()
	// The writer keeps its first error for Flush.
	_ = out.Write(slices.Concat(columns.Required, columns.Optional))
	for i := range ordered {
		e := &ordered[i]
		_ = out.Write(rosterRecord(e, e.Person, string(e.Bib), e.Chips, string(e.Wave), "", "", e.Tags))
		for j := range e.Members {
			m := &e.Members[j]
			_ = out.Write(rosterRecord(e, m.Person, string(m.Bib), m.Chips, "", string(e.Bib), strconv.Itoa(m.Leg), nil))
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	return nil
}

func rosterRecord(
	e *race.Entrant, p race.Person, bib string, chips []string, wave, team, leg string, tags []string,
) []string {
	age := ""
	if p.AgeYears != nil {
		age = strconv.Itoa(*p.AgeYears)
	}
	return []string{
		string(e.Race), bib, strings.Join(chips, " "), p.Name, p.Sex.String(), p.BirthDay.String(), age,
		p.Country, p.Club, p.Category, wave, team, leg, strings.Join(tags, " "), nameShownText(p.NameShown),
	}
}
