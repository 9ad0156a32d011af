package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raceday/services/rehearsal"
)

// The reads of a simulated day, published as its mats send them, make the results of its file; the same seed makes the same
// files.
func TestSimulatedDayLive(t *testing.T) {
	t.Parallel()
	day := newRecordedDay(t, 3, 150)
	out := t.TempDir()
	arguments := []string{"simulate", "--event", day.file("event.yaml"), "--roster", day.file("roster.csv"), "--seed", "4"}
	summary, _ := raceday(t, exitSuccess, append(arguments, "--out", out)...)
	for _, want := range []string{"reads          ", "messages       ", "crossings      ", "did not start  ", "dropped out    ", "offline        "} {
		if !strings.Contains(summary, want) {
			t.Errorf("%q is not in\n%s", want, summary)
		}
	}
	again := t.TempDir()
	raceday(t, exitSuccess, append(arguments, "--out", again)...)
	for _, name := range []string{"reads.csv.gz", "truth.csv"} {
		if !bytes.Equal(contentOf(t, filepath.Join(out, name)), contentOf(t, filepath.Join(again, name))) {
			t.Errorf("the same seed makes another %s", name)
		}
	}

	for name, content := range map[string][]byte{
		"event.yaml": rehearsal.AlmatyFile(), "roster.csv": contentOf(t, day.file("roster.csv")),
		"rulings.csv": contentOf(t, day.file("rulings.csv")),
	} {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	results, legs := scoreCase(t, out)
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, day.file("event.yaml"))
	tell(t, s, "almaty-2026", out, "roster")
	raceday(t, exitSuccess, append(arguments, "--publish", "--speed", "0", "--nats-url", s.nats)...)
	eventually(t, time.Minute, func() error {
		live, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "almaty-2026")
		return differ(results, []byte(live))
	})
	checkFacts(t, s, "almaty-2026", results, legs)
}

func contentOf(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestSimulateIsRefused(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{
		{"--event", "e.yaml", "--roster", "r.csv"},
		{"--event", "e.yaml", "--roster", "r.csv", "--publish", "--speed=-1"},
		{"--event", "e.yaml", "--roster", "r.csv", "--publish", "--clocks-off=-1s"},
	} {
		raceday(t, exitUsage, append([]string{"simulate"}, arguments...)...)
	}
}
