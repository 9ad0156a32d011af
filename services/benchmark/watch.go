package benchmark

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rehearsal"
	"raceday/services/rules/race"
)

// WatchBench measures how long it takes from the publishing of a read until its change is seen by who watches the
// standings, while mats publish at a pace. Every read is one that changes something: mats read each crossing once. All
// entrants of the overall list of every race are watched. The second half of the race is measured, the first is published
// before. Its floor is the way of the same messages without scorer, Postgres and boards.
type WatchBench struct {
	Start    Start
	Formats  Formats
	Entrants int
	// ReadsPerSecond is the pace.
	ReadsPerSecond int
	Runs           int
	Show           Show
}

const (
	watchEvent = race.EventID("bench-watch")
	// watchBatchReads is what a mat sends at once that sends often.
	watchBatchReads = 50
	// watchBatchTime is race time, which passes faster here.
	watchBatchTime = time.Minute
)

// WatchFigures are what a WatchBench finds.
type WatchFigures struct {
	// Reads and Messages are those that were measured.
	Reads          int `json:"reads"`
	Messages       int `json:"messages"`
	Entrants       int `json:"entrants"`
	ReadsPerSecond int `json:"reads_per_second"`
	// The milliseconds that so many per cent of the reads do not exceed.
	P50Milliseconds      float64 `json:"p50_milliseconds"`
	P99Milliseconds      float64 `json:"p99_milliseconds"`
	FloorP50Milliseconds float64 `json:"floor_p50_milliseconds"`
	FloorP99Milliseconds float64 `json:"floor_p99_milliseconds"`
	Runs                 int     `json:"runs"`
}

// String shows the figures on one line.
func (f WatchFigures) String() string {
	return fmt.Sprintf("watch: %d reads in %d messages at %d reads/s, %d entrants: p50 %.1f ms, p99 %.1f ms; "+
		"floor p50 %.1f ms, p99 %.1f ms, in %d runs", f.Reads, f.Messages, f.ReadsPerSecond, f.Entrants, f.P50Milliseconds,
		f.P99Milliseconds, f.FloorP50Milliseconds, f.FloorP99Milliseconds, f.Runs)
}

// Reaches returns what is to be met.
func (f WatchFigures) Reaches() []Reach {
	return []Reach{
		atMost("milliseconds of p50", f.P50Milliseconds, 15),
		atMost("milliseconds of p99", f.P99Milliseconds, 60),
	}
}

// Run measures.
func (b *WatchBench) Run(ctx context.Context) (figures WatchFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *WatchBench) measure(ctx context.Context, s *Server) (WatchFigures, error) {
	b.Show("importing %d entrants", b.Entrants)
	d, err := b.day()
	if err != nil {
		return WatchFigures{}, err
	}
	flow, err := d.flow()
	if err != nil {
		return WatchFigures{}, err
	}
	if err := s.open(ctx, d, b.Formats); err != nil {
		return WatchFigures{}, err
	}
	floor, err := newWatchFloor(ctx, s)
	if err != nil {
		return WatchFigures{}, err
	}
	defer floor.close()
	w := newWatch()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	group, watching := errgroup.WithContext(watching)
	for i := range d.event.Races {
		group.Go(func() error { return w.follow(watching, s, watchEvent, d.event.Races[i].ID) })
	}
	group.Go(func() error {
		defer stop()
		return b.turns(watching, s, d, flow, floor, w)
	})
	if err := group.Wait(); err != nil {
		return WatchFigures{}, err
	}
	figures := WatchFigures{
		Reads: len(w.took), Entrants: len(d.roster), ReadsPerSecond: b.ReadsPerSecond, Runs: b.Runs,
		P50Milliseconds: milliseconds(percentile(w.took, 50)), P99Milliseconds: milliseconds(percentile(w.took, 99)),
		FloorP50Milliseconds: milliseconds(percentile(floor.took, 50)), FloorP99Milliseconds: milliseconds(percentile(floor.took, 99)),
	}
	for _, part := range parts(flow, b.Runs)[1:] {
		figures.Messages += len(part)
	}
	return figures, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// day makes up a race without backup mats, whose reads change nothing.
func (b *WatchBench) day() (*day, error) {
	d, err := newField(b.Formats, watchEvent, withoutBackups(rehearsal.AlmatyFile()), b.Entrants)
	if err != nil {
		return nil, err
	}
	conditions := rehearsal.Conditions{BatchReads: watchBatchReads, BatchTime: watchBatchTime}
	d.recording = rehearsal.Record(seed, d.event, d.roster, conditions)
	return d, nil
}

func withoutBackups(file []byte) []byte {
	var without []byte
	for line := range bytes.Lines(file) {
		if !bytes.Contains(line, []byte("backup: true")) {
			without = append(without, line...)
		}
	}
	return without
}

// sent is a message with what it should change.
type sent struct {
	*nats.Msg
	changes []change
}

// change is that an entrant has come to a visit.
type change struct {
	bib   string
	visit int32
}

// flow returns the day's messages. With one read a crossing, the nth read of a chip is that of the nth visit.
func (d *day) flow() ([]sent, error) {
	bibs := map[string]string{}
	for i := range d.roster {
		bibs[d.roster[i].Chips[0]] = string(d.roster[i].Bib)
	}
	visits := map[string]int32{}
	var flow []sent
	for delivery := range d.recording.Deliveries() {
		data, err := proto.Marshal(delivery.Batch)
		if err != nil {
			return nil, fmt.Errorf("encode reads: %w", err)
		}
		subject := "reads." + string(d.event.ID) + "." + delivery.Batch.GetMat()
		flow = append(flow, sent{&nats.Msg{Subject: subject, Data: data}, changesOf(delivery.Batch, bibs, visits)})
	}
	return flow, nil
}

func changesOf(batch *timingv1.ReadBatch, bibs map[string]string, visits map[string]int32) []change {
	changes := make([]change, len(batch.GetReads()))
	for i, read := range batch.GetReads() {
		changes[i] = change{bibs[read.GetChip()], visits[read.GetChip()]}
		visits[read.GetChip()]++
	}
	return changes
}

// parts divides a flow: first its first half, then a part for each run.
func parts(flow []sent, runs int) [][]sent {
	half := len(flow) / 2
	divided := [][]sent{flow[:half]}
	for run := range runs {
		divided = append(divided, flow[half+(len(flow)-half)*run/runs:half+(len(flow)-half)*(run+1)/runs])
	}
	return divided
}

// turns publishes the first half at once and the rest by turns with the floor.
func (b *WatchBench) turns(ctx context.Context, s *Server, d *day, flow []sent, floor *watchFloor, w *watch) error {
	for range d.event.Races {
		select {
		case <-w.opened:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b.Show("publishing the first half")
	published := 0
	for run, part := range parts(flow, b.Runs) {
		published += len(part)
		if run == 0 {
			if err := s.publishAll(ctx, watchEvent, part); err != nil {
				return err
			}
			continue
		}
		b.Show("run %d of %d: floor", run, b.Runs)
		if err := floor.turn(ctx, b.ReadsPerSecond, part); err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		b.Show("run %d of %d: work", run, b.Runs)
		err := atPace(ctx, b.ReadsPerSecond, part, func(m sent) error {
			w.publish(m.changes)
			_, err := begin(s.JetStream, m.Msg)
			return err
		})
		if err != nil {
			return err
		}
		if err := s.wait(ctx, hasDerived, pgx.StrictNamedArgs{"event": watchEvent, "sequence": published}); err != nil {
			return err
		}
		if err := w.untilSeen(ctx); err != nil {
			return err
		}
	}
	return nil
}

// publishAll publishes the first messages of an event and returns when all that follows is committed.
func (s *Server) publishAll(ctx context.Context, event race.EventID, first []sent) error {
	messages := make([]*nats.Msg, len(first))
	for i := range first {
		messages[i] = first[i].Msg
	}
	if err := publish(ctx, s.JetStream, messages); err != nil {
		return err
	}
	return s.wait(ctx, hasDerived, pgx.StrictNamedArgs{"event": event, "sequence": len(messages)})
}

// atPace sends messages so that their reads come at a pace.
func atPace(ctx context.Context, readsPerSecond int, part []sent, send func(sent) error) error {
	began, reads := time.Now(), 0
	for _, m := range part {
		due := began.Add(time.Duration(reads) * time.Second / time.Duration(readsPerSecond))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := send(m); err != nil {
			return fmt.Errorf("publish reads: %w", err)
		}
		reads += len(m.changes)
	}
	return nil
}

// follow watches all of a race's overall list until ctx ends.
func (w *watch) follow(ctx context.Context, s *Server, event race.EventID, of race.ID) error {
	stream, err := standingsv1.NewStandingsServiceClient(s.Conn).WatchStandings(ctx,
		&standingsv1.WatchStandingsRequest{EventId: string(event), Race: string(of)})
	if err != nil {
		return fmt.Errorf("watch race %s: %w", of, err)
	}
	for first := true; ; first = false {
		update, err := stream.Recv()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch race %s: %w", of, err)
		}
		w.see(update)
		if first {
			select {
			case w.opened <- struct{}{}:
			case <-ctx.Done():
			}
		}
	}
}
