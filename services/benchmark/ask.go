package benchmark

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"raceday/services/rehearsal"
	"raceday/services/rules/race"
)

// AskBench measures what many callers at once get answered, while others still run and mats publish at a pace. Its floor is
// an empty call, by the same callers on the same connections, while the same reads flow.
type AskBench struct {
	Start    Start
	Formats  Formats
	Question Question
	// Finishers are home before anybody asks; as many again are on their way.
	Finishers int
	Callers   int
	// Calls is about how many are made in each turn.
	Calls          int
	ReadsPerSecond int
	Runs           int
	Show           Show
}

// Question is what is asked.
type Question string

// The questions: the first 50 of an age group, and the result of one entrant, another one each time.
const (
	AskStandings Question = "standings"
	AskResult    Question = "result"
)

const (
	askEvent = race.EventID("bench-ask")
	// askRace is where most of the field runs.
	askRace = race.ID("half")
	askRows = 50
	// askTime bounds a turn.
	askTime = 5 * time.Minute
)

// AskFigures are what an AskBench finds.
type AskFigures struct {
	Question  Question `json:"question"`
	Finishers int      `json:"finishers"`
	Callers   int      `json:"callers"`
	// Calls are those of one turn, Rows those of one answer of standings.
	Calls               int     `json:"calls"`
	Rows                int     `json:"rows,omitempty"`
	CallsPerSecond      float64 `json:"calls_per_second"`
	FloorCallsPerSecond float64 `json:"floor_calls_per_second"`
	// ShareOfFloor is CallsPerSecond by FloorCallsPerSecond: more is better.
	ShareOfFloor Ratio `json:"share_of_floor"`
	// The milliseconds that 99 per cent of the calls do not exceed.
	P99Milliseconds      float64 `json:"p99_milliseconds"`
	FloorP99Milliseconds float64 `json:"floor_p99_milliseconds"`
	// P99TimesFloor is P99Milliseconds by FloorP99Milliseconds: less is better.
	P99TimesFloor Ratio `json:"p99_times_floor"`
	// The same where callers leave the answers as they come. To decode 50 rows takes a caller longer than an empty call takes
	// both sides, and it shares the server's cores: no server could answer so fast that the other figures reached the floor.
	UnreadCallsPerSecond float64 `json:"unread_calls_per_second"`
	UnreadShareOfFloor   Ratio   `json:"unread_share_of_floor"`
	UnreadP99TimesFloor  Ratio   `json:"unread_p99_times_floor"`
	// Reads are those that were published while turns ran, some of them again where there are fewer.
	Reads int `json:"reads"`
	Runs  int `json:"runs"`
}

// String shows the figures on one line.
func (f AskFigures) String() string {
	return fmt.Sprintf("%s: %d finishers, %d callers: %.0f calls/s, empty calls %.0f/s: %v of the floor; p99 %.1f ms, "+
		"empty %.1f ms: %v ×; unread answers %.0f calls/s: %v of the floor, p99 %v ×; in %d runs while %d reads came",
		f.Question, f.Finishers, f.Callers, f.CallsPerSecond, f.FloorCallsPerSecond, f.ShareOfFloor, f.P99Milliseconds,
		f.FloorP99Milliseconds, f.P99TimesFloor, f.UnreadCallsPerSecond, f.UnreadShareOfFloor, f.UnreadP99TimesFloor, f.Runs, f.Reads)
}

// Reaches returns what is to be met.
func (f AskFigures) Reaches() []Reach {
	reaches := []Reach{atLeast("share of the floor's calls", f.ShareOfFloor.Median, 0.6)}
	if f.Question == AskStandings {
		reaches = append(reaches, atMost("times the floor's p99", f.P99TimesFloor.Median, 2))
	}
	return reaches
}

// Run measures.
func (b *AskBench) Run(ctx context.Context) (figures AskFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *AskBench) measure(ctx context.Context, s *Server) (AskFigures, error) {
	b.Show("importing %d entrants", 2*b.Finishers)
	d, rest, err := b.open(ctx, s)
	if err != nil {
		return AskFigures{}, err
	}
	list, rows, err := longestAgeGroup(ctx, s)
	if err != nil {
		return AskFigures{}, err
	}
	connections, hangUp, err := s.dial(b.Callers)
	if err != nil {
		return AskFigures{}, err
	}
	defer hangUp()
	asked := b.question(d, list)
	flowing := &flow{s: s, readsPerSecond: b.ReadsPerSecond, messages: rest}
	var empty, unread, read series
	_, err = byTurns(ctx, b.Runs, b.Show,
		func(ctx context.Context) (time.Duration, error) {
			return b.turn(ctx, flowing, connections, emptyCall, &empty)
		},
		func(ctx context.Context) (time.Duration, error) {
			if _, err := b.turn(ctx, flowing, connections, asked.askUnread, &unread); err != nil {
				return 0, err
			}
			return b.turn(ctx, flowing, connections, asked.ask, &read)
		})
	if err != nil {
		return AskFigures{}, err
	}
	figures := AskFigures{
		Question: b.Question, Finishers: b.Finishers, Callers: b.Callers, Calls: b.Calls, Runs: b.Runs, Reads: flowing.reads,
		CallsPerSecond: read.callsPerSecond(b.Calls), FloorCallsPerSecond: empty.callsPerSecond(b.Calls),
		ShareOfFloor:    read.by(&empty).shareOfFloor(),
		P99Milliseconds: milliseconds(median(read.p99[1:])), FloorP99Milliseconds: milliseconds(median(empty.p99[1:])),
		P99TimesFloor:        read.p99By(&empty).timesFloor(),
		UnreadCallsPerSecond: unread.callsPerSecond(b.Calls),
		UnreadShareOfFloor:   unread.by(&empty).shareOfFloor(),
		UnreadP99TimesFloor:  unread.p99By(&empty).timesFloor(),
	}
	if b.Question == AskStandings {
		figures.Rows = min(askRows, rows)
	}
	return figures, nil
}

// open stores what is read until the finishers are home, and returns the messages that come after.
func (b *AskBench) open(ctx context.Context, s *Server) (*day, []sent, error) {
	d, err := newField(b.Formats, askEvent, withoutBackups(rehearsal.AlmatyFile()), 2*b.Finishers)
	if err != nil {
		return nil, nil, err
	}
	d.recording = rehearsal.Record(seed, d.event, d.roster, rehearsal.Conditions{BatchReads: liveBatchReads})
	all, err := d.flow()
	if err != nil {
		return nil, nil, err
	}
	last := map[string]int32{}
	for i := range d.roster {
		last[string(d.roster[i].Bib)] = int32(len(d.event.Race(d.roster[i].Race).Course) - 1)
	}
	home, n := 0, 0
	for home < b.Finishers && n < len(all) {
		for _, c := range all[n].changes {
			if c.visit == last[c.bib] {
				home++
			}
		}
		n++
	}
	if home < b.Finishers || n == len(all) {
		return nil, nil, fmt.Errorf("%d of %d are home, and nobody is on the way", home, b.Finishers)
	}
	if err := s.open(ctx, d, b.Formats); err != nil {
		return nil, nil, err
	}
	b.Show("publishing until %d are home", home)
	if err := s.publishAll(ctx, askEvent, all[:n]); err != nil {
		return nil, nil, err
	}
	return d, all[n:], nil
}

// series is how long the turns of one kind took, and the 99th percentile of their calls. The first warms up.
type series struct{ times, p99 []time.Duration }

func (s *series) callsPerSecond(calls int) float64 { return perSecond(calls, median(s.times[1:])) }

func (s *series) by(floor *series) turns { return turns{work: s.times[1:], floor: floor.times[1:]} }

func (s *series) p99By(floor *series) turns { return turns{work: s.p99[1:], floor: floor.p99[1:]} }

// turn makes all calls while reads flow, adds them to a series and returns how long they took.
func (b *AskBench) turn(
	ctx context.Context, flowing *flow, connections []*grpc.ClientConn, ask call, of *series,
) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	each := make([]time.Duration, b.Calls)
	var whole time.Duration
	err := flowing.during(ctx, func(ctx context.Context) error {
		var next atomic.Int64
		began := time.Now()
		group, ctx := errgroup.WithContext(ctx)
		for caller := range b.Callers {
			group.Go(func() error {
				conn := connections[caller%len(connections)]
				for n := int(next.Add(1)) - 1; n < b.Calls; n = int(next.Add(1)) - 1 {
					began := time.Now()
					if err := ask(ctx, conn, n); err != nil {
						return fmt.Errorf("ask: %w", err)
					}
					each[n] = time.Since(began)
				}
				return nil
			})
		}
		err := group.Wait()
		whole = time.Since(began)
		return err
	})
	of.times, of.p99 = append(of.times, whole), append(of.p99, percentile(each, 99))
	return whole, err
}

// flow is what mats publish at a pace while something else is measured.
type flow struct {
	s              *Server
	readsPerSecond int
	messages       []sent
	// next is the index of the message that comes next. Behind the last one the mats send all of them again.
	next  int
	reads int
}

var errOver = errors.New("over")

// during publishes the next of the flow while work runs.
func (f *flow) during(ctx context.Context, work func(ctx context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	over := make(chan struct{})
	group.Go(func() error {
		defer close(over)
		return work(ctx)
	})
	group.Go(func() error {
		for {
			err := atPace(ctx, f.readsPerSecond, f.messages[f.next:], func(m sent) error {
				select {
				case <-over:
					return errOver
				default:
				}
				_, err := begin(f.s.JetStream, m.Msg)
				f.next, f.reads = f.next+1, f.reads+len(m.changes)
				return err
			})
			if errors.Is(err, errOver) {
				return nil
			}
			if err != nil {
				return err
			}
			f.next = 0
		}
	})
	return group.Wait()
}
