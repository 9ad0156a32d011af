package award

import (
	"iter"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
	"raceday/services/rules/ranking"
)

// order is a list in its order: bibs, equal times in brackets are not needed beyond their ranks.
type order struct {
	name string
	list *ranking.List
}

// entrants gives every bib an entrant of its own, the same in every list.
func entrants(bibs ...int) []ranking.Entry {
	entries := make([]ranking.Entry, len(bibs))
	for i, bib := range bibs {
		text := strconv.Itoa(bib)
		entries[i] = ranking.Entry{Entrant: race.EntrantID(bib), Bib: race.Bib(text), Time: time.Duration(i) * time.Second}
	}
	return entries
}

func listOf(name string, entries []ranking.Entry) order {
	return order{name, ranking.NewListOf(entries, nil)}
}

func of(lists map[race.ClassificationID][]order) Lists {
	return func(id race.ClassificationID) []List {
		var found []List
		for _, o := range lists[id] {
			found = append(found, List{Name: o.name, Len: o.list.Len(), Ranked: o.list.All()})
		}
		return found
	}
}

// won writes prizes as list place bib.
func won(prizes []Prize) []string {
	var texts []string
	for _, p := range prizes {
		texts = append(texts, p.List+" "+strconv.Itoa(p.Place)+" "+string(p.Bib))
	}
	return texts
}

func TestWinners(t *testing.T) {
	t.Parallel()
	overallAndAge := []race.Award{
		{Classification: "overall", Ranks: 2, Exclusive: true}, {Classification: "age", Ranks: 2, Exclusive: true},
	}
	tie := entrants(1, 2, 3, 4)
	tie[2].Time = tie[1].Time
	for _, test := range []struct {
		name   string
		awards []race.Award
		lists  map[race.ClassificationID][]order
		want   []string
	}{
		{
			"overall by gun, age groups by net: the winner of both has the overall prize, the next moves up", overallAndAge,
			map[race.ClassificationID][]order{
				"overall": {listOf("overall", entrants(1, 2, 3, 4))},
				"age":     {listOf("age/F18-34", entrants(4)), listOf("age/M35-39", entrants(1, 3, 2))},
			},
			[]string{"overall 1 1", "overall 2 2", "age/F18-34 1 4", "age/M35-39 1 3"},
		},
		{
			"prizes that do not exclude stand side by side",
			[]race.Award{{Classification: "overall", Ranks: 1}, {Classification: "age", Ranks: 1}},
			map[race.ClassificationID][]order{
				"overall": {listOf("overall", entrants(1, 2))}, "age": {listOf("age/M35-39", entrants(1))},
			},
			[]string{"overall 1 1", "age/M35-39 1 1"},
		},
		{
			"two share the second place, and both win",
			[]race.Award{{Classification: "overall", Ranks: 2}},
			map[race.ClassificationID][]order{"overall": {listOf("overall", tie)}},
			[]string{"overall 1 1", "overall 2 2", "overall 2 3"},
		},
		{
			"too few finishers in a group",
			[]race.Award{{Classification: "age", Ranks: 3, MinimumFinishers: 2}},
			map[race.ClassificationID][]order{"age": {listOf("age/F70+", entrants(7)), listOf("age/M70+", entrants(8, 9))}},
			[]string{"age/M70+ 1 8", "age/M70+ 2 9"},
		},
		{
			"nobody finished", overallAndAge, nil, nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := won(Winners(&race.Race{Awards: test.awards}, of(test.lists)))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("winners (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWinnersKeepTheirRanks(t *testing.T) {
	t.Parallel()
	prizes := Winners(&race.Race{Awards: []race.Award{
		{Classification: "overall", Ranks: 1, Exclusive: true}, {Classification: "age", Ranks: 1},
	}}, of(map[race.ClassificationID][]order{
		"overall": {listOf("overall", entrants(1, 2))}, "age": {listOf("age/M35-39", entrants(1, 2))},
	}))
	want := Prize{Classification: "age", List: "age/M35-39", Place: 1, Entrant: 2, Bib: "2", Rank: 2}
	if len(prizes) != 2 || prizes[1] != want {
		t.Errorf("prizes %+v, want the second to be %+v", prizes, want)
	}
}

// Winner disqualified after the podium: who loses, who moves up.
func TestChanges(t *testing.T) {
	t.Parallel()
	r := &race.Race{Awards: []race.Award{
		{Classification: "overall", Ranks: 2, Exclusive: true}, {Classification: "age", Ranks: 1},
	}}
	before := Winners(r, of(map[race.ClassificationID][]order{
		"overall": {listOf("overall", entrants(1, 2, 3))}, "age": {listOf("age/M35-39", entrants(1, 3, 4))},
	}))
	after := Winners(r, of(map[race.ClassificationID][]order{
		"overall": {listOf("overall", entrants(2, 3))}, "age": {listOf("age/M35-39", entrants(3, 4))},
	}))
	want := []Change{
		{"overall", "overall", 2, "2", 2, 1},
		{"overall", "overall", 3, "3", 0, 2},
		{"overall", "overall", 1, "1", 1, 0},
		{"age", "age/M35-39", 4, "4", 0, 1},
		{"age", "age/M35-39", 3, "3", 1, 0},
	}
	if diff := cmp.Diff(want, Changes(r, before, after)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got := Changes(r, after, after); got != nil {
		t.Errorf("changes to the same: %v", got)
	}
}

// Whatever the lists: nobody has two exclusive prizes of different awards, no prize is left while somebody eligible stands
// below, and ranks are those of the list.
func TestWinnersOfRandomLists(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lists, awards := drawLists(t), []race.Award{}
		for _, id := range []race.ClassificationID{"c0", "c1", "c2"} {
			awards = append(awards, race.Award{
				Classification: id, Ranks: rapid.IntRange(1, 3).Draw(t, "ranks"), Exclusive: rapid.Bool().Draw(t, "exclusive"),
				MinimumFinishers: rapid.IntRange(0, 4).Draw(t, "minimum"),
			})
		}
		prizes := Winners(&race.Race{Awards: awards}, of(lists))
		exclusive := map[race.EntrantID]race.ClassificationID{}
		for _, a := range awards {
			for _, o := range lists[a.Classification] {
				checkList(t, a, o, prizes, exclusive)
			}
			for _, p := range prizes {
				if a.Exclusive && p.Classification == a.Classification {
					exclusive[p.Entrant] = a.Classification
				}
			}
		}
	})
}

// checkList counts places by hand: of who is not passed over, 1 more than those with a better rank.
func checkList(t *rapid.T, a race.Award, o order, prizes []Prize, exclusive map[race.EntrantID]race.ClassificationID) {
	want := map[race.EntrantID]Prize{}
	for _, e := range ranked(o.list.All()) {
		if _, passed := exclusive[e.Entrant]; passed || o.list.Len() < a.MinimumFinishers {
			continue
		}
		rank, _ := o.list.Rank(e.Entrant)
		place := 1
		for _, other := range ranked(o.list.All()) {
			otherRank, _ := o.list.Rank(other.Entrant)
			if _, passed := exclusive[other.Entrant]; !passed && otherRank < rank {
				place++
			}
		}
		if place <= a.Ranks {
			want[e.Entrant] = Prize{a.Classification, o.name, place, e.Entrant, e.Bib, rank}
		}
	}
	got := map[race.EntrantID]Prize{}
	for _, p := range prizes {
		if p.List == o.name {
			got[p.Entrant] = p
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("prizes of %s (-want +got):\n%s", o.name, diff)
	}
}

func ranked(all iter.Seq2[int, ranking.Entry]) []ranking.Entry {
	var entries []ranking.Entry
	for _, e := range all {
		entries = append(entries, e)
	}
	return entries
}

// drawLists draws three classifications over the same field, each with a few lists that nobody is in twice.
func drawLists(t *rapid.T) map[race.ClassificationID][]order {
	lists := map[race.ClassificationID][]order{}
	for _, id := range []race.ClassificationID{"c0", "c1", "c2"} {
		field := map[int][]ranking.Entry{}
		for bib := range 8 {
			e := ranking.Entry{Entrant: race.EntrantID(bib), Bib: race.Bib(strconv.Itoa(bib))}
			e.Time = time.Duration(rapid.IntRange(0, 5).Draw(t, "time"))
			n := rapid.IntRange(-1, 1).Draw(t, "list")
			field[n] = append(field[n], e)
		}
		for n := range 2 {
			lists[id] = append(lists[id], listOf(string(id)+"/"+strconv.Itoa(n), slices.Clone(field[n])))
		}
	}
	return lists
}
