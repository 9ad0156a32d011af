package standings

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// WriteResults writes results.csv of an event: the same results give the same bytes, in whatever order they come.
// Results of a race that the event does not have are left out. [FORMATS.md, results.csv]
func WriteResults(w io.Writer, event *race.Event, results []result.Result) error {
	table := newResultTable(event)
	header := make([]string, len(table.columns))
	for i, c := range table.columns {
		header[i] = c.name
	}
	file := csv.NewWriter(w)
	// The writer keeps its first error for Flush.
	_ = file.Write(header)
	if err := flush(file, "results"); err != nil {
		return err
	}
	if err := table.write(w, results, formatCSV); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

func formatCSV(to *bytes.Buffer, records iter.Seq[[]string]) error {
	file := csv.NewWriter(to)
	for record := range records {
		_ = file.Write(record)
	}
	file.Flush()
	return file.Error()
}

// WriteResultsJSON writes the lines of results.csv as JSON objects, one a line, with its columns as keys: milliseconds
// and ranks are numbers, or null where results.csv is empty, all else is text.
func WriteResultsJSON(w io.Writer, event *race.Event, results []result.Result) error {
	table := newResultTable(event)
	keys := make([][]byte, len(table.columns))
	for i, c := range table.columns {
		key, err := json.Marshal(c.name)
		if err != nil {
			return fmt.Errorf("write results: column %q: %w", c.name, err)
		}
		keys[i] = append(key, ':')
	}
	err := table.write(w, results, func(to *bytes.Buffer, records iter.Seq[[]string]) error {
		for record := range records {
			for i, text := range record {
				to.WriteByte("{,"[min(i, 1)])
				to.Write(keys[i])
				switch {
				case !table.columns[i].number:
					value, err := json.Marshal(text)
					if err != nil {
						return err
					}
					to.Write(value)
				case text == "":
					to.WriteString("null")
				default:
					to.WriteString(text)
				}
			}
			to.WriteString("}\n")
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// WriteLegs writes legs.csv of an event, in the order of races, bibs and legs; only its header where no race is a relay.
// [FORMATS.md, legs.csv]
func WriteLegs(w io.Writer, event *race.Event, results []result.Result) error {
	file := csv.NewWriter(w)
	// The writer keeps its first error for Flush.
	_ = file.Write([]string{"race", "bib", "leg", "member_bib", "leg_time", "leg_ms", "leg_rank", "cumulative",
		"cumulative_ms", "rank_after"})
	byRace := groupByRace(results)
	for i := range event.Races {
		r := &event.Races[i]
		teams := byRace[r.ID]
		slices.SortFunc(teams, func(a, b *result.Result) int { return race.CompareBibs(a.Bib, b.Bib) })
		rankings := rankLegs(teams)
		for _, team := range teams {
			for n, times := range team.ShowLegs(r) {
				leg := team.Legs[n]
				record := []string{string(r.ID), string(team.Bib), strconv.Itoa(leg.Number), string(leg.MemberBib),
					times.Time, milliseconds(leg.Time), "", times.Cumulative, milliseconds(leg.Cumulative), ""}
				if rank, ok := rankings[n].times.Rank(team.Entrant); ok {
					record[6] = strconv.Itoa(rank)
				}
				if rank, ok := rankings[n].after.Rank(team.Entrant); ok {
					record[9] = strconv.Itoa(rank)
				}
				_ = file.Write(record)
			}
		}
	}
	return flush(file, "legs")
}

func flush(file *csv.Writer, what string) error {
	file.Flush()
	if err := file.Error(); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}
