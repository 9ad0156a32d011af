package registrationpg_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

// TestLargeImport reads a roster of 50 000 lines that no statistics of the database know of yet, and numbers other facts of
// the event meanwhile.
func TestLargeImport(t *testing.T) {
	t.Parallel()
	const lines, teams = 50_000, 2_000
	f := start(t)
	f.event.Races[0].Capacity, f.event.Races[0].Waves = 0, []race.Wave{{ID: "A"}}
	f.event.Races[4].Capacity, f.event.Races[4].Waves = 0, []race.Wave{{ID: "A"}}
	write := func(club string) string {
		var file strings.Builder
		file.WriteString(header)
		for n := range lines - 7*teams {
			fmt.Fprintf(&file, "marathon,%d,C%d,Runner %d,F,1990-05-01,,KAZ,%s,Open,,,,\n", n+1, n+1, n+1, club)
		}
		for n := range teams {
			fmt.Fprintf(&file, "ekiden,T%d,,Team %d,X,,,KAZ,%s,Mixed,,,,\n", n, n, club)
			for leg := range 6 {
				fmt.Fprintf(&file, "ekiden,T%d-%d,T%dX%d,Member %d of %d,M,1990-05-01,,KAZ,,,,T%d,%d,\n", n, leg+1, n, leg+1, leg+1, n, n, leg+1)
			}
		}
		return file.String()
	}
	// Plans that the server keeps from here on were made for almost nothing.
	f.mustImport(t, "marathon,1,,,,,,,,,,,,", "ekiden,T0,,,,,,,,,,,,", "ekiden,T0-1,,,,,,,,,,T0,1,")
	for range 10 {
		f.since(t, 0)
		f.since(t, 1)
		f.since(t, 2)
	}
	for _, club := range []string{"First", "Second"} {
		before := f.change(t)
		began := time.Now()
		imported := make(chan struct{})
		longest := make(chan time.Duration)
		go func() { longest <- f.numberFacts(t, imported) }()
		_, err := f.ImportRoster(t.Context(), "tester", registration.RosterFile{
			Event: f.event.ID, Content: strings.NewReader(write(club)),
		})
		close(imported)
		t.Logf("%d lines imported in %v; another fact waited %v at most", lines, time.Since(began), <-longest)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range []int64{before, 0} {
			began = time.Now()
			roster := f.since(t, change)
			t.Logf("roster since change %d: %d entrants in %v", change, len(roster), time.Since(began))
			if want := lines - 6*teams; len(roster) != want {
				t.Errorf("got %d entrants since change %d, want %d", len(roster), change, want)
			}
		}
	}
}

// numberFacts takes change numbers, as rulings do, until done, and returns how long one took at most.
func (f *fixture) numberFacts(t *testing.T, done <-chan struct{}) time.Duration {
	var longest time.Duration
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for {
		began := time.Now()
		if _, err := f.pool.Exec(t.Context(), `SELECT event.next_change($1)`, f.event.ID); err != nil {
			t.Errorf("number a fact while a roster is imported: %v", err)
		}
		longest = max(longest, time.Since(began))
		select {
		case <-done:
			return longest
		case <-pause.C:
		}
	}
}
