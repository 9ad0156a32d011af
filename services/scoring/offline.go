package scoring

import (
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Score computes the results of a whole day at once, without server or database: the same packages, the same bytes.
// The roster's entrants are numbered in its order. reads hands over every read.
func Score(event *race.Event, roster []race.Entrant, rulings []ruling.Ruling, reads func(each func(Read)) error) ([]result.Result, error) {
	book := NewBook()
	book.SetEvent(event)
	for i := range roster {
		roster[i].ID = race.EntrantID(i + 1)
	}
	book.SetEntrants(roster)
	book.AddRulings(rulings)
	if err := reads(book.AddRead); err != nil {
		return nil, err
	}
	book.Settle()
	return book.Results(), nil
}
