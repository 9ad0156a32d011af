package benchmark

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

// watch knows what was published and what of it the watchers have seen.
type watch struct {
	mu sync.Mutex
	// open are the changes of each bib that nobody has seen yet, the oldest first.
	open map[string][]published
	took []time.Duration
	// unseen counts the open ones; left is told when there are none.
	unseen int
	left   chan struct{}
	// opened receives when a watcher has its snapshot.
	opened chan struct{}
}

// published is a change and when its read was published.
type published struct {
	visit int32
	at    time.Time
}

func newWatch() *watch {
	return &watch{open: map[string][]published{}, left: make(chan struct{}, 1), opened: make(chan struct{})}
}

// publish notes what is about to be published.
func (w *watch) publish(changes []change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, c := range changes {
		w.open[c.bib] = append(w.open[c.bib], published{c.visit, now})
		w.unseen++
	}
}

// see takes in what a watcher was told. Who is no longer in the list has been seen at the finish, after a cut-off.
func (w *watch) see(update *standingsv1.WatchStandingsResponse) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, row := range update.GetRows() {
		w.seen(row.GetBib(), row.GetLastVisit(), now)
	}
	for _, bib := range update.GetRemoved() {
		w.seen(bib, math.MaxInt32, now)
	}
	if w.unseen == 0 {
		select {
		case w.left <- struct{}{}:
		default:
		}
	}
}

func (w *watch) seen(bib string, visit int32, now time.Time) {
	open := w.open[bib]
	for len(open) > 0 && open[0].visit <= visit {
		w.took = append(w.took, now.Sub(open[0].at))
		open = open[1:]
		w.unseen--
	}
	w.open[bib] = open
}

// seenTime is how long a change that is committed may take to be seen, on the busiest of machines.
const seenTime = time.Minute

// untilSeen returns when everything that was published has been seen.
func (w *watch) untilSeen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, seenTime)
	defer cancel()
	for {
		w.mu.Lock()
		unseen := w.unseen
		w.mu.Unlock()
		if unseen == 0 {
			return nil
		}
		select {
		case <-w.left:
		case <-ctx.Done():
			return fmt.Errorf("%d changes were not seen: %w", unseen, ctx.Err())
		}
	}
}
