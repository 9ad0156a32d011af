package timing

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// unknownWindow is a part of the chips that nobody wears, in order, as it was at one moment: for it all reads of the day were
// looked through. Nobody may change it.
type unknownWindow struct {
	event race.EventID
	// after is what it begins behind; nil for the first chip.
	after    *UnknownChipID
	listedAt racetime.Instant
	chips    []UnknownChip
	// whole means that none follows.
	whole bool
}

const (
	// maxUnknownWindow is how many chips are looked for at once.
	maxUnknownWindow = 20_000
	// maxUnknownWindows bounds the memory that many events take.
	maxUnknownWindows = 4
	// unknownWindowTime is how long a window may answer for pages behind the first: longer than programs need for all.
	unknownWindowTime = 10 * time.Second
)

// page returns at most limit chips behind one of the window; false where others might lie between them, or follow them.
func (w *unknownWindow) page(after *UnknownChipID, limit int) ([]UnknownChip, bool) {
	begin := 0
	if after != nil {
		if w.after != nil && compareUnknown(*after, *w.after) < 0 {
			return nil, false
		}
		var there bool
		begin, there = slices.BinarySearchFunc(w.chips, *after, func(chip UnknownChip, id UnknownChipID) int {
			return compareUnknown(chip.id(), id)
		})
		if there {
			begin++
		}
	}
	rest := w.chips[begin:]
	if len(rest) < limit && !w.whole {
		return nil, false
	}
	return slices.Clone(rest[:min(limit, len(rest))]), true
}

func (c *UnknownChip) id() UnknownChipID { return UnknownChipID{c.LastAt, c.Chip} }

func compareUnknown(a, b UnknownChipID) int {
	return cmp.Or(cmp.Compare(b.LastAt, a.LastAt), cmp.Compare(a.Chip, b.Chip))
}

// unknownWindows are those that somebody may be paging through.
type unknownWindows struct {
	mu sync.Mutex
	// windows are of different events, the newest last.
	windows []*unknownWindow
}

// find returns the window of an event if it is not older than an instant, else nil.
func (u *unknownWindows) find(event race.EventID, since, now racetime.Instant) *unknownWindow {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.windows = slices.DeleteFunc(u.windows, func(w *unknownWindow) bool { return now.Sub(w.listedAt) > unknownWindowTime })
	i := slices.IndexFunc(u.windows, func(w *unknownWindow) bool { return w.event == event && w.listedAt >= since })
	if i < 0 {
		return nil
	}
	return u.windows[i]
}

func (u *unknownWindows) keep(window *unknownWindow) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.windows = slices.DeleteFunc(u.windows, func(w *unknownWindow) bool { return w.event == window.event })
	u.windows = append(u.windows, window)
	if beyond := len(u.windows) - maxUnknownWindows; beyond > 0 {
		u.windows = slices.Delete(u.windows, 0, beyond)
	}
}
