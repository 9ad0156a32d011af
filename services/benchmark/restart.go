package benchmark

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

// RestartBench measures how long a scorer takes that was away: from the start of its process until a read that came
// meanwhile is committed with all that follows. Its floor reads the stored reads into memory.
type RestartBench struct {
	// Start runs the services without the scorer.
	Start    Start
	Formats  Formats
	Entrants int
	// Reads is about how many are stored.
	Reads int
	Runs  int
	Show  Show
}

const restartEvent = race.EventID("bench-restart")

// RestartFigures are what a RestartBench finds.
type RestartFigures struct{ StoredFigures }

// String shows the figures on one line.
func (f RestartFigures) String() string {
	return fmt.Sprintf("restart: %d stored reads of %d entrants: %.2f s from the start of the process to the first new read, floor "+
		"%.2f s: %v × the floor in %d runs", f.Reads, f.Entrants, f.Seconds, f.FloorSeconds, f.TimesFloor, f.Runs)
}

// Reaches returns what is to be met.
func (f RestartFigures) Reaches() []Reach {
	return []Reach{atMost("times the floor", f.TimesFloor.Median, 2)}
}

// Run measures.
func (b *RestartBench) Run(ctx context.Context) (figures RestartFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *RestartBench) measure(ctx context.Context, s *Server) (RestartFigures, error) {
	b.Show("storing %d reads", b.Reads)
	stop, err := s.Scorer(ctx)
	if err != nil {
		return RestartFigures{}, err
	}
	d, err := s.store(ctx, b.Formats, restartEvent, b.Entrants, b.Reads)
	if stopping := stop(); err == nil {
		err = stopping
	}
	if err != nil {
		return RestartFigures{}, err
	}
	_, sequence := d.size()
	times, err := byTurns(ctx, b.Runs, b.Show,
		func(ctx context.Context) (time.Duration, error) { return storedFloor(ctx, s, restartEvent) },
		func(ctx context.Context) (time.Duration, error) {
			sequence++
			return restart(ctx, s, d, sequence)
		})
	if err != nil {
		return RestartFigures{}, err
	}
	return RestartFigures{storedFigures(d, times, b.Runs)}, nil
}

// restart publishes one read and returns how long it took to commit it from the start of the scorer's process.
func restart(ctx context.Context, s *Server, d *day, sequence int) (time.Duration, error) {
	mat, chip := d.event.Mats[0].ID, d.roster[0].Chips[0]
	data, err := proto.Marshal(&timingv1.ReadBatch{
		Event: string(restartEvent), Mat: string(mat), Boot: liveBoot, FirstSeq: uint64(sequence),
		Reads: []*timingv1.Read{{Chip: string(chip), At: timestamppb.New(d.event.Races[0].Waves[0].Gun.Time())}},
	})
	if err != nil {
		return 0, fmt.Errorf("encode reads: %w", err)
	}
	message := &nats.Msg{Subject: "reads." + string(restartEvent) + "." + string(mat), Data: data}
	if err := publish(ctx, s.JetStream, []*nats.Msg{message}); err != nil {
		return 0, err
	}
	if err := s.rest(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	stop, err := s.Scorer(ctx)
	if err != nil {
		return 0, err
	}
	err = s.wait(ctx, hasDerived, pgx.StrictNamedArgs{"event": restartEvent, "sequence": sequence})
	took := time.Since(began)
	if stopping := stop(); err == nil {
		err = stopping
	}
	return took, err
}
