package benchmark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
)

// RebuildBench measures how long it takes to compute all that is derived from the stored facts and to compare it with what
// is stored. Its floor reads the same stored reads into memory.
type RebuildBench struct {
	Start    Start
	Formats  Formats
	Entrants int
	// Reads is about how many are stored.
	Reads int
	Runs  int
	Show  Show
}

const rebuildEvent = race.EventID("bench-rebuild")

// RebuildFigures are what a RebuildBench finds.
type RebuildFigures struct{ StoredFigures }

// String shows the figures on one line.
func (f RebuildFigures) String() string {
	return fmt.Sprintf("rebuild: %d stored reads of %d entrants: %.2f s, floor %.2f s: %v × the floor in %d runs",
		f.Reads, f.Entrants, f.Seconds, f.FloorSeconds, f.TimesFloor, f.Runs)
}

// Reaches returns what is to be met.
func (f RebuildFigures) Reaches() []Reach {
	return []Reach{atMost("times the floor", f.TimesFloor.Median, 3)}
}

// Run measures.
func (b *RebuildBench) Run(ctx context.Context) (figures RebuildFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *RebuildBench) measure(ctx context.Context, s *Server) (RebuildFigures, error) {
	b.Show("storing %d reads", b.Reads)
	d, err := s.store(ctx, b.Formats, rebuildEvent, b.Entrants, b.Reads)
	if err != nil {
		return RebuildFigures{}, err
	}
	times, err := byTurns(ctx, b.Runs, b.Show,
		func(ctx context.Context) (time.Duration, error) { return storedFloor(ctx, s, rebuildEvent) },
		func(ctx context.Context) (time.Duration, error) { return rebuild(ctx, s, len(d.roster)) })
	if err != nil {
		return RebuildFigures{}, err
	}
	return RebuildFigures{storedFigures(d, times, b.Runs)}, nil
}

// rebuild returns how long it took. Nothing may differ, and nobody be left out.
func rebuild(ctx context.Context, s *Server, entrants int) (time.Duration, error) {
	if err := s.rest(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	stream, err := standingsv1.NewStandingsServiceClient(s.Conn).Rebuild(ctx, &standingsv1.RebuildRequest{EventId: string(rebuildEvent)})
	if err != nil {
		return 0, fmt.Errorf("rebuild: %w", err)
	}
	var summary *standingsv1.RebuildSummary
	for {
		item, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("rebuild: %w", err)
		}
		if d := item.GetDifference(); d != nil {
			return 0, fmt.Errorf("rebuild: %s of bib %s differs in %s", d.GetTable(), d.GetBib(), d.GetItem())
		}
		summary = item.GetSummary()
	}
	took := time.Since(began)
	if n := summary.GetEntrants(); n != int64(entrants) {
		return 0, fmt.Errorf("rebuild: %d entrants were compared, want %d", n, entrants)
	}
	return took, nil
}
