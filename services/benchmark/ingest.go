package benchmark

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"raceday/services/rehearsal"
	"raceday/services/rules/race"
)

// IngestBench measures how fast a server takes reads in, from the first publish until all that follows from them is
// committed, ranks included. Its floor stores the same messages and derives nothing.
type IngestBench struct {
	Start    Start
	Formats  Formats
	Entrants int
	// Reads is about how many are published in each turn.
	Reads int
	Runs  int
	Show  Show
}

// IngestFigures are what an IngestBench finds.
type IngestFigures struct {
	Reads               int     `json:"reads"`
	Messages            int     `json:"messages"`
	Entrants            int     `json:"entrants"`
	ReadsPerSecond      float64 `json:"reads_per_second"`
	FloorReadsPerSecond float64 `json:"floor_reads_per_second"`
	// ShareOfFloor is ReadsPerSecond by FloorReadsPerSecond: more is better.
	ShareOfFloor Ratio `json:"share_of_floor"`
	Runs         int   `json:"runs"`
}

// String shows the figures on one line.
func (f IngestFigures) String() string {
	return fmt.Sprintf("ingest: %d reads in %d messages, %d entrants: %.0f reads/s, floor %.0f reads/s: %v of the floor in %d runs",
		f.Reads, f.Messages, f.Entrants, f.ReadsPerSecond, f.FloorReadsPerSecond, f.ShareOfFloor, f.Runs)
}

// Reaches returns what is to be met.
func (f IngestFigures) Reaches() []Reach {
	return []Reach{atLeast("share of the floor", f.ShareOfFloor.Median, 0.7)}
}

// Run measures.
func (b *IngestBench) Run(ctx context.Context) (figures IngestFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *IngestBench) measure(ctx context.Context, s *Server) (IngestFigures, error) {
	b.Show("making up %d reads", b.Reads)
	conditions := rehearsal.Usual()
	conditions.Resent = 0 // The floor cannot take a read twice.
	d, err := newDay(b.Formats, "bench-ingest", b.Entrants, b.Reads, conditions)
	if err != nil {
		return IngestFigures{}, err
	}
	floor, err := newIngestFloor(ctx, s)
	if err != nil {
		return IngestFigures{}, err
	}
	turn := 0
	times, err := byTurns(ctx, b.Runs, b.Show,
		func(ctx context.Context) (time.Duration, error) { return b.floorTurn(ctx, s, floor, d, turn) },
		func(ctx context.Context) (time.Duration, error) {
			turn++
			return b.turn(ctx, s, d, race.EventID(fmt.Sprintf("bench-ingest-%d", turn)))
		})
	if err != nil {
		return IngestFigures{}, err
	}
	reads, messages := d.size()
	return IngestFigures{
		Reads: reads, Messages: messages, Entrants: len(d.roster), Runs: b.Runs,
		ReadsPerSecond: perSecond(reads, median(times.work)), FloorReadsPerSecond: perSecond(reads, median(times.floor)),
		ShareOfFloor: times.shareOfFloor(),
	}, nil
}

// size counts what is delivered, repeats too.
func (d *day) size() (reads, messages int) {
	for delivery := range d.recording.Deliveries() {
		reads += len(delivery.Batch.GetReads())
		messages++
	}
	return reads, messages
}

// turn sends the day's reads to an event of their own.
func (b *IngestBench) turn(ctx context.Context, s *Server, like *day, event race.EventID) (time.Duration, error) {
	d, err := newField(b.Formats, event, like.eventFile, b.Entrants)
	if err != nil {
		return 0, err
	}
	if err := s.open(ctx, d, b.Formats); err != nil {
		return 0, err
	}
	messages, err := like.messages(event, "reads."+string(event)+".")
	if err != nil {
		return 0, err
	}
	if err := s.rest(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := publish(ctx, s.JetStream, messages); err != nil {
		return 0, err
	}
	err = s.wait(ctx, hasDerived, pgx.StrictNamedArgs{"event": event, "sequence": len(messages)})
	return time.Since(began), err
}

// floorTurn sends the same reads to the floor.
func (b *IngestBench) floorTurn(ctx context.Context, s *Server, floor *ingestFloor, d *day, turn int) (time.Duration, error) {
	stream, err := floor.stream(ctx, turn)
	if err != nil {
		return 0, err
	}
	messages, err := d.messages(race.EventID(stream), stream+".")
	if err != nil {
		return 0, err
	}
	if err := s.rest(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return publish(ctx, s.JetStream, messages) })
	group.Go(func() error { return floor.store(ctx, stream, uint64(len(messages))) })
	err = group.Wait()
	return time.Since(began), err
}

// rest lets Postgres and this process put away what came before.
func (s *Server) rest(ctx context.Context) error {
	runtime.GC()
	_, err := s.Pool.Exec(ctx, `CHECKPOINT`)
	return err
}
