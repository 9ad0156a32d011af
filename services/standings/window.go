package standings

import (
	"slices"
	"sync"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// windowKey names rows of a list that somebody watches.
type windowKey struct {
	race race.ID
	// list is empty for the first list of a race that has none yet.
	list  string
	order Order
	// top is the number of rows, 0 for all; of those around a bib where that is set.
	top    int
	around race.Bib
}

// window is what all watchers of the same rows share: the rows, and how they came to be. A change is found, and encoded,
// once for all of them; a watcher itself knows only how far it was told.
type window struct {
	key windowKey
	now func() time.Time
	// forget lets the next who asks for the key have another one.
	forget func(*window)

	mu sync.Mutex
	// view is the rows as watchers are told them.
	view view
	made bool
	// turn counts the changes of the rows. steps are the last of them, and lastRows and lastRemoved what the very last was.
	turn        int64
	steps       []windowStep
	lastRows    []Row
	lastRemoved []race.Bib
	// updates are those that lead to the rows as they are, by the turn that the watcher has, and resumed by its version.
	updates, resumed map[int64]Update
	// changed is closed when the rows change next, or err is set.
	changed chan struct{}
	err     error
	// users is counted under the lock of the windows.
	users int
}

// windowStep is one change of the rows of a window.
type windowStep struct {
	// The rows before it held from one version to another.
	since, until int64
	bibs         []race.Bib
}

const (
	// keptSteps and spareBibs bound what is kept for slow watchers: beyond that, and beyond twice the rows, a new snapshot
	// is as short.
	keptSteps = 32
	spareBibs = 64
	// snapshotTime is how long an update is handed out; later ones leave out estimates that have passed since.
	snapshotTime = 1_000_000 // µs
	// anew is the turn of a watcher that has nothing.
	anew = -1
)

// refresh brings the window to what the board shows now, and reports whether there is something to tell.
func (w *window) refresh(b *Board) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	turn := w.turn
	w.refreshHeld(b)
	return w.turn > turn
}

func (w *window) refreshHeld(b *Board) {
	if w.err != nil {
		return
	}
	before := &w.view
	if !w.made {
		before = nil
	}
	now, same, err := b.view(w.shown(), before, racetime.At(w.now()))
	switch {
	case err != nil:
		w.err = err
		w.forget(w)
		close(w.changed)
		return
	case same:
		w.view.since, w.view.version = max(w.view.since, now.since), now.version
		return
	case !w.made, !now.continues(&w.view):
		w.steps = nil
	default:
		changed, removed := difference(w.view.rows, now.rows)
		if len(changed) == 0 && len(removed) == 0 { // nearly always, of the thousands that look at a few rows of a long list
			w.view = now // which says nothing of versions between, in which others may have come and gone
			return
		}
		w.keep(windowStep{w.view.since, w.view.version, bibsOf(changed, removed)}, 2*len(now.rows)+spareBibs)
		w.lastRows, w.lastRemoved = changed, removed
	}
	w.view, w.made = now, true
	if w.key.list == "" && !now.of.standsIn(now.list) {
		// The first list stays the one that was first, and who comes later may find another one.
		w.forget(w)
	}
	w.turn++
	w.updates, w.resumed = map[int64]Update{}, map[int64]Update{}
	close(w.changed)
	w.changed = make(chan struct{})
}

// shown is the key with the list that is shown since it is there.
func (w *window) shown() windowKey {
	key := w.key
	if w.made && !w.view.of.standsIn(w.view.list) {
		key.list = w.view.list
	}
	return key
}

// keep adds a step and forgets the oldest beyond a number of bibs.
func (w *window) keep(step windowStep, bibs int) {
	w.steps = append(w.steps, step)
	first, kept := len(w.steps), 0
	for first > 0 && len(w.steps)-first < keptSteps && kept+len(w.steps[first-1].bibs) <= bibs {
		first--
		kept += len(w.steps[first].bibs)
	}
	w.steps = slices.Delete(w.steps, 0, first)
}

func bibsOf(changed []Row, removed []race.Bib) []race.Bib {
	bibs := make([]race.Bib, 0, len(changed)+len(removed))
	for _, row := range changed {
		bibs = append(bibs, row.Result.Bib)
	}
	return append(bibs, removed...)
}

// told is how far a watcher is: the turn that it has, and what is closed when there is another.
type told struct {
	turn    int64
	changed <-chan struct{}
	// list names the list that is watched.
	list string
}

// join returns the first update of a watcher that resumes from a version, 0 to begin anew; false where it has all.
func (w *window) join(b *Board, version int64) (Update, bool, told, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	// Who was told more by another replica waits for no turn. Who joins does not begin one else: they may be thousands.
	if !w.made || version > w.view.version {
		w.refreshHeld(b)
	}
	if w.err != nil {
		return Update{}, false, told{}, w.err
	}
	if version <= w.view.markedAt {
		version = 0 // its rows may have other marks
	}
	if turn, ok := w.turnOf(version); ok {
		u, some := w.since(turn)
		return u, some, w.toldAll(), nil
	}
	u, ok := w.sinceVersion(b, version)
	if !ok {
		u, ok = w.since(anew)
	}
	return u, ok && (u.Snapshot || len(u.Rows)+len(u.Removed) > 0), w.toldAll(), nil
}

// next returns what a watcher is to be told after a turn; false where there is nothing.
func (w *window) next(turn int64) (Update, bool, told, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return Update{}, false, told{}, w.err
	}
	u, some := w.since(turn)
	return u, some, w.toldAll(), nil
}

func (w *window) toldAll() told { return told{w.turn, w.changed, w.view.list} }

// turnOf returns the turn of the rows of a version; false where it is not known. The live order changes by the clock as
// well, within a version.
func (w *window) turnOf(version int64) (int64, bool) {
	switch {
	case version == 0 || w.key.order == Live:
		return anew, version == 0
	case w.view.since <= version && version <= w.view.version:
		return w.turn, true
	}
	for i, step := range w.steps {
		if step.since <= version && version <= step.until {
			return w.turn - int64(len(w.steps)-i), true
		}
	}
	return 0, false
}

// since returns the update that leads from a turn to the rows as they are; false where there is none.
func (w *window) since(turn int64) (Update, bool) {
	if turn == w.turn {
		return Update{}, false
	}
	missed := w.turn - turn
	if missed > int64(len(w.steps)) {
		turn = anew // so that all who missed too much share one snapshot
	}
	now := racetime.At(w.now())
	if u, ok := w.updates[turn]; ok && u.At <= now && now-u.At < snapshotTime {
		return u, true
	}
	u := w.update(now)
	switch {
	case turn == anew:
		u.Snapshot, u.Rows = true, w.view.rows
	case missed == 1: // who keeps up
		u.Rows, u.Removed = w.lastRows, w.lastRemoved
	default:
		u.Rows, u.Removed = w.merged(w.steps[int64(len(w.steps))-missed:])
	}
	w.updates[turn] = u
	return u, true
}

func (w *window) update(now racetime.Instant) Update {
	return Update{List: w.view.list, Version: w.view.version, At: now, shared: &shared{}}
}

// merged returns the rows that steps changed, as they are now, and the bibs that are no longer there.
func (w *window) merged(steps []windowStep) (rows []Row, removed []race.Bib) {
	bibs := map[race.Bib]bool{}
	for _, step := range steps {
		for _, bib := range step.bibs {
			bibs[bib] = true
		}
	}
	for _, row := range w.view.rows {
		if bibs[row.Result.Bib] {
			rows = append(rows, row)
			delete(bibs, row.Result.Bib)
		}
	}
	for bib := range bibs {
		removed = append(removed, bib)
	}
	slices.SortFunc(removed, race.CompareBibs)
	return rows, removed
}

// sinceVersion returns the update that leads from a version that the board remembers to the rows as they are.
func (w *window) sinceVersion(b *Board, version int64) (Update, bool) {
	if w.key.order == Live || version > w.view.version {
		return Update{}, false
	}
	now := racetime.At(w.now())
	if u, ok := w.resumed[version]; ok && u.At <= now && now-u.At < snapshotTime {
		return u, true
	}
	past, ok := b.rowsAt(&w.view, w.key, version)
	if !ok {
		return Update{}, false
	}
	u := w.update(now)
	u.Rows, u.Removed = difference(past, w.view.rows)
	w.resumed[version] = u
	return u, true
}
