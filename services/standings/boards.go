package standings

import (
	"context"
	"log/slog"
	"sync"

	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// Store reads what the scorer wrote.
type Store interface {
	// Load returns all results of an event, in no order, the version that they are exact for, and the last change of the
	// event that is in them, 0 where nothing has been derived yet: all of one moment.
	Load(ctx context.Context, event race.EventID) (version, change int64, results []result.Result, err error)
	// Applied returns the event's version, and the last change that is in it; 0 where nothing has been derived yet.
	Applied(ctx context.Context, event race.EventID) (version, change int64, err error)
	// MarkStamp returns a number that grows with each record of any course and each official list of the event.
	MarkStamp(ctx context.Context, event race.EventID) (int64, error)
	// CourseRecords returns all entries among the records of courses, in their order.
	CourseRecords(ctx context.Context, courses []race.CourseID) ([]CourseRecord, error)
	// PublishedFinishes returns the finishes that are not slower than asked for and ranked in the newest version of a list of
	// their race, where that is OFFICIAL or AMENDED.
	PublishedFinishes(ctx context.Context, event race.EventID, faster []FasterThan) ([]PublishedFinish, error)
	// PublishedLegs returns the legs that are not slower than asked for and ranked in the newest version of a list of their
	// race, where that is OFFICIAL or AMENDED.
	PublishedLegs(ctx context.Context, event race.EventID, faster []FasterThan) ([]PublishedLeg, error)
}

// Notices tell what the scorer's commits changed. They may be lost.
type Notices interface {
	// Subscribe calls f with each notice of an event, one at a time, until unsubscribe is called.
	Subscribe(event race.EventID, f func(notice.Notice)) (unsubscribe func(), err error)
}

// Events knows what is run.
type Events interface {
	// EventAt returns the definition of an event as it was after a change, the newest for change 0, or the fault
	// EVENT_NOT_FOUND.
	EventAt(ctx context.Context, id race.EventID, change int64) (*race.Event, error)
	// CurrentChange returns the number of the last change of an event, its roster or its rulings, or the fault EVENT_NOT_FOUND.
	CurrentChange(ctx context.Context, id race.EventID) (int64, error)
}

// Boards keeps a live board of every event that somebody asks for, and closes it when nobody has for ten minutes.
type Boards struct {
	store   Store
	notices Notices
	events  Events
	log     *slog.Logger

	mu      sync.Mutex
	keepers map[race.EventID]*keeper
	// waiting are keepers that Run has still to start; started is told of them.
	waiting []*keeper
	started chan struct{}
	// stopped is closed when Run ends.
	stopped chan struct{}
}

// NewBoards returns boards that open while Run runs.
func NewBoards(store Store, notices Notices, events Events, log *slog.Logger) *Boards {
	return &Boards{
		store: store, notices: notices, events: events, log: log,
		keepers: map[race.EventID]*keeper{},
		started: make(chan struct{}, 1),
		stopped: make(chan struct{}),
	}
}

// Run keeps the boards until ctx ends, which is no error. It may be called once. Watches then end with ErrStopping.
func (b *Boards) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer close(b.stopped)
	for {
		select {
		case <-b.started:
			b.mu.Lock()
			waiting := b.waiting
			b.waiting = nil
			b.mu.Unlock()
			for _, k := range waiting {
				running.Go(func() { k.run(ctx) })
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// Use calls f with the live board of an event, which is kept at least until f returns. Faults: EVENT_NOT_FOUND,
// ErrStopping, and those of f.
func (b *Boards) Use(ctx context.Context, event race.EventID, f func(*Board) error) error {
	if !race.IsID(string(event)) { // it could not be listened to either
		_, err := b.events.EventAt(ctx, event, 0)
		return err
	}
	k := b.acquire(event)
	defer b.release(k)
	select {
	case <-k.ready:
	case <-b.stopped:
		return ErrStopping
	case <-ctx.Done():
		return ctx.Err()
	}
	if k.err != nil {
		return k.err
	}
	return f(k.board)
}

func (b *Boards) acquire(event race.EventID) *keeper {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, ok := b.keepers[event]
	if !ok {
		k = &keeper{boards: b, event: event, ready: make(chan struct{})}
		b.keepers[event] = k
		b.waiting = append(b.waiting, k)
		select {
		case b.started <- struct{}{}:
		default:
		}
	}
	k.users++
	k.unusedChecks = 0
	return k
}

func (b *Boards) release(k *keeper) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k.users--
}

// forget takes a keeper out; the next who asks for its event gets another.
func (b *Boards) forget(k *keeper) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.keepers, k.event)
}

// forgetUnused is asked at each check and takes a keeper out that nobody has used for idleChecks of them.
func (b *Boards) forgetUnused(k *keeper) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k.users > 0 {
		return false
	}
	if k.unusedChecks++; k.unusedChecks < idleChecks {
		return false
	}
	delete(b.keepers, k.event)
	return true
}
