package registration

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// kept runs f beside a keeper of a race with one place, a fee, a hold of 35 minutes and an offer of a day.
func kept(t *testing.T, f func(ctx context.Context, m *memory, s *Service, k *Keeper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{event: &race.Event{
			ID: "day", Day: civil.Day{Year: 2030, Month: time.May, Day: 1},
			Races: []race.Race{{
				ID: "ten", Capacity: 1, Fees: []race.Fee{{AmountMinor: 100}},
				Registration: race.Registration{Hold: 35 * time.Minute, Offer: 24 * time.Hour, Waitlist: 10},
			}},
		}}
		s := New(Dependencies{Events: m, Store: m, Census: m, Vacancies: NewVacancyBoard(m, m), Now: time.Now})
		k := NewKeeper(s)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- k.Run(ctx, func(error) {}) }()
		f(ctx, m, s, k)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func states(m *memory) []State {
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]State, len(m.entries))
	for i := range m.entries {
		list[i] = m.entries[i].State
	}
	return list
}

func looks(m *memory) int {
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.looks
}

func enter(t *testing.T, ctx context.Context, s *Service, n int) Entry {
	t.Helper()
	e, err := s.RegisterPerson(ctx, "frontend", Registration{
		Event: "day", Race: "ten", RequestID: fmt.Sprint("request ", n), JoinWaitlist: true,
		Person: race.Person{
			Name: fmt.Sprint("Runner ", n), Sex: race.Female, BirthDay: civil.Day{Year: 1990, Month: time.May, Day: 1},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPlacesRunOutAtTheirInstant(t *testing.T) {
	t.Parallel()
	kept(t, func(ctx context.Context, m *memory, s *Service, k *Keeper) {
		for n := range 3 {
			enter(t, ctx, s, n)
		}
		k.Heard()
		time.Sleep(35*time.Minute - time.Nanosecond)
		if diff := cmp.Diff([]State{Held, Waitlisted, Waitlisted}, states(m)); diff != "" {
			t.Errorf("before the hold ends (-want +got):\n%s", diff)
		}
		time.Sleep(time.Nanosecond)
		if diff := cmp.Diff([]State{Expired, Offered, Waitlisted}, states(m)); diff != "" {
			t.Errorf("when it ends (-want +got):\n%s", diff)
		}
		time.Sleep(24 * time.Hour)
		if diff := cmp.Diff([]State{Expired, Expired, Offered}, states(m)); diff != "" {
			t.Errorf("when the offer ends (-want +got):\n%s", diff)
		}
		if n := looks(m); n > 10 {
			t.Errorf("got %d looks in a day, want one for each time that something happened", n)
		}
	})
}

func TestKeeperLooksOnceASecondAtMost(t *testing.T) {
	t.Parallel()
	kept(t, func(ctx context.Context, m *memory, _ *Service, k *Keeper) {
		for range 1000 {
			k.Heard()
			time.Sleep(10 * time.Millisecond)
		}
		if n := looks(m); n < 9 || n > 12 {
			t.Errorf("got %d looks in ten seconds of news, want about one a second", n)
		}
		time.Sleep(2 * time.Second)
		before := looks(m)
		time.Sleep(time.Hour)
		if n := looks(m) - before; n != 0 {
			t.Errorf("got %d looks in an hour without news, want none", n)
		}
	})
}

func TestKeeperGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	kept(t, func(ctx context.Context, m *memory, s *Service, k *Keeper) {
		enter(t, ctx, s, 1)
		time.Sleep(2 * time.Second)
		m.mu.Lock()
		m.failing = errors.New("away")
		m.mu.Unlock()
		k.Heard()
		time.Sleep(36 * time.Minute)
		if diff := cmp.Diff([]State{Expired}, states(m)); diff != "" {
			t.Errorf("after a failed look (-want +got):\n%s", diff)
		}
	})
}

func TestWatchersAreToldOnceASecondAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{event: &race.Event{ID: "day", Races: []race.Race{{ID: "ten", Capacity: 1000}}}}
		board := NewVacancyBoard(m, m)
		s := New(Dependencies{Events: m, Store: m, Census: m, Vacancies: board, Now: time.Now})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- board.Run(ctx, func(error) {}) }()
		var told []int
		var at []time.Time
		go func() {
			done <- s.WatchVacancies(ctx, "day", func(v []Vacancy) error {
				told, at = append(told, v[0].Taken), append(at, time.Now())
				return nil
			})
		}()
		synctest.Wait()
		for range 300 {
			m.mu.Lock()
			m.entries = append(m.entries, Entry{Entrant: race.Entrant{Race: "ten"}, State: Confirmed})
			m.mu.Unlock()
			board.Heard("day")
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if last := told[len(told)-1]; last != 300 {
			t.Errorf("got %d at last, want all 300", last)
		}
		for i := 1; i < len(at); i++ {
			if pause := at[i].Sub(at[i-1]); pause < time.Second {
				t.Errorf("got a message %v after the one before, want a second", pause)
			}
		}
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
