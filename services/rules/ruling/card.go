package ruling

import (
	"cmp"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Card is a yellow or red card of Nordic walking, as it counts.
type Card struct {
	Kind  Kind
	Point string
	// At is the instant of its first report.
	At racetime.Instant
	// Rule is the number of the fault's rule.
	Rule string
	// Reports are the rulings that it was reported by, in the order of their instants.
	Reports []Report
	// split means that the head judge let it stand by itself.
	split bool
}

// Report is one judge's report of a card.
type Report struct {
	Ruling ID
	By     string
	At     racetime.Instant
}

// sameFault is how far apart the reports of two judges are at most for them to have seen the same fault. [RULES.md, Nordic
// walking]
const sameFault = time.Minute

// Cards returns the cards that standing rulings on one bib amount to, in the order of their instants: the same fault at the
// same point, reported by different judges within a minute of the first, is one card, unless the head judge split it. A
// fault is told by its kind and the number of its rule. The order of recording changes nothing.
func Cards(standing []Ruling) []Card {
	split := map[ID]bool{}
	var reports []Ruling
	for _, d := range standing {
		switch d.Kind {
		case SplitCard:
			split[ID(d.Target)] = true
		case YellowCard, RedCard:
			reports = append(reports, d)
		}
	}
	slices.SortStableFunc(reports, func(a, b Ruling) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
	var cards []Card
	for _, d := range reports {
		report := Report{d.ID, d.By, d.At}
		if i := slices.IndexFunc(cards, func(c Card) bool { return !split[d.ID] && c.takes(d) }); i >= 0 {
			cards[i].Reports = append(cards[i].Reports, report)
			continue
		}
		cards = append(cards, Card{d.Kind, d.Point, d.At, d.Rule, []Report{report}, split[d.ID]})
	}
	return cards
}

// takes reports whether a report is another judge's of the same fault. Where nobody knows whose a report is, nobody knows
// that it is another's.
func (c *Card) takes(d Ruling) bool {
	return !c.split && c.Kind == d.Kind && c.Point == d.Point && c.Rule == d.Rule && d.At.Sub(c.At) <= sameFault && d.By != "" &&
		!slices.ContainsFunc(c.Reports, func(r Report) bool { return r.By == d.By || r.By == "" })
}

// Verdict is what the cards of an entrant amount to.
type Verdict struct {
	// Yellow and Red count the cards.
	Yellow, Red int
	// Penalty is what yellow cards add to the ranked time.
	Penalty time.Duration
	// Disqualified means that the cards disqualify, where no ruling decides the status otherwise.
	Disqualified bool
}

// VerdictOn returns what cards amount to: a red one disqualifies anywhere, yellow ones count where the race is of Nordic
// walking, by its rules; nordic is nil elsewhere. [RULES.md, Nordic walking]
func VerdictOn(cards []Card, nordic *race.Nordic) Verdict {
	var v Verdict
	for _, card := range cards {
		if card.Kind == RedCard {
			v.Red++
		} else {
			v.Yellow++
		}
	}
	v.Disqualified = v.Red > 0
	if nordic != nil {
		v.Penalty = time.Duration(v.Yellow) * nordic.YellowCard
		v.Disqualified = v.Disqualified || nordic.YellowToDSQ > 0 && v.Yellow >= nordic.YellowToDSQ
	}
	return v
}
