// Package award says who wins the prizes of a race. A prize never changes a rank.
package award

import (
	"cmp"
	"iter"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/ranking"
)

// Prize is what an entrant wins.
type Prize struct {
	Classification race.ClassificationID
	// List is its list, such as age/M35-39.
	List string
	// Place counts from 1 among those of the list who are not passed over; equal times share one, as ranks do.
	Place   int
	Entrant race.EntrantID
	Bib     race.Bib
	// Rank is that in the list, where Place is behind it when somebody above was passed over.
	Rank int
}

// Lists returns the lists of a classification, by name, each with its ranks and entries in order.
type Lists func(race.ClassificationID) []List

// List is a list with everybody who is ranked in it.
type List struct {
	Name string
	// Len is how many are ranked.
	Len    int
	Ranked iter.Seq2[int, ranking.Entry]
}

// Winners returns the prizes of a race in the order of its awards, in one by list, place and bib. Who wins a prize of an
// exclusive award is passed over in the awards below it, and the next one moves up. A list with fewer finishers than
// its award asks for gives no prize. [RULES.md, Lists, awards, championships]
func Winners(r *race.Race, lists Lists) []Prize {
	var prizes []Prize
	passedOver := map[race.EntrantID]bool{}
	for _, a := range r.Awards {
		first := len(prizes)
		for _, list := range lists(a.Classification) {
			if list.Len >= a.MinimumFinishers {
				prizes = append(prizes, winners(a, list, passedOver)...)
			}
		}
		if !a.Exclusive {
			continue
		}
		for _, p := range prizes[first:] {
			passedOver[p.Entrant] = true
		}
	}
	return prizes
}

// winners returns the prizes of one list.
func winners(a race.Award, list List, passedOver map[race.EntrantID]bool) []Prize {
	var prizes []Prize
	place, standing, last := 0, 0, 0
	for rank, e := range list.Ranked {
		if passedOver[e.Entrant] {
			continue
		}
		if standing++; rank != last {
			place, last = standing, rank
		}
		if place > a.Ranks {
			break
		}
		prizes = append(prizes, Prize{a.Classification, list.Name, place, e.Entrant, e.Bib, rank})
	}
	return prizes
}

// Change is a prize that an entrant wins, loses, or wins with another place than was announced.
type Change struct {
	Classification race.ClassificationID
	List           string
	Entrant        race.EntrantID
	Bib            race.Bib
	// Before is the place that was announced, and After that which stands; 0 is none.
	Before, After int
}

// Changes returns what differs between prizes that were announced and those that stand: by classification in the order of
// the race's awards, list, the place that stands, and who has none last.
func Changes(r *race.Race, announced, standing []Prize) []Change {
	type won struct {
		classification race.ClassificationID
		list           string
		entrant        race.EntrantID
	}
	found := map[won]Change{}
	for _, p := range announced {
		found[won{p.Classification, p.List, p.Entrant}] = Change{p.Classification, p.List, p.Entrant, p.Bib, p.Place, 0}
	}
	for _, p := range standing {
		key := won{p.Classification, p.List, p.Entrant}
		before := found[key].Before
		found[key] = Change{p.Classification, p.List, p.Entrant, p.Bib, before, p.Place}
	}
	var changes []Change
	for _, c := range found {
		if c.Before != c.After {
			changes = append(changes, c)
		}
	}
	order := func(id race.ClassificationID) int {
		return slices.IndexFunc(r.Awards, func(a race.Award) bool { return a.Classification == id })
	}
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(order(a.Classification), order(b.Classification)), cmp.Compare(a.List, b.List),
			compareBool(a.After == 0, b.After == 0), cmp.Compare(a.After, b.After), cmp.Compare(a.Before, b.Before),
			race.CompareBibs(a.Bib, b.Bib))
	})
	return changes
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
