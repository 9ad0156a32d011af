package registration

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
)

func newApplication() *application {
	return &application{Registration: Registration{Event: "e", Race: "r"}, turn: newTurn()}
}

func answerAll(batch []*application) {
	for _, a := range batch {
		close(a.answered)
	}
}

func TestQueueDecidesThoseWhoWaitTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[*application]()
		open := make(chan struct{})
		var sizes []int
		decide := func(_ context.Context, batch []*application) {
			<-open
			sizes = append(sizes, len(batch)) // One batch is decided at a time.
			answerAll(batch)
		}
		var answered atomic.Int64
		const callers = 2*maxBatch + 5
		for n := range callers {
			go func() {
				if err := q.run(t.Context(), lane{"e", "r"}, newApplication(), decide); err == nil {
					answered.Add(1)
				}
			}()
			if n == 0 {
				synctest.Wait() // The first is at work when the others come.
			}
		}
		synctest.Wait()
		close(open)
		synctest.Wait()
		if got := answered.Load(); got != callers {
			t.Errorf("got %d answered, want %d", got, callers)
		}
		if diff := cmp.Diff([]int{1, maxBatch, maxBatch, 4}, sizes); diff != "" {
			t.Errorf("sizes of batches (-want +got):\n%s", diff)
		}
		if len(q.lanes) != 0 {
			t.Errorf("got %d lanes left, want none", len(q.lanes))
		}
	})
}

func TestQueueGoesOnWithoutThoseWhoLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[*application]()
		open := make(chan struct{})
		var decided atomic.Int64
		decide := func(ctx context.Context, batch []*application) {
			<-open
			if err := ctx.Err(); err != nil {
				t.Errorf("the batch ended with a caller: %v", err)
			}
			decided.Add(int64(len(batch)))
			answerAll(batch)
		}
		leaving, leave := context.WithCancel(t.Context())
		results := make(chan error, 4)
		start := func(ctx context.Context) {
			go func() { results <- q.run(ctx, lane{"e", "r"}, newApplication(), decide) }()
			synctest.Wait()
		}
		start(leaving) // It leads, and goes on leading.
		start(leaving) // It would lead next.
		start(t.Context())
		start(t.Context())
		leave()
		synctest.Wait()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("who left: got %v, want %v", err, context.Canceled)
		}
		close(open)
		synctest.Wait()
		for range 3 {
			if err := <-results; err != nil {
				t.Errorf("who stayed: %v", err)
			}
		}
		if got := decided.Load(); got != 3 {
			t.Errorf("got %d decided, want 3", got)
		}
	})
}

func TestQueueKeepsLanesApartAndRefusesTooMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[*application]()
		open := make(chan struct{})
		decide := func(_ context.Context, batch []*application) {
			<-open
			answerAll(batch)
		}
		full, other := lane{"e", "r"}, lane{"e", "s"}
		results := make(chan error, maxWaiting+3)
		start := func(at lane) {
			go func() { results <- q.run(t.Context(), at, newApplication(), decide) }()
		}
		start(full)
		synctest.Wait() // It is at work; it no longer waits.
		for range maxWaiting {
			start(full)
		}
		synctest.Wait()
		err := q.run(t.Context(), full, newApplication(), decide)
		if after, ok := fault.RetryAfter(err); !errors.Is(err, ErrQueueFull) || !ok || after != tryAgainAfter {
			t.Errorf("one more: got %v after %v, want %v", err, after, ErrQueueFull)
		}
		start(other)
		synctest.Wait()
		close(open)
		for range maxWaiting + 2 {
			if err := <-results; err != nil {
				t.Errorf("who waited: %v", err)
			}
		}
	})
}
