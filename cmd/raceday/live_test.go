package main

import (
	"os"
	"path/filepath"
	"testing"

	"raceday/services/rehearsal/sharedcase"
)

// The facts of each case become known in another order.
func TestLiveGivesTheBytesOfScore(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	t.Run("cases", func(t *testing.T) {
		for name, order := range map[string][]string{
			"boston-2001":           {"roster", "reads", "rulings"},
			"berlin-2016":           {"reads", "rulings", "roster"},
			"prefectures-boys-2024": {"rulings", "roster", "reads"},
			"devils-burdens-2020":   {"roster", "rulings", "reads", "reads", "roster", "rulings"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := sharedcase.Dir(t, name)
				wantResults, wantLegs := scoreCase(t, dir)
				raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, filepath.Join(dir, "event.yaml"))
				for _, fact := range order {
					tell(t, s, name, dir, fact)
				}
				legsPath := filepath.Join(t.TempDir(), "legs.csv")
				eventually(t, func() error {
					results, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", name, "--legs", legsPath)
					return differ(wantResults, []byte(results))
				})
				legs, err := os.ReadFile(legsPath)
				if err != nil {
					t.Fatal(err)
				}
				if err := differ(wantLegs, legs); err != nil {
					t.Errorf("legs.csv: %v", err)
				}
				checkFacts(t, s, name, wantResults, wantLegs)
				summary, _ := raceday(t, exitSuccess, "rebuild", "--server", s.grpc, "--event", name)
				t.Logf("rebuild: %s", summary)
			})
		}
	})
}

// tell makes one kind of facts known to a server.
func tell(t *testing.T, s server, event, dir, fact string) {
	t.Helper()
	switch fact {
	case "roster":
		raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", event, filepath.Join(dir, "roster.csv"))
	case "reads":
		raceday(t, exitSuccess, "reads", "publish", "--server", s.grpc, "--nats-url", s.nats, "--event", event,
			filepath.Join(dir, "reads.csv.gz"))
	case "rulings":
		raceday(t, exitSuccess, "rulings", "apply", "--server", s.grpc, "--event", event, filepath.Join(dir, "rulings.csv"))
	}
}

// checkFacts exports the facts of an event and scores them offline.
func checkFacts(t *testing.T, s server, event string, wantResults, wantLegs []byte) {
	t.Helper()
	dir := t.TempDir()
	raceday(t, exitSuccess, "facts", "export", "--server", s.grpc, "--event", event, dir)
	results, legs := scoreCase(t, dir)
	if err := differ(wantResults, results); err != nil {
		t.Errorf("results.csv of the exported facts: %v", err)
	}
	if err := differ(wantLegs, legs); err != nil {
		t.Errorf("legs.csv of the exported facts: %v", err)
	}
}
