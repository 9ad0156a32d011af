package standings

import (
	"context"
	"fmt"
	"sync"
	"time"

	"raceday/services/notice"
	"raceday/services/rules/race"
)

const (
	// checkEvery is how often the stored version is looked at, in case a notice was lost.
	checkEvery = time.Second
	// noticeGrace is how long a notice of what is stored already may still be on its way.
	noticeGrace = 100 * time.Millisecond
	// loadPause is the least time between two loads of a board that notices cannot keep up to date.
	loadPause = 250 * time.Millisecond
	// loadTime bounds a load, checkTime a look at the stored version.
	loadTime  = time.Minute
	checkTime = 2 * time.Second
	// idleChecks without a user close a board.
	idleChecks = int(10 * time.Minute / checkEvery)
	// noticesWaiting is how many notices wait while a board loads; what is beyond is found missing.
	noticesWaiting = 256
	// watcherTime is about what it costs to tell one watcher. A round of telling begins no sooner than the one before should
	// be over, so that thousands of watchers leave a processor for who scores and asks: 10 000 of the same rows are told
	// five times a second, up to 50, whose round is not worth waiting for, at once.
	watcherTime = 20 * time.Microsecond
	shortRound  = time.Millisecond
)

// keeper keeps the board of one event current: by notices as long as each begins at the board's version, else from the
// store.
type keeper struct {
	boards *Boards
	event  race.EventID

	// ready is closed when board or err is set.
	ready chan struct{}
	board *Board
	err   error

	// wanted is a version that the board has not reached by notices; load fires when it is to be read from the store.
	wanted   int64
	load     *time.Timer
	loadedAt time.Time
	// markStamp is that of the board's marks. What reads others beside the notices sends them to marked, and is one of reading.
	markStamp int64
	marked    chan marksRead
	reading   sync.WaitGroup

	// due receives, or tell fires, when those who watch are to be told, which is so while telling. toldAt is when they last
	// were, and round how long that should take.
	due     chan struct{}
	tell    *time.Timer
	telling bool
	toldAt  time.Time
	round   time.Duration

	// users and unusedChecks belong to Boards.
	users, unusedChecks int
}

func (k *keeper) run(ctx context.Context) {
	notices := make(chan notice.Notice, noticesWaiting)
	// Notices are listened to before the first load, so that none falls between.
	unsubscribe, err := k.boards.notices.Subscribe(k.event, func(n notice.Notice) {
		select {
		case notices <- n:
		default:
		}
	})
	if err != nil {
		k.fail(fmt.Errorf("listen for changes of %s: %w", k.event, err))
		return
	}
	defer unsubscribe()
	if err := k.open(ctx); err != nil {
		if ctx.Err() != nil {
			err = ErrStopping
		}
		k.fail(err)
		return
	}
	defer k.reading.Wait()
	defer k.board.Close()
	k.boards.log.InfoContext(ctx, "board opened", "event", k.event, "version", k.board.Version())

	k.due = make(chan struct{}, 1)
	k.load, k.tell = stoppedTimer(), stoppedTimer()
	defer k.load.Stop()
	defer k.tell.Stop()
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	for {
		select {
		case n := <-notices:
			k.take(n)
		case <-check.C:
			if k.boards.forgetUnused(k) {
				k.boards.log.InfoContext(ctx, "board closed", "event", k.event)
				return
			}
			k.check(ctx)
			k.tellSoon() // the live order changes by the clock too
		case read := <-k.marked:
			k.marked = nil
			k.setMarks(ctx, read)
			k.tellSoon()
		case <-k.load.C:
			k.catchUp(ctx)
		case <-k.due:
			k.tellAll()
		case <-k.tell.C:
			k.tellAll()
		case <-ctx.Done():
			return
		}
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(0)
	t.Stop()
	return t
}

// tellSoon has those who watch told, as soon as the round before is over.
func (k *keeper) tellSoon() {
	if k.telling {
		return
	}
	k.telling = true
	if left := k.round - time.Since(k.toldAt); k.round > shortRound && left > 0 {
		k.tell.Reset(left)
	} else {
		k.due <- struct{}{}
	}
}

func (k *keeper) tellAll() {
	began := time.Now()
	told := k.board.Tell()
	k.telling, k.toldAt = false, time.Now()
	// To look at windows that many watch takes its time too, though nothing in them has changed.
	k.round = max(time.Duration(told)*watcherTime, k.toldAt.Sub(began))
}

// fail tells everybody who waits for the board, and lets the next who asks try again.
func (k *keeper) fail(err error) {
	k.boards.forget(k)
	k.err = err
	close(k.ready)
}

func (k *keeper) open(ctx context.Context) error {
	d, err := k.read(ctx)
	if err != nil {
		return err
	}
	read := k.readMarks(ctx, d.event)
	k.board, k.loadedAt = NewBoard(d.event, d.version, d.results), time.Now()
	k.setMarks(ctx, read)
	close(k.ready)
	return nil
}

// marksRead is what the finishes of an event are to be marked by.
type marksRead struct {
	event  *race.Event
	byRace map[race.ID]*marks
	stamp  int64
	err    error
}

func (k *keeper) readMarks(ctx context.Context, event *race.Event) marksRead {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	read := marksRead{event: event}
	read.byRace, read.stamp, read.err = readMarks(ctx, k.boards.store, event)
	return read
}

// unread is no stamp of marks: the next check reads them.
const unread = -1

// setMarks marks the finishes. Marks that cannot be read keep no ranks back: those that the board has stay.
func (k *keeper) setMarks(ctx context.Context, read marksRead) {
	switch {
	case read.event != k.board.Event():
		k.markStamp = unread
	case read.err != nil:
		k.markStamp = unread
		if ctx.Err() == nil {
			k.boards.log.WarnContext(ctx, "marks not read", "event", k.event, "error", read.err)
		}
	default:
		k.board.SetMarks(read.byRace)
		k.markStamp = read.stamp
	}
}

// read returns the results, and the event by which they were computed.
func (k *keeper) read(ctx context.Context) (derived, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	return readDerived(ctx, k.boards.store, k.boards.events, k.event)
}

// take applies a notice that begins where the board is, and wants a load for one that does not or that tells too little.
func (k *keeper) take(n notice.Notice) {
	version := k.board.Version()
	switch {
	case n.VersionAfter <= version:
	case n.VersionBefore == version && !n.Reload && k.board.fits(n.Changed):
		k.board.advance(n.VersionAfter, n.Changed, n.Removed)
		k.tellSoon()
	default:
		k.want(n.VersionAfter, 0)
	}
}

// want has the board loaded after a while if it has not reached a version until then, and not too soon after the load
// before.
func (k *keeper) want(version int64, after time.Duration) {
	if k.wanted == 0 {
		k.load.Reset(max(after, loadPause-time.Since(k.loadedAt)))
	}
	k.wanted = max(k.wanted, version)
}

// check finds out what no notice told.
func (k *keeper) check(ctx context.Context) {
	stored, err := k.applied(ctx)
	version := k.board.Version()
	switch {
	case ctx.Err() != nil: // It ends, and what was not read is nobody's worry.
	case err != nil:
		k.boards.log.WarnContext(ctx, "stored version not read", "event", k.event, "error", err)
	case stored > version:
		k.want(stored, noticeGrace)
	case stored < version, stored == 0:
		// The store was set back; or nothing is derived yet and the newest event is shown.
		k.wanted = 0
		k.reload(ctx)
	}
	k.checkMarks(ctx)
}

func (k *keeper) applied(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	version, _, err := k.boards.store.Applied(ctx, k.event)
	return version, err
}

// checkMarks finds out whether a record was entered or a list published. If so the marks are read beside the notices, which
// do not wait for them.
func (k *keeper) checkMarks(ctx context.Context) {
	stamp, err := k.stamp(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		k.boards.log.WarnContext(ctx, "stamp of marks not read", "event", k.event, "error", err)
	case stamp != k.markStamp && k.marked == nil:
		k.marked = make(chan marksRead, 1)
		marked, event := k.marked, k.board.Event()
		k.reading.Go(func() { marked <- k.readMarks(ctx, event) })
	}
}

func (k *keeper) stamp(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	return k.boards.store.MarkStamp(ctx, k.event)
}

// catchUp loads the board if notices have not brought it to the version that is wanted.
func (k *keeper) catchUp(ctx context.Context) {
	wanted := k.wanted
	k.wanted = 0
	if k.board.Version() < wanted {
		k.reload(ctx)
	}
}

// reload reads the board anew. If that fails it stays as it is, exact for its version, until the next check.
func (k *keeper) reload(ctx context.Context) {
	d, err := k.read(ctx)
	var read marksRead
	if err == nil {
		read = k.readMarks(ctx, d.event)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		k.boards.log.WarnContext(ctx, "board not read", "event", k.event, "error", err)
		return
	}
	k.board.reload(d.event, d.version, d.results)
	read.event = k.board.Event() // which the board keeps where the one that was read is the same
	k.setMarks(ctx, read)
	k.loadedAt = time.Now()
	k.tellSoon()
}
