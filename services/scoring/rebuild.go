package scoring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// ErrStillScoring is returned where an event did not hold still for long enough to be compared.
var ErrStillScoring = fault.New(fault.Aborted, "STILL_SCORING",
	"reads or changes keep coming in; rebuild again when they pause")

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
	found, err := d.readAll(ctx)
	if err != nil {
		return Summary{}, err
	}
	after, _, err := s.Reads.Position(ctx, event)
	if err != nil {
		return Summary{}, fmt.Errorf("read the position: %w", err)
	}
	// Lines of the roster and rulings may be newer than the change number that was asked for before them.
	newest, err := s.Facts.Change(ctx, event)
	if err != nil {
		return Summary{}, fmt.Errorf("read the change number: %w", err)
	}
	c := Commit{Changes: d.compare(found.results), Exact: true}
	c.Lists = d.ranks.Tell()
	moved := after != position || found.change != position.Change || newest != found.change
	if moved || found.exactTo < position.Version && d.ranks.Any() {
		return Summary{}, ErrStillScoring
	}
	differences := d.differences(c, found.ranks)
	summary := Summary{
		Reads: int64(found.reads), Entrants: int64(len(d.book.entrants)), Differences: int64(len(differences)),
	}
	if len(differences) > 0 {
		if err := errors.Join(d.commit(ctx, c, position.Sequence, position.Change, true), d.written()); err != nil {
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
