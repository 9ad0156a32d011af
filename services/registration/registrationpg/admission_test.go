package registrationpg_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

// TestPlacesUnderLoad lets 400 people ask two processes for 150 places at once, half of them twice.
func TestPlacesUnderLoad(t *testing.T) {
	t.Parallel()
	const people, places = 400, 150
	f := start(t)
	f.event.Races[0].Capacity = places
	services := []*registration.Service{
		f.Service, f.service(f.open(t)),
	}
	type outcome struct {
		reference registration.Reference
		err       error
	}
	var mu sync.Mutex
	outcomes := map[int][]outcome{}
	var wait sync.WaitGroup
	ask := func(service *registration.Service, n int) {
		wait.Go(func() {
			entry, err := service.RegisterPerson(t.Context(), "tester", request(n, "marathon"))
			mu.Lock()
			defer mu.Unlock()
			outcomes[n] = append(outcomes[n], outcome{entry.Reference, err})
		})
	}
	for n := range people {
		ask(services[n%2], n)
		if n < people/2 {
			ask(services[(n+n/2)%2], n)
		}
	}
	wait.Wait()

	admitted := 0
	references := map[registration.Reference]bool{}
	for n, answers := range outcomes {
		for _, a := range answers {
			if a.err != nil && !errors.Is(a.err, registration.ErrRaceFull) {
				t.Fatalf("request %d: got %v, want an entry or %v", n, a.err, registration.ErrRaceFull)
			}
			if a.reference != answers[0].reference {
				t.Errorf("request %d has two answers: %q and %q", n, a.reference, answers[0].reference)
			}
		}
		if answers[0].err == nil {
			admitted++
			references[answers[0].reference] = true
		}
	}
	if admitted != places || len(references) != places {
		t.Errorf("got %d people with %d references, want %d", admitted, len(references), places)
	}
	if n := f.count(t, `SELECT count(*) FROM registration.entries`); n != places {
		t.Errorf("got %d entries, want %d", n, places)
	}
	if n := f.count(t, `SELECT taken FROM registration.races WHERE race = 'marathon'`); n != places {
		t.Errorf("got %d places taken, want %d", n, places)
	}
}

// TestOnePersonManyRaces lets the same people ask for different races at the same moment through two processes.
func TestOnePersonManyRaces(t *testing.T) {
	t.Parallel()
	f := start(t)
	other := f.service(f.open(t))
	const people = 60
	races := []race.ID{"marathon", "half", "ten", "nordic"}
	admitted := make([][]error, people)
	var wait sync.WaitGroup
	for n := range people {
		admitted[n] = make([]error, len(races))
		for i, id := range races {
			service := f.Service
			if i%2 == 1 {
				service = other
			}
			wait.Go(func() {
				r := request(n, id)
				r.RequestID = fmt.Sprintf("%s-%d", id, n)
				_, admitted[n][i] = service.RegisterPerson(t.Context(), "tester", r)
			})
		}
	}
	wait.Wait()
	for n, errs := range admitted {
		entered := 0
		for _, err := range errs {
			switch {
			case err == nil:
				entered++
			case !errors.Is(err, registration.ErrAlreadyEntered):
				t.Fatalf("person %d: got %v, want an entry or %v", n, err, registration.ErrAlreadyEntered)
			}
		}
		if entered != 1 {
			t.Errorf("person %d is in %d races, want 1", n, entered)
		}
	}
}
