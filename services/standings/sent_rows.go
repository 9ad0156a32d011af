package standings

import (
	"slices"

	"raceday/services/rules/race"
)

// sentRows is what watchers have, by bib.
type sentRows struct {
	rows  map[race.Bib]*sentRow
	round int
}

type sentRow struct {
	row Row
	// round is the last in which the row was there.
	round int
}

func (s *sentRows) replace(rows []Row) {
	s.rows = make(map[race.Bib]*sentRow, len(rows))
	for _, row := range rows {
		s.rows[row.Result.Bib] = &sentRow{row, s.round}
	}
}

// advance makes rows what watchers have and returns those that are new to them, and the bibs that are no longer there.
func (s *sentRows) advance(rows []Row) (changed []Row, removed []race.Bib) {
	s.round++
	there := 0
	for _, row := range rows {
		sent := s.rows[row.Result.Bib]
		if sent == nil {
			sent = &sentRow{}
			s.rows[row.Result.Bib] = sent
		}
		if sent.row != row {
			sent.row = row
			changed = append(changed, row)
		}
		if sent.round != s.round {
			sent.round = s.round
			there++
		}
	}
	if there == len(s.rows) {
		return changed, nil
	}
	for bib, row := range s.rows {
		if row.round != s.round {
			removed = append(removed, bib)
			delete(s.rows, bib)
		}
	}
	slices.SortFunc(removed, race.CompareBibs)
	return changed, removed
}
