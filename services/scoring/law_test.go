package scoring

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/age"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// gunAt is the gun of the first wave of every drawn race.
const gunAt = racetime.Instant(1_758_000_000_000_000)

func second(s int) racetime.Instant { return gunAt + racetime.Instant(s)*1_000_000 }

// drawnDay is a small race day with every kind of trouble.
type drawnDay struct {
	event    *race.Event
	entrants []race.Entrant
	rulings  []ruling.Ruling
	reads    []Read
}

func drawDay(t *rapid.T) drawnDay {
	event := &race.Event{
		ID: "day", Points: []race.PointID{"line", "k2", "k5"},
		Mats: []race.Mat{
			{ID: "line-a", Point: "line"}, {ID: "line-b", Point: "line", Backup: true},
			{ID: "k2-a", Point: "k2", Until: second(2000)},
			{ID: "k2-a", Point: "k5", From: second(2000), ClockOffset: 3 * time.Second},
			{ID: "k5-a", Point: "k5"},
		},
		Races: []race.Race{drawRace(t, "run", false), drawRace(t, "relay", true)},
	}
	day := drawnDay{event: event}
	for i := range rapid.IntRange(1, 6).Draw(t, "entrants") {
		day.entrants = append(day.entrants, drawEntrant(t, i+1))
	}
	day.rulings = rapid.SliceOfN(rapid.Custom(drawRuling), 0, 6).Draw(t, "rulings")
	for i := range day.rulings {
		day.rulings[i].ID = ruling.ID(fmt.Sprint(i))
	}
	day.reads = rapid.SliceOfN(rapid.Custom(drawRead), 0, 60).Draw(t, "reads")
	return day
}

func drawRace(t *rapid.T, id race.ID, relay bool) race.Race {
	r := race.New(race.Other)
	r.ID = id
	r.DistanceMillimetres = 10_000_000
	r.FastestPace = 60 * time.Second
	r.NoStartRead = rapid.SampledFrom([]race.NoStartRead{race.UseGun, race.NoNetTime, race.NotRanked}).Draw(t, "no start read")
	r.Waves = []race.Wave{{ID: "A", Gun: gunAt}, {ID: "B", Gun: second(300)}}
	r.Course = []race.Visit{{Point: "line"}, {Point: "k2", AtMillimetres: 2_000_000}, {Point: "line", AtMillimetres: 5_000_000},
		{Point: "k5", AtMillimetres: 7_000_000}, {Point: "line", AtMillimetres: 10_000_000}}
	r.Course[3].CutOff.AfterGun = time.Duration(rapid.IntRange(0, 1).Draw(t, "cut-off")) * 2500 * time.Second
	r.Classifications = append(r.Classifications, race.Classification{
		ID: "age", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{18, 40}, Basis: race.Net})
	if relay {
		r.Team = &race.Team{Size: 2, Chip: rapid.SampledFrom([]race.ChipHolder{race.TeamChip, race.MemberChip}).Draw(t, "chip"),
			Legs: []race.Leg{{To: "k2", LengthMillimetres: 2_000_000, ForcedStart: second(900)}, {To: "line", LengthMillimetres: 3_000_000},
				{To: "k5", LengthMillimetres: 2_000_000}, {To: "line", LengthMillimetres: 3_000_000}}}
	}
	return r
}

func drawEntrant(t *rapid.T, number int) race.Entrant {
	years := rapid.IntRange(17, 45).Draw(t, "age")
	e := race.Entrant{
		ID: race.EntrantID(number), Race: rapid.SampledFrom([]race.ID{"run", "run", "relay"}).Draw(t, "race"),
		Bib: race.Bib(fmt.Sprint(number)), Chips: []string{fmt.Sprint("00", number)},
		Wave:   rapid.SampledFrom([]race.WaveID{"A", "B"}).Draw(t, "wave"),
		Person: race.Person{Sex: rapid.SampledFrom([]race.Sex{race.Female, race.Male, race.X}).Draw(t, "sex"), AgeYears: &years},
	}
	if rapid.Bool().Draw(t, "second chip") {
		e.Chips = append(e.Chips, fmt.Sprint("x", number))
	}
	if e.Race == "relay" {
		e.Members = []race.Member{{Leg: 1, Chips: []string{fmt.Sprint("m", number, "1")}}, {Leg: 2, Chips: []string{fmt.Sprint("m", number, "2")}}}
	}
	return e
}

func drawRuling(t *rapid.T) ruling.Ruling {
	r := ruling.Ruling{
		Race: rapid.SampledFrom([]race.ID{"run", "relay"}).Draw(t, "race"),
		Kind: rapid.SampledFrom(ruling.Kinds()).Draw(t, "kind"),
		Bib:  race.Bib(fmt.Sprint(rapid.IntRange(1, 6).Draw(t, "bib"))),
		At:   second(rapid.IntRange(-60, 4000).Draw(t, "at")), Duration: 30 * time.Second,
		Point: rapid.SampledFrom([]string{"", "line", "k2", "line#2"}).Draw(t, "point"),
	}
	switch r.Kind {
	case ruling.Gun, ruling.Close:
		r.Bib = ""
		r.Target = rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "target")
	case ruling.Revoke:
		r.Bib, r.Target = "", fmt.Sprint(rapid.IntRange(0, 6).Draw(t, "target"))
	case ruling.StartWithWave:
		r.Target = "A"
	case ruling.RankBefore:
		r.Target = fmt.Sprint(rapid.IntRange(1, 6).Draw(t, "target"))
	}
	return r
}

func drawRead(t *rapid.T) Read {
	number := rapid.IntRange(1, 6).Draw(t, "number")
	return Read{
		Mat:  rapid.SampledFrom([]race.MatID{"line-a", "line-b", "k2-a", "k5-a", "nowhere"}).Draw(t, "mat"),
		Chip: rapid.SampledFrom([]race.Chip{race.Chip(fmt.Sprint(number)), race.Chip(fmt.Sprint("X", number)), race.Chip(fmt.Sprint("M", number, "1")), race.Chip(fmt.Sprint("M", number, "2"))}).Draw(t, "chip"),
		At:   second(20 * rapid.IntRange(-5, 220).Draw(t, "at")),
	}
}

// outcome is everything that the standings show, in a fixed order.
func outcome(event *race.Event, results []result.Result) (sorted []result.Result, lists []ListChange) {
	slices.SortFunc(results, func(a, b result.Result) int { return cmp.Compare(a.Entrant, b.Entrant) })
	ranks := NewRanks(nil)
	for i := range results {
		ranks.Update(event, nil, &results[i])
	}
	return results, ranks.Tell()
}

func (d drawnDay) score() (sorted []result.Result, lists []ListChange) {
	offline := NewOffline(d.event)
	offline.book.withAnomalies = true // so that the law is tested of them too
	mats, chips := map[race.MatID]int{}, map[race.Chip]int{}
	for _, read := range d.reads {
		offline.AddRead(&Numbered{read, number(mats, read.Mat), number(chips, read.Chip)})
	}
	offline.SetRoster(d.entrants)
	return outcome(d.event, offline.Score(d.rulings))
}

func number[Name comparable](numbers map[Name]int, name Name) int {
	if _, ok := numbers[name]; !ok {
		numbers[name] = len(numbers)
	}
	return numbers[name]
}

// The law: standings are a pure function of event, roster, rulings and the set of reads. However the facts become known,
// in pieces, in any order, again and again, and however they stood before: the book ends with the same.
func TestTheOrderInWhichFactsBecomeKnownChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := drawDay(t)
		wantResults, wantLists := day.score()

		book, ranks := NewBook(), NewRanks(nil)
		var told []ListChange
		told = append(told, day.tellInAnyOrder(t, book, ranks)...)
		gotResults, gotLists := outcome(day.event, book.Results())
		if diff := gocmp.Diff(wantResults, gotResults); diff != "" {
			t.Fatalf("results (-at once +in pieces):\n%s", diff)
		}
		if diff := gocmp.Diff(wantLists, gotLists); diff != "" {
			t.Fatalf("ranks (-at once +in pieces):\n%s", diff)
		}
		told = append(told, ranks.Tell()...)
		if diff := gocmp.Diff(standing(wantLists), standing(told)); diff != "" {
			t.Fatalf("ranks that were told of (-at once +in pieces):\n%s", diff)
		}
	})
}

// tellInAnyOrder makes the facts known to a book in drawn pieces, keeping only the order of rulings, and keeps ranks as
// the scorer does.
func (d drawnDay) tellInAnyOrder(t *rapid.T, book *Book, ranks *Ranks) (told []ListChange) {
	reads := rapid.Permutation(append(slices.Clone(d.reads), d.reads[:len(d.reads)/2]...)).Draw(t, "order of reads")
	facts := []string{"event"}
	for range d.entrants {
		facts = append(facts, "entrant")
	}
	for range d.rulings {
		facts = append(facts, "ruling")
	}
	for range reads {
		facts = append(facts, "read")
	}
	entrant, ruled, read := 0, 0, 0
	for _, fact := range rapid.Permutation(facts).Draw(t, "order of facts") {
		switch fact {
		case "event":
			book.SetEvent(d.event)
		case "entrant":
			e := d.entrants[entrant]
			if rapid.Bool().Draw(t, "corrected") { // another line stood before
				wrong := e
				wrong.Chips, wrong.Bib = []string{"1", "x3"}, "77"
				book.SetEntrants([]race.Entrant{wrong})
				d.settle(t, book, ranks)
			}
			book.SetEntrants([]race.Entrant{e})
			book.SetEntrants(d.entrants[:entrant+1]) // whoever lost a chip to the wrong line
			entrant++
		case "ruling":
			again := rapid.IntRange(0, ruled).Draw(t, "rulings told again from")
			book.AddRulings(d.rulings[again : ruled+1])
			ruled++
		case "read":
			book.AddRead(reads[read])
			read++
		}
		if rapid.Bool().Draw(t, "settle") {
			d.settle(t, book, ranks)
			switch rapid.IntRange(0, 2).Draw(t, "tell") {
			case 1:
				told = append(told, ranks.TellSome(1)...)
			case 2:
				told = append(told, ranks.Tell()...)
			}
		}
	}
	d.settle(t, book, ranks)
	return told
}

func (d drawnDay) settle(t *rapid.T, book *Book, ranks *Ranks) {
	changes := book.Settle()
	for i := range changes.Results {
		c := &changes.Results[i]
		if c.Was != nil && c.Was.Equal(&c.Now) {
			t.Fatalf("a result was told that had not changed: %+v", c.Now)
		}
		ranks.Update(d.event, c.Was, &c.Now)
	}
	for i := range changes.Removed {
		ranks.Update(d.event, &changes.Removed[i], nil)
	}
}

// standing is what is stored after all changes of ranks.
func standing(changes []ListChange) map[ListKey]map[race.EntrantID]Rank {
	stored := map[ListKey]map[race.EntrantID]Rank{}
	for _, change := range changes {
		list := stored[change.ListKey]
		if list == nil {
			list = map[race.EntrantID]Rank{}
			stored[change.ListKey] = list
		}
		for _, gone := range change.Removed {
			delete(list, gone)
		}
		for _, rank := range change.New {
			if _, known := list[rank.Entrant]; known {
				rank.Rank = -1 // it is not new
			}
			list[rank.Entrant] = rank
		}
		for _, rank := range change.Put {
			if _, known := list[rank.Entrant]; !known {
				rank.Rank = -1 // it is new
			}
			list[rank.Entrant] = rank
		}
		if len(list) == 0 {
			delete(stored, change.ListKey)
		}
	}
	return stored
}

// One read more changes only its own entrant's result, and the ranks that follow from it.
func TestOneReadMoreChangesOnlyItsOwnEntrant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := drawDay(t)
		book := NewBook()
		book.SetEvent(day.event)
		book.SetEntrants(day.entrants)
		book.AddRulings(day.rulings)
		book.AddReads(day.reads)
		book.Settle()
		more := drawRead(t)
		book.AddRead(more)
		changes := book.Settle()
		if len(changes.Removed) > 0 || len(changes.Results) > 1 {
			t.Fatalf("%d results changed, %d removed", len(changes.Results), len(changes.Removed))
		}
		for _, change := range changes.Results {
			e := day.entrants[change.Now.Entrant-1]
			if !wears(&e, more.Chip) {
				t.Fatalf("the result of %s changed, whose chips %v are not %s", e.Bib, e.Chips, more.Chip)
			}
		}
		day.reads = append(day.reads, more)
		want, _ := day.score()
		got, _ := outcome(day.event, book.Results())
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("(-from nothing +one read more):\n%s", diff)
		}
	})
}

func wears(e *race.Entrant, chip race.Chip) bool {
	chips := slices.Clone(e.Chips)
	for _, m := range e.Members {
		chips = append(chips, m.Chips...)
	}
	return slices.ContainsFunc(chips, func(written string) bool {
		parsed, _ := race.ParseChip(written)
		return parsed == chip
	})
}
