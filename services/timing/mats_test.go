package timing

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raceday/services/rules/race"
)

// still is a stream in which nothing comes, or that cannot be reached.
type still struct {
	oneEvent
	mu             sync.Mutex
	away           bool
	opened, closed int
}

func (s *still) Info(context.Context, race.EventID) (time.Time, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return time.Time{}, 0, errors.New("the stream is away")
	}
	return time.Time{}, 0, nil
}

func (s *still) Run(ctx context.Context, _ race.EventID, _ time.Time, _ uint64, _ chan<- *Batch) error {
	s.mu.Lock()
	s.opened++
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return nil
}

func (s *still) ChipRaces(context.Context, race.EventID) (map[race.Chip]race.ID, error) {
	return nil, nil
}

func (s *still) want(t *testing.T, when string, opened, closed int) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened != opened || s.closed != closed {
		t.Errorf("%s: the stream was opened %d times and closed %d, want %d and %d", when, s.opened, s.closed, opened, closed)
	}
}

func TestMatsAreWatchedAsLongAsSomebodyAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &still{oneEvent: oneEvent{matDay()}}
		mats := NewMats(MatsDependencies{
			Events: s, Field: s, Stream: s, Log: slog.New(slog.DiscardHandler), Now: time.Now,
			Changed: func(race.EventID) (<-chan struct{}, func()) { return nil, func() {} },
		})
		asked, askedEnd := context.WithTimeout(t.Context(), time.Second)
		defer askedEnd()
		if _, err := mats.List(asked, "almaty-2025"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("before Run: %v, want no answer", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- mats.Run(ctx) }()
		list := func(wantErr error) {
			t.Helper()
			states, err := mats.List(t.Context(), "almaty-2025")
			if !errors.Is(err, wantErr) || err == nil && len(states) != 4 {
				t.Errorf("got %d mats, %v, want four or %v", len(states), err, wantErr)
			}
		}
		s.want(t, "nobody has asked", 0, 0)
		list(nil)
		time.Sleep(9 * time.Minute)
		list(nil)
		time.Sleep(9 * time.Minute)
		s.want(t, "asked again", 1, 0)
		time.Sleep(2 * time.Minute)
		s.want(t, "nobody asks", 1, 1)

		watching := make(chan error)
		watch, stopWatch := context.WithCancel(t.Context())
		go func() { watching <- mats.Watch(watch, "almaty-2025", func([]MatState) error { return nil }) }()
		time.Sleep(time.Hour)
		s.want(t, "somebody watches", 2, 1)
		stopWatch()
		if err := <-watching; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ends with %v", err)
		}
		time.Sleep(11 * time.Minute)
		s.want(t, "nobody watches", 2, 2)

		s.mu.Lock()
		s.away = true
		s.mu.Unlock()
		if _, err := mats.List(t.Context(), "almaty-2025"); err == nil {
			t.Error("a stream that is away gives an answer")
		}
		s.mu.Lock()
		s.away = false
		s.mu.Unlock()
		list(nil)
		go func() { watching <- mats.Watch(t.Context(), "almaty-2025", func([]MatState) error { return nil }) }()
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := <-watching; !errors.Is(err, ErrStopping) {
			t.Errorf("the watch ends with %v, want %v", err, ErrStopping)
		}
		list(ErrStopping)
	})
}
