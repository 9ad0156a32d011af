package award

import (
	"slices"

	"raceday/services/rules/race"
)

// HandOver is the giving of a prize into an entrant's hands, or its taking back.
type HandOver struct {
	Classification race.ClassificationID
	List           string
	Place          int
	Entrant        race.EntrantID
	Bib            race.Bib
	// Back means that the prize was taken back.
	Back bool
}

// Hands are the prizes that entrants hold, in the order in which they were handed over. Nobody holds two of one list.
type Hands []HandOver

// HandsAfter returns what entrants hold after prizes were handed over and taken back in this order.
func HandsAfter(done []HandOver) Hands {
	var hands Hands
	for _, h := range done {
		hands = slices.DeleteFunc(hands, func(held HandOver) bool { return held.List == h.List && held.Entrant == h.Entrant })
		if !h.Back {
			hands = append(hands, h)
		}
	}
	return hands
}

// Place returns the place whose prize of a list an entrant holds; 0 where it holds none.
func (h Hands) Place(list string, entrant race.EntrantID) int {
	for _, held := range h {
		if held.List == list && held.Entrant == entrant {
			return held.Place
		}
	}
	return 0
}

// Wrong returns what is in the hands of entrants who do not win it, as prizes stand: nothing of the list, or another place.
// [RULES.md, Lists, awards, championships: who loses after a DSQ]
func (h Hands) Wrong(standing []Prize) []HandOver {
	var wrong []HandOver
	for _, held := range h {
		if !slices.ContainsFunc(standing, held.gives) {
			wrong = append(wrong, held)
		}
	}
	return wrong
}

func (h HandOver) gives(p Prize) bool {
	return p.List == h.List && p.Entrant == h.Entrant && p.Place == h.Place
}
