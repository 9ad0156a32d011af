package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Three start, two are not seen again: the officials see who, close the race, and see them still, until one comes in late and
// the other is found at home.
func TestSomebodyStartsAndVanishes(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	roster := filepath.Join(t.TempDir(), "roster.csv")
	lines := "race,bib,chips,name,sex,age\ndash,1,A1,Aigerim,F,30\ndash,2,A2,Ben,M,30\ndash,3,A3,Cem,M,50\ndash,4,A4,Dana,F,50\n"
	if err := os.WriteFile(roster, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "sprint", roster)
	command := func(status int, args ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append(args, "--server", s.grpc, "--event", "sprint")...)
	}

	first := regexp.MustCompile(`^dash: gun of all waves at \S+\+05:00, before: none, ruling \S+\n$`)
	asked := regexp.MustCompile(`^dash: the gun of all waves stands at none; 0 started, 0 finished
warning: \S+ is not about the day of the event, 2026-09-27
raceday: ` + regexp.QuoteMeta(errNobodyToAskOfGun.Error()) + "\n$")
	if out, stderr := command(exitFailure, "race", "gun", "dash"); !asked.MatchString(out + stderr) {
		t.Errorf("a gun on another day prints %q", out+stderr)
	}
	if out, _ := command(exitSuccess, "race", "gun", "dash", "--yes"); !first.MatchString(strings.SplitAfter(out, "finished\n")[1]) {
		t.Errorf("gun prints %q", out)
	}
	if _, stderr := command(exitFailure, "race", "gun", "dash", "B"); stderr != "raceday: race dash has no wave B; there are A\n" {
		t.Errorf("gun of a wave that is none prints %q", stderr)
	}
	command(exitUsage, "race", "gun", "dash", "--at", "noon")
	s.becomes(t, "1", map[string]string{"status": "ENTERED"})
	if out, _ := command(exitSuccess, "oncourse", "dash"); out != "dash: nobody is on the course\n" {
		t.Errorf("before the start: %q", out)
	}

	s.send(t, "start-a", "A1", "A2", "A3")
	s.becomes(t, "3", map[string]string{"status": "STARTED"})
	s.send(t, "finish-a", "A1")
	s.becomes(t, "1", map[string]string{"status": "FINISHED"})
	s.becomes(t, "2", map[string]string{"status": "STARTED"})
	// A board hears of a change just after it is stored.
	onCourse := func(when string, want *regexp.Regexp) {
		t.Helper()
		eventually(t, func() error {
			if out, _ := command(exitSuccess, "oncourse", "dash"); !want.MatchString(out) {
				return fmt.Errorf("%s: got\n%s\nwant\n%s", when, out, want)
			}
			return nil
		})
	}
	// The one who finished says how long it takes, which the other two have had by now or soon will.
	want := regexp.MustCompile(`^dash: 2 on the course, [012] of them overdue
OVERDUE  BIB  NAME  WAVE  STATUS   LAST SEEN  AT +NEXT    EXPECTED
.{7}  2    Ben   A     STARTED  start +[-: 0-9]+  finish  [-: 0-9]+
.{7}  3    Cem   A     STARTED  start +[-: 0-9]+  finish  [-: 0-9]+
$`)
	onCourse("one finished", want)
	s.refused(t, "RACE_NOT_FOUND", "StandingsService/ListOnCourse", `{"eventId":"sprint","race":"walk"}`)

	// Nobody can be asked here.
	out, stderr := command(exitFailure, "race", "close", "dash")
	shown, closing := strings.CutSuffix(out, "dash: 1 who never started would become DNS\n")
	if !closing || !want.MatchString(shown) || stderr != "raceday: "+errNobodyToAsk.Error()+"\n" {
		t.Errorf("close without --yes prints\n%s%s", out, stderr)
	}
	s.becomes(t, "3", map[string]string{"status": "STARTED"})
	out, _ = command(exitSuccess, "race", "close", "dash", "--yes", "--reason", "dark")
	if !strings.HasPrefix(out, "dash: 2 on the course") || !strings.HasSuffix(out, "dash is closed: 2 were still out, 1 who never started became DNS\n") {
		t.Errorf("close prints\n%s", out)
	}
	s.becomes(t, "2", map[string]string{"status": "DNF"})
	s.becomes(t, "3", map[string]string{"status": "DNF"})
	s.becomes(t, "4", map[string]string{"status": "DNS"})
	onCourse("closed", regexp.MustCompile(`^dash: 2 on the course, [012] of them overdue
.+
.{7}  2    Ben   A     DNF     .+
.{7}  3    Cem   A     DNF     .+
$`))
	s.send(t, "finish-b", "A3")
	s.becomes(t, "3", map[string]string{"status": "FINISHED", "rank:overall": "2"})

	onCourse("one came in", regexp.MustCompile(`^dash: 1 on the course`))
	again := s.call(t, "TimingService/RecordRuling", `{"eventId":"sprint","ruling":{"race":"dash","kind":"RULING_KIND_CLOSE"}}`)
	if warnings := fmt.Sprint(again["warnings"]); !strings.Contains(warnings, "ALREADY_CLOSED") {
		t.Errorf("closed again: %v, want a warning", again)
	}
	if again["stillOutTotal"] != 1.0 || again["stillOutUnknown"] != nil {
		t.Errorf("closed again: %v, want one still out", again)
	}
	file := filepath.Join(t.TempDir(), "rulings.csv")
	if err := os.WriteFile(file, []byte("race,ruling\ndash,CLOSE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	applied := "1 recorded, 0 stood already\n1 was still out when races were closed: raceday oncourse shows them\n"
	if out, _ := command(exitSuccess, "rulings", "apply", file); out != applied {
		t.Errorf("closed by a file: %q, want %q", out, applied)
	}
	// The one who gave up without a word is found.
	s.rule(t, `{"race":"dash","bib":"2","kind":"RULING_KIND_DNF","reason":"went home by bus"}`)
	onCourse("he was found", regexp.MustCompile(`^dash: nobody is on the course\n$`))
}

// Who records a gun again, or closes again, must not move every time of a race by a slip.
func TestAGunAndACloseAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	roster := filepath.Join(t.TempDir(), "roster.csv")
	lines := "race,bib,chips,name,sex,age\ndash,1,A1,Aigerim,F,30\ndash,2,A2,Ben,M,30\n"
	if err := os.WriteFile(roster, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "sprint", roster)
	command := func(status int, args ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append(args, "--server", s.grpc, "--event", "sprint")...)
	}
	prints := func(what, got, want string) {
		t.Helper()
		got = regexp.MustCompile(`--target \S+ `).ReplaceAllString(got, "--target ID ")
		got = regexp.MustCompile(`ruling \S+\n`).ReplaceAllString(got, "ruling ID\n")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}

	fired := time.Now().UTC().Add(-time.Minute).Truncate(time.Second)
	almaty := time.FixedZone("", 5*60*60)
	gun, later := fired.In(almaty).Format(time.RFC3339), fired.Add(2400*time.Millisecond).In(almaty).Format(time.RFC3339Nano)
	anotherDay := func(at string) string { return "warning: " + at + " is not about the day of the event, 2026-09-27\n" }
	const undo = "to undo it: raceday rulings record REVOKE --target ID --event sprint\n"
	again := func(at string) string {
		return "warning: there was a gun already: that of wave A stood at " + at + "\n" + undo
	}
	out, stderr := command(exitSuccess, "race", "gun", "dash", "--at", fired.Format(time.RFC3339), "--yes")
	stands := func(of, at string) string {
		return "dash: the gun of " + of + " stands at " + at + "; 0 started, 0 finished\n"
	}
	prints("a gun", out+stderr, stands("all waves", "none")+"dash: gun of all waves at "+gun+", before: none, ruling ID\n"+anotherDay(gun)+undo)
	out, stderr = command(exitSuccess, "race", "gun", "dash", "A", "--at", gun, "--yes")
	prints("the gun again before anybody started", out+stderr,
		stands("wave A", gun)+"dash: gun of wave A at "+gun+", before: "+gun+", ruling ID\n"+anotherDay(gun)+again(gun))

	s.send(t, "start-a", "A1", "A2")
	s.becomes(t, "2", map[string]string{"status": "STARTED"})
	s.send(t, "finish-a", "A1")
	s.becomes(t, "1", map[string]string{"status": "FINISHED"})
	eventually(t, func() error { // a board hears of it just after it is stored
		progress := fmt.Sprint(s.call(t, "StandingsService/GetProgress", `{"eventId":"sprint"}`))
		if !strings.Contains(progress, "finished:1") || !strings.Contains(progress, "started:2") {
			return errors.New(progress)
		}
		return nil
	})
	shown := "dash: the gun of all waves stands at " + gun + "; 2 started, 1 finished\n"
	out, stderr = command(exitFailure, "race", "gun", "dash", "--at", later)
	prints("a gun while the race is under way, nobody to ask", out+stderr, shown+anotherDay(later)+"raceday: "+errNobodyToAskOfGun.Error()+"\n")
	out, stderr = command(exitSuccess, "race", "gun", "dash", "--at", later, "--yes")
	prints("a gun while the race is under way", out+stderr,
		shown+"dash: gun of all waves at "+later+", before: "+gun+", ruling ID\n"+anotherDay(later)+again(gun))

	_, stderr = command(exitFailure, "rulings", "record", "MANUAL_TIME", "--race", "dash", "--bib", "2", "--point", "finish", "--at", later)
	if want := "ruling.at: " + later + " is not after the gun of wave A at " + later + ": nobody finishes by then"; !strings.Contains(stderr, want) {
		t.Errorf("a finish at the gun: %q, want %q", stderr, want)
	}

	command(exitSuccess, "race", "close", "dash", "--yes")
	closed := regexp.MustCompile(`^dash: already closed at [0-9-]+ [0-9:]+ by .+ with ruling \S+; nothing was recorded\n$`)
	if out, _ := command(exitSuccess, "race", "close", "dash"); !closed.MatchString(out) {
		t.Errorf("closed again prints %q", out)
	}
	if rulings := s.call(t, "TimingService/ListRulings", `{"eventId":"sprint"}`)["rulings"].([]any); len(rulings) != 4 {
		t.Errorf("recorded %v, want three guns and a close", rulings)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	want := map[string]bool{"y\n": true, "Y\n": true, " yes \n": true, "y": true, "n\n": false, "\n": false, "": false, "yellow\n": false}
	for answer := range want {
		var out bytes.Buffer
		yes, err := confirm(t.Context(), &out, strings.NewReader(answer), "sure? ")
		if err != nil || out.String() != "sure? " {
			t.Errorf("%q: %v, printed %q", answer, err, out.String())
		}
		got[answer] = yes
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if yes, err := confirm(ctx, io.Discard, r, "sure? "); yes || err == nil {
		t.Errorf("interrupted: %v, %v, want no", yes, err)
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	got := strings.Join([]string{hours(0), hours(59_999_999_999), hours(3_600_000_000_000), hours(93_784_000_000_000)}, " ")
	if want := "0:00:00 0:00:59 1:00:00 26:03:04"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
