package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	eventfile "raceday/services/event"
	"raceday/services/rehearsal"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// The reads of a simulated day, published as its mats send them, make the results of its file; the same seed makes the same
// files.
func TestSimulatedDayLive(t *testing.T) {
	t.Parallel()
	day := newRecordedDay(t, 3, 300)
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
	eventually(t, func() error {
		live, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "almaty-2026")
		return differ(results, []byte(live))
	})
	live, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "almaty-2026")
	checkTruth(t, live, contentOf(t, filepath.Join(out, "truth.csv")))
	checkFacts(t, s, "almaty-2026", results, legs)
}

// checkTruth: who is known to have finished has, from the gun of its wave, exactly the time of the finish that happened.
func checkTruth(t *testing.T, results string, truth []byte) {
	t.Helper()
	event, err := eventfile.Parse(rehearsal.AlmatyFile())
	if err != nil {
		t.Fatal(err)
	}
	finishes := map[string]racetime.Instant{}
	for _, c := range tableOf(t, string(truth)) {
		r := event.Race(race.ID(c["race"]))
		if c["happening"] != string(rehearsal.Visited) || c["visit"] != strconv.Itoa(len(r.Course)-1) || c["counts_at"] == "" {
			continue
		}
		at, err := racetime.ParseInstant(c["counts_at"])
		if err != nil {
			t.Fatal(err)
		}
		finishes[c["bib"]+" "+c["chip"]] = at // with swapped chips it stands under another bib
	}
	compared := 0
	for _, row := range tableOf(t, results) {
		r := event.Race(race.ID(row["race"]))
		at, finished := finishes[row["bib"]+" "+row["chip"]]
		if r.Team != nil || !finished || row["status"] != "FINISHED" && row["status"] != "OTL" {
			continue
		}
		compared++
		want := strconv.FormatInt(at.Sub(r.Wave(race.WaveID(row["wave"])).Gun).Milliseconds(), 10)
		if row["gun_ms"] != want {
			t.Errorf("bib %s has %s ms from the gun, in truth %s", row["bib"], row["gun_ms"], want)
		}
	}
	if compared < len(finishes)*3/4 {
		t.Errorf("%d of %d finishes have a result", compared, len(finishes))
	}
}

// tableOf returns the lines of a table, by the names of its columns.
func tableOf(t *testing.T, table string) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
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
