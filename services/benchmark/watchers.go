package benchmark

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
)

// WatchersBench measures what thousands who watch the standings of one server cost and wait for, while mats publish at a pace:
// how long it takes from the publishing of a read until a watcher is told of it, over all watchers, and the memory of the
// server's process for each. A quarter watches the top 20 of a race's first list, a quarter that of another of its lists, half
// the eleven rows around a bib of its own. They live in a process of their own.
//
// A read counts for a watcher that has its entrant in view already; who comes into view has run there before. Its floor is a
// server that does nothing but send the same number of messages of the same size to the same number of streams, in as many
// rounds.
type WatchersBench struct {
	Start   Start
	Formats Formats
	// Program with Command is raceday calling WatchersAway.
	Program string
	Command []string
	// Watchers share connections, so many each.
	Watchers, PerConnection int
	Entrants                int
	// ReadsPerSecond come for Seconds.
	ReadsPerSecond, Seconds int
	Show                    Show
}

const (
	watchersTop = 20
	bytesPerKiB = 1024
	floorRounds = 5 // a second
	fewWatchers = 40
	// warmSeconds pass before reads count: a process that has just given back its memory, and a machine on which ten thousand
	// have just joined, are not what is measured.
	warmSeconds  = 5
	watchersSeed = 42
)

// WatchersFigures are what a WatchersBench finds.
type WatchersFigures struct {
	Watchers    int `json:"watchers"`
	Connections int `json:"connections"`
	Entrants    int `json:"entrants"`
	// Reads were published, and Seen told to watchers who had their entrants in view, in so many Messages.
	Reads          int   `json:"reads"`
	ReadsPerSecond int   `json:"reads_per_second"`
	Seen           int   `json:"seen"`
	Messages       int64 `json:"messages"`
	// The milliseconds that so many per cent of what was seen do not exceed.
	P50Milliseconds      float64 `json:"p50_milliseconds"`
	P99Milliseconds      float64 `json:"p99_milliseconds"`
	FloorP50Milliseconds float64 `json:"floor_p50_milliseconds"`
	FloorP99Milliseconds float64 `json:"floor_p99_milliseconds"`
	// KiBPerWatcher is what the process holds more with all watchers after the flow than before they came, garbage collected
	// and given back, by their number; FloorKiBPerWatcher is that of the floor.
	KiBPerWatcher      float64 `json:"kib_per_watcher"`
	FloorKiBPerWatcher float64 `json:"floor_kib_per_watcher"`
	// FewP99Milliseconds is p99 with few watchers, just before: what scoring and storing take at that time. [ms]
	FewP50Milliseconds float64 `json:"few_p50_milliseconds"`
	FewP99Milliseconds float64 `json:"few_p99_milliseconds"`
}

// String shows the figures on one line.
func (f WatchersFigures) String() string {
	return fmt.Sprintf("watchers: %d on %d connections, %d entrants, %d reads at %d reads/s seen %d times in %d messages: "+
		"p50 %.1f ms, p99 %.1f ms, %.1f KiB a watcher; %d watchers p50 %.1f ms, p99 %.1f ms; floor p50 %.1f ms, p99 %.1f ms, %.1f KiB",
		f.Watchers, f.Connections, f.Entrants, f.Reads, f.ReadsPerSecond, f.Seen, f.Messages, f.P50Milliseconds, f.P99Milliseconds,
		f.KiBPerWatcher, fewWatchers, f.FewP50Milliseconds, f.FewP99Milliseconds, f.FloorP50Milliseconds, f.FloorP99Milliseconds,
		f.FloorKiBPerWatcher)
}

// Reaches returns what is to be met.
func (f WatchersFigures) Reaches() []Reach {
	return []Reach{
		atMost("milliseconds of p99", f.P99Milliseconds, 500),
		atMost("KiB a watcher", f.KiBPerWatcher, 64),
	}
}

// Run measures.
func (b *WatchersBench) Run(ctx context.Context) (figures WatchersFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *WatchersBench) measure(ctx context.Context, s *Server) (WatchersFigures, error) {
	b.Show("importing %d entrants", b.Entrants)
	like := WatchBench{Formats: b.Formats, Entrants: b.Entrants}
	d, err := like.day()
	if err != nil {
		return WatchersFigures{}, err
	}
	flow, err := d.flow()
	if err != nil {
		return WatchersFigures{}, err
	}
	if err := s.open(ctx, d, b.Formats); err != nil {
		return WatchersFigures{}, err
	}
	b.Show("publishing the first half")
	past := flow[:len(flow)/2]
	if err := s.publishAll(ctx, watchEvent, past); err != nil {
		return WatchersFigures{}, err
	}
	warm := b.ReadsPerSecond * warmSeconds
	few, rest := firstReads(flow[len(past):], warm+b.ReadsPerSecond*b.Seconds/2)
	live, _ := firstReads(rest, warm+b.ReadsPerSecond*b.Seconds)
	if countReads(live) <= warm {
		return WatchersFigures{}, fmt.Errorf("%d entrants have too few reads for %d seconds", b.Entrants, b.Seconds)
	}
	watches, err := b.watches(ctx, s, d)
	if err != nil {
		return WatchersFigures{}, err
	}
	figures := WatchersFigures{
		Watchers: b.Watchers, Connections: (b.Watchers + b.PerConnection - 1) / b.PerConnection, Entrants: len(d.roster),
		Reads: countReads(live) - warm, ReadsPerSecond: b.ReadsPerSecond,
	}
	published := len(past)
	paced := func(part []sent) func(*away) error {
		return func(a *away) error {
			published += len(part)
			return b.flow(ctx, s, a, part, published)
		}
	}
	found, _, err := b.turn(ctx, s.Address, s.Key, watches[:min(fewWatchers, len(watches))], paced(few))
	if err != nil {
		return figures, err
	}
	figures.FewP50Milliseconds, figures.FewP99Milliseconds = found.P50Milliseconds, found.P99Milliseconds
	found, kib, err := b.turn(ctx, s.Address, s.Key, watches, paced(live))
	if err != nil {
		return figures, err
	}
	figures.Seen, figures.Messages, figures.KiBPerWatcher = found.Seen, found.Messages, kib
	figures.P50Milliseconds, figures.P99Milliseconds = found.P50Milliseconds, found.P99Milliseconds
	b.Show("floor")
	floor, kib, err := b.floor(ctx, watches, found)
	if err != nil {
		return figures, fmt.Errorf("floor: %w", err)
	}
	figures.FloorP50Milliseconds, figures.FloorP99Milliseconds = floor.P50Milliseconds, floor.P99Milliseconds
	figures.FloorKiBPerWatcher = kib
	return figures, nil
}

// flow publishes reads at the pace, and returns when all that was published is derived.
func (b *WatchersBench) flow(ctx context.Context, s *Server, a *away, part []sent, published int) error {
	b.Show("%d reads at %d reads/s", countReads(part), b.ReadsPerSecond)
	reads := 0
	err := atPace(ctx, b.ReadsPerSecond, part, func(m sent) error {
		if reads += len(m.changes); reads > b.ReadsPerSecond*warmSeconds {
			if err := a.publish(m.changes); err != nil {
				return err
			}
		}
		_, err := begin(s.JetStream, m.Msg)
		return err
	})
	if err != nil {
		return err
	}
	return s.wait(ctx, hasDerived, pgx.StrictNamedArgs{"event": watchEvent, "sequence": published})
}

// watches returns what each watcher watches.
func (b *WatchersBench) watches(ctx context.Context, s *Server, d *day) ([]followed, error) {
	type list struct {
		race race.ID
		name string
	}
	var first, others []list
	for i := range d.event.Races {
		id := d.event.Races[i].ID
		first = append(first, list{race: id})
		answer, err := standingsv1.NewStandingsServiceClient(s.Conn).ListLists(ctx,
			&standingsv1.ListListsRequest{EventId: string(watchEvent), Race: string(id)})
		if err != nil {
			return nil, fmt.Errorf("ask for the lists of %s: %w", id, err)
		}
		for _, l := range answer.GetLists() {
			others = append(others, list{id, l.GetList()})
		}
	}
	if len(others) == 0 {
		return nil, errors.New("the event has no list")
	}
	random := rand.New(rand.NewPCG(seed, watchersSeed))
	watches := make([]followed, b.Watchers)
	for i := range watches {
		w := followed{Top: watchersTop}
		switch i % 4 {
		case 0:
			w.Race = string(first[i/4%len(first)].race)
		case 1:
			l := others[i/4%len(others)]
			w.Race, w.List = string(l.race), l.name
		default:
			e := &d.roster[random.IntN(len(d.roster))]
			w.Race, w.Around, w.Top = string(e.Race), string(e.Bib), 0
		}
		watches[i] = w
	}
	return watches, nil
}

// turn lets watchers watch a server in this process while reads flow, and returns what they found and the memory of each.
func (b *WatchersBench) turn(
	ctx context.Context, address, key string, watches []followed, flow func(*away) error,
) (found WatchersFound, kib float64, err error) {
	before := held()
	a, err := b.begin(ctx, address, key, watches)
	if err != nil {
		return found, 0, err
	}
	b.Show("%d watchers join", len(watches))
	if err := a.joined(); err != nil {
		return found, 0, errors.Join(err, a.end())
	}
	if err := flow(a); err != nil {
		return found, 0, errors.Join(err, a.end())
	}
	// All were told by then: rounds are much shorter.
	select {
	case <-time.After(settledTime):
	case <-ctx.Done():
	}
	more := held() - before
	found, err = a.found()
	return found, float64(more) / bytesPerKiB / float64(len(watches)), err
}

// settledTime is how long watchers may still be told of the last reads.
const settledTime = 2 * time.Second

// held is the memory that this process holds when garbage is collected and given back, in bytes.
func held() int64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}
