package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// The benches are run as small as they are still whole; what they find here is no figure.
func TestBenches(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "raceday")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var all map[string]map[string]any
	benched(t, &all, program, "all", "--scale", "0.02", "--runs", "1")
	for name, c := range map[string]struct {
		figures []string
		counts  map[string]float64
	}{
		"score":  {[]string{"reads", "entrants", "seconds", "floor_seconds", "reads_per_core_second"}, nil},
		"ingest": {[]string{"reads", "reads_per_second", "floor_reads_per_second"}, map[string]float64{"entrants": 340}},
		"peak": {[]string{"start_reads", "start_messages", "start_reads_per_second", "start_p99_milliseconds", "start_backlog_milliseconds",
			"finishers", "finish_reads", "finish_p99_milliseconds", "finish_backlog_milliseconds", "finishers_per_second",
			"rank_p99_milliseconds", "rank_longest_milliseconds", "board_p99_milliseconds", "board_longest_milliseconds"},
			map[string]float64{"entrants": 340}},
		"watch": {[]string{"reads", "entrants", "p50_milliseconds", "p99_milliseconds", "floor_p50_milliseconds"}, nil},
		"standings": {[]string{"calls_per_second", "floor_calls_per_second", "p99_milliseconds", "floor_p99_milliseconds",
			"unread_calls_per_second", "rows"}, nil},
		"result": {[]string{"calls_per_second", "p99_milliseconds"}, map[string]float64{"calls": 400}},
		"register": {[]string{"entries_per_second", "floor_entries_per_second", "p50_milliseconds", "p99_milliseconds", "refusals_per_second",
			"vacancies_p99_milliseconds", "empty_p99_milliseconds"}, map[string]float64{"entries": 340, "refusals": 400, "connections": 1}},
		"score-order": {[]string{"nanoseconds", "floor_nanoseconds"}, map[string]float64{"finishers": 2000}},
		"restart":     {[]string{"reads", "seconds", "floor_seconds"}, nil},
		"rebuild":     {[]string{"reads", "seconds", "floor_seconds"}, nil},
		"growth":      {[]string{"reads", "entries", "finishes"}, nil},
		"memory":      {[]string{"reads", "resident_megabytes", "peak_megabytes", "postgres_megabytes", "read_megabytes", "times_floor"}, nil},
		"watchers": {[]string{"reads", "seen", "messages", "p50_milliseconds", "p99_milliseconds", "kib_per_watcher", "floor_p50_milliseconds",
			"floor_p99_milliseconds"}, map[string]float64{"watchers": 200, "connections": 2}},
		"rewind": {[]string{"stored", "live", "rewind_per_second", "p50_milliseconds", "p99_milliseconds", "floor_p99_milliseconds"},
			map[string]float64{"more_rows": 0}},
		"recompute": {[]string{"reads", "seconds", "floor_seconds"}, nil},
	} {
		found := all[name]
		delete(all, name)
		for _, figure := range c.figures {
			if value, ok := found[figure].(float64); !ok || value <= 0 {
				t.Errorf("%s: %s is %v", name, figure, found[figure])
			}
		}
		for figure, want := range c.counts {
			if found[figure] != want {
				t.Errorf("%s: %s is %v, want %v", name, figure, found[figure], want)
			}
		}
		reaches, _ := found["reaches"].([]any)
		if len(reaches) == 0 {
			t.Errorf("%s: there is no reach in %v", name, found)
		}
		if found["own_sizes"] != false {
			t.Errorf("%s: own_sizes is %v at another scale", name, found["own_sizes"])
		}
		for _, reach := range reaches {
			said, _ := reach.(map[string]any)
			if _, ok := said["met"].(bool); !ok {
				t.Errorf("%s: reach %v is neither met nor missed", name, reach)
			}
		}
	}
	for name := range all {
		t.Errorf("%s: this bench is not looked at", name)
	}
	var register map[string]any
	benched(t, &register, program, "register", "--callers", "150", "--places", "300", "--refusals", "200", "--runs", "1")
	if got := register["connections"]; got != 2.0 {
		t.Errorf("150 callers register on %v connections, want 2", got)
	}
}

// benched runs a bench and reads its figures.
func benched(t *testing.T, figures any, program string, arguments ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, append(append([]string{"bench"}, arguments...), "--json")...).Output()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		t.Fatalf("%v: %v\n%s", arguments, err, exit.Stderr)
	}
	if err := errors.Join(err, json.Unmarshal(out, figures)); err != nil {
		t.Fatalf("%v: %v in %s", arguments, err, out)
	}
}

// threeBenches are watchers, rewind and recompute.
func threeBenches(t *testing.T) []*kong.Node {
	t.Helper()
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	commands := parser.Model.Children
	commands = commands[slices.IndexFunc(commands, func(n *kong.Node) bool { return n.Name == "bench" })].Children
	return slices.DeleteFunc(slices.Clone(commands), func(n *kong.Node) bool {
		return !slices.Contains([]string{"watchers", "rewind", "recompute"}, n.Name)
	})
}

func TestBenchesThatAreInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	run := func(arguments []string) ([]byte, error) {
		if arguments[1] == "rewind" {
			interrupt()
			return nil, errors.New("signal: terminated")
		}
		return []byte(`{"seconds":2}`), nil
	}
	var out bytes.Buffer
	command := benchAllCommand{JSON: true, turns: turns{Runs: 1}, Scale: 1}
	err := command.each(&terminal{ctx: ctx, getenv: os.Getenv, stdout: &out, stderr: &out}, threeBenches(t), run)
	if want := "interrupted in bench 2 of 3, rewind"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if got, want := out.String(), `{"watchers":{"seconds":2}}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestABenchThatFailsKeepsNoOtherFromRunning(t *testing.T) {
	t.Parallel()
	var ran []string
	run := func(arguments []string) ([]byte, error) {
		ran = append(ran, strings.Join(arguments, " "))
		switch arguments[1] {
		case "watchers":
			return nil, errors.New("nobody came")
		case "rewind":
			return []byte(`{"stored":7}`), nil
		}
		return []byte(`{"seconds":2}`), nil
	}
	var out bytes.Buffer
	command := benchAllCommand{JSON: true, turns: turns{Runs: 3}, Scale: 0.5}
	err := command.each(&terminal{ctx: t.Context(), getenv: os.Getenv, stdout: &out, stderr: &out}, threeBenches(t), run)
	if err == nil || err.Error() != "watchers: nobody came" {
		t.Errorf("error %v, want that of watchers", err)
	}
	wantRan := []string{
		"bench watchers --json --watchers=5000 --reads-per-second=250 --seconds=15 --entrants=8500",
		"bench rewind --json --reads=500000 --entrants=8500",
		"bench recompute --json --runs=3 --reads=50000 --entrants=8500",
	}
	if diff := cmp.Diff(wantRan, ran); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
	want := `{"recompute":{"seconds":2},"rewind":{"stored":7},"watchers":{"error":"nobody came"}}` + "\n"
	if got := out.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReachesHoldForWhatABenchMeasuresByItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		arguments string
		want      bool
	}{
		{"", true},
		{"--pace 2000 --runs 1 --json --profile cpu.prof", true},
		{"--entrants 100", false},
		{"--pace 500", false},
	} {
		var flags cli
		parser, err := kong.New(&flags)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(append([]string{"bench", "watch"}, strings.Fields(c.arguments)...)); err != nil {
			t.Fatalf("%s: %v", c.arguments, err)
		}
		if got := flags.Bench.Watch.ownSizes; got != c.want {
			t.Errorf("bench watch %s: own sizes %v, want %v", c.arguments, got, c.want)
		}
	}
}

func TestABenchThatMeasuresNothingIsWrongUsage(t *testing.T) {
	t.Parallel()
	raceday(t, exitUsage, "bench", "ingest", "--runs", "0")
	raceday(t, exitUsage, "bench", "ingest", "--reads", "0")
	raceday(t, exitUsage, "bench", "ingest", "--entrants=-1")
	raceday(t, exitUsage, "bench", "memory", "--entrants", "0")
	raceday(t, exitUsage, "bench", "watch", "--pace", "0")
	raceday(t, exitUsage, "bench", "standings", "--callers", "0")
	raceday(t, exitUsage, "bench", "all", "--runs", "0")
	raceday(t, exitUsage, "bench", "register", "--runs", "0")
	raceday(t, exitUsage, "bench", "watchers", "--watchers", "0")
	raceday(t, exitUsage, "bench", "watchers", "--per-connection", "101")
	raceday(t, exitUsage, "bench", "peak", "--start-seconds", "0")
	raceday(t, exitUsage, "bench", "peak", "--entrants", "2999") // 100 finishers/s for 30 s
	raceday(t, exitUsage, "bench", "register", "--places", "0")
	raceday(t, exitUsage, "bench", "score", "--dir", filepath.Join(t.TempDir(), "missing"))
	raceday(t, exitUsage, "bench", "score-order", "--finishers", "1000")
	raceday(t, exitUsage, "bench", "growth", "--entrants", "999")
	raceday(t, exitUsage, "bench", "all", "--scale", "0")
	raceday(t, exitUsage, "bench", "all", "--scale", "1.5")
	raceday(t, exitUsage, "bench", "swim")
}
