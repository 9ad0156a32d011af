package standings

import (
	"context"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// LegResult is one leg of a relay, with official times; empty where they are not known.
type LegResult struct {
	result.Leg
	// RanByBib and RanByName are of who ran the leg where RanBy says that it was another than the member.
	RanByBib          race.Bib
	RanByName         string
	LengthMillimetres int64
	ShownTime         string
	ShownCumulative   string
	// Rank is by the leg alone, RankAfter by all legs so far, RankBefore by those before it; 0 where there is none.
	Rank, RankAfter, RankBefore int
	// Mark is nil for a leg that beats and equals no record of it; it must not be changed.
	Mark *Mark
}

// RanksGained returns by how many the rank after the leg is better than that before it; false where one is not known.
func (l *LegResult) RanksGained() (int, bool) {
	return l.RankBefore - l.RankAfter, l.RankBefore > 0 && l.RankAfter > 0
}

// legRanks are those of a team in a leg, by the leg alone and by all legs so far, and the mark of the leg.
type legRanks struct {
	times, after int
	mark         *Mark
}

func showLegs(r *race.Race, team *result.Result, ranks []legRanks) []LegResult {
	var legs []LegResult
	for i, times := range team.ShowLegs(r) {
		leg := LegResult{
			Leg: team.Legs[i], ShownTime: times.Time, ShownCumulative: times.Cumulative, Rank: ranks[i].times, RankAfter: ranks[i].after,
			Mark: ranks[i].mark,
		}
		// A result of an earlier version of the event may have more legs than the race has now.
		if r.Team != nil && i < len(r.Team.Legs) {
			leg.LengthMillimetres = r.Team.Legs[i].LengthMillimetres
		}
		if runner, registered := team.Runner(&team.Legs[i]); !registered {
			leg.RanByBib, leg.RanByName = runner.MemberBib, runner.MemberName
		}
		if i > 0 {
			leg.RankBefore = ranks[i-1].after
		}
		legs = append(legs, leg)
	}
	return legs
}

// LegRow is a team in the table of a leg. Rows that are equal show the same.
type LegRow struct {
	Bib                           race.Bib
	Name, Country, Club, Category string
	Status                        result.Status
	Leg                           LegResult
	// At is when the team reached the end of the leg; zero where that is not known.
	At racetime.Instant
	// Behind is the difference of the shown sum of legs to that of the first; empty for the first and without a rank.
	Behind string
}

// LegPage is a part of the teams that ended a leg.
type LegPage struct {
	Version int64
	// Leg counts from 1, Legs are those of the race.
	Leg, Legs         int
	LengthMillimetres int64
	// To is where the leg ends, line#2 being the second visit of a point that has several.
	To   string
	Rows []LegRow
	// Total counts the rows of all pages, Ranked those of them with a rank after the leg.
	Total, Ranked int
	// Fastest has the shortest time of the leg; several where exact times are equal.
	Fastest []LegRow
}

func (p *LegPage) shows(o *LegPage) bool {
	return p.Leg == o.Leg && p.Legs == o.Legs && p.LengthMillimetres == o.LengthMillimetres && p.To == o.To &&
		p.Total == o.Total && p.Ranked == o.Ranked && slices.Equal(p.Rows, o.Rows) && slices.Equal(p.Fastest, o.Fastest)
}

// LegOrder is that of the rows of a leg.
type LegOrder int

// The orders of a leg. Teams without a rank come last, by bib.
const (
	// AfterLeg is by the sum of all legs so far.
	AfterLeg LegOrder = iota
	// ByLegTime is by the leg alone.
	ByLegTime
)

// LegAsked says which leg is asked for.
type LegAsked struct {
	Race race.ID
	// Leg counts from 1; 0 is the furthest that some team has ended.
	Leg   int
	Order LegOrder
	// List narrows the teams, and their ranks, to those of a list; empty for all of the race.
	List string
}

// Leg returns n rows of a leg from an offset on. Faults: ErrRaceNotFound, ErrListNotFound, ErrLegNotFound.
func (b *Board) Leg(asked LegAsked, offset, n int) (LegPage, error) {
	page, _, err := b.leg(asked, offset, n)
	return page, err
}

// leg also returns what is closed when something in the race has changed.
func (b *Board) leg(asked LegAsked, offset, n int) (LegPage, <-chan struct{}, error) {
	table, err := b.legTable(legTableKey{asked.Race, asked.List})
	if err != nil {
		return LegPage{}, nil, err
	}
	leg := asked.Leg
	if leg == 0 {
		leg = table.furthest()
	}
	if leg < 1 || leg > len(table.legs) {
		return LegPage{}, nil, ErrLegNotFound.With(ErrLegNotFound.At("leg"))
	}
	of := &table.legs[leg-1]
	order := of.after
	if asked.Order == ByLegTime {
		order = of.times
	}
	begin := min(offset, len(order))
	return LegPage{
		Version: table.version, Leg: leg, Legs: len(table.legs), LengthMillimetres: of.lengthMillimetres, To: of.to,
		Rows:  order[begin : begin+min(n, len(order)-begin)],
		Total: len(order), Ranked: of.ranked, Fastest: of.fastest,
	}, table.changed, nil
}

// WatchLeg calls send with the first n rows of a leg and then again when they have changed, until ctx ends (its error), send
// fails (its error), a new version of the event does not have the leg (its fault) or the board closes (ErrStopping). While
// send takes its time versions pass, and only the newest is sent next.
func (b *Board) WatchLeg(ctx context.Context, asked LegAsked, n int, send func(LegPage) error) error {
	var sent *LegPage
	for {
		page, changed, err := b.leg(asked, 0, n)
		if err != nil {
			return err
		}
		if sent == nil || !page.shows(sent) {
			if err := send(page); err != nil {
				return err
			}
			sent = &page
		}
		select {
		case <-changed:
		case <-b.closed:
			return ErrStopping
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
