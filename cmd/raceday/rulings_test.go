package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/ruling"
	"raceday/services/timing"
)

// A file of rulings is recorded as a whole or not at all, and what is recorded can be scored, whatever becomes of the event.
func TestRulingsOfAFileInARaceDay(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	dir := t.TempDir()
	sprint, err := os.ReadFile("testdata/sprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "sprint",
		written(t, "roster.csv", "race,bib,chips,name,sex,age,team,leg\ndash,7,C7,Dana,F,30,,\nrelay,T1,B1,Tulpar,,,,\n"))
	apply := func(status int, file string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, "rulings", "apply", "--server", s.grpc, "--event", "sprint", file)
	}

	bad := written(t, "bad.csv", "id,race,bib,ruling,target,duration\np,dash,7,PENALTY,,30s\n\nu,,,REVOKE,nosuch,\nx,walk,7,DSQ,,\n")
	_, stderr := apply(exitFailure, bad)
	want := "raceday: " + bad + ":4: target: the event has no ruling with this id\n" + bad + ":5: race: unknown race \"walk\"\n"
	if diff := cmp.Diff(want, stderr); diff != "" {
		t.Errorf("a file with bad lines (-want +got):\n%s", diff)
	}
	if listed := s.call(t, "TimingService/ListRulings", `{"eventId":"sprint"}`)["rulings"]; listed != nil {
		t.Errorf("recorded %v of a file with bad lines, want nothing", listed)
	}

	var many strings.Builder
	many.WriteString("race,bib,ruling,target,point,at,reason,id\n,,REVOKE,last,,,,\n")
	for range 800 {
		many.WriteString("dash,8,DNS,,,," + strings.Repeat("far too long ", 70) + ",\n")
	}
	many.WriteString("relay,T1,MANUAL_TIME,,x1,2025-09-28T07:10:00+05:00,,\ndash,7,DSQ,,,,,last\n")
	file := written(t, "rulings.csv", many.String())
	for i, want := range []string{"803 recorded, 0 stood already\n", "0 recorded, 803 stood already\n"} {
		out, stderr := apply(exitSuccess, file)
		if out != want {
			t.Errorf("apply prints %q, want %q", out, want)
		}
		warnings := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		first, last := "warning: line 3: bib 8 is not on the roster",
			"warning: line 803: 2025-09-28T07:10:00+05:00 is before the gun of wave R at 2026-09-27T09:00:00+05:00"
		if i == 0 && (len(warnings) != 802 || warnings[0] != first || warnings[801] != last) || i > 0 && stderr != "" {
			t.Errorf("apply %d warns %d times, first %q and last %q", i, len(warnings), warnings[0], warnings[len(warnings)-1])
		}
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, written(t, "event.yaml", strings.ReplaceAll(string(sprint), "x1", "y1")))
	if out, _ := apply(exitSuccess, file); out != "0 recorded, 803 stood already\n" {
		t.Errorf("applied again after the event changed: %q", out)
	}

	facts := filepath.Join(dir, "facts")
	raceday(t, exitSuccess, "facts", "export", "--server", s.grpc, "--event", "sprint", facts)
	out := filepath.Join(dir, "results.csv")
	exported := func(name string) string { return filepath.Join(facts, name) }
	_, stderr = raceday(t, exitSuccess, "score", "--event", exported("event.yaml"), "--roster", exported("roster.csv"),
		"--reads", exported("reads.csv.gz"), "--rulings", exported("rulings.csv"), "--results", out)
	want = exported("rulings.csv") + ":803: point: the course has no visit \"x1\"; the ruling does not fit the event and does only what it still can\n"
	if diff := cmp.Diff(want, stderr); diff != "" {
		t.Errorf("score of the exported facts prints (-want +got):\n%s", diff)
	}
	scored, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, func() error {
		results, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "sprint")
		return differ(scored, []byte(results))
	})
}

// One ruling is recorded and revoked by hand.
func TestARulingByHand(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	record := func(status int, arguments ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append([]string{"rulings", "record", "--server", s.grpc, "--event", "sprint"}, arguments...)...)
	}
	stdout, stderr := record(exitSuccess, "penalty", "--race", "dash", "--bib", "7", "--duration", "30s", "--reason", "wrong corral")
	id, ok := strings.CutPrefix(strings.TrimSpace(stdout), "PENALTY is recorded as ruling ")
	if !ok || stderr != "warning: bib 7 is not on the roster\n" {
		t.Fatalf("record prints %q, %q", stdout, stderr)
	}
	record(exitSuccess, "MANUAL_TIME", "--race", "relay", "--bib", "T1", "--point", "x1", "--at", "2026-09-27T09:30:00+05:00")
	record(exitSuccess, "REVOKE", "--target", id)
	var kinds []string
	for _, listed := range s.call(t, "TimingService/ListRulings", `{"eventId":"sprint"}`)["rulings"].([]any) {
		kinds = append(kinds, strings.TrimPrefix(listed.(map[string]any)["kind"].(string), "RULING_KIND_"))
	}
	if diff := cmp.Diff([]string{"PENALTY", "MANUAL_TIME", "REVOKE"}, kinds); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	if _, stderr := record(exitFailure, "PENALTY", "--race", "dash", "--bib", "7"); !strings.Contains(stderr, "duration") {
		t.Errorf("a penalty without a duration: %q", stderr)
	}
	for range 2 {
		record(exitSuccess, "PENALTY", "--race", "dash", "--bib", "7", "--duration", "30s", "--id", "once")
	}
	if listed := s.call(t, "TimingService/ListRulings", `{"eventId":"sprint"}`)["rulings"].([]any); len(listed) != 4 {
		t.Errorf("%d rulings after one was given twice with its id, want 4", len(listed))
	}
	if _, stderr := record(exitUsage, "CLOSE", "--race", "dash"); !strings.Contains(stderr, "raceday race close") {
		t.Errorf("a close: %q", stderr)
	}
	if _, stderr := record(exitUsage, "FINED", "--race", "dash", "--bib", "7"); !strings.Contains(stderr, "FINED is no kind of ruling") {
		t.Errorf("an unknown kind: %q", stderr)
	}
}

func TestTheHelpShowsALineOfEachKind(t *testing.T) {
	t.Parallel()
	help, _ := raceday(t, exitSuccess, "rulings", "apply", "--help")
	for line := range strings.Lines(rulingsExample) {
		if !strings.Contains(help, line) {
			t.Errorf("the help lacks %q:\n%s", line, help)
		}
	}
	parsed, err := timing.ParseRulingLines("help", strings.NewReader(strings.ReplaceAll(rulingsExample, "  ", "")))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range ruling.Kinds() {
		if !slices.ContainsFunc(parsed, func(line timing.RulingLine) bool { return line.Kind == kind }) {
			t.Errorf("the help has no line of %s", kind)
		}
	}
}
