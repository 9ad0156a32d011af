package standings

import (
	"bytes"
	"cmp"
	"io"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

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

// formatRecords writes lines as a kind of file has them. A record is used again for the next line.
type formatRecords func(to *bytes.Buffer, records iter.Seq[[]string]) error

// formatLines is how many lines are formatted at once on each processor before they are written.
const formatLines = 1024

// write writes every line in the order of FORMATS.md. It works on all processors.
func (t *resultTable) write(w io.Writer, results []result.Result, format formatRecords) error {
	parts := slices.Collect(slices.Chunk(t.lines(results), formatLines))
	written := make([]bytes.Buffer, runtime.GOMAXPROCS(0))
	for atOnce := range slices.Chunk(parts, len(written)) {
		var group errgroup.Group
		for i, lines := range atOnce {
			written[i].Reset()
			group.Go(func() error { return format(&written[i], t.records(lines)) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for i := range atOnce {
			if _, err := w.Write(written[i].Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *resultTable) records(lines []line) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		record := make([]string, len(t.columns))
		for _, l := range lines {
			clear(record)
			t.fill(record, l)
			if !yield(record) {
				return
			}
		}
	}
}

// line is an entrant's line before it is written.
type line struct {
	*result.Result
	// race is the index of the entrant's race.
	race int
	// ranks are in the order of the race's classifications, 0 where there is none.
	ranks []int
	// list and rank are of the first classification.
	list string
	rank int
}

func (t *resultTable) fill(record []string, l line) {
	r, columns := &t.event.Races[l.race], t.races[l.race]
	ranked := l.Time(firstTerms(r).classification.Basis)
	copy(record, []string{
		string(l.Race), string(l.Bib), l.Chip, l.Sex.String(), l.AgeGroup, string(l.Wave), l.Status.String(),
		result.Shown(l.Gun, r), result.Shown(l.Net, r), shownPenalty(l.Result, r), result.Shown(ranked, r),
		milliseconds(l.Gun), milliseconds(l.Net), milliseconds(ranked),
	})
	for _, p := range l.Passings {
		if p.Visit < len(columns.splits) && columns.splits[p.Visit] > 0 {
			record[columns.splits[p.Visit]] = result.Shown(l.Result.NetTimeAt(p.At, r), r)
		}
	}
	for i, at := range columns.lists {
		record[at] = listOf(l.Result, i)
		if l.ranks[i] > 0 {
			record[at+1] = strconv.Itoa(l.ranks[i])
		}
	}
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

// lines returns the lines of every race.
func (t *resultTable) lines(results []result.Result) []line {
	byRace := groupByRace(results)
	ofRaces := make([][]line, len(t.event.Races))
	var races sync.WaitGroup
	for i := range t.event.Races {
		races.Go(func() { ofRaces[i] = t.linesOfRace(i, byRace[t.event.Races[i].ID]) })
	}
	races.Wait()
	return slices.Concat(ofRaces...)
}

// linesOfRace returns the lines of one race by the first classification's lists, rank and bib, then the unranked by bib.
func (t *resultTable) linesOfRace(of int, results []*result.Result) []line {
	r := &t.event.Races[of]
	lines := make([]line, len(results))
	index := make(map[race.EntrantID]int, len(results))
	ranks := make([]int, len(results)*len(r.Classifications))
	for i, res := range results {
		lines[i] = line{Result: res, race: of, ranks: ranks[i*len(r.Classifications) : (i+1)*len(r.Classifications)]}
		index[res.Entrant] = i
	}
	var classifications sync.WaitGroup
	for n := range r.Classifications {
		classifications.Go(func() {
			for name, list := range classify(r, n, results) {
				for rank, e := range ranking.InOrder(list.all, list.before) {
					l := &lines[index[e.Entrant]]
					if l.ranks[n] = rank; n == 0 {
						l.list, l.rank = name, rank
					}
				}
			}
		})
	}
	classifications.Wait()
	slices.SortFunc(lines, func(a, b line) int {
		switch {
		case a.rank == 0 && b.rank > 0:
			return 1
		case a.rank > 0 && b.rank == 0:
			return -1
		case a.list != b.list:
			return cmp.Compare(a.list, b.list)
		case a.rank != b.rank:
			return cmp.Compare(a.rank, b.rank)
		}
		return race.CompareBibs(a.Bib, b.Bib)
	})
	return lines
}
