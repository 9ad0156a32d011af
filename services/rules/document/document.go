// Package document says which papers an entrant still has to show. It stores none and verifies none.
package document

import (
	"slices"

	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// Held is a document that was seen and verified.
type Held struct {
	Type race.DocumentType
	// ValidUntil is the last day on which it is valid; the zero Day means without end.
	ValidUntil civil.Day
}

// Missing returns the types of documents that the race asks of a person's age and that no held document covers on the
// event's day, each once, in the order in which the race first asks for them. The age is the one that the race takes its
// groups by; of a person whose age is not known every document is asked. A relay's members are asked one by one, its team
// is not.
func Missing(r *race.Race, p race.Person, held []Held, eventDay civil.Day) []race.DocumentType {
	years, known := r.Years(p, eventDay)
	var missing []race.DocumentType
	for _, d := range r.Documents {
		asked := !known || years >= d.FromAgeYears && (d.ToAgeYears == 0 || years <= d.ToAgeYears)
		if asked && !covered(d.Type, held, eventDay) && !slices.Contains(missing, d.Type) {
			missing = append(missing, d.Type)
		}
	}
	return missing
}

func covered(document race.DocumentType, held []Held, eventDay civil.Day) bool {
	return slices.ContainsFunc(held, func(h Held) bool {
		return h.Type == document && (h.ValidUntil.IsZero() || !h.ValidUntil.Before(eventDay))
	})
}
