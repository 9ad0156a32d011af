package benchmark

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
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
	// Reads are those that were published while turns ran.
	Reads int `json:"reads"`
	Runs  int `json:"runs"`
}

// String shows the figures on one line.
func (f AskFigures) String() string {
	return fmt.Sprintf("%s: %d finishers, %d callers: %.0f calls/s, empty calls %.0f/s: %v of the floor; p99 %.1f ms, "+
		"empty %.1f ms: %v ×, in %d runs while %d reads came", f.Question, f.Finishers, f.Callers, f.CallsPerSecond,
		f.FloorCallsPerSecond, f.ShareOfFloor, f.P99Milliseconds, f.FloorP99Milliseconds, f.P99TimesFloor, f.Runs, f.Reads)
}

// Reaches returns what is to be met.
func (f AskFigures) Reaches() []Reach {
	return []Reach{
		atLeast("share of the floor's calls", f.ShareOfFloor.Median, 0.6),
		atMost("times the floor's p99", f.P99TimesFloor.Median, 2),
	}
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
	ask := b.question(d, list)
	var took, floorTook []time.Duration
	flowing := &flow{s: s, readsPerSecond: b.ReadsPerSecond, rest: rest}
	times, err := byTurns(ctx, b.Runs, b.Show,
		func(ctx context.Context) (time.Duration, error) {
			return b.turn(ctx, flowing, connections, emptyCall, &floorTook)
		},
		func(ctx context.Context) (time.Duration, error) { return b.turn(ctx, flowing, connections, ask, &took) })
	if err != nil {
		return AskFigures{}, err
	}
	figures := AskFigures{
		Question: b.Question, Finishers: b.Finishers, Callers: b.Callers, Calls: b.Calls, Runs: b.Runs, Reads: flowing.reads,
		CallsPerSecond: perSecond(b.Calls, median(times.work)), FloorCallsPerSecond: perSecond(b.Calls, median(times.floor)),
		ShareOfFloor:    times.shareOfFloor(),
		P99Milliseconds: milliseconds(median(took[1:])), FloorP99Milliseconds: milliseconds(median(floorTook[1:])),
		P99TimesFloor: turns{work: took[1:], floor: floorTook[1:]}.timesFloor(),
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
	if home < b.Finishers {
		return nil, nil, fmt.Errorf("only %d of %d finish", home, b.Finishers)
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

// longestAgeGroup returns the age group of the race with the most finishers, and how many they are.
func longestAgeGroup(ctx context.Context, s *Server) (list string, ranked int, err error) {
	lists, err := standingsv1.NewStandingsServiceClient(s.Conn).ListLists(ctx,
		&standingsv1.ListListsRequest{EventId: string(askEvent), Race: string(askRace)})
	if err != nil {
		return "", 0, fmt.Errorf("list the lists of %s: %w", askRace, err)
	}
	for _, l := range lists.GetLists() {
		if strings.HasPrefix(l.GetList(), "age/") && int(l.GetRanked()) > ranked {
			list, ranked = l.GetList(), int(l.GetRanked())
		}
	}
	if ranked == 0 {
		return "", 0, fmt.Errorf("nobody is home in an age group of %s", askRace)
	}
	return list, ranked, nil
}

// call is one call of a caller, the nth of all.
type call func(ctx context.Context, conn *grpc.ClientConn, n int) error

func emptyCall(ctx context.Context, conn *grpc.ClientConn, _ int) error {
	return newVacanciesFloor(conn).call(ctx)
}

func (b *AskBench) question(d *day, list string) call {
	if b.Question == AskStandings {
		request := &standingsv1.GetStandingsRequest{EventId: string(askEvent), Race: string(askRace), List: list, PageSize: askRows}
		return func(ctx context.Context, conn *grpc.ClientConn, _ int) error {
			_, err := standingsv1.NewStandingsServiceClient(conn).GetStandings(ctx, request)
			return err
		}
	}
	random := rand.New(rand.NewPCG(seed, 1))
	bibs := make([]string, b.Calls)
	for i := range bibs {
		bibs[i] = string(d.roster[random.IntN(len(d.roster))].Bib)
	}
	return func(ctx context.Context, conn *grpc.ClientConn, n int) error {
		_, err := standingsv1.NewStandingsServiceClient(conn).GetResult(ctx,
			&standingsv1.GetResultRequest{EventId: string(askEvent), Bib: bibs[n]})
		return err
	}
}

// turn makes all calls while reads flow, and returns how long that took; took gets the 99th percentile of a call.
func (b *AskBench) turn(
	ctx context.Context, flowing *flow, connections []*grpc.ClientConn, ask call, took *[]time.Duration,
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
	*took = append(*took, percentile(each, 99))
	return whole, err
}

// flow is what mats publish at a pace while something else is measured.
type flow struct {
	s              *Server
	readsPerSecond int
	rest           []sent
	reads          int
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
		err := atPace(ctx, f.readsPerSecond, f.rest, func(m sent) error {
			select {
			case <-over:
				return errOver
			default:
			}
			_, err := begin(f.s.JetStream, m.Msg)
			f.rest, f.reads = f.rest[1:], f.reads+len(m.changes)
			return err
		})
		if errors.Is(err, errOver) {
			return nil
		}
		if err == nil {
			return errors.New("the mats have nothing more to publish: ask less, or let more run")
		}
		return err
	})
	return group.Wait()
}
