package standings

import (
	"context"
	"errors"
	"fmt"
	"time"

	"raceday/services/fault"
	"raceday/services/notice"
	"raceday/services/rules/race"
)

// ErrNotScoredYet is returned where something is to be put down for good, and the scorer is behind what was recorded.
var ErrNotScoredYet = fault.New(fault.Aborted, "NOT_SCORED_YET", "what was recorded just now is not scored yet; ask again in a moment")

// scoredTime is how long is waited for the scorer, which needs a moment for a ruling and seconds for the roster of a large
// event.
const scoredTime = 5 * time.Second

// untilScored returns the version in which all changes of event, roster and rulings are that were made before the call. Fault:
// ErrNotScoredYet.
func (b *Boards) untilScored(ctx context.Context, event race.EventID) (int64, error) {
	last, err := b.events.CurrentChange(ctx, event)
	if err != nil {
		return 0, fmt.Errorf("read the last change of %s: %w", event, err)
	}
	version, change, err := b.store.Applied(ctx, event)
	if err != nil || change >= last {
		return version, err
	}
	woken := make(chan struct{}, 1)
	unsubscribe, err := b.notices.Subscribe(event, func(notice.Notice) {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return 0, fmt.Errorf("listen for changes of %s: %w", event, err)
	}
	defer unsubscribe()
	over := time.NewTimer(scoredTime)
	defer over.Stop()
	check := time.NewTicker(checkEvery) // a notice may be lost
	defer check.Stop()
	for {
		version, change, err = b.store.Applied(ctx, event)
		if err != nil || change >= last {
			return version, err
		}
		select {
		case <-woken:
		case <-check.C:
		case <-over.C:
			return 0, ErrNotScoredYet
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// whenScored waits for the scorer too, but not for one that is away: what there is can be had without it. It returns the version
// that is to be shown at least.
func (b *Boards) whenScored(ctx context.Context, event race.EventID) (int64, error) {
	version, err := b.untilScored(ctx, event)
	if errors.Is(err, ErrNotScoredYet) {
		return 0, nil
	}
	return version, err
}

// UseScored is Use with a board in which all changes are that were made before the call, as far as the scorer is at work.
func (b *Boards) UseScored(ctx context.Context, event race.EventID, f func(*Board) error) error {
	version, err := b.whenScored(ctx, event)
	if err != nil {
		return err
	}
	return b.useFrom(ctx, event, version, f)
}

// useFrom is Use with a board of a version or a later one.
func (b *Boards) useFrom(ctx context.Context, event race.EventID, version int64, f func(*Board) error) error {
	return b.Use(ctx, event, func(board *Board) error {
		if err := board.until(ctx, version); err != nil {
			return err
		}
		return f(board)
	})
}

// until returns when the board is exact for a version or a later one, or could not become so for a while. Fault: ErrStopping.
func (b *Board) until(ctx context.Context, version int64) error {
	over := time.NewTimer(scoredTime)
	defer over.Stop()
	for {
		b.mu.RLock()
		at, moved := b.version, b.moved
		b.mu.RUnlock()
		if at >= version {
			return nil
		}
		select {
		case <-moved:
		case <-over.C:
			return nil
		case <-b.closed:
			return ErrStopping
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
