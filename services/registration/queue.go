package registration

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"raceday/services/rules/race"
)

const (
	// maxBatch is how many requests are decided in one transaction: more gain little and make the first wait.
	maxBatch = 200
	// maxWaiting bounds the requests that wait in a lane, about a second's work.
	maxWaiting = 4000
	// tryAgainAfter is told to those whom it keeps out.
	tryAgainAfter = time.Second
	// batchTime bounds the transaction that a batch is decided in.
	batchTime = 20 * time.Second
)

// queue brings the requests of one lane that wait together into one batch. Whoever comes while nobody is at work leads at
// once; those who come meanwhile wait, and the first of them leads the next batch. No goroutine is its own.
type queue[R waiter] struct {
	mu    sync.Mutex
	lanes map[lane][]R
}

// waiter is a request that waits for its answer.
type waiter interface {
	comparable
	// waits returns the request's place in the queue.
	waits() *turn
}

// lane is a race, or with an empty race a whole event; it is in the map of lanes while somebody leads it.
type lane struct {
	event race.EventID
	race  race.ID
}

// turn is a request's place in the queue.
type turn struct {
	// lead is closed when it is this request's turn to lead, answered when it has its answer.
	lead, answered chan struct{}
	leading        bool
}

func newTurn() turn { return turn{lead: make(chan struct{}), answered: make(chan struct{})} }

func (t *turn) waits() *turn { return t }

func newQueue[R waiter]() *queue[R] { return &queue[R]{lanes: map[lane][]R{}} }

// run returns once the request is answered, by a batch that it led or by another's, or when ctx ends: then the request may
// still be decided. decide answers every request of its batch. It returns ErrQueueFull where too many wait.
func (q *queue[R]) run(ctx context.Context, at lane, request R, decide func(ctx context.Context, batch []R)) error {
	leads, err := q.join(at, request)
	if err != nil {
		return err
	}
	if !leads {
		select {
		case <-request.waits().answered:
			return nil
		case <-request.waits().lead:
		case <-ctx.Done():
			q.leave(at, request)
			return fmt.Errorf("wait for a batch: %w", ctx.Err())
		}
	}
	defer q.passOn(at)
	// The others of the batch do not end with this caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTime)
	defer cancel()
	decide(ctx, q.take(at))
	return nil
}

// join adds the request and reports whether it leads.
func (q *queue[R]) join(at lane, request R) (leads bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting, led := q.lanes[at]
	if len(waiting) >= maxWaiting {
		return false, ErrQueueFull.After(tryAgainAfter)
	}
	q.lanes[at] = append(waiting, request)
	request.waits().leading = !led
	return !led, nil
}

// take removes the next batch; its first request is the leader's.
func (q *queue[R]) take(at lane) []R {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.lanes[at]
	n := min(len(waiting), maxBatch)
	q.lanes[at] = waiting[n:]
	return waiting[:n:n]
}

// passOn lets the first who waits lead, or closes the lane.
func (q *queue[R]) passOn(at lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.passOnLocked(at)
}

func (q *queue[R]) passOnLocked(at lane) {
	waiting := q.lanes[at]
	if len(waiting) == 0 {
		delete(q.lanes, at)
		return
	}
	first := waiting[0].waits()
	first.leading = true
	close(first.lead)
}

// leave takes a request that nobody waits for any more out of the queue, unless it is being decided.
func (q *queue[R]) leave(at lane, request R) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.lanes[at]
	i := slices.Index(waiting, request)
	if i < 0 {
		return
	}
	q.lanes[at] = slices.Concat(waiting[:i], waiting[i+1:])
	if request.waits().leading {
		q.passOnLocked(at)
	}
}
