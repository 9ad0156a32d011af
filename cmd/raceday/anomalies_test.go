package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// wildReads are the reads of a day on which much goes wrong: mat, number, chip and time of day.
const wildReads = `mat,boot,seq,chip,at
line-a,1,1,C1,09:00:05
line-a,1,2,C2,09:00:05
line-a,1,3,C3,09:00:05
line-a,1,4,C4,08:59:57
line-a,1,5,C5,09:00:05
line-a,1,6,C6,09:00:05
line-a,1,7,C100,09:00:30
k5-a,1,1,C1,09:25:00
k5-a,1,2,C2,09:25:00
k5-a,1,3,C4,09:25:00
k5-a,1,4,C5,09:05:00
k5-a,1,5,C6,09:30:00
k5-a,1,6,C100,09:30:00
k5-a,1,2,TEST,09:25:01
k5-a,1,99,TEST,08:00:00
k5-a,1,99,TEST2,08:00:00
k10-a,1,1,C1,09:50:00
k10-a,1,2,C4,09:50:00
k10-a,1,3,C5,09:50:00
k10-a,1,4,C6,10:10:00
k15-a,1,1,C1,10:15:00
k15-a,1,2,C2,10:15:00
k15-a,1,3,C3,10:15:00
k15-a,1,4,C4,10:15:00
k15-a,1,5,C5,10:15:00
k15-a,1,6,C6,11:00:00
line-a,1,8,C1,10:40:00
line-a,1,9,C2,10:40:01
line-a,1,10,C3,10:40:02
line-a,1,11,C4,10:40:03
line-a,1,12,C5,10:40:04
line-a,1,13,C6,12:00:10
`

// The officials see what went wrong, look at one of it and think again: the list follows, and no result does.
func TestWhatOfficialsShouldLookAt(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	dir := t.TempDir()
	file := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	command := func(status int, args ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append(args, "--server", s.grpc, "--event", "wild")...)
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/wild.yaml")
	roster := "race,bib,chips,name,sex,age\n"
	for _, bib := range []int{1, 2, 3, 4, 5, 6, 100} {
		roster += fmt.Sprintf("city,%d,C%d,N,F,30\n", bib, bib)
	}
	command(exitSuccess, "roster", "import", file("roster.csv", roster))
	if out, _ := command(exitSuccess, "anomalies", "city"); out != "city: nothing to look at\n" {
		t.Errorf("before the reads: %q", out)
	}
	reads := regexp.MustCompile(`(?m)[0-9:]{8}$`).ReplaceAllString(wildReads, "2026-09-27T$0+05:00")
	command(exitSuccess, "reads", "publish", "--nats-url", s.nats, file("reads.csv", reads))

	lists := func(want string, args ...string) {
		t.Helper()
		eventually(t, 10*time.Second, func() error {
			out, _ := command(exitSuccess, append([]string{"anomalies"}, args...)...)
			return differ([]byte(want), []byte(out))
		})
	}
	lists(`city: 7 to look at
BIB  KIND                  WHERE         WHAT
2    IDENTITY_CONFLICT     mat k5-a      number 2 of boot "1" is chip C2 at 09:25:00 and chip TEST at 09:25:01
3    MISSING_POINTS        k5 to k10     not read at any of them, but after
4    FALSE_START           line#1        started at 08:59:57, 3s before the first gun
4    FINISH_WITHOUT_START  line#2        finished at 10:40:03, not read at the start
5    IMPOSSIBLE_SEGMENT    line#1 to k5  there at 09:00:05 and 09:05:00: nobody is that fast (4m55s), so one of them counts nowhere
6    OVER_TIME             line#2        there at 12:00:10, 10s over the limit
100  EARLY_WAVE            line#1        started at 09:00:30, 19m30s before the gun of the own wave
To deal with them, record a ruling (raceday rulings apply):
  MISSING_POINTS        MANUAL_TIME where it was seen, DSQ where it cut the course short
  IMPOSSIBLE_SEGMENT    MANUAL_TIME lets a crossing count, VOID_READ takes it out
  FINISH_WITHOUT_START  MANUAL_TIME at the start, DNS or DSQ where it did not start there
  EARLY_WAVE            START_WITH_WAVE counts it from that wave's gun
  FALSE_START           MANUAL_TIME at the start, PENALTY or DSQ
  IDENTITY_CONFLICT     VOID_READ takes a wrong read out, then REVIEWED; reset the numbering of the mat
  OVER_TIME             MANUAL_TIME where the mat was wrong, else the result says it
  any                   REVIEWED with the kind as target, or a ruling on the status (DSQ, DNF, DNS, WITHDRAWN, NOT_COMPETING)
2 more were dealt with or are information only; --all shows them
`, "city")
	lists(`wild: 1 to look at
RACE  BIB  KIND       WHERE   WHAT
city  6    OVER_TIME  line#2  there at 12:00:10, 10s over the limit
To deal with them, record a ruling (raceday rulings apply):
  OVER_TIME  MANUAL_TIME where the mat was wrong, else the result says it
  any        REVIEWED with the kind as target, or a ruling on the status (DSQ, DNF, DNS, WITHDRAWN, NOT_COMPETING)
`, "--kind", "over_time")
	results, _ := command(exitSuccess, "results", "export")

	missing := func(dealt string) string {
		return "BIB  KIND            WHERE      WHAT                                DEALT WITH\n" +
			"3    MISSING_POINTS  k5 to k10  not read at any of them, but after  " + dealt + "\n"
	}
	command(exitSuccess, "rulings", "apply", file("review.csv", "id,race,bib,ruling,target,reason\nseen,city,3,REVIEWED,MISSING_POINTS,mats were off\n"))
	lists("city: nothing to look at\n"+missing("ruling seen"), "city", "--kind", "MISSING_POINTS", "--all")
	lists("city: nothing to look at\n1 more were dealt with or are information only; --all shows them\n", "city", "--kind", "MISSING_POINTS")
	command(exitSuccess, "rulings", "apply", file("revoke.csv", "id,race,bib,ruling,target,reason\nunseen,,,REVOKE,seen,they were on\n"))
	lists("city: 1 to look at\n"+missing("")+`To deal with them, record a ruling (raceday rulings apply):
  MISSING_POINTS  MANUAL_TIME where it was seen, DSQ where it cut the course short
  any             REVIEWED with the kind as target, or a ruling on the status (DSQ, DNF, DNS, WITHDRAWN, NOT_COMPETING)
`, "city", "--kind", "MISSING_POINTS", "--all")

	if after, _ := command(exitSuccess, "results", "export"); after != results {
		t.Errorf("looking at anomalies changed results: %v", differ([]byte(results), []byte(after)))
	}
	command(exitSuccess, "rulings", "apply", file("wave.csv", "id,race,bib,ruling,target\nwith-a,city,100,START_WITH_WAVE,A\n"))
	lists("city: nothing to look at\n", "city", "--kind", "EARLY_WAVE")
	command(exitSuccess, "rebuild")

	if _, stderr := command(exitUsage, "anomalies", "city", "--kind", "LATE"); !strings.Contains(stderr, "there are MISSING_POINT, ") {
		t.Errorf("a kind that is none: %q", stderr)
	}
	if _, stderr := command(exitFailure, "anomalies", "walk"); !strings.Contains(stderr, "RACE_NOT_FOUND") {
		t.Errorf("a race that is none: %q", stderr)
	}
}
