package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// relayDay is a relay of three teams: E1's members ran as registered, E2's first two in the other order, E3 is on its last leg
// and its first exchange was missed by the mats.
func relayDay(t *testing.T, s server) (publish func(reads ...string)) {
	t.Helper()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	roster := "race,bib,chips,name,sex,age,category,team,leg\n"
	for team, category := range []string{"Open", "Women", "Women"} {
		bib := fmt.Sprint("E", team+1)
		roster += fmt.Sprintf("ekiden,%s,,Team %d,X,,%s,,\n", bib, team+1, category)
		for leg, name := range []string{"Ana", "Bota", "Dana"} {
			roster += fmt.Sprintf("ekiden,%s-%d,C%d%d,%s%d,F,30,,%s,%d\n", bib, leg+1, team+1, leg+1, name, team+1, bib, leg+1)
		}
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/relay.yaml")
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "relay-day", file("roster.csv", roster))
	published := 0
	publish = func(reads ...string) {
		t.Helper()
		lines := "mat,chip,at\n"
		gun := time.Date(2026, 9, 27, 2, 0, 0, 0, time.UTC)
		for _, read := range reads {
			var mat, chip string
			var seconds int
			if _, err := fmt.Sscan(read, &mat, &chip, &seconds); err != nil {
				t.Fatal(err)
			}
			lines += fmt.Sprintf("%s,%s,%s\n", mat, chip, gun.Add(time.Duration(seconds)*time.Second).Format(time.RFC3339))
		}
		published++
		raceday(t, exitSuccess, "reads", "publish", "--server", s.grpc, "--nats-url", s.nats, "--event", "relay-day", "--speed", "0",
			file(fmt.Sprintf("reads%d.csv", published), lines))
	}
	publish("line-a C11 1", "x1-a C11 1200", "x1-a C12 1202", "x2-a C12 2500", "x2-a C13 2501", "line-a C13 3900",
		"line-a C22 1", "x1-a C22 1150", "x1-a C21 1151", "x2-a C21 2600", "x2-a C23 2601", "line-a C23 3950",
		"line-a C31 1", "x2-a C32 2550", "x2-a C33 2551")
	return publish
}

func TestTheLegsOfARelay(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	publish := relayDay(t, s)
	legs := func(args ...string) []string {
		return append([]string{"legs", "--event", "relay-day", "--server", s.grpc, "ekiden"}, args...)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, `ekiden, leg 1 of 3 to x1, 5 km: 2 ranked after it; fastest 0:19:11 by E2-2 for E2-1 Bota2 of E2 Team 2
AFTER  GAINED  BIB  TEAM    MEMBER         NAME   TIME     RANK  TOTAL    BEHIND   STATUS
1              E2   Team 2  E2-2 for E2-1  Bota2  0:19:11  1     0:19:11           FINISHED
2              E1   Team 1  E1-1           Ana1   0:20:00  2     0:20:00  0:00:49  FINISHED
               E3   Team 3  E3-1           Ana3                                    STARTED
ekiden, leg 2 of 3 to x2, 5 km: 3 ranked after it; fastest 0:21:40 by E1-2 Bota1 of E1 Team 1
AFTER  GAINED  BIB  TEAM    MEMBER         NAME   TIME     RANK  TOTAL    BEHIND   STATUS
1      +1      E1   Team 1  E1-2           Bota1  0:21:40  1     0:41:40           FINISHED
2              E3   Team 3  E3-2           Bota3                 0:42:30  0:00:50  STARTED
3      -2      E2   Team 2  E2-1 for E2-2  Ana2   0:24:10  2     0:43:21  0:01:41  FINISHED
ekiden, leg 3 of 3 to line#2, 5 km: 2 ranked after it; fastest 0:22:29 by E2-3 Dana2 of E2 Team 2
AFTER  GAINED  BIB  TEAM    MEMBER  NAME   TIME     RANK  TOTAL    BEHIND   STATUS
1      =       E1   Team 1  E1-3    Dana1  0:23:20  2     1:05:00           FINISHED
2      +1      E2   Team 2  E2-3    Dana2  0:22:29  1     1:05:50  0:00:50  FINISHED
`},
		{[]string{"2", "--list", "category/Women", "--by", "time", "--top", "1"}, `ekiden, leg 2 of 3 to x2, 5 km: 2 ranked after it; fastest 0:24:10 by E2-1 for E2-2 Ana2 of E2 Team 2
AFTER  GAINED  BIB  TEAM    MEMBER         NAME  TIME     RANK  TOTAL    BEHIND   STATUS
2      -1      E2   Team 2  E2-1 for E2-2  Ana2  0:24:10  1     0:43:21  0:00:51  FINISHED
`},
		{[]string{"--bib", "E2"}, `LEG  KM  BIB            NAME   TIME     RANK  TOTAL    RANK AFTER  GAINED
1    5   E2-2 for E2-1  Bota2  0:19:11  1     0:19:11  1           
2    5   E2-1 for E2-2  Ana2   0:24:10  2     0:43:21  3           -2
3    5   E2-3           Dana2  0:22:29  1     1:05:50  2           +1
`},
	} {
		eventually(t, func() error {
			out, _ := raceday(t, exitSuccess, legs(c.args...)...)
			if diff := cmp.Diff(c.want, out); diff != "" {
				return errors.New(strings.Join(c.args, " ") + " (-want +got)\n" + diff)
			}
			return nil
		})
	}
	if out, _ := raceday(t, exitSuccess, "explain", "ekiden", "E2", "--event", "relay-day", "--server", s.grpc); !strings.Contains(out, "E2-2 for E2-1  Bota2") {
		t.Errorf("the explanation does not tell who ran:\n%s", out)
	}
	for text, args := range map[string][]string{
		"LEG_NOT_FOUND": {"4"}, "LIST_NOT_FOUND": {"1", "--list", "x"}, "ENTRANT_NOT_FOUND": {"--bib", "E9"},
	} {
		if _, stderr := raceday(t, exitFailure, legs(args...)...); !strings.Contains(stderr, text) {
			t.Errorf("%v: %q", args, stderr)
		}
	}
	raceday(t, exitUsage, legs("1", "--bib", "E1")...)
	raceday(t, exitUsage, legs("--top", "-1")...)

	checkOfficialLegs(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	printed, failed, ended := newLines(), newLines(), make(chan int, 1)
	go func() { ended <- run(ctx, legs("3", "--watch"), os.Getenv, printed, failed) }()
	shows := func(text string) {
		t.Helper()
		eventually(t, func() error {
			if !strings.Contains(printed.String(), text) {
				return fmt.Errorf("no %q in\n%s%s", text, printed, failed)
			}
			return nil
		})
	}
	shows("leg 3 of 3 to line#2, 5 km: 2 ranked after it")
	publish("line-a C33 3850")
	shows("leg 3 of 3 to line#2, 5 km: 3 ranked after it; fastest 0:21:40 by E3-3 Dana3 of E3 Team 3\n")
	cancel()
	if status := <-ended; status != exitSuccess {
		t.Errorf("status %d when interrupted\n%s", status, failed)
	}
}

// checkOfficialLegs publishes a list of teams: it holds their legs, and so does its digest, which the facts give again.
func checkOfficialLegs(t *testing.T, s server) {
	t.Helper()
	command := func(args ...string) string {
		out, _ := raceday(t, exitSuccess, append(args, "--event", "relay-day", "--server", s.grpc)...)
		return out
	}
	command("official", "publish", "ekiden", "category/Women", "--as", "provisional", "--signed-by", "Referee")
	shown := command("official", "show", "ekiden", "category/Women")
	if want := `TEAM  LEG  MEMBER         NAME   TIME     RANK  TOTAL    AFTER
E2    1    E2-2 for E2-1  Bota2  0:19:11  1     0:19:11  1
E2    2    E2-1 for E2-2  Ana2   0:24:10  1     0:43:21  2
E2    3    E2-3           Dana2  0:22:29  1     1:05:50  1
E3    1    E3-1           Ana3                           
E3    2    E3-2           Bota3                 0:42:30  1
E3    3    E3-3           Dana3                          
`; !strings.HasSuffix(shown, want) {
		t.Errorf("published:\n%s\nwant at the end\n%s", shown, want)
	}
	digest, _, _ := strings.Cut(strings.SplitAfter(shown, "digest ")[1], ",")
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	command("facts", "export", "--at", "ekiden:category/Women@1", dir)
	raceday(t, exitSuccess, "score", "--event", in("event.yaml"), "--roster", in("roster.csv"), "--reads", in("reads.csv.gz"),
		"--rulings", in("rulings.csv"), "--results", in("results.csv"), "--digests", in("digests.csv"))
	if digests, err := os.ReadFile(in("digests.csv")); err != nil || !strings.Contains(string(digests), "ekiden,category/Women,"+digest+"\n") {
		t.Errorf("scored again: %v\n%s\nwant the digest %s", err, digests, digest)
	}
}
