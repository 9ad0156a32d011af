package benchmark

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

// followed is what one watcher watches.
type followed struct {
	Race   string `json:"race"`
	List   string `json:"list,omitempty"`
	Top    int32  `json:"top,omitempty"`
	Around string `json:"around,omitempty"`
}

// WatchersFound is what watchers tell when all is over.
type WatchersFound struct {
	Seen            int     `json:"seen"`
	Messages        int64   `json:"messages"`
	Bytes           int64   `json:"bytes"`
	P50Milliseconds float64 `json:"p50_milliseconds"`
	P99Milliseconds float64 `json:"p99_milliseconds"`
}

// away is the process of the watchers. The instants of what is published are written to it; it tells when all watchers have
// their snapshots, and at the end what it found.
type away struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
}

func (b *WatchersBench) begin(ctx context.Context, address, key string, watches []followed) (*away, error) {
	arguments := append(append([]string{}, b.Command...), "--server", address, "--per-connection", strconv.Itoa(b.PerConnection))
	process := exec.CommandContext(ctx, b.Program, arguments...)
	process.Env, process.Stderr = append(os.Environ(), "RACEDAY_KEY="+key), os.Stderr
	in, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	a := &away{process, in, json.NewDecoder(out)}
	return a, json.NewEncoder(in).Encode(watches)
}

// joined returns when all watchers have their snapshots.
func (a *away) joined() error {
	var all bool
	if err := a.out.Decode(&all); err != nil {
		return fmt.Errorf("wait for the watchers: %w", err)
	}
	return nil
}

// publish tells what is about to be published.
func (a *away) publish(changes []change) error {
	var lines []byte
	now := time.Now().UnixNano() // of one clock for both processes
	for _, c := range changes {
		lines = fmt.Appendf(lines, "%s %d %d\n", c.bib, c.visit, now)
	}
	_, err := a.in.Write(lines)
	return err
}

// found ends the watching.
func (a *away) found() (found WatchersFound, err error) {
	err = a.in.Close()
	return found, errors.Join(err, a.out.Decode(&found), a.process.Wait())
}

func (a *away) end() error {
	return errors.Join(a.in.Close(), a.process.Wait())
}

// seenAt is that an entrant was seen at a visit, and when.
type seenAt struct {
	change
	at int64
}

// watchersAway are the watchers of a process.
type watchersAway struct {
	messages, bytes atomic.Int64
	mu              sync.Mutex
	seen            []seenAt
}

// WatchersAway watches as the bench that began this process wants: it reads from in what is to be watched and then what is
// published until in ends, and writes to out.
func WatchersAway(
	ctx context.Context, in io.Reader, out io.Writer, perConnection int, dial func() (*grpc.ClientConn, error),
) error {
	lines := bufio.NewReader(in)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read what to watch: %w", err)
	}
	var watches []followed
	if err := json.Unmarshal(first, &watches); err != nil {
		return fmt.Errorf("read what to watch: %w", err)
	}
	var w watchersAway
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	joined := make(chan struct{}, len(watches))
	for from := 0; from < len(watches); from += perConnection {
		conn, err := dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		for _, watch := range watches[from:min(len(watches), from+perConnection)] {
			group.Go(func() error { return w.follow(ctx, conn, watch, joined) })
		}
	}
	published := map[change]int64{}
	group.Go(func() error {
		defer stop()
		for range watches {
			select {
			case <-joined:
			case <-ctx.Done():
				return nil
			}
		}
		if err := json.NewEncoder(out).Encode(true); err != nil {
			return err
		}
		for {
			var c change
			var at int64
			if _, err := fmt.Fscanln(lines, &c.bib, &c.visit, &at); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return fmt.Errorf("read what was published: %w", err)
			}
			published[c] = at
		}
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(w.found(published))
}

func (w *watchersAway) found(published map[change]int64) WatchersFound {
	var took []time.Duration
	for _, s := range w.seen {
		if at, ok := published[s.change]; ok {
			took = append(took, time.Duration(s.at-at))
		}
	}
	found := WatchersFound{Seen: len(took), Messages: w.messages.Load(), Bytes: w.bytes.Load()}
	if len(took) > 0 {
		found.P50Milliseconds, found.P99Milliseconds = milliseconds(percentile(took, 50)), milliseconds(percentile(took, 99))
	}
	return found
}

func (w *watchersAway) follow(ctx context.Context, conn *grpc.ClientConn, watch followed, joined chan<- struct{}) error {
	stream, err := standingsv1.NewStandingsServiceClient(conn).WatchStandings(ctx, &standingsv1.WatchStandingsRequest{
		EventId: string(watchEvent), Race: watch.Race, List: watch.List, Top: watch.Top, Around: watch.Around,
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("watch %s: %w", watch.Race, err)
	}
	view := map[string]int32{}
	for first := true; ; first = false {
		update, err := stream.Recv()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch %s: %w", watch.Race, err)
		}
		now := time.Now().UnixNano()
		if first {
			joined <- struct{}{}
		} else {
			w.messages.Add(1)
			w.bytes.Add(int64(proto.Size(update)))
		}
		w.see(update, view, now)
	}
}

// see takes in what a watcher is told, who has entrants in view with their visits.
func (w *watchersAway) see(update *standingsv1.WatchStandingsResponse, view map[string]int32, now int64) {
	for _, bib := range update.GetRemoved() {
		delete(view, bib)
	}
	var seen []seenAt
	for _, row := range update.GetRows() {
		last, there := view[row.GetBib()]
		for visit := last + 1; there && visit <= row.GetLastVisit(); visit++ {
			seen = append(seen, seenAt{change{row.GetBib(), visit}, now})
		}
		view[row.GetBib()] = row.GetLastVisit()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, seen...)
}
