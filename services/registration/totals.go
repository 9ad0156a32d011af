package registration

import (
	"context"
	"fmt"

	"raceday/services/rules/race"
)

// Census counts what is stored.
type Census interface {
	// Counts returns the places of an event's races, without those that nobody has asked for yet.
	Counts(ctx context.Context, event race.EventID) ([]Counted, error)
	// Totals count the entries of an event's races, without those that have none, in no order.
	Totals(ctx context.Context, event race.EventID) ([]Totals, error)
	// WaitingAhead counts the waitlisted entries of a race before one.
	WaitingAhead(ctx context.Context, event race.EventID, id race.ID, before race.EntrantID) (int, error)
}

// Totals count the entries of a race.
type Totals struct {
	Places
	States map[State]int
	// PaidMinor was paid of fees and is kept, CharityMinor is the share of it for charity, RefundDueMinor is to be given
	// back, what was paid beyond a fee too, all in minor units of the event's currency.
	PaidMinor, CharityMinor, RefundDueMinor int64
	// Women, Men and Countries are of confirmed entries, members of teams one by one.
	Women, Men int
	// Countries are those with the most entrants first.
	Countries []CountryCount
}

// CountryCount counts the entrants of a country.
type CountryCount struct {
	Country  string
	Entrants int
}

// GetTotals counts the entries of each race of an event, in its order, and returns the currency of the amounts. What is
// counted is of one instant.
func (s *Service) GetTotals(ctx context.Context, id race.EventID) ([]Totals, string, error) {
	event, _, err := s.event(ctx, id, true)
	if err != nil {
		return nil, "", fmt.Errorf("get totals: %w", err)
	}
	counted, err := s.census.Totals(ctx, id)
	if err != nil {
		return nil, "", fmt.Errorf("get totals: %w", err)
	}
	totals := make([]Totals, len(event.Races))
	for i := range event.Races {
		r := &event.Races[i]
		totals[i].Places = Counted{Places: Places{Race: r.ID, Taking: ByTimes}}.under(r.Capacity)
		for _, c := range counted {
			if c.Race == r.ID {
				totals[i] = c
			}
		}
	}
	return totals, event.Currency, nil
}

// WaitingAhead counts the entries that wait longer than a waitlisted one.
func (s *Service) WaitingAhead(ctx context.Context, event race.EventID, e Entry) (int, error) {
	if e.State != Waitlisted {
		return 0, nil
	}
	return s.census.WaitingAhead(ctx, event, e.Race, e.ID)
}
