package benchmark

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rehearsal"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// RewindBench measures what new reads suffer while mats send again everything that they ever read: how long it takes from
// the publishing of a new read until watchers see its change. Its floor is the same without the rewind, in the same run.
// The reads of the race up to the middle are stored before, by another run of the scorer than is measured: a rewind after a
// restart is the usual one. New reads are those behind the middle.
type RewindBench struct {
	Start    Start
	Formats  Formats
	Entrants int
	// Reads is about how many are stored, and sent again at RewindPerSecond while new ones come at LivePerSecond.
	Reads, RewindPerSecond, LivePerSecond int
	Show                                  Show
}

const (
	rewindEvent = race.EventID("bench-rewind")
	// liveBatchReads is what a mat sends at once while the race goes on.
	liveBatchReads = 10
	// liveBoot keeps the numbers of new reads apart from those of stored ones.
	liveBoot = "live"
)

// RewindFigures are what a RewindBench finds.
type RewindFigures struct {
	Entrants int `json:"entrants"`
	// Stored are the reads that were sent again, and Live the new ones that were measured meanwhile.
	Stored int `json:"stored"`
	Live   int `json:"live"`
	// RewindPerSecond is what was reached.
	RewindPerSecond float64 `json:"rewind_per_second"`
	LivePerSecond   int     `json:"live_per_second"`
	// MoreRows is how many rows there are beyond one for each read: 0.
	MoreRows int `json:"more_rows"`
	// The milliseconds that so many per cent of the new reads do not exceed.
	P50Milliseconds      float64 `json:"p50_milliseconds"`
	P99Milliseconds      float64 `json:"p99_milliseconds"`
	FloorP50Milliseconds float64 `json:"floor_p50_milliseconds"`
	FloorP99Milliseconds float64 `json:"floor_p99_milliseconds"`
	// TimesFloor is P99Milliseconds by FloorP99Milliseconds.
	TimesFloor float64 `json:"times_floor"`
}

// String shows the figures on one line.
func (f RewindFigures) String() string {
	return fmt.Sprintf("rewind: %d stored reads of %d entrants sent again at %.0f reads/s: %d rows too many; %d new reads at "+
		"%d reads/s meanwhile: p50 %.1f ms, p99 %.1f ms; without a rewind p50 %.1f ms, p99 %.1f ms: %.1f times the floor",
		f.Stored, f.Entrants, f.RewindPerSecond, f.MoreRows, f.Live, f.LivePerSecond, f.P50Milliseconds, f.P99Milliseconds,
		f.FloorP50Milliseconds, f.FloorP99Milliseconds, f.TimesFloor)
}

// Reaches returns what is to be met.
func (f RewindFigures) Reaches() []Reach {
	return []Reach{
		atMost("rows too many", float64(f.MoreRows), 0),
		atMost("milliseconds of p99", f.P99Milliseconds, 1000),
	}
}

// Run measures.
func (b *RewindBench) Run(ctx context.Context) (figures RewindFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *RewindBench) measure(ctx context.Context, s *Server) (RewindFigures, error) {
	b.Show("making up %d reads", b.Reads)
	d, past, live, err := b.day()
	if err != nil {
		return RewindFigures{}, err
	}
	if err := s.open(ctx, d, b.Formats); err != nil {
		return RewindFigures{}, err
	}
	b.Show("storing what was read so far")
	r := rewinding{RewindBench: b, Server: s, watch: newWatch()}
	if err := r.store(ctx, past); err != nil {
		return RewindFigures{}, err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	group, watching := errgroup.WithContext(watching)
	for i := range d.event.Races {
		group.Go(func() error { return r.watch.follow(watching, s, rewindEvent, d.event.Races[i].ID) })
	}
	var figures RewindFigures
	group.Go(func() (err error) {
		defer stop()
		for range d.event.Races {
			<-r.watch.opened
		}
		figures, err = r.turns(watching, past, live)
		return err
	})
	err = group.Wait()
	figures.Entrants = len(d.roster)
	return figures, err
}

// rewinding is a run of the bench.
type rewinding struct {
	*RewindBench
	*Server
	watch *watch
	// published counts messages.
	published int
}

func (r *rewinding) store(ctx context.Context, past []sent) error {
	messages := make([]*nats.Msg, len(past))
	for i := range past {
		messages[i] = past[i].Msg
	}
	if err := publish(ctx, r.JetStream, messages); err != nil {
		return err
	}
	r.published += len(past)
	return r.derived(ctx)
}

func (r *rewinding) derived(ctx context.Context) error {
	return r.wait(ctx, hasDerived, pgx.StrictNamedArgs{"event": rewindEvent, "sequence": r.published})
}

// turns sends new reads for as long as a rewind takes, first without one and then beside it.
func (r *rewinding) turns(ctx context.Context, past, live []sent) (RewindFigures, error) {
	figures := RewindFigures{Stored: countReads(past), LivePerSecond: r.LivePerSecond}
	warm, live := firstReads(live, liveBatchReads)
	if err := r.restart(ctx, warm); err != nil {
		return figures, err
	}
	wanted := figures.Stored * r.LivePerSecond / r.RewindPerSecond
	before, rest := firstReads(live, wanted)
	meanwhile, _ := firstReads(rest, wanted)
	if countReads(meanwhile) < wanted {
		return figures, fmt.Errorf("the race has %d new reads, want %d", countReads(live), 2*wanted)
	}
	r.Show("new reads alone")
	if err := r.send(ctx, before); err != nil {
		return figures, err
	}
	floor := slices.Clone(r.watch.took)
	if err := r.rest(ctx); err != nil {
		return figures, err
	}
	r.Show("new reads beside a rewind")
	var rewound time.Duration
	group, sending := errgroup.WithContext(ctx)
	group.Go(func() error {
		began := time.Now()
		err := atPace(sending, r.RewindPerSecond, past, r.publish)
		rewound = time.Since(began)
		return err
	})
	group.Go(func() error { return r.sendAtPace(sending, meanwhile) })
	if err := group.Wait(); err != nil {
		return figures, err
	}
	r.published += len(past) + len(meanwhile)
	if err := r.settle(ctx); err != nil {
		return figures, err
	}
	took := r.watch.took[len(floor):]
	figures.Live, figures.RewindPerSecond = len(took), perSecond(figures.Stored, rewound)
	figures.P50Milliseconds, figures.P99Milliseconds = milliseconds(percentile(took, 50)), milliseconds(percentile(took, 99))
	figures.FloorP50Milliseconds = milliseconds(percentile(floor, 50))
	figures.FloorP99Milliseconds = milliseconds(percentile(floor, 99))
	figures.TimesFloor = figures.P99Milliseconds / figures.FloorP99Milliseconds
	rows, err := r.rows(ctx)
	figures.MoreRows = rows - figures.Stored - countReads(warm) - countReads(before) - countReads(meanwhile)
	return figures, err
}

// endRuns takes the locks of events away from whoever holds them, as a restart does, and returns whose they were.
const endRuns = `
SELECT coalesce(array_agg(pid) FILTER (WHERE pg_terminate_backend(pid)), '{}')
FROM pg_locks
WHERE locktype = 'advisory'`

const isHeldByOthers = `
SELECT EXISTS (
    SELECT
    FROM pg_locks
    WHERE locktype = 'advisory'
      AND pid <> ALL (@ended::integer[]))`

// restart lets another run of the scorer begin, and waits until it takes reads.
func (r *rewinding) restart(ctx context.Context, warm []sent) error {
	r.Show("another run of the scorer")
	var ended []int32
	if err := r.Pool.QueryRow(ctx, endRuns).Scan(&ended); err != nil {
		return fmt.Errorf("end the run of the scorer: %w", err)
	}
	if err := r.wait(ctx, isHeldByOthers, pgx.StrictNamedArgs{"ended": ended}); err != nil {
		return err
	}
	err := r.send(ctx, warm)
	r.watch.took = nil
	return err
}

func (r *rewinding) send(ctx context.Context, part []sent) error {
	if err := r.sendAtPace(ctx, part); err != nil {
		return err
	}
	r.published += len(part)
	return r.settle(ctx)
}

func (r *rewinding) sendAtPace(ctx context.Context, part []sent) error {
	return atPace(ctx, r.LivePerSecond, part, func(m sent) error {
		r.watch.publish(m.changes)
		return r.publish(m)
	})
}

func (r *rewinding) publish(m sent) error {
	_, err := begin(r.JetStream, m.Msg)
	return err
}

// settle waits until everything is derived and seen.
func (r *rewinding) settle(ctx context.Context) error {
	if err := r.derived(ctx); err != nil {
		return err
	}
	return r.watch.untilSeen(ctx)
}

const countStored = `
SELECT count(*)
FROM timing.reads
WHERE event = @event`

func (r *rewinding) rows(ctx context.Context) (int, error) {
	var rows int
	err := r.Pool.QueryRow(ctx, countStored, pgx.StrictNamedArgs{"event": rewindEvent}).Scan(&rows)
	if err != nil {
		return 0, fmt.Errorf("count the reads: %w", err)
	}
	return rows, nil
}

func countReads(messages []sent) int {
	n := 0
	for _, m := range messages {
		n += len(m.changes)
	}
	return n
}

// firstReads divides messages behind the one with the nth read.
func firstReads(messages []sent, n int) (first, rest []sent) {
	for i, m := range messages {
		if n <= 0 {
			return messages[:i], messages[i:]
		}
		n -= len(m.changes)
	}
	return messages, nil
}

// day makes up a race without backup mats: what was read of it until the middle, each crossing many times, and what is read
// behind that, each crossing once.
func (b *RewindBench) day() (d *day, past, live []sent, err error) {
	d, err = newField(b.Formats, rewindEvent, withoutBackups(rehearsal.AlmatyFile()), b.Entrants)
	if err != nil {
		return nil, nil, nil, err
	}
	once := rehearsal.Conditions{BatchReads: liveBatchReads}
	d.recording = rehearsal.Record(seed, d.event, d.roster, once)
	middle := middleOf(d.recording)
	earlier := func(at racetime.Instant) bool { return at <= middle }
	if live, err = d.part(liveBoot, func(at racetime.Instant) bool { return !earlier(at) }); err != nil {
		return nil, nil, nil, err
	}
	often := max(1, 2*b.Reads/max(1, d.recording.Reads()))
	many := rehearsal.Conditions{MinReads: often, MaxReads: often, BatchReads: batchReads}
	d.recording = rehearsal.Record(seed, d.event, d.roster, many)
	past, err = d.part("", earlier)
	return d, past, live, err
}

// middleOf returns the instant of the middle read.
func middleOf(r *rehearsal.Recording) racetime.Instant {
	var all []racetime.Instant
	for delivery := range r.Deliveries() {
		for _, read := range delivery.Batch.GetReads() {
			all = append(all, racetime.At(read.GetAt().AsTime()))
		}
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// part returns the messages of a day with those of their reads that are taken, under another boot where it is given.
func (d *day) part(boot string, take func(at racetime.Instant) bool) ([]sent, error) {
	flow, err := d.flow()
	if err != nil {
		return nil, err
	}
	var part []sent
	for _, m := range flow {
		batch := &timingv1.ReadBatch{}
		if err := proto.Unmarshal(m.Data, batch); err != nil {
			return nil, fmt.Errorf("decode reads: %w", err)
		}
		taken := sent{Msg: &nats.Msg{Subject: m.Subject}}
		reads := batch.Reads
		batch.Reads = nil
		for i, read := range reads {
			if take(racetime.At(read.GetAt().AsTime())) {
				read.Seq = proto.Uint64(batch.GetFirstSeq() + uint64(i))
				batch.Reads, taken.changes = append(batch.Reads, read), append(taken.changes, m.changes[i])
			}
		}
		if len(batch.Reads) == 0 {
			continue
		}
		if boot != "" {
			batch.Boot = boot
		}
		if taken.Data, err = proto.Marshal(batch); err != nil {
			return nil, fmt.Errorf("encode reads: %w", err)
		}
		part = append(part, taken)
	}
	return part, nil
}
