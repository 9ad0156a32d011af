package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
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
	command := func(status int, args ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append(args, "--server", s.grpc, "--event", "wild")...)
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/wild.yaml")
	roster := "race,bib,chips,name,sex,age\n"
	for _, bib := range []int{1, 2, 3, 4, 5, 6, 100} {
		roster += fmt.Sprintf("city,%d,C%d,N,F,30\n", bib, bib)
	}
	command(exitSuccess, "roster", "import", written(t, "roster.csv", roster))
	if out, _ := command(exitSuccess, "anomalies", "city"); out != "city: nothing to look at\n" {
		t.Errorf("before the reads: %q", out)
	}
	reads := regexp.MustCompile(`(?m)[0-9:]{8}$`).ReplaceAllString(wildReads, "2026-09-27T$0+05:00")
	command(exitSuccess, "reads", "publish", "--nats-url", s.nats, written(t, "reads.csv", reads))

	lists := func(want string, args ...string) {
		t.Helper()
		eventually(t, func() error {
			out, _ := command(exitSuccess, append([]string{"anomalies"}, args...)...)
			return differ([]byte(want), []byte(out))
		})
	}
	lists(`city: 7 to look at
BIB  KIND                  WHERE         WHAT
2    IDENTITY_CONFLICT     k5-a 1 2      number 2 of boot "1" is chip C2 at 09:25:00 and chip TEST at 09:25:01
3    MISSING_POINTS        k5 to k10     no read counts at any of them, but after
4    FALSE_START           line#1        started at 08:59:57, 0:00:03 before the first gun
4    FINISH_WITHOUT_START  line#2        finished at 10:40:03, not read at the start
5    IMPOSSIBLE_SEGMENT    line#1 to k5  there at 09:00:05 and 09:05:00: nobody is that fast (0:04:55), so one of them counts nowhere
6    OVER_TIME             line#2        there at 12:00:10, 0:00:10 over the limit of 3:00:00 from the gun
100  EARLY_WAVE            line#1        started at 09:00:30, 0:19:30 before the gun of the own wave
To deal with them, record a ruling (raceday rulings apply):
  MISSING_POINTS        MANUAL_TIME where it was seen, DSQ where it cut the course short
  IMPOSSIBLE_SEGMENT    MANUAL_TIME lets a crossing count, VOID_READ takes it out, REVOKE a MANUAL_TIME that is not after the start
  FINISH_WITHOUT_START  MANUAL_TIME at the start, DNS or DSQ where it did not start there
  EARLY_WAVE            swapped chips look like this too (raceday chips swap); START_WITH_WAVE counts it from that wave's gun
  FALSE_START           MANUAL_TIME at the start, PENALTY or DSQ
  IDENTITY_CONFLICT     VOID_READ takes a wrong read out, then REVIEWED with the target IDENTITY_CONFLICT MAT BOOT NUMBER, for chips that
                        nobody wears without race and bib; reset the numbering of the mat
  OVER_TIME             MANUAL_TIME where the mat was wrong, else the result says it
  any                   REVIEWED with the kind as target and a point of WHERE, or a ruling on the status (DSQ, DNF, DNS, WITHDRAWN, NOT_COMPETING)
2 more were dealt with or are information only; --all shows them
`, "city")
	lists(`wild: 1 to look at
RACE  BIB  KIND       WHERE   WHAT
city  6    OVER_TIME  line#2  there at 12:00:10, 0:00:10 over the limit of 3:00:00 from the gun
To deal with them, record a ruling (raceday rulings apply):
  OVER_TIME  MANUAL_TIME where the mat was wrong, else the result says it
  any        REVIEWED with the kind as target and a point of WHERE, or a ruling on the status (DSQ, DNF, DNS, WITHDRAWN, NOT_COMPETING)
`, "--kind", "over_time")
	explained, _ := command(exitSuccess, "explain", "city", "6")
	for _, part := range []string{
		"bib 6, N, City, wave A: OTL, at line#2 0:00:10 over the limit of 3:00:00 from the gun\n",
		"\nTO LOOK AT\nKIND       WHERE   WHAT                                                               DEALT WITH\n" +
			"OVER_TIME  line#2  there at 12:00:10, 0:00:10 over the limit of 3:00:00 from the gun  not yet\n",
	} {
		if !strings.Contains(explained, part) {
			t.Errorf("explain does not say %q:\n%s", part, explained)
		}
	}
	results, _ := command(exitSuccess, "results", "export")

	missing := func(dealt string) string {
		return "BIB  KIND            WHERE      WHAT                                      DEALT WITH\n" +
			"3    MISSING_POINTS  k5 to k10  no read counts at any of them, but after  " + dealt + "\n"
	}
	command(exitSuccess, "rulings", "apply", written(t, "review.csv", "id,race,bib,ruling,target,point,reason\nseen,city,3,REVIEWED,MISSING_POINTS,k10,mats were off\n"))
	lists("city: nothing to look at\n"+missing("ruling seen"), "city", "--kind", "MISSING_POINTS", "--all")
	lists("city: nothing to look at\n1 more were dealt with or are information only; --all shows them\n", "city", "--kind", "MISSING_POINTS")
	command(exitSuccess, "rulings", "apply", written(t, "revoke.csv", "id,race,bib,ruling,target,reason\nunseen,,,REVOKE,seen,they were on\n"))
	lists("city: 1 to look at\n"+missing("")+`To deal with them, record a ruling (raceday rulings apply):
  MISSING_POINTS  MANUAL_TIME where it was seen, DSQ where it cut the course short
  any             REVIEWED with the kind as target and a point of WHERE, or a ruling on the status (DSQ, DNF, DNS, WITHDRAWN, NOT_COMPETING)
`, "city", "--kind", "MISSING_POINTS", "--all")

	if after, _ := command(exitSuccess, "results", "export"); after != results {
		t.Errorf("looking at anomalies changed results: %v", differ([]byte(results), []byte(after)))
	}
	command(exitSuccess, "rulings", "apply", written(t, "conflict.csv",
		"race,bib,ruling,target\ncity,2,REVIEWED,IDENTITY_CONFLICT k5-a 1 2\n,,REVIEWED,IDENTITY_CONFLICT k5-a 1 99\n"))
	lists("wild: nothing to look at\n2 more were dealt with or are information only; --all shows them\n", "--kind", "IDENTITY_CONFLICT")
	command(exitSuccess, "rulings", "apply", written(t, "wave.csv", "id,race,bib,ruling,target\nwith-a,city,100,START_WITH_WAVE,A\n"))
	lists("city: nothing to look at\n", "city", "--kind", "EARLY_WAVE")
	command(exitSuccess, "rebuild")

	if _, stderr := command(exitUsage, "anomalies", "city", "--kind", "LATE"); !strings.Contains(stderr, "there are MISSING_POINT, ") {
		t.Errorf("a kind that is none: %q", stderr)
	}
	if _, stderr := command(exitFailure, "anomalies", "walk"); !strings.Contains(stderr, "RACE_NOT_FOUND") {
		t.Errorf("a race that is none: %q", stderr)
	}
}

func TestWhichLimitWasMissed(t *testing.T) {
	t.Parallel()
	closing := time.Date(2026, 9, 27, 10, 30, 0, 0, time.UTC)
	a := &standingsv1.Anomaly{
		Kind: standingsv1.AnomalyKind_ANOMALY_KIND_OVER_TIME, Race: "city", Visit: proto.Int32(1),
		At: timestamppb.New(closing.Add(111 * time.Second)), Time: durationpb.New(111 * time.Second),
	}
	for _, c := range []struct {
		name   string
		cutOff race.CutOff
		want   string
	}{
		{"from the own start", race.CutOff{AfterStart: 90 * time.Minute}, "0:01:51 over the limit of 1:30:00 from the own start"},
		{"from the gun", race.CutOff{AfterGun: 3 * time.Hour}, "0:01:51 over the limit of 3:00:00 from the gun"},
		{
			"either of two", race.CutOff{AfterGun: 3 * time.Hour, AfterStart: 90 * time.Minute},
			"0:01:51 over the limit of 3:00:00 from the gun or 1:30:00 from the own start",
		},
		{
			"by the clock, beside another", race.CutOff{AfterGun: 3 * time.Hour, Clock: racetime.At(closing)},
			"0:01:51 over the limit of 10:30:00 by the clock",
		},
		{
			"another beside the clock", race.CutOff{AfterGun: 3 * time.Hour, Clock: racetime.At(closing.Add(time.Minute))},
			"0:01:51 over the limit of 3:00:00 from the gun",
		},
		{"of a later version of the event", race.CutOff{}, "0:01:51 over the limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			definition := &race.Event{
				TimeZone: "UTC", Day: civil.Day{Year: 2026, Month: time.September, Day: 27},
				Races: []race.Race{{ID: "city", Course: []race.Visit{{Point: "line"}, {Point: "k10", CutOff: c.cutOff}}}},
			}
			if got := overLimit(a, definition); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatIsNotAfterTheGun(t *testing.T) {
	t.Parallel()
	gun := time.Date(2026, 9, 27, 9, 0, 0, 0, time.UTC)
	a := &standingsv1.Anomaly{
		Kind: standingsv1.AnomalyKind_ANOMALY_KIND_IMPOSSIBLE_SEGMENT, FromAt: timestamppb.New(gun),
		At: timestamppb.New(gun.Add(-5 * time.Minute)), Time: durationpb.New(-5 * time.Minute),
	}
	definition := &race.Event{TimeZone: "UTC", Day: civil.Day{Year: 2026, Month: time.September, Day: 27}}
	if got, want := describe(a, definition), "there at 08:55:00, which is not after the start or gun at 09:00:00: it counts nowhere"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
