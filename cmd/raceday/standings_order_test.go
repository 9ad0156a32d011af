package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hourOf is a race that began an hour ago: one is home, one is at km 10, one at km 5, and one was disqualified.
func hourOf(t *testing.T, s server) (publish func(reads ...string)) {
	t.Helper()
	gun := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	if gun.Day() != time.Now().UTC().Day() {
		gun = gun.Truncate(24 * time.Hour).Add(24 * time.Hour) // just after midnight reads may be ahead of the clock
	}
	event, err := os.ReadFile("testdata/hour.yaml")
	if err != nil {
		t.Fatal(err)
	}
	event = []byte(strings.NewReplacer("DAY", gun.Format(time.DateOnly), "GUN", gun.Format(time.RFC3339)).Replace(string(event)))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, written(t, "event.yaml", string(event)))
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "hour", written(t, "roster.csv", `race,bib,chips,name,sex,age
twenty,1,A1,Aigerim,F,30
twenty,2,A2,Ben,M,30
twenty,3,A3,Cem,M,50
twenty,4,A4,Dana,F,50
`))
	published := 0
	publish = func(reads ...string) {
		t.Helper()
		lines := "mat,chip,at\n"
		for _, read := range reads {
			var mat, chip string
			var seconds int
			if _, err := fmt.Sscan(read, &mat, &chip, &seconds); err != nil {
				t.Fatal(err)
			}
			lines += fmt.Sprintf("%s,%s,%s\n", mat, chip, gun.Add(time.Duration(seconds)*time.Second).Format(time.RFC3339))
		}
		published++
		raceday(t, exitSuccess, "reads", "publish", "--server", s.grpc, "--nats-url", s.nats, "--event", "hour", "--speed", "0",
			written(t, fmt.Sprintf("reads%d.csv", published), lines))
	}
	publish("line-a A1 5", "k5-a A1 900", "k10-a A1 1800", "line-a A1 3500",
		"line-a A2 5", "k5-a A2 1200", "k10-a A2 2700", "line-a A3 5", "k5-a A3 1500", "line-a A4 5", "k5-a A4 890", "k10-a A4 1790")
	s.call(t, "TimingService/RecordRuling", `{"eventId":"hour","ruling":{"race":"twenty","bib":"4","kind":"RULING_KIND_DSQ","rule":"TR6"}}`)
	return publish
}

func TestOfficialsAskWhoLeadsWhoWillAndHowOneDoes(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	publish := hourOf(t, s)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"standings", "--event", "hour", "twenty", "--at", "k10"}, `twenty, overall: 2 passed k10 at 10 km
RANK  BIB  NAME     GROUP  COUNTRY  TIME     BEHIND   STATUS    RANK NOW
1     1    Aigerim  F               0:30:00           FINISHED  1
2     2    Ben      M               0:45:00  0:15:00  STARTED   
`},
		{[]string{"standings", "--event", "hour", "twenty", "sex/M", "--at", "k5", "--top", "1"}, `twenty, sex/M: 2 passed k5 at 5 km
RANK  BIB  NAME  GROUP  COUNTRY  TIME     BEHIND  STATUS   RANK NOW
1     2    Ben   M               0:19:55          STARTED  
`},
		// 2 took 2695 s for 10 km and goes on so, 3 took 1495 s for 5 km.
		{[]string{"standings", "--event", "hour", "twenty", "--live"}, `twenty, overall: 1 ranked and 2 on course together; ~ is an estimate
LIVE  BIB  NAME     GROUP  COUNTRY  TIME     GUN      NET      AT   ESTIMATE
1     1    Aigerim  F               0:58:20  0:58:20  0:58:15       
2     2    Ben      M                                          k10  ~1:29:55
3     3    Cem      M                                          k5   ~1:39:45
`},
		{[]string{"standings", "--event", "hour", "twenty", "sex/M", "--live", "--top", "1"}, `twenty, sex/M: 0 ranked and 2 on course together; ~ is an estimate
LIVE  BIB  NAME  GROUP  COUNTRY  TIME  GUN  NET  AT   ESTIMATE
1     2    Ben   M                               k10  ~1:29:50
`},
		{[]string{"standings", "--event", "hour", "twenty", "--around", "2", "--top", "2"}, `RANK  BIB  NAME     GROUP  COUNTRY  TIME     GUN      NET      AT   ESTIMATE
1     1    Aigerim  F               0:58:20  0:58:20  0:58:15       
      2    Ben      M                                          k10  ~1:29:55
`},
		{[]string{"standings", "--event", "hour", "twenty", "--around", "3", "--top", "1", "--live"}, `LIVE  BIB  NAME  GROUP  COUNTRY  TIME  GUN  NET  AT  ESTIMATE
3     3    Cem   M                               k5  ~1:39:45
`},
	} {
		eventually(t, func() error {
			out, _ := raceday(t, exitSuccess, append(c.args, "--server", s.grpc)...)
			if diff := cmp.Diff(c.want, out); diff != "" {
				return errors.New(strings.Join(c.args, " ") + " (-want +got)\n" + diff)
			}
			return nil
		})
	}
	out, _ := raceday(t, exitSuccess, "result", "--event", "hour", "4", "--server", s.grpc)
	if !strings.HasPrefix(out, "twenty: bib 4, Dana, F\nDSQ by rule TR6\nSPLIT   KM  AT") || !strings.HasSuffix(out, "overall        1\nsex/F          1\n") {
		t.Errorf("a result without a rank is\n%s", out)
	}
	if _, stderr := raceday(t, exitFailure, "standings", "--event", "hour", "twenty", "--at", "k11", "--server", s.grpc); !strings.Contains(stderr, "POINT_NOT_FOUND") {
		t.Errorf("a point that is none: %q", stderr)
	}
	if _, stderr := raceday(t, exitFailure, "result", "--event", "hour", "99", "--server", s.grpc); !strings.Contains(stderr, "ENTRANT_NOT_FOUND") {
		t.Errorf("a bib that is none: %q", stderr)
	}
	raceday(t, exitUsage, "standings", "--event", "hour", "twenty", "--at", "k10", "--live")
	raceday(t, exitUsage, "standings", "--event", "hour", "twenty", "--at", "k10", "--around", "1")
	if _, stderr := raceday(t, exitFailure, "standings", "--event", "hour", "twenty", "--around", "99", "--server", s.grpc); !strings.Contains(stderr, "ENTRANT_NOT_FOUND") {
		t.Errorf("rows around a bib that is none: %q", stderr)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	printed, failed, ended := newLines(), newLines(), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"result", "--watch", "--server", s.grpc, "--event", "hour", "2"}, os.Getenv, printed, failed)
	}()
	shows := func(wanted ...string) {
		t.Helper()
		eventually(t, func() error {
			for _, text := range wanted {
				if !strings.Contains(printed.String(), text) {
					return fmt.Errorf("no %q in\n%s%s", text, printed, failed)
				}
			}
			return nil
		})
	}
	shows("twenty: bib 2, Ben, M\nSTARTED, estimated to finish at ", " in 1:29:55\nSPLIT   KM  AT        NET      GUN      PACE/KM\n", "  0:44:55  0:45:00  5:00\n")
	publish("line-a A2 5300")
	shows("FINISHED, ranked 1:28:20, gun 1:28:20, net 1:28:15\n", "  1:28:15  1:28:20  4:20\nLIST     RANK  OF\noverall  2     2\nsex/M    1     1\n")
	cancel()
	if status := <-ended; status != exitSuccess {
		t.Errorf("status %d when interrupted\n%s", status, failed)
	}
}
