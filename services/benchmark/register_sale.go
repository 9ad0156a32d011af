package benchmark

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// sale is how the places of a race went.
type sale struct {
	// waits are how long those waited who got a place.
	waits []time.Duration
	// time passed until the last of them had it.
	time time.Duration
}

// enter asks for a place for the person with an index on behalf of a caller, and reports whether the race was full.
type enter func(ctx context.Context, caller, person int) (full bool, err error)

// queue is who still wants to run.
type queue struct {
	persons int
	taken   atomic.Int64
}

var errNobodyLeft = errors.New("everybody has a place and the race is not full")

// next returns the index of the next person.
func (q *queue) next() (int, error) {
	person := int(q.taken.Add(1)) - 1
	if person >= q.persons {
		return 0, errNobodyLeft
	}
	return person, nil
}

// sell lets callers ask side by side, each for one person after another until it finds the race full.
func sell(ctx context.Context, callers int, q *queue, enter enter) (sale, error) {
	waits, last := make([][]time.Duration, callers), make([]time.Time, callers)
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for caller := range callers {
		group.Go(func() error {
			for {
				person, err := q.next()
				if err != nil {
					return err
				}
				asked := time.Now()
				full, err := enter(ctx, caller, person)
				if err != nil {
					return fmt.Errorf("enter person %d: %w", person, err)
				}
				if full {
					return nil
				}
				last[caller] = time.Now()
				waits[caller] = append(waits[caller], last[caller].Sub(asked))
			}
		})
	}
	if err := group.Wait(); err != nil {
		return sale{}, err
	}
	return sale{slices.Concat(waits...), slices.MaxFunc(last, time.Time.Compare).Sub(began)}, nil
}

var errPlaceLeft = errors.New("the race was full and then had a place")

// refuse lets callers ask side by side for so many persons more, who all must find the race full. It returns how many were
// refused, and the time that it took.
func refuse(ctx context.Context, callers, refusals int, q *queue, enter enter) (refused int, took time.Duration, err error) {
	var asked, answered atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for caller := range callers {
		group.Go(func() error {
			for asked.Add(1) <= int64(refusals) {
				person, err := q.next()
				if err != nil {
					return err
				}
				full, err := enter(ctx, caller, person)
				if err != nil {
					return fmt.Errorf("enter person %d: %w", person, err)
				}
				if !full {
					return errPlaceLeft
				}
				answered.Add(1)
			}
			return nil
		})
	}
	err = group.Wait()
	return int(answered.Load()), time.Since(began), err
}
