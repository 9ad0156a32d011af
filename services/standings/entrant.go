package standings

import (
	"context"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// EntrantResult is all that is shown of one entrant.
type EntrantResult struct {
	// Row is the entrant's in the list of the race's first classification.
	Row     Row
	Splits  []Split
	Ranks   []ListRank
	Legs    []LegResult
	Version int64
	// At is the instant of the answer, by which an estimate has passed or not.
	At racetime.Instant
}

// ListRank is an entrant's rank in one of its lists; 0 where it has none.
type ListRank struct {
	List string
	Rank int
	// Of counts the ranked entrants of the list.
	Of int
}

// Entrant returns the result of the entrant with this bib. Fault: ErrEntrantNotFound.
func (b *Board) Entrant(bib race.Bib) (EntrantResult, error) {
	now, err := b.entrant(bib)
	if err != nil {
		return EntrantResult{}, err
	}
	return now.show(), nil
}

// entrantNow is what is known of one entrant at one moment.
type entrantNow struct {
	race    *race.Race
	result  *result.Result
	version int64
	ranks   []ListRank
	// legs are the ranks and marks of a team's legs.
	legs []legRanks
	// rank is that in the list of the first classification.
	rank int
	mark *Mark
	// changed is closed when watchers are told that something in the race has changed.
	changed <-chan struct{}
}

func (b *Board) entrant(bib race.Bib) (entrantNow, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	r, ok := b.entrants[b.bibs[bib]]
	if !ok || r.Bib != bib {
		return entrantNow{}, ErrEntrantNotFound
	}
	f := b.fields[r.Race]
	now := entrantNow{race: f.race, result: r, version: b.version, mark: f.marks.of(r, f.race), changed: f.changed}
	now.ranks = make([]ListRank, 0, len(f.race.Classifications))
	for i := range f.race.Classifications {
		name := listOf(r, i)
		if name == "" {
			continue
		}
		l := f.lists[name]
		rank := rankOf(l.ranked, r.Entrant)
		now.ranks = append(now.ranks, ListRank{List: name, Rank: rank, Of: l.ranked.Len()})
		if i == 0 {
			now.rank = rank
		}
	}
	for n := range r.Legs {
		now.legs = append(now.legs, legRanks{
			rankOf(f.legs[n].times, r.Entrant), rankOf(f.legs[n].after, r.Entrant), f.marks.ofLeg(r, n, f.race),
		})
	}
	return now, nil
}

func (n *entrantNow) show() EntrantResult {
	entrant := EntrantResult{
		Row: Row{Rank: n.rank, Result: n.result, Mark: n.mark, terms: firstTerms(n.race)}, Ranks: n.ranks, Version: n.version,
	}
	entrant.Splits = make([]Split, 0, len(n.result.Passings))
	for i := range n.result.Passings {
		entrant.Splits = append(entrant.Splits, newSplit(n.result, i, n.race))
	}
	entrant.Legs = showLegs(n.race, n.result, n.legs)
	return entrant
}

// shows reports whether two moments show the same of an entrant, but for how many others are ranked.
func (n *entrantNow) shows(o *entrantNow) bool {
	sameRank := func(a, b ListRank) bool { return a.List == b.List && a.Rank == b.Rank }
	return n.race == o.race && n.mark == o.mark && (n.result == o.result || n.result.EqualShown(o.result)) &&
		slices.EqualFunc(n.ranks, o.ranks, sameRank) && slices.Equal(n.legs, o.legs)
}

// WatchEntrant calls send with the result of the entrant with this bib, and then with each change of it, of its ranks and of
// those of its legs, until ctx ends (its error), send fails (its error), nobody wears the bib any more (ErrEntrantNotFound)
// or the board closes (ErrStopping). While send takes its time versions pass, and only the newest is sent next. That others
// finish behind is no change.
func (b *Board) WatchEntrant(ctx context.Context, bib race.Bib, send func(EntrantResult) error) error {
	b.windows.countEntrants(1)
	defer b.windows.countEntrants(-1)
	var sent *entrantNow
	for {
		now, err := b.entrant(bib)
		if err != nil {
			return err
		}
		if sent == nil || !now.shows(sent) {
			if err := send(now.show()); err != nil {
				return err
			}
			sent = &now
		}
		select {
		case <-now.changed:
		case <-b.closed:
			return ErrStopping
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func rankOf(list *ranking.List, entrant race.EntrantID) int {
	rank, _ := list.Rank(entrant)
	return rank
}
