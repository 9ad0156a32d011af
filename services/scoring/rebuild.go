package scoring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// ErrStillScoring is returned where an event did not hold still for long enough to be compared.
var ErrStillScoring = fault.New(fault.Aborted, "STILL_SCORING",
	"reads or changes keep coming in; rebuild again when they pause")

// Difference is something derived that is stored otherwise than computed.
type Difference struct {
	// Table is passings, results, legs or ranks.
	Table string
	Race  race.ID
	Bib   race.Bib
	// Item is a visit, a leg, a list or a column.
	Item             string
	Stored, Computed string
}

// Summary counts what a rebuild compared.
type Summary struct {
	Reads, Entrants, Differences int64
	// Version is the event's version with the differences mended.
	Version int64
}

const (
	rebuildTries = 20
	rebuildWait  = 250 * time.Millisecond
)

// Rebuild computes everything from the stored facts, hands over every difference to what is stored, and then stores what
// was computed: the active scorer is fenced off by that and begins again. ErrStillScoring where no moment was found at
// which facts and derived tables belong together.
func (s *Scorer) Rebuild(ctx context.Context, event race.EventID, each func(Difference) error) (Summary, error) {
	for range rebuildTries {
		summary, err := s.rebuild(ctx, event, each)
		if !errors.Is(err, ErrStillScoring) && !errors.Is(err, ErrFenced) {
			return summary, err
		}
		select {
		case <-ctx.Done():
			return Summary{}, ctx.Err()
		case <-time.After(rebuildWait):
		}
	}
	return Summary{}, ErrStillScoring
}

func (s *Scorer) rebuild(ctx context.Context, event race.EventID, each func(Difference) error) (Summary, error) {
	position, ok, err := s.Reads.Position(ctx, event)
	if err != nil {
		return Summary{}, fmt.Errorf("read the position: %w", err)
	}
	if !ok {
		return Summary{}, ErrStillScoring
	}
	d := &day{scorer: s, position: position, book: NewBook()}
	change, err := d.read(ctx, 0)
	if err != nil {
		return Summary{}, err
	}
	var summary Summary
	count := func(read Read) { summary.Reads++; d.book.AddRead(read) }
	if err := s.Reads.EachRead(ctx, event, count); err != nil {
		return Summary{}, fmt.Errorf("read the reads: %w", err)
	}
	stored, err := s.Results.Results(ctx, event)
	if err != nil {
		return Summary{}, fmt.Errorf("read the results: %w", err)
	}
	ranks, exactTo, err := s.Store.Ranks(ctx, event)
	if err != nil {
		return Summary{}, fmt.Errorf("read the ranks: %w", err)
	}
	after, _, err := s.Reads.Position(ctx, event)
	if err != nil {
		return Summary{}, fmt.Errorf("read the position: %w", err)
	}
	d.ranks = NewRanks(ranks)
	c := Commit{Changes: d.compare(stored), Exact: true}
	c.Lists = d.ranks.Tell()
	if after != position || change != position.Change || exactTo < position.Version && d.ranks.Any() {
		return Summary{}, ErrStillScoring
	}
	summary.Entrants = int64(len(d.book.entrants))
	differences := d.differences(c, ranks)
	summary.Differences = int64(len(differences))
	if len(differences) > 0 {
		if err := d.commit(ctx, c, position.Sequence, position.Change, true); err != nil {
			return Summary{}, err
		}
	}
	summary.Version = d.position.Version
	for _, difference := range differences {
		if err := each(difference); err != nil {
			return summary, err
		}
	}
	return summary, nil
}

// differences describes what a commit would mend, in the order of bibs.
func (d *day) differences(c Commit, stored map[ListKey][]Rank) []Difference {
	var differences []Difference
	bibs := map[race.EntrantID]race.Bib{}
	for _, now := range d.book.Results() {
		bibs[now.Entrant] = now.Bib
	}
	for i := range c.Changes.Results {
		differences = append(differences, compareResults(c.Changes.Results[i].Was, &c.Changes.Results[i].Now)...)
	}
	for _, gone := range c.Changes.Removed {
		bibs[gone.Entrant] = gone.Bib
		differences = append(differences, Difference{"results", gone.Race, gone.Bib, "", gone.Status.String(), "not on the roster"})
	}
	for _, list := range c.Lists {
		was := map[race.EntrantID]Rank{}
		for _, rank := range stored[list.ListKey] {
			was[rank.Entrant] = rank
		}
		for _, now := range list.Put {
			differences = append(differences, Difference{"ranks", list.Race, bibs[now.Entrant], list.List,
				describeRank(was[now.Entrant]), describeRank(now)})
		}
		for _, gone := range list.Removed {
			differences = append(differences, Difference{"ranks", list.Race, bibs[gone], list.List, describeRank(was[gone]), ""})
		}
	}
	slices.SortStableFunc(differences, func(a, b Difference) int { return race.CompareBibs(a.Bib, b.Bib) })
	return differences
}

func describeRank(r Rank) string {
	if r.Rank == 0 {
		return ""
	}
	return fmt.Sprintf("%d in %v", r.Rank, r.Time)
}

// compareResults names each part in which a stored result, nil where there is none, differs from the computed one.
func compareResults(stored, computed *result.Result) []Difference {
	if stored == nil {
		return []Difference{{"results", computed.Race, computed.Bib, "", "", computed.Status.String()}}
	}
	var differences []Difference
	differ := func(table, item string, was, now any) {
		if w, n := fmt.Sprint(was), fmt.Sprint(now); w != n {
			differences = append(differences, Difference{table, computed.Race, computed.Bib, item, w, n})
		}
	}
	if !stored.EqualRow(computed) {
		was, now := *stored, *computed
		was.Name, now.Name = "", "" // a name is nobody's business here
		was.Passings, now.Passings, was.Legs, now.Legs = nil, nil, nil, nil
		differ("results", "row", fmt.Sprintf("%+v", was), fmt.Sprintf("%+v", now))
		if len(differences) == 0 {
			differences = append(differences, Difference{"results", computed.Race, computed.Bib, "name", "another", ""})
		}
	}
	differ("passings", "all", stored.Passings, computed.Passings)
	if !slices.Equal(stored.Legs, computed.Legs) {
		for i := range max(len(stored.Legs), len(computed.Legs)) {
			var was, now any = "", ""
			if i < len(stored.Legs) {
				was = fmt.Sprintf("%+v", stored.Legs[i])
			}
			if i < len(computed.Legs) {
				now = fmt.Sprintf("%+v", computed.Legs[i])
			}
			differ("legs", fmt.Sprint(i+1), was, now)
		}
	}
	return differences
}
