package registration

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// keepEvery is how often places are looked after at the most.
const keepEvery = time.Second

// Keeper gives back the places that have run out of time and offers those that are free, whether or not anybody asks for
// one. Every process may keep one: whoever comes second finds nothing to do.
type Keeper struct {
	service *Service
	heard   chan struct{}
}

// NewKeeper returns a keeper of the places of all events.
func NewKeeper(s *Service) *Keeper { return &Keeper{service: s, heard: make(chan struct{}, 1)} }

// Heard tells the keeper that entries changed somewhere.
func (k *Keeper) Heard() {
	select {
	case k.heard <- struct{}{}:
	default: // It will look anyway.
	}
}

// Run keeps places until ctx ends. It sleeps until the next one runs out or something changed, and looks at most once a
// second. failed is told of what went wrong; a second later it is tried again.
func (k *Keeper) Run(ctx context.Context, failed func(error)) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		next, ok, err := k.Settle(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			failed(err)
			next, ok = keepEvery, true
		}
		if !wait(ctx, pause, keepEvery, nil) {
			return nil
		}
		more := max(0, next-keepEvery)
		if !ok {
			more = -1 // Until something is heard.
		}
		if more != 0 && !wait(ctx, pause, more, k.heard) {
			return nil
		}
	}
}

// wait returns after a time, negative being without end, or when something is heard; false when ctx ends.
func wait(ctx context.Context, timer *time.Timer, d time.Duration, heard <-chan struct{}) bool {
	var fired <-chan time.Time
	if d >= 0 {
		timer.Reset(d)
		fired = timer.C
	}
	select {
	case <-fired:
	case <-heard:
	case <-ctx.Done():
		return false
	}
	return true
}

// Settle brings every race in order and returns the time until the next place runs out: none where a race changed, which
// brings new instants.
func (k *Keeper) Settle(ctx context.Context) (next time.Duration, ok bool, err error) {
	races, next, ok, err := k.service.store.Unsettled(ctx)
	if err != nil {
		return 0, false, fmt.Errorf("look for places that have run out: %w", err)
	}
	changed := false
	var failed []error
	for _, at := range races {
		settled, err := k.service.settle(ctx, at)
		if err != nil && !errors.Is(err, ErrRaceNotFound) { // The others do not wait for it.
			failed = append(failed, fmt.Errorf("settle race %s of event %s: %w", at.Race, at.Event, err))
		}
		changed = changed || settled
	}
	if changed {
		next, ok = 0, true
	}
	return next, ok, errors.Join(failed...)
}
