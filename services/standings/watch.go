package standings

import (
	"context"
	"sync"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// Watching says which rows to watch.
type Watching struct {
	Race race.ID
	// List is empty for the race's first list.
	List  string
	Order Order
	// Top is the number of rows from the top; 0 is all, with those on course. Around a bib it is the number of rows around it;
	// 0 is the usual one.
	Top int
	// Around is the bib in the middle of the rows; empty for the top.
	Around race.Bib
	// ResumeVersion is that of the last update that the watcher has; 0 begins with a snapshot.
	ResumeVersion int64
	// Now is the clock by which estimates have passed and the live order changes; nil is the machine's.
	Now func() time.Time
}

// aroundRows is the usual number of rows around a bib.
const aroundRows = 11

// Update is what a watcher is told. It is shared with others who watch the same, and nobody may change it.
type Update struct {
	List    string
	Version int64
	// Snapshot means that Rows are all there is; else they replace those of the same bib.
	Snapshot bool
	Rows     []Row
	// Removed are the bibs that left the watched rows.
	Removed []race.Bib
	// At is the instant of the update, by which estimates have passed or not.
	At     racetime.Instant
	shared *shared
}

type shared struct {
	once    sync.Once
	encoded any
}

// Shared returns what encode makes of the update, made once for all who are sent it.
func (u Update) Shared(encode func(Update) any) any {
	u.shared.once.Do(func() { u.shared.encoded = encode(u) })
	return u.shared.encoded
}

// view is the watched rows at one moment.
type view struct {
	race *race.Race
	list string
	// of is the list that they are of, which has changed so many times.
	of       *list
	revision int64
	version  int64
	// since is the first version from which on the rows are as they are, and markedAt the one at which the race's marks
	// became what they are; 0 where it never had any.
	since, markedAt int64
	rows            []Row
	// ranked and onCourse count all rows of the list. middle is in the middle of the rows, if they are around somebody.
	ranked, onCourse int
	middle           *result.Result
	// live is the order that the rows are of, if they are.
	live *order
}

// continues reports whether a change leads from a view before to this one: of the same list of the same race, at a later
// version. Else the event is another one, or the store was set back.
func (v *view) continues(before *view) bool {
	// Within a version a list changes by its marks only, unless it is another one.
	later := v.version > before.version || v.version == before.version && (v.live != nil || v.of == before.of)
	return later && v.race == before.race && v.list == before.list
}

// view returns the rows of a window, or that they are the same as before, but for the version.
func (b *Board) view(key windowKey, before *view, now racetime.Instant) (view, bool, error) {
	var name string
	var o *order
	if key.order == Live {
		var err error
		if name, o, err = b.order(orderKey{key.race, key.list, live}, now); err != nil {
			return view{}, false, err
		}
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	var middle *result.Result
	if key.around != "" {
		if middle = b.middle(key, before); middle == nil {
			return view{}, false, ErrEntrantNotFound
		}
	}
	if o != nil {
		f, ok := b.fields[key.race]
		if !ok { // a new version of the event came between
			return view{}, false, noRace(b.event)
		}
		v := view{
			race: o.list.terms.race, list: name, of: o.list, revision: o.revision, version: o.version, since: o.version,
			markedAt: f.markedAt, live: o,
		}
		if before != nil && before.live != nil && before.live.same(o) {
			return v, true, nil
		}
		v.rows, v.ranked, v.onCourse = liveRows(o.window(key)), o.ranked, len(o.rows)-o.ranked
		return v, false, nil
	}
	name, l, err := b.list(key.race, key.list)
	if err != nil {
		return view{}, false, err
	}
	v := view{
		race: l.terms.race, list: name, of: l, revision: l.revision, version: b.version, since: l.version,
		markedAt: b.fields[key.race].markedAt,
	}
	if before != nil && before.of == l && before.revision == l.revision && before.list == name && before.version <= b.version {
		return v, true, nil
	}
	offset := 0
	if middle != nil {
		offset = span(l.ranked, l.onCourse, l.terms, middle, key.top)
	}
	v.rows = rows(l.ranked, l.onCourse, l.terms, b.entrants, offset, key.top)
	v.ranked, v.onCourse, v.middle = l.ranked.Len(), len(l.onCourse), middle
	return v, false, nil
}

// middle returns the result around which the rows of a window are; nil where nobody of the race wears the bib. Who wore it
// when they were looked at before does so still, nearly always, and is found without the bib.
func (b *Board) middle(key windowKey, before *view) *result.Result {
	if before != nil && before.middle != nil {
		if r := b.entrants[before.middle.Entrant]; r != nil && r.Bib == key.around && r.Race == key.race {
			return r
		}
	}
	r := b.entrants[b.bibs[key.around]]
	if r == nil || r.Race != key.race || r.Bib != key.around {
		return nil
	}
	return r
}

// Window returns the rows that a watcher has who was told everything. Faults: ErrRaceNotFound, ErrListNotFound,
// ErrEntrantNotFound.
func (b *Board) Window(w Watching) (Page, error) {
	key := w.key()
	now := time.Now
	if w.Now != nil {
		now = w.Now
	}
	v, _, err := b.view(key, nil, racetime.At(now()))
	if err != nil {
		return Page{}, err
	}
	p := part{rows: v.rows}
	return p.page(v.list, v.version, v.ranked, v.onCourse), nil
}

func (w Watching) key() windowKey {
	if w.Around != "" && w.Top == 0 {
		w.Top = aroundRows
	}
	return windowKey{race: w.Race, list: w.List, order: w.Order, top: w.Top, around: w.Around}
}

// Watch calls send with the watched rows and then with each change of them, until ctx ends (its error), send fails (its
// error), a new version of the event cannot have the list (ErrListNotFound), nobody of the race wears the bib that is
// watched (ErrEntrantNotFound) or the board closes (ErrStopping). Where the board remembers the version to resume from it
// begins with what has changed since. While send takes its time versions pass, and the next update holds all that they
// changed, or is a snapshot after too many: nothing queues up for a slow watcher.
func (b *Board) Watch(ctx context.Context, w Watching, send func(Update) error) error {
	if w.Now == nil {
		w.Now = time.Now
	}
	key, resume, err := b.enter(w)
	if err != nil {
		return err
	}
	win := b.windows.enter(key, w.Now)
	defer b.windows.leave(win)
	update, some, told, err := win.join(b, resume)
	for {
		if err != nil {
			return err
		}
		if some {
			if err := send(update); err != nil {
				return err
			}
		}
		select {
		case <-told.changed:
		case <-b.closed:
			return ErrStopping
		case <-ctx.Done():
			return ctx.Err()
		}
		update, some, told, err = win.next(told.turn)
	}
}

// enter returns the window of a watcher, its list named where it is there, and the version that it can resume from.
func (b *Board) enter(w Watching) (windowKey, int64, error) {
	key := w.key()
	if w.List != "" {
		return key, w.ResumeVersion, nil
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	name, l, err := b.list(w.Race, "")
	switch {
	case err != nil:
		return key, 0, err
	case !l.standsIn(name):
		// The first list stays the one that was first.
		key.list = name
	}
	if !l.permanent && w.ResumeVersion < b.version {
		// Another list may have been the first one.
		return key, 0, nil
	}
	return key, w.ResumeVersion, nil
}

// lookShare is how many who watch one entrant, and look whether there is something to send, cost as much as one who is told.
const lookShare = 10

// Tell brings all who watch to what the board shows, and returns about how many are told something.
func (b *Board) Tell() int {
	b.tellFields()
	var told []*window
	for _, w := range b.windows.all() {
		if w.refresh(b) {
			told = append(told, w)
		}
	}
	return b.windows.usersOf(told) + b.windows.countEntrants(0)/lookShare
}

// tellFields wakes those who watch one entrant of a race in which something has changed.
func (b *Board) tellFields() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.fields {
		f.tell()
	}
}
