package standings

import (
	"sync"
	"time"
)

// windows are those of a board that somebody watches.
type windows struct {
	mu sync.Mutex
	// open are all of them; byKey are those that more may join.
	open  map[*window]struct{}
	byKey map[windowKey]*window
	// entrantWatchers counts those who watch one entrant.
	entrantWatchers int
}

// enter returns the window of a key, made where it is new, until leave is called.
func (ws *windows) enter(key windowKey, now func() time.Time) *window {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w, ok := ws.byKey[key]
	if !ok {
		w = &window{key: key, now: now, forget: ws.forget, changed: make(chan struct{})}
		if ws.open == nil {
			ws.open, ws.byKey = map[*window]struct{}{}, map[windowKey]*window{}
		}
		ws.open[w], ws.byKey[key] = struct{}{}, w
	}
	w.users++
	return w
}

func (ws *windows) leave(w *window) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w.users--; w.users > 0 {
		return
	}
	delete(ws.open, w)
	if ws.byKey[w.key] == w {
		delete(ws.byKey, w.key)
	}
}

// forget lets the next who asks for the window's key have another one.
func (ws *windows) forget(w *window) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.byKey[w.key] == w {
		delete(ws.byKey, w.key)
	}
}

// all returns the windows that are to be told.
func (ws *windows) all() []*window {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	all := make([]*window, 0, len(ws.open))
	for w := range ws.open {
		all = append(all, w)
	}
	return all
}

// usersOf counts who watches these windows.
func (ws *windows) usersOf(some []*window) int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	users := 0
	for _, w := range some {
		users += w.users
	}
	return users
}

// countEntrants adds to the number of those who watch one entrant, and returns it.
func (ws *windows) countEntrants(more int) int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.entrantWatchers += more
	return ws.entrantWatchers
}
