package registrationpg_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"raceday/services/fault"
	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// versions is an event of which newer versions can be applied as eventpg does it.
type versions struct {
	*fixture
	mu     sync.Mutex
	events []*race.Event
	// meanwhile runs once, after the next reading of the event.
	meanwhile func()
}

func startVersions(t *testing.T) *versions {
	t.Helper()
	v := &versions{fixture: start(t)}
	v.events = []*race.Event{v.event}
	v.Service = newService(v, v.pool)
	return v
}

// EventVersion makes the versions a registration.Events.
func (v *versions) EventVersion(context.Context, race.EventID) (*race.Event, int64, error) {
	v.mu.Lock()
	event, version, meanwhile := v.events[len(v.events)-1], int64(len(v.events)), v.meanwhile
	v.meanwhile = nil
	v.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	return event, version, nil
}

// apply makes another version of the event unless entries stand against it.
func (v *versions) apply(ctx context.Context, change func(e *race.Event)) error {
	v.mu.Lock()
	older, version := v.events[len(v.events)-1], int64(len(v.events))
	v.mu.Unlock()
	newer := *older
	newer.Races = slices.Clone(older.Races)
	change(&newer)
	err := postgres.InTx(ctx, v.pool, func(ctx context.Context, tx pgx.Tx) error {
		violations, err := v.Breaks(postgres.Join(ctx, v.pool, tx), version, older, &newer, false)
		if err != nil {
			return err
		}
		if len(violations) > 0 {
			return errBreaks
		}
		_, err = tx.Exec(ctx, `UPDATE event.events SET version = version + 1 WHERE id = $1`, older.ID)
		return err
	})
	if err == nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.events = append(v.events, &newer)
	}
	return err
}

var errBreaks = errors.New("entries stand against it")

func TestDecidesByTheVersionThatStands(t *testing.T) {
	t.Parallel()
	full := func(e *race.Event) { e.Races[0].Capacity = 1 }
	older := func(e *race.Event) { e.Races[1].MinAgeYears = 40 }
	gone := func(e *race.Event) {
		e.Races = slices.DeleteFunc(e.Races, func(r race.Race) bool { return r.ID == "half" })
	}
	register := func(id race.ID) func(v *versions) error {
		return func(v *versions) error {
			_, err := v.RegisterPerson(t.Context(), "tester", request(2, id))
			return err
		}
	}
	tests := []struct {
		name   string
		change func(e *race.Event)
		do     func(v *versions) error
		want   *fault.Fault
	}{
		{"the last places go before a registration", full, register("marathon"), registration.ErrRaceFull},
		{"the age goes up before a registration", older, register("half"), registration.ErrAgeBelowMinimum},
		{"the race goes before a registration", gone, register("half"), registration.ErrRaceNotFound},
		{"the last places go before an import", full, func(v *versions) error {
			_, err := v.importText(t, false, "marathon,7,,,,,,,,,,,,")
			return err
		}, registration.ErrRosterInvalid},
		{"the race goes before an import", gone, func(v *versions) error {
			_, err := v.importText(t, false, "half,2001,,,,,,,,,,,,")
			return err
		}, registration.ErrRosterInvalid},
		{"the race goes before bibs", gone, func(v *versions) error {
			_, err := v.AssignBibs(t.Context(), "tester", bibs(v.event.ID, "half", []string{"2000-2001"}))
			return err
		}, registration.ErrRaceNotFound},
		{"the race goes before a correction", gone, func(v *versions) error {
			entries, err := v.store.ListEntries(t.Context(), v.event.ID, "", 0, 1)
			if err != nil {
				return err
			}
			_, err = v.correct(t, entries[0].Reference, race.Entrant{Race: "half"}, "race")
			return err
		}, registration.ErrRaceNotFound},
	}
	for _, tt := range tests {
		v := startVersions(t)
		v.register(t, 1, "marathon")
		v.Service = newService(v, v.pool) // It has to read the event.
		v.meanwhile = func() { v.mustApply(t, tt.change) }
		err := tt.do(v)
		if got, _ := fault.Of(err); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func (v *versions) mustApply(t *testing.T, change func(e *race.Event)) {
	t.Helper()
	if err := v.apply(t.Context(), change); err != nil {
		t.Error(err)
	}
}

// TestEntriesAndVersionsCannotPassEachOther lowers and raises the capacity while people enter.
func TestEntriesAndVersionsCannotPassEachOther(t *testing.T) {
	t.Parallel()
	const people, applies = 120, 30
	v := startVersions(t)
	v.mustApply(t, func(e *race.Event) { e.Races[0].Capacity = 20 })
	var group errgroup.Group
	for n := range people {
		group.Go(func() error {
			_, err := v.RegisterPerson(t.Context(), "tester", request(n, "marathon"))
			if errors.Is(err, registration.ErrRaceFull) || errors.Is(err, registration.ErrBusy) {
				return nil
			}
			return err
		})
	}
	group.Go(func() error {
		for i := range applies {
			err := v.apply(t.Context(), func(e *race.Event) { e.Races[0].Capacity = 20 + i%7*3 })
			if err != nil && !errors.Is(err, errBreaks) {
				return fmt.Errorf("apply: %w", err)
			}
			v.mu.Lock()
			capacity := v.events[len(v.events)-1].Races[0].Capacity
			v.mu.Unlock()
			const entries = `SELECT count(*) FROM registration.entries WHERE race = 'marathon'`
			if taken := v.count(t, entries); taken > capacity {
				return fmt.Errorf("%d entries in %d places", taken, capacity)
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
