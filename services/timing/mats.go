package timing

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"raceday/services/rules/race"
)

// Stream is the reads of events as they arrive.
type Stream interface {
	// Info returns when an event's stream was made and the sequence of its last message.
	Info(ctx context.Context, event race.EventID) (created time.Time, last uint64, err error)
	// Run sends what lies from a sequence on in the stream that was made at created, batch after batch, until ctx ends, which
	// is no error. It returns ErrStreamReplaced where the stream is gone or another one.
	Run(ctx context.Context, event race.EventID, created time.Time, from uint64, batches chan<- *Batch) error
}

// Field knows who runs.
type Field interface {
	// ChipRaces returns the race of each chip on the roster.
	ChipRaces(ctx context.Context, event race.EventID) (map[race.Chip]race.ID, error)
}

// MatFacts is what is stored of events.
type MatFacts interface {
	// Position returns how far an event's stream is stored; false where nothing ever was.
	Position(ctx context.Context, event race.EventID) (Position, bool, error)
	// EachWholeRead calls each for every stored read, in no order, some perhaps twice; each keeps nothing of what it gets.
	// RSSI and antenna are not given.
	EachWholeRead(ctx context.Context, event race.EventID, each func(*Read)) error
	// ListRejected returns at most limit rejected messages behind after, the zero value being the start, in order of arrival.
	ListRejected(ctx context.Context, event race.EventID, after RejectedID, limit int) ([]RecordedRejected, error)
}

// MatsDependencies are what Mats are made of.
type MatsDependencies struct {
	Events Events
	Field  Field
	Facts  MatFacts
	Stream Stream
	// Changed returns a channel that receives after changes of an event or its roster, until stop is called.
	Changed func(event race.EventID) (changed <-chan struct{}, stop func())
	Log     *slog.Logger
	Now     func() time.Time
}

// Mats watches the mats of every event that somebody asks for, by what is stored and what comes after, and stops when nobody
// has for ten minutes. Nothing of it is stored.
type Mats struct {
	deps MatsDependencies

	mu       sync.Mutex
	watchers map[race.EventID]*matWatcher
	// opening are watchers that Run is to start when it is told by opened; stopped is closed when it ends.
	opening []*matWatcher
	opened  chan struct{}
	stopped chan struct{}
}

// NewMats returns mats that are watched while Run runs.
func NewMats(deps MatsDependencies) *Mats {
	return &Mats{
		deps: deps, watchers: map[race.EventID]*matWatcher{}, opened: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
}

// Run watches until ctx ends, which is no error. It may be called once.
func (m *Mats) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer close(m.stopped)
	for {
		select {
		case <-m.opened:
			for _, w := range m.takeOpening() {
				running.Go(func() { w.run(ctx) })
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// takeOpening returns the watchers to start, without those whom nobody waits for any more.
func (m *Mats) takeOpening() []*matWatcher {
	m.mu.Lock()
	defer m.mu.Unlock()
	var wanted []*matWatcher
	for _, w := range m.opening {
		if w.users > 0 {
			wanted = append(wanted, w)
		} else {
			delete(m.watchers, w.event)
		}
	}
	m.opening = nil
	return wanted
}

// List returns how the mats of an event do, or did less than a second ago: those that it names in its order, then others
// that sent something. Faults: one that says that there is no such event, ErrStopping.
func (m *Mats) List(ctx context.Context, event race.EventID) ([]MatState, error) {
	w, err := m.use(ctx, event)
	if err != nil {
		return nil, err
	}
	defer m.leave(w)
	states, _ := w.states()
	return states, nil
}

// matPause is the least time between two messages to one caller, and between two looks at the mats.
const matPause = time.Second

// Watch calls send with the state of all mats, and then, not more than once a second, with those that changed, until ctx
// ends (its error), send fails (its error) or ErrStopping. While send takes its time the mats go on, and the next call has
// all that changed: nothing queues up for a slow caller. Fault: one that says that there is no such event.
func (m *Mats) Watch(ctx context.Context, event race.EventID, send func([]MatState) error) error {
	w, err := m.use(ctx, event)
	if err != nil {
		return err
	}
	defer m.leave(w)
	sent := map[race.MatID]MatState{}
	for first := true; ; first = false {
		states, changed := w.states()
		var news []MatState
		for i := range states {
			if before, ok := sent[states[i].Mat]; !ok || !before.equal(&states[i]) {
				news = append(news, states[i])
				sent[states[i].Mat] = states[i]
			}
		}
		if first || len(news) > 0 {
			if err := send(news); err != nil {
				return err
			}
		}
		pause := time.NewTimer(matPause)
		err := await(ctx, m.stopped, pause.C)
		if err == nil {
			err = await(ctx, m.stopped, changed)
		}
		if err != nil {
			pause.Stop()
			return err
		}
	}
}

// await waits for something, for ctx or for the end of all.
func await[T any](ctx context.Context, stopped <-chan struct{}, something <-chan T) error {
	select {
	case <-something:
		return nil
	case <-stopped:
		return ErrStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

// use returns the event's watcher when it has seen all that lay in the stream; leave must follow. A caller who gives up
// leaves it to those who wait beside.
func (m *Mats) use(ctx context.Context, event race.EventID) (*matWatcher, error) {
	m.mu.Lock()
	w, ok := m.watchers[event]
	if !ok {
		w = newMatWatcher(m, event)
		m.watchers[event] = w
		m.opening = append(m.opening, w)
		select {
		case m.opened <- struct{}{}:
		default: // told already
		}
	}
	w.users++
	m.mu.Unlock()
	err := await(ctx, m.stopped, w.ready)
	if err == nil {
		err = w.err
	}
	if err != nil {
		m.leave(w)
		return nil, err
	}
	return w, nil
}

func (m *Mats) leave(w *matWatcher) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.users--
	w.leftAt = time.Now()
}

// forget takes a watcher out; the next who asks for its event gets another.
func (m *Mats) forget(w *matWatcher) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.watchers[w.event] == w {
		delete(m.watchers, w.event)
	}
}

// forgetUnused takes a watcher out that nobody has used for a while.
func (m *Mats) forgetUnused(w *matWatcher) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w.users > 0 || time.Since(w.leftAt) < matIdleTime {
		return false
	}
	delete(m.watchers, w.event)
	return true
}

// ListMats returns how the mats of an event do, as Mats.List does.
func (s *Service) ListMats(ctx context.Context, event race.EventID) ([]MatState, error) {
	return s.mats.List(ctx, event)
}

// WatchMats sends how the mats of an event do, as Mats.Watch does.
func (s *Service) WatchMats(ctx context.Context, event race.EventID, send func([]MatState) error) error {
	return s.mats.Watch(ctx, event, send)
}
