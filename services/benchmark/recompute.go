package benchmark

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/race"
)

// RecomputeBench measures how long it takes from the applying of an event in which the clock of a mat was off, the one that
// everybody started and finished on, until all that follows is committed, ranks included. Its floor reads the same stored
// reads into memory.
type RecomputeBench struct {
	Start    Start
	Formats  Formats
	Entrants int
	// Reads is about how many are stored.
	Reads int
	Runs  int
	Show  Show
}

const (
	recomputeEvent = race.EventID("bench-recompute")
	// recomputeMat is the line of the event file that the offset is added to.
	recomputeMat = "id: line-a, point: line"
)

// RecomputeFigures are what a RecomputeBench finds.
type RecomputeFigures struct{ StoredFigures }

// String shows the figures on one line.
func (f RecomputeFigures) String() string {
	return fmt.Sprintf("recompute: another clock offset for %d stored reads of %d entrants: %.2f s, floor "+
		"%.2f s: %v times the floor in %d runs", f.Reads, f.Entrants, f.Seconds, f.FloorSeconds, f.TimesFloor, f.Runs)
}

// Reaches returns what is to be met.
func (f RecomputeFigures) Reaches() []Reach { return []Reach{atMost("seconds", f.Seconds, 2)} }

// Run measures.
func (b *RecomputeBench) Run(ctx context.Context) (figures RecomputeFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *RecomputeBench) measure(ctx context.Context, s *Server) (RecomputeFigures, error) {
	b.Show("storing %d reads", b.Reads)
	d, err := s.store(ctx, b.Formats, recomputeEvent, b.Entrants, b.Reads)
	if err != nil {
		return RecomputeFigures{}, err
	}
	offset := 0
	times, err := byTurns(ctx, b.Runs, b.Show,
		func(ctx context.Context) (time.Duration, error) { return storedFloor(ctx, s, recomputeEvent) },
		func(ctx context.Context) (time.Duration, error) {
			offset++
			return b.turn(ctx, s, d, offset)
		})
	if err != nil {
		return RecomputeFigures{}, err
	}
	return RecomputeFigures{storedFigures(d, times, b.Runs)}, nil
}

// Everything is derived from the newest change.
const hasRecomputed = `
SELECT p.change >= e.change
   AND NOT EXISTS (SELECT FROM standings.lists AS l WHERE l.event = p.event AND l.version < p.version)
FROM timing.positions AS p
JOIN event.events AS e ON e.id = p.event
WHERE p.event = @event
  AND p.retired_at IS NULL`

// turn applies the event with an offset of so many seconds.
func (b *RecomputeBench) turn(ctx context.Context, s *Server, d *day, offset int) (time.Duration, error) {
	moved := *d
	moved.eventFile = bytes.ReplaceAll(d.eventFile, []byte(recomputeMat), fmt.Appendf(nil, "%s, clock_offset: %ds", recomputeMat, offset))
	if bytes.Equal(moved.eventFile, d.eventFile) {
		return 0, fmt.Errorf("the event has no mat %q", recomputeMat)
	}
	if err := s.rest(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := s.apply(ctx, &moved); err != nil {
		return 0, err
	}
	err := s.wait(ctx, hasRecomputed, pgx.StrictNamedArgs{"event": recomputeEvent})
	return time.Since(began), err
}
