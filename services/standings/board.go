package standings

import (
	"reflect"
	"slices"
	"sync"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// Board holds all results of one event in memory, in the order of every list, exact for one version. A change costs a
// search in each list that it touches, not a sorting. Any number of readers may ask while one writer changes it.
type Board struct {
	mu       sync.RWMutex
	event    *race.Event
	fields   map[race.ID]*field
	entrants map[race.EntrantID]*result.Result
	bibs     map[race.Bib]race.EntrantID
	// moved is closed when version changes.
	version int64
	moved   chan struct{}
	history history
	// filling counts fill and reload.
	filling int
	// course has a lock of its own, which is taken before mu.
	course courseLists
	// orders, windows and legTables have locks of their own too; that of a window, then that of orders, is taken before mu.
	orders    orders
	windows   windows
	legTables legTables
	// closed ends the watches.
	closed chan struct{}
}

// NewBoard returns the board of an event at a version. Results of races that the event does not have are left out. The
// board keeps what the results hold; nobody may change it.
func NewBoard(event *race.Event, version int64, results []result.Result) *Board {
	b := &Board{moved: make(chan struct{}), closed: make(chan struct{})}
	b.fill(event, version, results)
	return b
}

// fill makes everything anew.
func (b *Board) fill(event *race.Event, version int64, results []result.Result) {
	b.event, b.history = event, history{}
	b.move(version)
	b.filling++
	before := b.fields
	b.fields = make(map[race.ID]*field, len(event.Races))
	b.entrants = make(map[race.EntrantID]*result.Result, len(results))
	b.bibs = make(map[race.Bib]race.EntrantID, len(results))
	byRace := groupByRace(results)
	for i := range event.Races {
		r := &event.Races[i]
		var marked *marks
		if was, ok := before[r.ID]; ok { // until SetMarks tells of others
			marked = was.marks
		}
		of := byRace[r.ID]
		for n, res := range of {
			of[n] = alone(res)
			b.entrants[res.Entrant], b.bibs[res.Bib] = of[n], res.Entrant
		}
		b.fields[r.ID] = newField(r, of, marked, version)
	}
}

// alone returns a copy of a result that came among others: one that stays would else keep all of them in memory.
func alone(r *result.Result) *result.Result {
	own := *r
	return &own
}

func (b *Board) move(version int64) {
	b.version = version
	close(b.moved)
	b.moved = make(chan struct{})
}

// Version returns the version of the event that the board is exact for.
func (b *Board) Version() int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.version
}

// Event returns the definition of the event that the board shows by; nobody may change it.
func (b *Board) Event() *race.Event {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.event
}

// advance brings the board to a later version. Who watches it is told by Tell.
func (b *Board) advance(version int64, changed []result.Result, removed []race.EntrantID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.apply(version, changed, removed)
}

func (b *Board) apply(version int64, changed []result.Result, removed []race.EntrantID) {
	old := make(map[race.EntrantID]*result.Result, len(changed)+len(removed))
	touched, fields := map[*list]struct{}{}, map[*field]struct{}{}
	// All leave before any enters, so that two may swap their bibs.
	for _, id := range removed {
		b.take(id, version, old, touched, fields)
	}
	for i := range changed {
		b.take(changed[i].Entrant, version, old, touched, fields)
	}
	for i := range changed {
		if f, ok := b.fields[changed[i].Race]; ok {
			r := alone(&changed[i])
			b.entrants[r.Entrant], b.bibs[r.Bib] = r, r.Entrant
			f.put(r, version, touched)
			fields[f] = struct{}{}
		}
	}
	if version > b.version+1 { // what was between may have come and gone
		for _, f := range b.fields {
			for _, l := range f.lists {
				l.version = version
			}
		}
	}
	b.history.add(b.version, version, old)
	b.move(version)
	for l := range touched {
		l.touch(version)
	}
	for f := range fields {
		f.touch()
	}
}

func (b *Board) take(
	id race.EntrantID, version int64, old map[race.EntrantID]*result.Result, touched map[*list]struct{}, fields map[*field]struct{},
) {
	r, ok := b.entrants[id]
	if _, known := old[id]; !known {
		old[id] = r
	}
	if !ok {
		return
	}
	delete(b.entrants, id)
	if b.bibs[r.Bib] == id {
		delete(b.bibs, r.Bib)
	}
	f := b.fields[r.Race]
	f.take(r, version, touched)
	fields[f] = struct{}{}
}

// fits reports whether results belong to the event that the board knows.
func (b *Board) fits(results []result.Result) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range results {
		f, ok := b.fields[results[i].Race]
		if !ok || len(results[i].Lists) != len(f.race.Classifications) {
			return false
		}
	}
	return true
}

// reload brings the board to what was read from the store. Where the event is still the same only what differs changes, so
// that watches go on; else everything is new and they begin again. Anomalies, which notices do not tell, make no difference. Who
// watches is told by Tell.
func (b *Board) reload(event *race.Event, version int64, results []result.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.filling++
	if b.event != event && !reflect.DeepEqual(b.event, event) {
		before := b.fields
		b.fill(event, version, results)
		for _, f := range before {
			close(f.changed)
		}
		return
	}
	var changed []result.Result
	gone := make(map[race.EntrantID]struct{}, len(b.entrants))
	for id := range b.entrants {
		gone[id] = struct{}{}
	}
	for i := range results {
		r := &results[i]
		delete(gone, r.Entrant)
		if old, ok := b.entrants[r.Entrant]; !ok || !old.EqualShown(r) {
			changed = append(changed, *r)
		}
	}
	removed := make([]race.EntrantID, 0, len(gone))
	for id := range gone {
		removed = append(removed, id)
	}
	b.apply(version, changed, removed)
}

// Close ends all watches with ErrStopping.
func (b *Board) Close() { close(b.closed) }

// list finds a list, or the race's first one where the name is empty.
func (b *Board) list(raceID race.ID, name string) (string, *list, error) {
	f, ok := b.fields[raceID]
	if !ok {
		return "", nil, noRace(b.event)
	}
	return f.list(name)
}

// ListSummary is one list of a race.
type ListSummary struct {
	Name             string
	Ranked, OnCourse int
}

// Lists returns the lists of a race by name. Fault: ErrRaceNotFound.
func (b *Board) Lists(raceID race.ID) ([]ListSummary, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	f, ok := b.fields[raceID]
	if !ok {
		return nil, noRace(b.event)
	}
	var summaries []ListSummary
	for _, name := range f.listNames() {
		l := f.lists[name]
		summaries = append(summaries, ListSummary{Name: name, Ranked: l.ranked.Len(), OnCourse: len(l.onCourse)})
	}
	return summaries, nil
}

// Progress returns the counts of one race, or of all in the order of the event where the id is empty, and the version
// that they are exact for. Fault: ErrRaceNotFound.
func (b *Board) Progress(raceID race.ID) ([]Progress, int64, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var counts []Progress
	for i := range b.event.Races {
		if id := b.event.Races[i].ID; raceID == "" || id == raceID {
			counts = append(counts, b.fields[id].progress)
		}
	}
	if raceID != "" && counts == nil {
		return nil, 0, noRace(b.event)
	}
	return slices.Clip(counts), b.version, nil
}
