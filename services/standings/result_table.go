package standings

import (
	"cmp"
	"slices"
	"strconv"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// column is one of results.csv.
type column struct {
	name string
	// number means that what stands there is a whole number.
	number bool
}

// resultColumns are those that every event has, in the order of FORMATS.md.
var resultColumns = []column{
	{name: "race"}, {name: "bib"}, {name: "chip"}, {name: "sex"}, {name: "age_group"}, {name: "wave"}, {name: "status"},
	{name: "gun"}, {name: "net"}, {name: "penalty"}, {name: "ranked"},
	{name: "gun_ms", number: true}, {name: "net_ms", number: true}, {name: "ranked_ms", number: true},
}

// resultTable is results.csv before it is written: its columns and where each race's visits and lists stand.
type resultTable struct {
	event   *race.Event
	columns []column
	races   []raceColumns
}

// raceColumns are the columns of one race.
type raceColumns struct {
	// splits holds the column of each visit, 0 for start and finish.
	splits []int
	// lists holds the column of each classification's list; its rank stands one further on.
	lists []int
}

// newResultTable lays out the columns: visits by their index, then in the order of races, where equal ones of two races
// stand once; then classifications in the order of first appearance.
func newResultTable(event *race.Event) *resultTable {
	t := &resultTable{event: event, columns: slices.Clone(resultColumns), races: make([]raceColumns, len(event.Races))}
	visits := 0
	for i, r := range event.Races {
		t.races[i].splits = make([]int, len(r.Course))
		visits = max(visits, len(r.Course))
	}
	at := map[string]int{}
	place := func(name string, extra ...column) int {
		if _, ok := at[name]; !ok {
			at[name] = len(t.columns)
			t.columns = append(append(t.columns, column{name: name}), extra...)
		}
		return at[name]
	}
	for n := 1; n < visits; n++ {
		for i, r := range event.Races {
			if n < len(r.Course)-1 {
				t.races[i].splits[n] = place("split:" + strconv.Itoa(n) + ":" + string(r.Course[n].Point))
			}
		}
	}
	for i, r := range event.Races {
		for _, c := range r.Classifications {
			id := string(c.ID)
			t.races[i].lists = append(t.races[i].lists, place("list:"+id, column{name: "rank:" + id, number: true}))
		}
	}
	return t
}

// each calls f with every line in the order of FORMATS.md. The record is used again for the next line.
func (t *resultTable) each(results []result.Result, f func(record []string) error) error {
	record := make([]string, len(t.columns))
	byRace := groupByRace(results)
	for i := range t.event.Races {
		r := &t.event.Races[i]
		lists := rankLists(r, byRace[r.ID])
		for _, res := range inOrderOfLines(byRace[r.ID], lists) {
			clear(record)
			t.fill(record, i, res, lists)
			if err := f(record); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill writes the line of an entrant of the nth race.
func (t *resultTable) fill(record []string, n int, res *result.Result, lists map[string]*ranking.List) {
	r, columns := &t.event.Races[n], t.races[n]
	ranked := res.Time(firstTerms(r).classification.Basis)
	copy(record, []string{
		string(res.Race), string(res.Bib), res.Chip, res.Sex.String(), res.AgeGroup, string(res.Wave), res.Status.String(),
		shown(res.Gun, r), shown(res.Net, r), shownPenalty(res, r), shown(ranked, r),
		milliseconds(res.Gun), milliseconds(res.Net), milliseconds(ranked),
	})
	for _, p := range res.Passings {
		if p.Visit < len(columns.splits) && columns.splits[p.Visit] > 0 {
			record[columns.splits[p.Visit]] = shown(netAt(res, r, p.At), r)
		}
	}
	for i, at := range columns.lists {
		name := listOf(res, i)
		record[at] = name
		if rank, ok := rankIn(lists, name, res.Entrant); ok {
			record[at+1] = strconv.Itoa(rank)
		}
	}
}

func rankIn(lists map[string]*ranking.List, name string, entrant race.EntrantID) (int, bool) {
	list, ok := lists[name]
	if !ok {
		return 0, false
	}
	return list.Rank(entrant)
}

func milliseconds(t racetime.Optional) string {
	if !t.Known {
		return ""
	}
	return strconv.FormatInt(racetime.Milliseconds(t.Time), 10)
}

func groupByRace(results []result.Result) map[race.ID][]*result.Result {
	groups := map[race.ID][]*result.Result{}
	for i := range results {
		r := &results[i]
		groups[r.Race] = append(groups[r.Race], r)
	}
	return groups
}

// inOrderOfLines returns the results of one race by the first classification's lists, rank and bib, then the unranked by
// bib.
func inOrderOfLines(results []*result.Result, lists map[string]*ranking.List) []*result.Result {
	type line struct {
		list   string
		rank   int
		result *result.Result
	}
	var ranked []line
	var unranked []*result.Result
	for _, r := range results {
		list := listOf(r, 0)
		if rank, ok := rankIn(lists, list, r.Entrant); ok {
			ranked = append(ranked, line{list, rank, r})
		} else {
			unranked = append(unranked, r)
		}
	}
	slices.SortFunc(ranked, func(a, b line) int {
		if order := cmp.Or(cmp.Compare(a.list, b.list), cmp.Compare(a.rank, b.rank)); order != 0 {
			return order
		}
		return race.CompareBibs(a.result.Bib, b.result.Bib)
	})
	slices.SortFunc(unranked, func(a, b *result.Result) int { return race.CompareBibs(a.Bib, b.Bib) })
	lines := make([]*result.Result, 0, len(results))
	for _, l := range ranked {
		lines = append(lines, l.result)
	}
	return append(lines, unranked...)
}
