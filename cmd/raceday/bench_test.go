package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
)

// The benches are run as small as they are still whole; what they find here is no figure.
func TestBenches(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "raceday")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, c := range []struct {
		arguments []string
		figures   []string
		counts    map[string]float64
	}{
		{[]string{"score", "--reads", "20000", "--runs", "1"}, []string{"reads", "entrants", "seconds", "floor_seconds", "reads_per_core_second"}, nil},
		{[]string{"ingest", "--reads", "2000", "--entrants", "300", "--runs", "1"}, []string{"reads", "entrants", "reads_per_second", "floor_reads_per_second"}, nil},
		{[]string{"watch", "--entrants", "300", "--runs", "1"}, []string{"reads", "entrants", "p50_milliseconds", "p99_milliseconds", "floor_p50_milliseconds"}, nil},
		{[]string{"watchers", "--watchers", "200", "--entrants", "600", "--seconds", "2", "--reads-per-second", "40"}, []string{"reads", "seen",
			"messages", "p50_milliseconds", "p99_milliseconds", "kib_per_watcher", "floor_p50_milliseconds", "floor_p99_milliseconds"},
			map[string]float64{"watchers": 200, "connections": 2}},
		{[]string{"recompute", "--entrants", "300", "--reads", "5000", "--runs", "1"}, []string{"reads", "seconds", "floor_seconds"}, nil},
		{[]string{"rewind", "--entrants", "300", "--reads", "5000", "--rewind", "10000"}, []string{"stored", "live", "rewind_per_second",
			"p50_milliseconds", "p99_milliseconds", "floor_p99_milliseconds"}, map[string]float64{"more_rows": 0}},
		{[]string{"rebuild", "--entrants", "300", "--reads", "5000", "--runs", "1"}, []string{"reads", "seconds", "floor_seconds"}, nil},
		{[]string{"restart", "--entrants", "300", "--reads", "5000", "--runs", "1"}, []string{"reads", "seconds", "floor_seconds"}, nil},
		{[]string{"standings", "--finishers", "200", "--calls", "300", "--pace", "50", "--runs", "1"}, []string{"calls_per_second", "floor_calls_per_second",
			"p99_milliseconds", "floor_p99_milliseconds", "rows"}, nil},
		{[]string{"result", "--finishers", "200", "--calls", "300", "--pace", "50", "--runs", "1"}, []string{"calls_per_second", "p99_milliseconds"}, nil},
		{[]string{"score-order", "--finishers", "5000", "--runs", "1"}, []string{"nanoseconds", "floor_nanoseconds"}, map[string]float64{"finishers": 5000}},
		{[]string{"register", "--callers", "150", "--places", "300", "--refusals", "200", "--runs", "1"}, []string{"entries_per_second",
			"floor_entries_per_second", "p50_milliseconds", "p99_milliseconds", "refusals_per_second", "vacancies_p99_milliseconds",
			"empty_p99_milliseconds"}, map[string]float64{"entries": 300, "refusals": 200, "connections": 2}},
	} {
		arguments := append(append([]string{"bench"}, c.arguments...), "--json")
		out, err := exec.CommandContext(t.Context(), program, arguments...).Output()
		if err != nil {
			var exit *exec.ExitError
			errors.As(err, &exit)
			t.Errorf("%v: %v\n%s", c.arguments, err, exit.Stderr)
			continue
		}
		var found map[string]any
		if err := json.Unmarshal(out, &found); err != nil {
			t.Errorf("%v: %v in %s", c.arguments, err, out)
		}
		for _, name := range c.figures {
			if value, ok := found[name].(float64); !ok || value <= 0 {
				t.Errorf("%v: %s is %v", c.arguments, name, found[name])
			}
		}
		reaches, _ := found["reaches"].([]any)
		if len(reaches) == 0 {
			t.Errorf("%v: no reach in %s", c.arguments, out)
		}
		for _, reach := range reaches {
			said, _ := reach.(map[string]any)
			if _, ok := said["met"].(bool); !ok {
				t.Errorf("%v: reach %v is neither met nor missed", c.arguments, reach)
			}
		}
		for name, want := range c.counts {
			if found[name] != want {
				t.Errorf("%v: %s is %v, want %v", c.arguments, name, found[name], want)
			}
		}
	}
}

func TestABenchThatMeasuresNothingIsWrongUsage(t *testing.T) {
	t.Parallel()
	raceday(t, exitUsage, "bench", "ingest", "--runs", "0")
	raceday(t, exitUsage, "bench", "register", "--runs", "0")
	raceday(t, exitUsage, "bench", "watchers", "--watchers", "0")
	raceday(t, exitUsage, "bench", "watchers", "--per-connection", "101")
	raceday(t, exitUsage, "bench", "register", "--places", "0")
	raceday(t, exitUsage, "bench", "score", "--dir", filepath.Join(t.TempDir(), "missing"))
	raceday(t, exitUsage, "bench", "score-order", "--finishers", "1000")
	raceday(t, exitUsage, "bench", "swim")
}
