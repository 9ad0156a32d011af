package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
	for i := range 800 {
		many.WriteString("dash," + strconv.Itoa(1000+i) + ",DNS,,,," + strings.Repeat("far too long ", 70) + ",\n")
	}
	many.WriteString("relay,T1,MANUAL_TIME,,x1,2025-09-28T07:10:00+05:00,,\ndash,7,DSQ,,,,,last\n")
	file := written(t, "rulings.csv", many.String())
	for i, want := range []string{"803 recorded, 0 stood already\n", "0 recorded, 803 stood already\n"} {
		out, stderr := apply(exitSuccess, file)
		if out != want {
			t.Errorf("apply prints %q, want %q", out, want)
		}
		warnings := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		first, last := "warning: line 3: bib 1000 is not on the roster (ruling ",
			"warning: line 803: 2025-09-28T07:10:00+05:00 is before the gun of wave R at 2026-09-27T09:00:00+05:00 (ruling "
		const undo = "to undo one: raceday rulings record REVOKE --target RULING --event sprint"
		if i == 0 && (len(warnings) < 803 || !strings.HasPrefix(warnings[0], first) ||
			!slices.ContainsFunc(warnings, func(w string) bool { return strings.HasPrefix(w, last) }) ||
			warnings[len(warnings)-1] != undo) || i > 0 && stderr != "" {
			t.Errorf("apply %d warns %d times, first %q and last %q", i, len(warnings), warnings[0], warnings[max(0, len(warnings)-3):])
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
	eventually(t, func() error {
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
	if !ok || stderr != "warning: bib 7 is not on the roster\nto undo it: raceday rulings record REVOKE --target "+id+" --event sprint\n" {
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
	if _, stderr := record(exitUsage, "gun", "--race", "dash", "--at", "2026-09-27T09:00:00+05:00"); !strings.Contains(stderr, "raceday race gun") {
		t.Errorf("a gun: %q", stderr)
	}
	if _, stderr := record(exitUsage); !strings.Contains(stderr, "say what is decided, such as DSQ") {
		t.Errorf("no kind: %q", stderr)
	}
	if _, stderr := record(exitUsage, "MANUAL_TIME", "--race", "relay", "--bib", "T1", "--point", "x1", "--at", "noon"); !strings.Contains(stderr, "--at noon") {
		t.Errorf("no instant: %q", stderr)
	}
	if _, stderr := record(exitUsage, "PENALTY", "--race", "dash", "--bib", "7", "--duration", "half"); !strings.Contains(stderr, errSpan.Error()) {
		t.Errorf("no time: %q", stderr)
	}
	record(exitSuccess, "PENALTY", "--race", "dash", "--bib", "7", "--duration", "0:01:30", "--id", "clock", "--rule", "54.7", "--reason", "wrong\ncorral")
	record(exitSuccess, "RANK_BEFORE", "--race", "dash", "--bib", "8", "--target", "7", "--id", "photo", "--by", "Aru")

	list := func(want string, arguments ...string) {
		t.Helper()
		out, _ := raceday(t, exitSuccess, append([]string{"rulings", "list", "--server", s.grpc, "--event", "sprint"}, arguments...)...)
		out = strings.ReplaceAll(strings.ReplaceAll(out, id, "first"), listedAnew(t, s, 2), "revocation")
		out = regexp.MustCompile(`20[0-9-]{8} [0-9:]{8}`).ReplaceAllString(out, "WHEN")
		out = regexp.MustCompile(` 127[.0-9:]+`).ReplaceAllString(out, "") // whose key it is
		out = regexp.MustCompile(` {2,}`).ReplaceAllString(out, " | ")
		if diff := cmp.Diff(want, out); diff != "" {
			t.Errorf("list %v (-want +got):\n%s", arguments, diff)
		}
	}
	const head = "ID | RACE | BIB | RULING | WHAT | REASON | BY | RECORDED | REVOKED BY\n"
	list(head+`first | dash | 7 | PENALTY | 0:00:30 | wrong corral | development | WHEN | revocation
revocation | - | - | REVOKE | first | - | development | WHEN | -
once | dash | 7 | PENALTY | 0:00:30 | - | development | WHEN | -
clock | dash | 7 | PENALTY | 0:01:30 rule 54.7 | wrong corral | development | WHEN | -
photo | dash | 8 | RANK_BEFORE | 7 | - | Aru | WHEN | -
`, "--bib", "7")
	list("bib 9 of dash: no rulings\n", "--race", "dash", "--bib", "9")
	if out, _ := raceday(t, exitSuccess, "rulings", "list", "--server", s.grpc, "--event", "sprint", "--race", "relay"); strings.Count(out, "\n") != 2 {
		t.Errorf("the rulings of the relay: %q", out)
	}
	if _, stderr := raceday(t, exitFailure, "rulings", "list", "--server", s.grpc, "--event", "sprint", "--race", "walk"); stderr != "raceday: there is no race walk; there are dash, relay\n" {
		t.Errorf("a race that is none: %q", stderr)
	}
	if _, stderr := record(exitUsage, "FINED", "--race", "dash", "--bib", "7"); !strings.Contains(stderr, "FINED is no kind of ruling") {
		t.Errorf("an unknown kind: %q", stderr)
	}
}

// listedAnew returns the id of a ruling by its place in the list.
func listedAnew(t *testing.T, s server, i int) string {
	t.Helper()
	rulings := s.call(t, "TimingService/ListRulings", `{"eventId":"sprint"}`)["rulings"].([]any)
	return rulings[i].(map[string]any)["id"].(string)
}

// Times are written as lists show them or as files have them.
func TestSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "1m30s": 90 * time.Second, "0:30": 30 * time.Second, "1:30.5": 90*time.Second + 500*time.Millisecond,
		"0:00:30": 30 * time.Second, "1:02:03": time.Hour + 2*time.Minute + 3*time.Second,
	} {
		var got span
		if err := got.UnmarshalText([]byte(text)); err != nil || time.Duration(got) != want {
			t.Errorf("%s: got %v, %v, want %v", text, time.Duration(got), err, want)
		}
	}
	for _, text := range []string{"", "30", "half", ":30", "0:", "0:0:0:30"} {
		if err := new(span).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for a time", text)
		}
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
