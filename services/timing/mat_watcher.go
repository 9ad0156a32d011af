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
	// matScanTime bounds the counting of what is stored, which may be a million reads from a busy database: one that is given
	// up begins from the first read again. It only ends a wait that would never end.
	matScanTime = 15 * time.Minute
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

	mu sync.Mutex
	// judged are the states that are shown, changed is closed when others are.
	judged  []MatState
	changed chan struct{}
}

func newMatWatcher(m *Mats, event race.EventID) *matWatcher {
	return &matWatcher{mats: m, event: event, ready: make(chan struct{}), changed: make(chan struct{})}
}

// states returns how the mats do, which nobody may change, and a channel that is closed when that has changed.
func (w *matWatcher) states() ([]MatState, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.judged, w.changed
}

// show shows states to everybody who watches, if they are others.
func (w *matWatcher) show(states []MatState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.judged == nil {
		defer close(w.ready)
	} else if slices.EqualFunc(w.judged, states, func(a, b MatState) bool { return a.equal(&b) }) {
		return
	}
	w.judged = states
	close(w.changed)
	w.changed = make(chan struct{})
}

// shown reports whether anything was shown yet.
func (w *matWatcher) shown() bool {
	states, _ := w.states()
	return states != nil
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
			if !w.shown() {
				w.fail(ErrStopping)
			}
			return
		case errors.Is(err, errMatsUnused):
			log.InfoContext(ctx, "mats are no longer watched", "event", w.event)
			return
		case errors.Is(err, errMatsOutworn):
			continue
		case !w.shown() && !errors.Is(err, ErrStreamReplaced):
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

// follow counts what is stored of the event, and then its stream from there on. It alone holds the tally: nobody waits
// while mats are judged. It always returns an error.
func (w *matWatcher) follow(ctx context.Context) error {
	changes, stop := w.mats.deps.Changed(w.event)
	defer stop()
	readAt := time.Now()
	event, roster, err := w.read(ctx)
	if err != nil {
		return err
	}
	pause := matReadShare * time.Since(readAt)
	created, last, err := w.mats.deps.Stream.Info(ctx, w.event)
	if err != nil {
		return fmt.Errorf("find the stream of %s: %w", w.event, err)
	}
	t := newTally(event, roster)
	from, err := w.takeStored(ctx, t, created, last)
	if err != nil {
		return err
	}

	batches, done := make(chan *Batch), make(chan error, 1)
	running, cancel := context.WithCancel(ctx)
	go func() { done <- w.mats.deps.Stream.Run(running, w.event, created, from, batches) }()
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
	due := newMatDue(w.mats.deps.Now)
	defer due.stop()
	if last < from {
		due.touch()
	}
	for {
		select {
		case b := <-batches:
			t.take(b)
			if b.Last >= last {
				due.touch()
			}
		case <-due.timer.C:
			states, next := t.states(racetime.At(w.mats.deps.Now()))
			w.show(states)
			due.judged(next)
		case <-changes:
			if reread == nil {
				reread = time.After(max(0, pause-time.Since(readAt)))
			}
		case <-reread:
			reread, readAt = nil, time.Now()
			switch again, err := w.reread(ctx, t); {
			case err != nil:
				return err
			case again:
				reread = time.After(matRetryTime)
			default:
				due.changed()
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

// takeStored counts what is stored and returns the sequence from which the stream that was made at created goes on. Of one
// that was lost the reads are stored none the less.
func (w *matWatcher) takeStored(ctx context.Context, t *tally, created time.Time, last uint64) (from uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, matScanTime)
	defer cancel()
	facts := w.mats.deps.Facts
	// Reads that are stored meanwhile come twice, which is no matter.
	position, known, err := facts.Position(ctx, w.event)
	if err != nil {
		return 0, fmt.Errorf("find what is stored of %s: %w", w.event, err)
	}
	if err := facts.EachWholeRead(ctx, w.event, t.takeRead); err != nil {
		return 0, fmt.Errorf("count what is stored of %s: %w", w.event, err)
	}
	for after := (RejectedID{}); ; {
		rejected, err := facts.ListRejected(ctx, w.event, after, maxPageSize)
		if err != nil {
			return 0, fmt.Errorf("count what was rejected of %s: %w", w.event, err)
		}
		for i := range rejected {
			t.takeRejected(&rejected[i].Rejected)
		}
		if len(rejected) < maxPageSize {
			break
		}
		after = rejected[len(rejected)-1].ID()
	}
	if known && position.StreamCreated.Equal(created) && position.Sequence <= last {
		return position.Sequence + 1, nil
	}
	return 1, nil
}

// matDue is when the mats are judged next: when something came or becomes due, and not more than once in matPause.
type matDue struct {
	timer *time.Timer
	now   func() time.Time
	// began says that the mats were judged, judgedAt when that was last; touched that something came since.
	began, touched bool
	judgedAt       time.Time
}

func newMatDue(now func() time.Time) *matDue {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &matDue{timer: timer, now: now}
}

func (d *matDue) stop() { d.timer.Stop() }

// touch has the mats judged as soon as may be.
func (d *matDue) touch() {
	if !d.touched {
		d.touched = true
		d.timer.Reset(max(0, matPause-time.Since(d.judgedAt)))
	}
}

// changed is touch where the mats were judged already: what lies in the stream is waited for.
func (d *matDue) changed() {
	if d.began || d.touched {
		d.touch()
	}
}

// judged waits for the next instant at which something changes if nothing comes; zero is none.
func (d *matDue) judged(next racetime.Instant) {
	d.began, d.touched, d.judgedAt = true, false, time.Now()
	if next != 0 {
		// The instant has whole microseconds, and the clock is past it rather than just before.
		d.timer.Reset(max(matPause, next.Time().Sub(d.now())+time.Microsecond))
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

// reread takes what changed of event and roster; again says that they could not be read now.
func (w *matWatcher) reread(ctx context.Context, t *tally) (again bool, err error) {
	event, roster, err := w.read(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.mats.deps.Log.WarnContext(ctx, "event or roster not read for the mats", "event", w.event, "error", err)
		}
		return true, nil
	}
	if !sameForMats(t.event, event) {
		return false, errMatsOutworn
	}
	// Guns are looked up when mats are judged: nothing needs to be counted again for them.
	t.event = event
	t.setRoster(roster)
	return false, nil
}

// sameForMats reports whether two versions of an event are the same in all that reads are counted by. Waves are not: their
// guns are taken with the event.
func sameForMats(a, b *race.Event) bool {
	return slices.Equal(a.Mats, b.Mats) && slices.EqualFunc(a.Races, b.Races, func(a, b race.Race) bool {
		return a.ID == b.ID && a.CrossingGap == b.CrossingGap && slices.Equal(a.Course, b.Course) &&
			reflect.DeepEqual(a.Team, b.Team)
	})
}
