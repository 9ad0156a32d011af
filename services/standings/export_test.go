package standings

import (
	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// Apply brings the board to a later version as a notice does, and tells all who watch it.
func (b *Board) Apply(version int64, changed []result.Result, removed []race.EntrantID) {
	b.advance(version, changed, removed)
	b.Tell()
}

// Reload brings the board to what was read from the store, and tells all who watch it.
func (b *Board) Reload(event *race.Event, version int64, results []result.Result) {
	b.reload(event, version, results)
	b.Tell()
}
