package scoring

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// officeDay is an event whose entrants are entered while a rebuild reads the roster: they are in it, although the change
// number that was asked for before does not tell. The scorer takes them in before the rebuild looks again.
type officeDay struct {
	Reads    // of which this has all but CreatePosition
	event    *race.Event
	entrants []race.Entrant
	results  []result.Result
	entered  bool
	// positions counts how often the position was asked for: before and after all else by each look.
	positions int
	commits   int
}

func (d *officeDay) Change(context.Context, race.EventID) (int64, error) {
	if d.entered {
		return 2, nil
	}
	return 1, nil
}

func (d *officeDay) EventAt(context.Context, race.EventID, int64) (*race.Event, error) {
	return d.event, nil
}

func (d *officeDay) RosterSince(context.Context, race.EventID, int64) ([]race.Entrant, error) {
	d.entered = true
	return d.entrants, nil
}

func (d *officeDay) RulingsSince(context.Context, race.EventID, int64) ([]ruling.Ruling, error) {
	return nil, nil
}

func (d *officeDay) scored() bool { return d.positions > 2 }

func (d *officeDay) Position(context.Context, race.EventID) (Position, bool, error) {
	d.positions++
	if d.scored() {
		return Position{Event: d.event.ID, Change: 2}, true, nil
	}
	return Position{Event: d.event.ID, Change: 1}, true, nil
}

func (d *officeDay) EachRead(context.Context, race.EventID, func(*Numbered)) (Memory, error) {
	return nil, nil
}

func (d *officeDay) Results(context.Context, race.EventID) ([]result.Result, error) {
	if !d.scored() {
		return nil, nil
	}
	return d.results, nil
}

func (d *officeDay) Ranks(context.Context, race.EventID) (map[ListKey][]Rank, int64, error) {
	return nil, 0, nil
}

func (d *officeDay) Commit(context.Context, Commit) error {
	d.commits++
	return nil
}

func (d *officeDay) Publish(Commit, bool) {}

func TestARebuildWhileEntrantsAreEntered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		drawn := tenDay(t, []entry{{"7", race.Female, "1990-01-01", "", -1, -1}}, race.Classification{ID: "all"})
		d := &officeDay{event: drawn.event, entrants: drawn.entrants}
		d.results, _ = drawn.score()
		s := Scorer{Facts: d, Reads: d, Store: d, Results: d, Notices: d, Now: time.Now}
		var told []Difference
		summary, err := s.Rebuild(t.Context(), d.event.ID, func(difference Difference) error {
			told = append(told, difference)
			return nil
		})
		if err != nil || summary.Entrants != 1 || len(told) > 0 || d.commits > 0 {
			t.Errorf("got %d entrants, %v, differences %v and %d commits: nothing was stored otherwise", summary.Entrants, err, told, d.commits)
		}
		if d.positions != 4 {
			t.Errorf("the position was asked for %d times, want 4", d.positions)
		}
	})
}
