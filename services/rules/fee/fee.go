// Package fee says what an entry costs, and how much of it goes to charity. It knows no payments.
package fee

import (
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Fee is the price of one entry, in minor units of the event's currency, both zero or above.
type Fee struct {
	AmountMinor int64
	// CharityMinor is the share of the amount that goes to charity, never above it.
	CharityMinor int64
}

// At returns the fee of an entry at an instant: the race's first whose Until is not before it, so that an instant equal to
// Until still has that price. After the last Until it is the last fee, for whoever enters late does not enter for nothing.
// It is the zero Fee where the race has none. The race's fees are as race.Check lets them pass: in order of Until, no
// amount below zero, percentages from 0 to 100. [FORMATS.md, the event file]
func At(r *race.Race, at racetime.Instant) Fee {
	if len(r.Fees) == 0 {
		return Fee{}
	}
	tier := r.Fees[len(r.Fees)-1]
	for _, f := range r.Fees {
		if f.Until == 0 || at <= f.Until {
			tier = f
			break
		}
	}
	return Fee{AmountMinor: tier.AmountMinor, CharityMinor: charity(tier.AmountMinor, tier.CharityPercent)}
}

// charity returns percent of an amount, rounded half up to a minor unit. Whole hundreds are taken apart, since the amount
// times the percentage may not fit.
func charity(amount int64, percent int) int64 {
	p := int64(percent)
	return amount/100*p + (amount%100*p+50)/100
}
