package standings_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// boardEvent is a city race by gun and by net and a relay.
func boardEvent() *race.Event {
	event := relay()
	city := twoRaces().Races[0]
	city.Classifications = append(city.Classifications, race.Classification{ID: "overall", Basis: race.Net})
	city.NoStartRead = race.NoNetTime
	event.Races = append(event.Races, city)
	return event
}

// field is the entrants of a test, as the scorer would know them.
type field map[race.EntrantID]result.Result

func (f field) results() []result.Result {
	var results []result.Result
	for _, r := range f {
		results = append(results, r)
	}
	return results
}

// change draws what a commit of the scorer may do: some entrants come or become others, some go, two swap their bibs.
func (f field) change(t *rapid.T, withRulings bool) (changed []result.Result, removed []race.EntrantID) {
	ids := rapid.SliceOfNDistinct(rapid.Int64Range(1, 12), 0, 4, rapid.ID).Draw(t, "entrants")
	for _, id := range ids {
		id := race.EntrantID(id)
		old, there := f[id]
		if there && rapid.IntRange(0, 5).Draw(t, "goes") == 0 {
			removed = append(removed, id)
			delete(f, id)
			continue
		}
		bib := old.Bib
		if !there {
			bib = race.Bib(fmt.Sprint(100 + id))
		}
		f[id] = drawResult(t, id, bib, withRulings)
		changed = append(changed, f[id])
	}
	if len(changed) == 2 && rapid.Bool().Draw(t, "swap") {
		changed[0].Bib, changed[1].Bib = changed[1].Bib, changed[0].Bib
		f[changed[0].Entrant], f[changed[1].Entrant] = changed[0], changed[1]
	}
	for _, id := range slices.Sorted(maps.Keys(f)) {
		for other := range f {
			if id != other && f[id].Bib == f[other].Bib {
				// A newcomer got the bib of one who swapped.
				r := f[id]
				r.Bib = race.Bib(fmt.Sprint(200 + id))
				f[id] = r
				changed = slices.DeleteFunc(changed, func(r result.Result) bool { return r.Entrant == id })
				changed = append(changed, r)
			}
		}
	}
	return changed, removed
}

func drawResult(t *rapid.T, id race.EntrantID, bib race.Bib, withRulings bool) result.Result {
	few := rapid.IntRange(1, 4)
	r := result.Result{Entrant: id, Bib: bib, Race: "city", Status: result.Status(rapid.IntRange(1, 9).Draw(t, "status"))}
	if rapid.IntRange(0, 5).Draw(t, "gun") > 0 {
		r.GunAt = gun
	}
	if rapid.Bool().Draw(t, "relay") {
		r.Race = "relay"
		for leg := range 3 {
			l := result.Leg{Number: leg + 1, Ranked: rapid.Bool().Draw(t, "ranked")}
			l.NotCompleted = rapid.IntRange(0, 5).Draw(t, "not completed") == 0
			if rapid.Bool().Draw(t, "known") {
				l.Time = racetime.Known(time.Duration(few.Draw(t, "leg")) * second)
				l.Cumulative = racetime.Known(time.Duration(few.Draw(t, "sum")) * second)
			}
			r.Legs = append(r.Legs, l)
		}
		r.LegsTotal = r.Legs[2].Cumulative
		r.Lists = []string{rapid.SampledFrom([]string{"", "overall"}).Draw(t, "list")}
	} else {
		r.Lists = []string{
			rapid.SampledFrom([]string{"", "sex/M", "sex/F"}).Draw(t, "sex"),
			rapid.SampledFrom([]string{"", "age/M18-39", "age/M40+"}).Draw(t, "age"),
			rapid.SampledFrom([]string{"", "overall"}).Draw(t, "list"),
		}
	}
	at := gun
	for visit := range 4 {
		at = at.Add(time.Duration(few.Draw(t, "at")) * second)
		if rapid.Bool().Draw(t, "seen") {
			r.Passings = append(r.Passings, passing.Passing{Visit: visit, At: at})
		}
	}
	if r.Status == result.Finished {
		r.Gun = racetime.Known(time.Duration(few.Draw(t, "gun time")) * second)
		r.Net = racetime.Optional{Time: r.Gun.Time, Known: rapid.Bool().Draw(t, "net")}
		r.Penalty = time.Duration(few.Draw(t, "penalty")-1) * second
	}
	if withRulings && rapid.IntRange(0, 3).Draw(t, "judge") == 0 {
		r.Before = []race.Bib{race.Bib(fmt.Sprint(100 + rapid.IntRange(1, 12).Draw(t, "before")))}
	}
	return r
}

// told is everything that a board tells, in a form that can be compared.
type told struct {
	Version  int64
	Pages    map[string][]string
	Progress []standings.Progress
	Lists    map[race.ID][]standings.ListSummary
	Entrants map[race.Bib]string
}

func line(row standings.Row) string {
	return fmt.Sprint(row.Rank, " ", row.Result.Entrant, " ", row.Result.Bib, " ", row.Ranked())
}

func tell(t *rapid.T, b *standings.Board) told {
	all := told{
		Version: b.Version(), Pages: map[string][]string{}, Lists: map[race.ID][]standings.ListSummary{},
		Entrants: map[race.Bib]string{},
	}
	progress, _, err := b.Progress("")
	if err != nil {
		t.Fatal(err)
	}
	all.Progress = progress
	for _, r := range b.Event().Races {
		lists, err := b.Lists(r.ID)
		if err != nil {
			t.Fatal(err)
		}
		all.Lists[r.ID] = lists
		for _, list := range lists {
			all.Pages[string(r.ID)+" "+list.Name] = pages(t, b, r.ID, list.Name, 3)
		}
	}
	for bib := 101; bib <= 212; bib++ {
		e, err := b.Entrant(race.Bib(fmt.Sprint(bib)))
		if err != nil {
			continue
		}
		text := fmt.Sprint(line(e.Row), " ", e.Ranks)
		for _, leg := range e.Legs {
			text += fmt.Sprint(" ", leg.Rank, "/", leg.RankAfter)
		}
		all.Entrants[e.Row.Result.Bib] = text
	}
	return all
}

// pages reads a list to its end, n rows at a time.
func pages(t *rapid.T, b *standings.Board, raceID race.ID, list string, n int) []string {
	var lines []string
	for {
		page, err := b.Page(raceID, list, len(lines), n)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Rows {
			lines = append(lines, line(row))
		}
		if len(page.Rows) < n {
			if len(lines) != page.Ranked+page.OnCourse {
				t.Fatalf("%s has %d rows, want %d ranked and %d on course", list, len(lines), page.Ranked, page.OnCourse)
			}
			return lines
		}
	}
}

func TestABoardChangedStepByStepTellsWhatTheOracleDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		event, f := boardEvent(), field{}
		f.change(t, false)
		b := standings.NewBoard(event, 1, f.results())
		for version := int64(2); version < 8; version++ {
			changed, removed := f.change(t, false)
			b.Apply(version, changed, removed)
			if diff := gocmp.Diff(oracle(event, version, f), tell(t, b), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("(-oracle +board)\n%s", diff)
			}
		}
	})
}

func TestABoardChangedStepByStepTellsWhatANewOneDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		event, f := boardEvent(), field{}
		b := standings.NewBoard(event, 1, nil)
		for version := int64(2); version < 8; version++ {
			changed, removed := f.change(t, true)
			if rapid.Bool().Draw(t, "reload") {
				b.Reload(boardEvent(), version, f.results())
			} else {
				b.Apply(version, changed, removed)
			}
			want := tell(t, standings.NewBoard(event, version, f.results()))
			if diff := gocmp.Diff(want, tell(t, b), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("(-new +changed)\n%s", diff)
			}
		}
	})
}

func TestTwoWhoSwapTheirBibsOneAfterTheOtherAreBothFound(t *testing.T) {
	t.Parallel()
	wears := func(id race.EntrantID, bib race.Bib) []result.Result {
		return []result.Result{runner(id, "relay", bib, result.Entered)}
	}
	b := standings.NewBoard(boardEvent(), 1, append(wears(1, "101"), wears(2, "102")...))
	b.Apply(2, wears(1, "102"), nil)
	b.Apply(3, wears(2, "101"), nil)
	for bib, id := range map[race.Bib]race.EntrantID{"102": 1, "101": 2} {
		if e, err := b.Entrant(bib); err != nil || e.Row.Result.Entrant != id {
			t.Errorf("bib %s: got %+v, %v, want entrant %d", bib, e.Row.Result, err, id)
		}
	}
}

func TestWhoGoesAndComesBackInOneChangeIsResumedFromBefore(t *testing.T) {
	t.Parallel()
	r := runner(1, "relay", "1", result.Started, second)
	r.Lists = []string{"overall"}
	b := standings.NewBoard(boardEvent(), 1, []result.Result{r})
	elsewhere := r
	elsewhere.Bib = "2"
	b.Apply(2, []result.Result{elsewhere}, []race.EntrantID{1})
	update, _ := firstOf(t, b, 1)
	if update.Snapshot || !slices.Equal(update.Removed, []race.Bib{"1"}) || len(update.Rows) != 1 {
		t.Errorf("got %+v", update)
	}
}
