package scoring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// Difference is something derived that is stored otherwise than computed.
type Difference struct {
	// Table is passings, results, legs, anomalies or ranks.
	Table string
	Race  race.ID
	Bib   race.Bib
	// Item is a visit, a leg, the number of an anomaly, a list or a column; empty where all of an entrant is missing or too much.
	Item             string
	Stored, Computed string
}

// differences describes what a commit would mend, in the order of bibs.
func (d *day) differences(c Commit, stored map[ListKey][]Rank) []Difference {
	var differences []Difference
	bibs := map[race.EntrantID]race.Bib{}
	for _, now := range d.book.Results() {
		bibs[now.Entrant] = now.Bib
	}
	for i := range c.Changes.Results {
		differences = append(differences, compareResults(c.Changes.Results[i].Was, &c.Changes.Results[i].Now)...)
	}
	for _, gone := range c.Changes.Removed {
		bibs[gone.Entrant] = gone.Bib
		differences = append(differences, Difference{
			Table: "results", Race: gone.Race, Bib: gone.Bib, Stored: gone.Status.String(), Computed: "not on the roster"})
	}
	for _, list := range c.Lists {
		differences = append(differences, compareRanks(list, stored[list.ListKey], bibs)...)
	}
	slices.SortStableFunc(differences, func(a, b Difference) int { return race.CompareBibs(a.Bib, b.Bib) })
	return differences
}

func compareRanks(computed ListChange, stored []Rank, bibs map[race.EntrantID]race.Bib) []Difference {
	was := make(map[race.EntrantID]Rank, len(stored))
	for _, rank := range stored {
		was[rank.Entrant] = rank
	}
	var differences []Difference
	differ := func(entrant race.EntrantID, now string) {
		differences = append(differences, Difference{
			Table: "ranks", Race: computed.Race, Bib: bibs[entrant], Item: computed.List, Stored: describeRank(was[entrant]), Computed: now})
	}
	for _, now := range slices.Concat(computed.New, computed.Put) {
		differ(now.Entrant, describeRank(now))
	}
	for _, gone := range computed.Removed {
		differ(gone, "")
	}
	return differences
}

func describeRank(r Rank) string {
	if r.Rank == 0 {
		return ""
	}
	return fmt.Sprintf("%d with %v", r.Rank, r.Time)
}

// compareResults names each part in which a stored result, nil where there is none, differs from the computed one.
func compareResults(stored, computed *result.Result) []Difference {
	if stored == nil {
		return []Difference{{Table: "results", Race: computed.Race, Bib: computed.Bib, Computed: computed.Status.String()}}
	}
	was, now := describe(stored), describe(computed)
	var differences []Difference
	for _, part := range now {
		if value := was.value(part.table, part.item); value != part.value {
			differences = append(differences, Difference{part.table, computed.Race, computed.Bib, part.item, value, part.value})
		}
	}
	for _, part := range was {
		if !now.has(part.table, part.item) {
			differences = append(differences, Difference{part.table, computed.Race, computed.Bib, part.item, part.value, ""})
		}
	}
	return differences
}

// parts are what is stored of a result, each in words.
type parts []part

type part struct{ table, item, value string }

func (p parts) find(table, item string) int {
	return slices.IndexFunc(p, func(one part) bool { return one.table == table && one.item == item })
}

func (p parts) has(table, item string) bool { return p.find(table, item) >= 0 }

func (p parts) value(table, item string) string {
	if i := p.find(table, item); i >= 0 {
		return p[i].value
	}
	return ""
}

// describe puts a result into words. Names are nobody's business here: of them only the length is told.
func describe(r *result.Result) parts {
	described := parts{
		{"results", "race", string(r.Race)}, {"results", "bib", string(r.Bib)}, {"results", "chip", r.Chip},
		{"results", "name", fmt.Sprintf("%d letters", len([]rune(r.Name)))}, {"results", "sex", r.Sex.String()},
		{"results", "country", r.Country}, {"results", "club", r.Club}, {"results", "category", r.Category},
		{"results", "age_group", r.AgeGroup}, {"results", "wave", string(r.Wave)}, {"results", "status", r.Status.String()},
		{"results", "rule", r.Rule}, {"results", "left_course", strconv.FormatBool(r.LeftCourse)},
		{"results", "gun_at", r.GunAt.String()}, {"results", "gun", words(r.Gun)},
		{"results", "net", words(r.Net)}, {"results", "legs", words(r.LegsTotal)}, {"results", "penalty", r.Penalty.String()},
		{"results", "age_standard", words(r.AgeStandard)}, {"results", "lists", strings.Join(r.Lists, ", ")},
		{"results", "before", fmt.Sprint(r.Before)},
	}
	for _, p := range r.Passings {
		described = append(described, part{"passings", strconv.Itoa(p.Visit), p.At.String()})
	}
	for _, l := range r.Legs {
		described = append(described, part{"legs", strconv.Itoa(l.Number), fmt.Sprintf(
			"%s in %s, in all %s, not completed %t, ranked %t, run by that of %d", l.MemberBib, words(l.Time), words(l.Cumulative), l.NotCompleted, l.Ranked,
			l.RanBy)})
	}
	for i, a := range r.Anomalies {
		described = append(described, part{"anomalies", strconv.Itoa(i), describeAnomaly(a)})
	}
	return described
}

func describeAnomaly(a anomaly.Anomaly) string {
	return fmt.Sprintf("%s at %d, %v, from %d, %v, time %v, leg %d, dealt with by %q",
		a.Kind, a.Visit, a.At, a.FromVisit, a.FromAt, a.Time, a.Leg, a.DealtBy)
}

func words(o racetime.Optional) string {
	if !o.Known {
		return ""
	}
	return o.Time.String()
}
