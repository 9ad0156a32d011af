package scoring

import (
	"sync"

	"raceday/services/rules/race"
)

// Wakes pass on to the scorers of this process that facts other than reads may have changed.
type Wakes struct {
	mu       sync.Mutex
	sleepers map[race.EventID]map[chan struct{}]bool
}

// NewWakes returns wakes without sleepers.
func NewWakes() *Wakes { return &Wakes{sleepers: map[race.EventID]map[chan struct{}]bool{}} }

// Changed returns a channel that receives after each Wake of the event, several of them perhaps once, until stop is
// called.
func (w *Wakes) Changed(event race.EventID) (changed <-chan struct{}, stop func()) {
	sleeper := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sleepers[event] == nil {
		w.sleepers[event] = map[chan struct{}]bool{}
	}
	w.sleepers[event][sleeper] = true
	return sleeper, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.sleepers[event], sleeper)
	}
}

// Wake wakes the scorers of an event; of all events where it is empty.
func (w *Wakes) Wake(event race.EventID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, sleepers := range w.sleepers {
		if event != "" && id != event {
			continue
		}
		for sleeper := range sleepers {
			select {
			case sleeper <- struct{}{}:
			default: // a wake is waiting already
			}
		}
	}
}
