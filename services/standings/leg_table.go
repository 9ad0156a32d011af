package standings

import (
	"cmp"
	"slices"
	"sync"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/split"
)

// legTables are the legs of relays with everybody in them, made when somebody asks and kept as long as nothing changes in
// the race.
type legTables struct {
	mu   sync.Mutex
	kept map[legTableKey]*legTable
}

// legTableKey names the teams of a table: those of a list, or all of the race where it is empty.
type legTableKey struct {
	race race.ID
	list string
}

// legTable is all legs of a relay at one moment.
type legTable struct {
	// field and its revision are what the table is of; changed is closed when those who watch are told of another.
	field    *field
	revision int64
	changed  <-chan struct{}
	version  int64
	legs     []tableLeg
}

// tableLeg is the teams that ended a leg.
type tableLeg struct {
	to                string
	lengthMillimetres int64
	// after and times are the same rows in two orders.
	after, times []LegRow
	// ranked counts those with a rank after the leg.
	ranked  int
	fastest []LegRow
}

// furthest returns the last leg, from 1, that some team has ended, and the first before any has.
func (t *legTable) furthest() int {
	for leg := len(t.legs); leg > 1; leg-- {
		if len(t.legs[leg-1].after) > 0 {
			return leg
		}
	}
	return 1
}

// legTable returns a table, which nobody may change.
func (b *Board) legTable(key legTableKey) (*legTable, error) {
	b.legTables.mu.Lock()
	defer b.legTables.mu.Unlock()
	kept := b.legTables.kept[key]
	of, now, err := b.teams(key, kept)
	switch {
	case err != nil:
		return nil, err
	case kept.holds(&now):
		now.legs = kept.legs
	default:
		now.legs = of.legs()
	}
	if b.legTables.kept == nil || kept == nil && len(b.legTables.kept) == keptOrders {
		b.legTables.kept = map[legTableKey]*legTable{}
	}
	b.legTables.kept[key] = &now
	return &now, nil
}

// holds reports whether nothing has changed from a table, nil where none was kept, to now.
func (t *legTable) holds(now *legTable) bool {
	return t != nil && t.field == now.field && t.revision == now.revision
}

// tableTeams are what a table is made of.
type tableTeams struct {
	race  *race.Race
	teams []*result.Result
	marks *marks
}

// teams returns the teams of a table, none where the kept one holds, and the table without its legs.
func (b *Board) teams(key legTableKey, kept *legTable) (tableTeams, legTable, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	f, ok := b.fields[key.race]
	if !ok {
		return tableTeams{}, legTable{}, noRace(b.event)
	}
	if key.list != "" {
		if _, _, err := f.list(key.list); err != nil {
			return tableTeams{}, legTable{}, err
		}
	}
	now := legTable{field: f, revision: f.revision, changed: f.changed, version: b.version}
	of := tableTeams{race: f.race, marks: f.marks}
	if f.race.Team == nil || kept.holds(&now) {
		return of, now, nil
	}
	for _, r := range b.entrants {
		if r.Race == key.race && (key.list == "" || slices.Contains(r.Lists, key.list)) {
			of.teams = append(of.teams, r)
		}
	}
	return of, now, nil
}

// legs puts the teams into the legs that they ended.
func (t *tableTeams) legs() []tableLeg {
	r, teams := t.race, t.teams
	if r.Team == nil {
		return nil
	}
	ends, _ := r.LegEnds()
	legs := make([]tableLeg, len(ends))
	rankings := rankLegs(teams)
	ranks := make([]legRanks, len(rankings))
	slices.SortFunc(teams, func(a, b *result.Result) int { return race.CompareBibs(a.Bib, b.Bib) })
	for _, team := range teams {
		for n := range rankings {
			ranks[n] = legRanks{times: rankOf(rankings[n].times, team.Entrant), after: rankOf(rankings[n].after, team.Entrant)}
			if n < len(team.Legs) {
				ranks[n].mark = t.marks.ofLeg(team, n, r)
			}
		}
		for n, leg := range showLegs(r, team, ranks) {
			if n < len(ends) && ended(team, n, ends[n]) {
				legs[n].after = append(legs[n].after, newLegRow(team, leg, ends[n]))
			}
		}
	}
	for n := range legs {
		legs[n].to, legs[n].lengthMillimetres = r.VisitName(ends[n]), r.Team.Legs[n].LengthMillimetres
		legs[n].settle(r)
	}
	return legs
}

// ended reports whether a team ended a leg, seen there or not.
func ended(team *result.Result, leg, end int) bool {
	furthest := len(team.Passings) > 0 && team.Passings[len(team.Passings)-1].Visit >= end
	return furthest || team.Legs[leg].NotCompleted
}

func newLegRow(team *result.Result, leg LegResult, end int) LegRow {
	at, _ := split.At(team, end)
	return LegRow{
		Bib: team.Bib, Name: team.Name, Country: team.Country, Club: team.Club, Category: team.Category, Status: team.Status,
		Leg: leg, At: at,
	}
}

// settle puts the rows, which are in the order of bibs, into their orders.
func (t *tableLeg) settle(r *race.Race) {
	slices.SortStableFunc(t.after, func(a, b LegRow) int { return compareRanks(a.Leg.RankAfter, b.Leg.RankAfter) })
	for i := range t.after {
		leg := &t.after[i].Leg
		if leg.RankAfter == 0 {
			break
		}
		t.ranked++
		if leg.RankAfter > 1 {
			behind := racetime.RoundUp(leg.Cumulative.Time, r.Rounding) - racetime.RoundUp(t.after[0].Leg.Cumulative.Time, r.Rounding)
			t.after[i].Behind = racetime.Format(behind, r.Rounding)
		}
	}
	t.times = slices.Clone(t.after)
	slices.SortStableFunc(t.times, func(a, b LegRow) int {
		return cmp.Or(compareRanks(a.Leg.Rank, b.Leg.Rank), race.CompareBibs(a.Bib, b.Bib))
	})
	fastest := slices.IndexFunc(t.times, func(row LegRow) bool { return row.Leg.Rank != 1 })
	if fastest < 0 {
		fastest = len(t.times)
	}
	t.fastest = t.times[:fastest]
}

// compareRanks puts those without a rank last.
func compareRanks(a, b int) int {
	if a > 0 && b > 0 {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(b, a)
}
