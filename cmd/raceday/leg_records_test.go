package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// From the records of legs of earlier years to legs that are marked in the table and in the result of the team, live and with a
// list, and to the record that is entered for the years to come.
func TestLegRecords(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	relayDay(t, s)
	dir := t.TempDir()
	file := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	command := func(status int, arguments ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append(arguments, "--server", s.grpc, "--event", "relay-day")...)
	}
	relay, err := os.ReadFile("testdata/relay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc,
		file("event.yaml", strings.Replace(string(relay), "    format: OTHER\n", "    format: OTHER\n    protest_time: 0s\n", 1)))

	records := file("records.csv", "course,leg,distance_metres,sex,time,holder,year\n"+
		"ekiden,1,5000,X,0:19:11,Tulpar,2022\nekiden,2,5000,X,0:21:41,Tulpar,2022\nekiden,2,10000,X,0:21:41,Tulpar,2022\n"+
		"ekiden,,15000,X,0:50:00,Tulpar,2022\n")
	out, stderr := command(exitSuccess, "records", "import", records)
	if out != "4 entered, 0 stood already\n" || stderr != "warning: no race of the event goes by leg 2 of the course ekiden of 10000 m\n" {
		t.Errorf("imported: %q, %q", out, stderr)
	}
	if out, _ := command(exitSuccess, "records", "import", records); out != "0 entered, 4 stood already\n" {
		t.Errorf("imported again: %q", out)
	}
	const stood = `COURSE  LEG  METRES  SEX  TIME     HOLDER  COUNTRY  YEAR  SET IN  REASON
ekiden       15000   X    0:50:00  Tulpar           2022          
ekiden  1    5000    X    0:19:11  Tulpar           2022          
ekiden  2    5000    X    0:21:41  Tulpar           2022          
`
	if out, _ := command(exitSuccess, "records", "ekiden"); out != stood {
		t.Errorf("those that stand (-want +got):\n%s", cmp.Diff(stood, out))
	}

	// marks are the rank after the leg, or the leg of one team, with what is said of it.
	marks := func(arguments ...string) []string {
		out, _ := command(exitSuccess, append([]string{"legs", "ekiden"}, arguments...)...)
		var found []string
		for line := range strings.Lines(out) {
			for _, verb := range []string{"beats", "equals"} {
				if i := strings.Index(line, verb+" the leg record"); i >= 0 {
					found = append(found, strings.Fields(line)[0]+" "+strings.TrimSpace(line[i:]))
				}
			}
		}
		return found
	}
	wantMarks := func(name, state string) {
		t.Helper()
		eventually(t, func() error {
			// Both are first after their leg.
			want := []string{"1 equals the leg record 0:19:11 (2022), unofficial", "1 beats the leg record 0:21:41 (2022), " + state}
			if diff := cmp.Diff(want, marks()); diff != "" {
				return errors.New(name + " (-want +got):\n" + diff)
			}
			if diff := cmp.Diff([]string{"2 beats the leg record 0:21:41 (2022), " + state}, marks("--bib", "E1")); diff != "" {
				return errors.New(name + ", the team (-want +got):\n" + diff)
			}
			return nil
		})
	}
	wantMarks("live", "unofficial")
	if out, _ := command(exitSuccess, "result", "E2"); !strings.Contains(out, "equals the leg record 0:19:11 (2022), unofficial\n") {
		t.Errorf("the result has no mark:\n%s", out)
	}
	command(exitSuccess, "official", "publish", "ekiden", "category/Open", "--as", "provisional", "--signed-by", "Referee")
	command(exitSuccess, "official", "publish", "ekiden", "category/Open", "--as", "official", "--signed-by", "Referee")
	wantMarks("published", "official")

	// It is entered for the years to come; this year's legs are still compared with the record that it broke.
	enter := []string{"records", "enter", "ekiden", "--leg", "2", "--sex", "X", "--time", "0:21:40", "--holder", "Team 1"}
	if out, _ := command(exitSuccess, enter...); !strings.Contains(out, "ekiden  2    5000    X    0:21:40  Team 1           2026  relay-day") {
		t.Errorf("entered: %q", out)
	}
	wantMarks("the new record, set here, is entered", "official")
	enter[4] = "4"
	if _, stderr := command(exitFailure, enter...); !strings.Contains(stderr, "LEG_NOT_FOUND") {
		t.Errorf("of no leg: %q", stderr)
	}
	if _, stderr := command(exitFailure, "records", "import", file("bad.csv", "course,leg,distance_metres,sex,time,holder,year\n"+
		"ekiden,2,5000,X,0:21:45,Tulpar,2023\n")); !strings.Contains(stderr, "bad.csv:2: reason: the record stands at 0:21:40 of 2026") {
		t.Errorf("a slower one without a reason: %q", stderr)
	}
	if out, _ := command(exitSuccess, "audit", "list"); !strings.Contains(out, "ekiden, leg 2, 5000 m, X, 2026, 0:21:40") {
		t.Errorf("the audit:\n%s", out)
	}
}
