package standings_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// oracle tells what a board must tell by sorting and counting everything, and knows no ranking but the definition.
func oracle(event *race.Event, version int64, f field) told {
	all := told{
		Version: version, Pages: map[string][]string{}, Lists: map[race.ID][]standings.ListSummary{},
		Entrants: map[race.Bib]string{},
	}
	for i := range event.Races {
		r := &event.Races[i]
		all.Progress = append(all.Progress, countAll(r.ID, f))
		all.Lists[r.ID] = oracleLists(r, f, all.Pages)
	}
	for _, res := range f {
		r := event.Race(res.Race)
		var ranks []standings.ListRank
		first := 0
		for i, c := range r.Classifications {
			rank, of := rankAndCount(f, res, i, c.Basis)
			if i == 0 {
				first = rank
			}
			if res.Lists[i] != "" {
				ranks = append(ranks, standings.ListRank{List: res.Lists[i], Rank: rank, Of: of})
			}
		}
		text := fmt.Sprint(first, " ", res.Entrant, " ", res.Bib, " ", shownTime(res.Time(r.Classifications[0].Basis)), " ", ranks)
		for leg := range res.Legs {
			text += fmt.Sprint(" ", legRank(f, res, leg, legTime), "/", legRank(f, res, leg, sumAfter))
		}
		all.Entrants[res.Bib] = text
	}
	return all
}

func shownTime(t racetime.Optional) string {
	if !t.Known {
		return ""
	}
	return racetime.Official(t.Time, time.Second)
}

func countAll(id race.ID, f field) standings.Progress {
	p := standings.Progress{Race: id}
	for _, r := range f {
		if r.Race != id {
			continue
		}
		p.Entered++
		if len(r.Passings) > 0 {
			p.Started++
		}
		switch r.Status {
		case result.Entered:
			p.NotStarted++
		case result.Started:
			p.OnCourse++
		case result.Finished:
			p.Finished++
		default:
			p.Out++
		}
	}
	return p
}

func oracleLists(r *race.Race, f field, pages map[string][]string) []standings.ListSummary {
	var summaries []standings.ListSummary
	for i, c := range r.Classifications {
		names := map[string]bool{}
		if len(c.By) == 0 {
			names[string(c.ID)] = true
		}
		for _, res := range f {
			if res.Race == r.ID && res.Lists[i] != "" {
				names[res.Lists[i]] = true
			}
		}
		for name := range names {
			var ranked, course []result.Result
			for _, res := range f {
				switch {
				case res.Race != r.ID || res.Lists[i] != name:
				case res.Time(c.Basis).Known:
					ranked = append(ranked, res)
				case res.Status == result.Started:
					course = append(course, res)
				}
			}
			slices.SortFunc(ranked, func(a, b result.Result) int {
				return cmp.Or(cmp.Compare(a.Time(c.Basis).Time, b.Time(c.Basis).Time), race.CompareBibs(a.Bib, b.Bib))
			})
			slices.SortFunc(course, func(a, b result.Result) int {
				return cmp.Or(strings.Compare(courseKey(a, c.Basis), courseKey(b, c.Basis)), race.CompareBibs(a.Bib, b.Bib))
			})
			var lines []string
			for _, res := range ranked {
				rank, _ := rankAndCount(f, res, i, c.Basis)
				lines = append(lines, fmt.Sprint(rank, " ", res.Entrant, " ", res.Bib, " ", shownTime(res.Time(c.Basis))))
			}
			for _, res := range course {
				lines = append(lines, fmt.Sprint(0, " ", res.Entrant, " ", res.Bib, " "))
			}
			pages[string(r.ID)+" "+name] = lines
			summaries = append(summaries, standings.ListSummary{Name: name, Ranked: len(ranked), OnCourse: len(course)})
		}
	}
	slices.SortFunc(summaries, func(a, b standings.ListSummary) int { return strings.Compare(a.Name, b.Name) })
	return summaries
}

// courseKey sorts as text: further visits first, then those with a time, then the shorter time.
func courseKey(r result.Result, basis race.Basis) string {
	if len(r.Passings) == 0 {
		return "9"
	}
	last := r.Passings[len(r.Passings)-1]
	from, known := r.GunAt, r.GunAt != 0
	if basis == race.Net {
		from, known = r.StartAt()
	}
	if !known {
		return fmt.Sprint(8-last.Visit, "none")
	}
	return fmt.Sprintf("%d%09d", 8-last.Visit, last.At.Sub(from)/second)
}

func rankAndCount(f field, r result.Result, classification int, basis race.Basis) (rank, of int) {
	own := r.Time(basis)
	rank = 1
	for _, other := range f {
		t := other.Time(basis)
		if other.Race != r.Race || other.Lists[classification] != r.Lists[classification] || !t.Known {
			continue
		}
		of++
		if t.Time < own.Time {
			rank++
		}
	}
	if !own.Known || r.Lists[classification] == "" {
		rank = 0
	}
	return rank, of
}

func legTime(r result.Result, leg int) racetime.Optional {
	if !r.Legs[leg].Ranked {
		return racetime.Optional{}
	}
	return r.Legs[leg].Time
}

func sumAfter(r result.Result, leg int) racetime.Optional {
	for _, l := range r.Legs[:leg+1] {
		if l.NotCompleted {
			return racetime.Optional{}
		}
	}
	if r.Status == result.DSQ || r.Status == result.NotCompeting {
		return racetime.Optional{}
	}
	return r.Legs[leg].Cumulative
}

func legRank(f field, r result.Result, leg int, timeOf func(result.Result, int) racetime.Optional) int {
	own := timeOf(r, leg)
	if !own.Known {
		return 0
	}
	rank := 1
	for _, other := range f {
		if len(other.Legs) > leg {
			if t := timeOf(other, leg); t.Known && t.Time < own.Time {
				rank++
			}
		}
	}
	return rank
}
