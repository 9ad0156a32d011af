package standings

import (
	"context"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Watching says which rows to watch.
type Watching struct {
	Race race.ID
	// List is empty for the race's first list.
	List string
	// Top is the number of rows from the top; 0 is all, with those on course.
	Top int
	// ResumeVersion is that of the last update that the watcher has; 0 begins with a snapshot.
	ResumeVersion int64
}

// Update is what a watcher is told.
type Update struct {
	List    string
	Version int64
	// Snapshot means that Rows are all there is; else they replace those of the same bib.
	Snapshot bool
	Rows     []Row
	// Removed are the bibs that left the watched rows.
	Removed []race.Bib
	// At is the instant of the update, by which estimates have passed or not.
	At racetime.Instant
}

// view is the watched rows at one moment.
type view struct {
	event *race.Event
	list  string
	// permanent and standsIn are the list's.
	permanent, standsIn bool
	version             int64
	listVersion         int64
	// markedAt is the version at which the race's marks became these; 0 where it never had any.
	markedAt int64
	rows     []Row
	// changed is closed when something in the list has changed.
	changed <-chan struct{}
}

func (b *Board) view(w Watching) (view, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	name, l, err := b.list(w.Race, w.List)
	if err != nil {
		return view{}, err
	}
	return view{
		event:       b.event,
		list:        name,
		permanent:   l.permanent,
		standsIn:    l.standsIn(name),
		version:     b.version,
		listVersion: l.version,
		markedAt:    b.fields[w.Race].markedAt,
		rows:        rows(l.ranked, l.onCourse, l.terms, b.entrants, 0, w.Top),
		changed:     l.changed,
	}, nil
}

// Watch calls send with the watched rows and then with each change of them, until ctx ends (its error), send fails (its
// error), a new version of the event cannot have the list (ErrListNotFound) or the board closes (ErrStopping). Where the
// board remembers the version to resume from it begins with what has changed since. While send takes its time versions
// pass, and the next update holds all that they changed: nothing queues up for a slow watcher.
func (b *Board) Watch(ctx context.Context, w Watching, send func(Update) error) error {
	now, err := b.view(w)
	if err != nil {
		return err
	}
	var sent sentRows
	snapshot := true
	if past, ok := b.resume(w, now); ok {
		sent.replace(past)
		snapshot = false
	}
	for {
		if !now.standsIn {
			// The first list stays the one that was first.
			w.List = now.list
		}
		update := Update{List: now.list, Version: now.version, Snapshot: snapshot}
		if snapshot {
			sent.replace(now.rows)
			update.Rows = now.rows
		} else {
			update.Rows, update.Removed = sent.advance(now.rows)
		}
		if snapshot || len(update.Rows) > 0 || len(update.Removed) > 0 {
			if err := send(update); err != nil {
				return err
			}
		}
		select {
		case <-now.changed:
		case <-b.closed:
			return ErrStopping
		case <-ctx.Done():
			return ctx.Err()
		}
		before := now
		if now, err = b.view(w); err != nil {
			return err
		}
		snapshot = now.event != before.event || now.list != before.list
	}
}

// resume returns the rows that the watcher has from the version that it names.
func (b *Board) resume(w Watching, now view) ([]Row, bool) {
	switch {
	case w.ResumeVersion == 0 || w.ResumeVersion > now.version:
		return nil, false
	case now.markedAt > 0 && w.ResumeVersion <= now.markedAt:
		// It may have the rows of this version, or of one before, with other marks.
		return nil, false
	case w.List == "" && !now.permanent && w.ResumeVersion < now.version:
		// Another list may have been the first one.
		return nil, false
	case w.ResumeVersion >= now.listVersion:
		return now.rows, true
	}
	return b.rowsAt(now.event, w.Race, now.list, w.Top, w.ResumeVersion)
}

// sentRows is what a watcher has, by bib.
type sentRows struct {
	rows  map[race.Bib]*sentRow
	round int
}

type sentRow struct {
	row Row
	// round is the last in which the row was there.
	round int
}

func (s *sentRows) replace(rows []Row) {
	s.rows = make(map[race.Bib]*sentRow, len(rows))
	for _, row := range rows {
		s.rows[row.Result.Bib] = &sentRow{row, s.round}
	}
}

// advance makes rows what the watcher has and returns those that are new to it, and the bibs that are no longer there.
func (s *sentRows) advance(rows []Row) (changed []Row, removed []race.Bib) {
	s.round++
	there := 0
	for _, row := range rows {
		sent := s.rows[row.Result.Bib]
		if sent == nil {
			sent = &sentRow{}
			s.rows[row.Result.Bib] = sent
		}
		if sent.row != row {
			sent.row = row
			changed = append(changed, row)
		}
		if sent.round != s.round {
			sent.round = s.round
			there++
		}
	}
	if there == len(s.rows) {
		return changed, nil
	}
	for bib, row := range s.rows {
		if row.round != s.round {
			removed = append(removed, bib)
			delete(s.rows, bib)
		}
	}
	slices.SortFunc(removed, race.CompareBibs)
	return changed, removed
}
