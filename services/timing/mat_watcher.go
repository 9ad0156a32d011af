package timing

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

const (
	// matIdleTime without a user ends a watcher; matIdleCheck is how often that is looked at.
	matIdleTime  = 10 * time.Minute
	matIdleCheck = 10 * time.Second
	// matRetryTime is the pause before an event whose stream or definition could not be read is tried again.
	matRetryTime = time.Second
	// matReadTime bounds the reading of event and roster.
	matReadTime = time.Minute
	// matReadShare is how much longer than its reading an event is left alone, so that a roster that changes all the time
	// costs little.
	matReadShare = 20
)

// matWatcher follows the mats of one event.
type matWatcher struct {
	mats  *Mats
	event race.EventID
	// users and leftAt belong to Mats.
	users  int
	leftAt time.Time

	// ready is closed when the first tally has seen all that lay in the stream, or err is set.
	ready chan struct{}
	err   error

	mu    sync.Mutex
	tally *tally // what is shown
	// judged are the states of the mats at judgedAt, in a whole field a matter of tenths of a second; nothing changed since
	// where upToDate says so.
	judged   []MatState
	judgedAt time.Time
	upToDate bool
	// changed is closed when something changes next.
	changed chan struct{}
}

func newMatWatcher(m *Mats, event race.EventID) *matWatcher {
	return &matWatcher{mats: m, event: event, ready: make(chan struct{}), changed: make(chan struct{})}
}

// states returns how the mats do, or did less than matPause ago, and a channel that is closed when that has changed.
func (w *matWatcher) states() ([]MatState, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.upToDate && time.Since(w.judgedAt) >= matPause {
		w.judged, w.judgedAt, w.upToDate = w.tally.states(racetime.At(w.mats.deps.Now())), time.Now(), true
	}
	if !w.upToDate {
		changed := make(chan struct{})
		close(changed)
		return w.judged, changed
	}
	return w.judged, w.changed
}

func (w *matWatcher) fail(err error) {
	w.err = err
	close(w.ready)
}

// Why a tally ends.
var (
	errMatsUnused  = errors.New("nobody has asked for ten minutes")
	errMatsOutworn = errors.New("the event has other mats or courses")
)

// run makes tally after tally until ctx ends or nobody asks any more. One that replaces another is shown when it has seen
// as much.
func (w *matWatcher) run(ctx context.Context) {
	defer w.mats.forget(w)
	log := w.mats.deps.Log
	for {
		err := w.follow(ctx)
		switch {
		case ctx.Err() != nil:
			if w.tally == nil {
				w.fail(ErrStopping)
			}
			return
		case errors.Is(err, errMatsUnused):
			log.InfoContext(ctx, "mats are no longer watched", "event", w.event)
			return
		case errors.Is(err, errMatsOutworn):
			continue
		case w.tally == nil && !errors.Is(err, ErrStreamReplaced):
			w.fail(err)
			return
		}
		log.WarnContext(ctx, "mats are watched anew", "event", w.event, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(matRetryTime):
		}
	}
}

// follow counts the event's stream from its first message on. It always returns an error.
func (w *matWatcher) follow(ctx context.Context) error {
	changes, stop := w.mats.deps.Changed(w.event)
	defer stop()
	readAt := time.Now()
	event, roster, err := w.read(ctx)
	if err != nil {
		return err
	}
	created, last, err := w.mats.deps.Stream.Info(ctx, w.event)
	if err != nil {
		return fmt.Errorf("find the stream of %s: %w", w.event, err)
	}
	t := newTally(event, roster)
	if last == 0 {
		w.show(t)
	}

	batches, done := make(chan *Batch), make(chan error, 1)
	running, cancel := context.WithCancel(ctx)
	go func() { done <- w.mats.deps.Stream.Run(running, w.event, created, 1, batches) }()
	ended := false
	defer func() {
		cancel()
		if !ended {
			<-done
		}
	}()
	idle := time.NewTicker(matIdleCheck)
	defer idle.Stop()
	var reread <-chan time.Time
	pause := matReadShare * time.Since(readAt)
	for {
		select {
		case b := <-batches:
			w.take(t, b)
			if b.Last >= last {
				w.show(t)
			}
		case <-changes:
			if reread == nil {
				reread = time.After(max(0, pause-time.Since(readAt)))
			}
		case <-reread:
			reread, readAt = nil, time.Now()
			if err := w.reread(ctx, t); err != nil {
				return err
			}
			pause = matReadShare * time.Since(readAt)
		case <-idle.C:
			if w.mats.forgetUnused(w) {
				return errMatsUnused
			}
		case err := <-done:
			ended = true
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *matWatcher) read(ctx context.Context) (*race.Event, map[race.Chip]race.ID, error) {
	ctx, cancel := context.WithTimeout(ctx, matReadTime)
	defer cancel()
	event, err := w.mats.deps.Events.Event(ctx, w.event)
	if err != nil {
		return nil, nil, fmt.Errorf("read the event %s: %w", w.event, err)
	}
	roster, err := w.mats.deps.Field.ChipRaces(ctx, w.event)
	if err != nil {
		return nil, nil, fmt.Errorf("read the roster of %s: %w", w.event, err)
	}
	return event, roster, nil
}

// reread takes what changed of event and roster. What cannot be read now is read after the next change.
func (w *matWatcher) reread(ctx context.Context, t *tally) error {
	event, roster, err := w.read(ctx)
	if err != nil {
		w.mats.deps.Log.WarnContext(ctx, "event or roster not read for the mats", "event", w.event, "error", err)
		return nil
	}
	if !sameForMats(t.event, event) {
		return errMatsOutworn
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t.setRoster(roster)
	w.tell(t)
	return nil
}

// sameForMats reports whether two versions of an event are the same in all that a tally is made of.
func sameForMats(a, b *race.Event) bool {
	return slices.Equal(a.Mats, b.Mats) && slices.EqualFunc(a.Races, b.Races, func(a, b race.Race) bool {
		return a.ID == b.ID && a.CrossingGap == b.CrossingGap && slices.Equal(a.Course, b.Course) &&
			reflect.DeepEqual(a.Team, b.Team)
	})
}

func (w *matWatcher) take(t *tally, b *Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.take(b)
	w.tell(t)
}

// show makes a tally the one that is shown.
func (w *matWatcher) show(t *tally) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tally == t {
		return
	}
	if w.tally == nil {
		defer close(w.ready)
	}
	w.tally, w.judgedAt = t, time.Time{}
	w.tell(t)
}

// tell tells everybody who watches that a tally changed, if it is the one that is shown.
func (w *matWatcher) tell(t *tally) {
	if t == w.tally {
		w.upToDate = false
		close(w.changed)
		w.changed = make(chan struct{})
	}
}
