package ruling

import (
	"cmp"
	"slices"

	"raceday/services/rules/race"
)

// Sheet is the judges' sheet of a race: all reports of cards, and what they amount to.
type Sheet struct {
	// ClosedBy is the ruling by which the judges have handed in all cards, the last where there are several; nil where the
	// sheet is open.
	ClosedBy *Ruling
	// Entrants are those with a report, by bib.
	Entrants []Judged
}

// Judged is an entrant with the reports on it.
type Judged struct {
	Bib race.Bib
	// Reports are in the order of their instants, those revoked among them.
	Reports []Reported
	Verdict Verdict
}

// Reported is one judge's report of a card, and what became of it.
type Reported struct {
	Ruling
	// RevokedBy is the ruling that undoes the report; empty where it stands.
	RevokedBy ID
	// Card counts the entrant's cards from 1, in the order of their instants; 0 of a report that was revoked.
	Card int
	// Repeats is the report, by another judge, of the same card; empty of the report that makes the card.
	Repeats ID
	// Split means that the head judge let it stand by itself.
	Split bool
}

// SheetOf returns the judges' sheet of a race from all rulings of the event, in the order of recording. Reports count as
// Cards has it, and cards as VerdictOn.
func SheetOf(all []Ruling, r *race.Race) Sheet {
	var sheet Sheet
	standing := map[race.Bib][]Ruling{}
	for _, d := range Standing(all) {
		switch {
		case d.Race != r.ID:
		case d.Kind == CloseSheet:
			sheet.ClosedBy = &d
		case d.Bib != "":
			standing[d.Bib] = append(standing[d.Bib], d)
		}
	}
	revokedBy := Revocations(all)
	reports := map[race.Bib][]Reported{}
	for i, d := range all {
		if d.Race != r.ID || d.Kind != YellowCard && d.Kind != RedCard {
			continue
		}
		report := Reported{Ruling: d}
		if revokedBy != nil {
			if by := revokedBy(i); by != NotRevoked {
				report.RevokedBy = all[by].ID
			}
		}
		reports[d.Bib] = append(reports[d.Bib], report)
	}
	for bib, own := range reports {
		slices.SortStableFunc(own, func(a, b Reported) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
		sheet.Entrants = append(sheet.Entrants, judge(bib, own, Cards(standing[bib]), r.Nordic))
	}
	slices.SortFunc(sheet.Entrants, func(a, b Judged) int { return race.CompareBibs(a.Bib, b.Bib) })
	return sheet
}

// judge says of each report which of the cards it makes or repeats.
func judge(bib race.Bib, reports []Reported, cards []Card, nordic *race.Nordic) Judged {
	for i := range reports {
		report := &reports[i]
		for n, card := range cards {
			if !slices.ContainsFunc(card.Reports, func(r Report) bool { return r.Ruling == report.ID }) {
				continue
			}
			report.Card, report.Split = n+1, card.split
			if first := card.Reports[0].Ruling; first != report.ID {
				report.Repeats = first
			}
		}
	}
	return Judged{bib, reports, VerdictOn(cards, nordic)}
}
