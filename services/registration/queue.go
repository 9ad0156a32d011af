package registration

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"raceday/services/rules/race"
)

// maxBatch is how many applications are decided in one transaction: more gain little and make the first wait.
const maxBatch = 200

// queue brings the applications for one race that wait together into one batch. Whoever comes while nobody is at work
// leads at once; those who come meanwhile wait, and the first of them leads the next batch. No goroutine is its own.
type queue struct {
	mu    sync.Mutex
	lanes map[lane][]*application
}

// lane is a race; it is in the map of lanes while somebody leads it.
type lane struct {
	event race.EventID
	race  race.ID
}

// turn is an application's place in the queue.
type turn struct {
	// lead is closed when it is this application's turn to lead, answered when it has its answer.
	lead, answered chan struct{}
	leading        bool
}

func newTurn() turn { return turn{lead: make(chan struct{}), answered: make(chan struct{})} }

func newQueue() *queue { return &queue{lanes: map[lane][]*application{}} }

// run returns once the application is answered, by a batch that it led or by another's, or when ctx ends: then the
// application may still be decided. decide answers every application of its batch.
func (q *queue) run(ctx context.Context, a *application, decide func(ctx context.Context, batch []*application)) error {
	at := lane{a.Event, a.Race}
	if !q.join(at, a) {
		select {
		case <-a.answered:
			return nil
		case <-a.lead:
		case <-ctx.Done():
			q.leave(at, a)
			return fmt.Errorf("wait for a place: %w", ctx.Err())
		}
	}
	defer q.passOn(at)
	// The others of the batch do not end with this caller.
	decide(context.WithoutCancel(ctx), q.take(at))
	return nil
}

// join adds the application and reports whether it leads.
func (q *queue) join(at lane, a *application) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting, led := q.lanes[at]
	q.lanes[at] = append(waiting, a)
	a.leading = !led
	return a.leading
}

// take removes the next batch; its first application is the leader's.
func (q *queue) take(at lane) []*application {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.lanes[at]
	n := min(len(waiting), maxBatch)
	q.lanes[at] = waiting[n:]
	return waiting[:n:n]
}

// passOn lets the first who waits lead, or closes the lane.
func (q *queue) passOn(at lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.passOnLocked(at)
}

func (q *queue) passOnLocked(at lane) {
	waiting := q.lanes[at]
	if len(waiting) == 0 {
		delete(q.lanes, at)
		return
	}
	waiting[0].leading = true
	close(waiting[0].lead)
}

// leave takes an application that nobody waits for any more out of the queue, unless it is being decided.
func (q *queue) leave(at lane, a *application) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.lanes[at]
	i := slices.Index(waiting, a)
	if i < 0 {
		return
	}
	q.lanes[at] = slices.Concat(waiting[:i], waiting[i+1:])
	if a.leading {
		q.passOnLocked(at)
	}
}
