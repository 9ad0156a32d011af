package standings

import (
	"cmp"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// A board remembers this many versions, and this many results that were replaced in them.
const (
	historySteps   = 4096
	historyResults = 32768
)

// history is what a board looked like before its last changes, as far as it is remembered.
type history struct {
	steps   []step
	results int
}

// step is one change of the board.
type step struct {
	versionBefore int64
	// old holds the results that were replaced; nil for an entrant that was not there.
	old map[race.EntrantID]*result.Result
}

func (h *history) add(versionBefore, versionAfter int64, old map[race.EntrantID]*result.Result) {
	switch {
	case versionAfter > versionBefore:
	case len(old) == 0:
		return
	default:
		// The store was set back, or says something else of the same version: nobody can resume from before.
		*h = history{}
		return
	}
	h.steps = append(h.steps, step{versionBefore, old})
	h.results += len(old)
	for len(h.steps) > historySteps || h.results > historyResults {
		h.results -= len(h.steps[0].old)
		h.steps[0] = step{}
		h.steps = h.steps[1:]
	}
}

// since returns the results that entrants had at a version, for all who changed after it; false where that is not
// remembered.
func (h *history) since(version int64) (map[race.EntrantID]*result.Result, bool) {
	first, ok := slices.BinarySearchFunc(h.steps, version, func(s step, version int64) int {
		return cmp.Compare(s.versionBefore, version)
	})
	if !ok {
		return nil, false
	}
	old := map[race.EntrantID]*result.Result{}
	for _, s := range h.steps[first:] {
		for id, r := range s.old {
			if _, known := old[id]; !known {
				old[id] = r
			}
		}
	}
	return old, true
}

// rowsAt returns the rows of a window as they were at an earlier version of the same event; false where that is not
// remembered.
func (b *Board) rowsAt(now *view, key windowKey, version int64) ([]Row, bool) {
	b.mu.RLock()
	old, known := b.history.since(version)
	f, ok := b.fields[key.race]
	if !known || !ok || f.race != now.race {
		b.mu.RUnlock()
		return nil, false
	}
	_, l, err := f.list(now.list)
	if err != nil {
		b.mu.RUnlock()
		return nil, false
	}
	var members []*result.Result
	for _, row := range rows(l.ranked, l.onCourse, l.terms, b.entrants, 0, 0) {
		if _, changed := old[row.Result.Entrant]; !changed {
			members = append(members, row.Result)
		}
	}
	b.mu.RUnlock()

	for _, r := range old {
		if r != nil && r.Race == key.race && slices.Contains(r.Lists, now.list) {
			members = append(members, r)
		}
	}
	var ranked entries
	var course onCourse
	var middle *result.Result
	entrants := make(map[race.EntrantID]*result.Result, len(members))
	for _, r := range members {
		entrants[r.Entrant] = r
		if r.Bib == key.around {
			middle = r
		}
		if e, ok := rankedEntry(r, l.terms.classification); ok {
			ranked.add(e)
		}
		if r.Status == result.Started {
			course = append(course, r)
		}
	}
	slices.SortFunc(course, l.terms.compareOnCourse)
	list, offset := ranked.list(), 0
	if key.around != "" {
		offset = span(list, course, l.terms, middle, key.top)
	}
	return rows(list, course, l.terms, entrants, offset, key.top), true
}
