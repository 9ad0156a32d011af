package standings

import (
	"slices"

	"raceday/services/rules/race"
)

// difference returns the rows that are new to who has those before, and the bibs that are no longer there. Nearly all rows of a
// whole list are the same at both ends of it, so that they cost no look by bib.
func difference(before, after []Row) (changed []Row, removed []race.Bib) {
	same := 0
	for same < len(before) && same < len(after) && before[same] == after[same] {
		same++
	}
	before, after = before[same:], after[same:]
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	if len(before) == 0 && len(after) == 0 {
		return nil, nil
	}
	was := make(map[race.Bib]Row, len(before))
	for _, row := range before {
		was[row.Result.Bib] = row
	}
	for _, row := range after {
		bib := row.Result.Bib
		if old, there := was[bib]; !there || old != row {
			changed = append(changed, row)
		}
		delete(was, bib)
	}
	for bib := range was {
		removed = append(removed, bib)
	}
	slices.SortFunc(removed, race.CompareBibs)
	return changed, removed
}
