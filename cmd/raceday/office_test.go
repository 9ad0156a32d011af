package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The race office hands out bibs, looks at its books and passes its roster on, through the commands alone.
func TestTheRaceOffice(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	sprint, err := os.ReadFile("testdata/sprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	withFee := strings.NewReplacer("capacity: 4", "capacity: 4\n    registration: {hold: 35m, waitlist: 5}\n"+
		"    fees: [{amount: 1000.50, charity_percent: 20}]\n    documents: [{type: IDENTITY}]",
		"Asia/Almaty", "Asia/Almaty\ncurrency: KZT").Replace(string(sprint))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, written(t, "event.yaml", withFee))
	reference := paidEntry(t, s)
	checkIn(t, s, reference)
	passOnTheRoster(t, s)

	const want = "RACE   CAPACITY  TAKEN  FREE  WAITING  PHASE  CONFIRMED  WOMEN  MEN  PAID     CHARITY  REFUND DUE\n" +
		"dash   4         3      1     0        OPEN   3          3      0    1000.50  200.10   0\n" +
		"relay  -         0      -     0        OPEN   0          0      0    0        0        0\n" +
		"KZT                                                                  1000.50  200.10   0\n"
	eventually(t, func() error { // What races have left may be a moment old.
		if got, _ := raceday(t, exitSuccess, "places", "--server", s.grpc, "--event", "sprint"); got != want {
			return errors.New("places (-want +got):\n" + cmp.Diff(want, got))
		}
		return nil
	})
}

// paidEntry enters somebody with bib 7, who has not shown a document and has no chip, and returns the reference.
func paidEntry(t *testing.T, s server) (reference string) {
	t.Helper()
	entry := s.call(t, "RegistrationService/RegisterPerson", person("1", "Aigerim", "F", "1990-01-01"))["entry"].(map[string]any)
	if entry["state"] != "ENTRY_STATE_HELD" || entry["feeMinor"] != "100050" {
		t.Errorf("registered: %v, want an entry that is held for a fee of 1000.50", entry)
	}
	reference = entry["reference"].(string)
	s.call(t, "RegistrationService/ConfirmPayment", fmt.Sprintf(
		`{"eventId":"sprint","requestId":"2","reference":%q,"paymentId":"p1","amountMinor":100050}`, reference))
	s.call(t, "RegistrationService/AssignBibs", `{"eventId":"sprint","race":"dash","ranges":["7-9"]}`)
	return reference
}

func checkIn(t *testing.T, s server, reference string) {
	t.Helper()
	command := func(status int, arguments ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append([]string{"checkin", "--server", s.grpc, "--event", "sprint"}, arguments...)...)
	}
	_, stderr := command(exitFailure, "7")
	want := "raceday: something is missing; bib and chip stay here (CHECK_IN_REFUSED)\n" +
		"  chips: no chip is assigned\n" +
		"  identity_seen: nobody says that the identity was seen; set identity_seen (--identity-seen)\n" +
		"  age_confirmed: nobody says that the age was confirmed; set age_confirmed (--age-confirmed)\n" +
		"  person: IDENTITY is missing or no longer valid on the day\n"
	if diff := cmp.Diff(want, stderr); diff != "" {
		t.Errorf("with nothing (-want +got):\n%s", diff)
	}
	s.call(t, "RegistrationService/RecordDocument", fmt.Sprintf(
		`{"eventId":"sprint","requestId":"3","reference":%q,"document":{"type":"DOCUMENT_TYPE_IDENTITY"}}`, reference))
	typed := strings.ToLower(strings.ReplaceAll(reference, "-", ""))
	out, _ := command(exitSuccess, typed, "--identity-seen", "--age-confirmed", "--chip", "A1", "-c", "A2")
	if want := "BIB  CHIPS  RACE  WAVE\n7    A1 A2  dash  A\n"; out != want {
		t.Errorf("handed out (-want +got):\n%s", cmp.Diff(want, out))
	}
	if _, stderr := command(exitFailure, strings.ToLower(reference)); !strings.Contains(stderr, "ALREADY_CHECKED_IN") {
		t.Errorf("by the reference as it is written: %q", stderr)
	}
	if _, stderr := command(exitFailure, "7", "--identity-seen", "--age-confirmed"); !strings.Contains(stderr, "ALREADY_CHECKED_IN") {
		t.Errorf("handed out again: %q", stderr)
	}
	if _, stderr := command(exitFailure, "8"); !strings.Contains(stderr, "ENTRY_NOT_FOUND") {
		t.Errorf("a bib that nobody has: %q", stderr)
	}
}

// passOnTheRoster exports the roster and imports it, as it is and with people who are there twice.
func passOnTheRoster(t *testing.T, s server) {
	t.Helper()
	export := func(arguments ...string) string {
		t.Helper()
		out, _ := raceday(t, exitSuccess, append([]string{"roster", "export", "--server", s.grpc, "--event", "sprint"}, arguments...)...)
		return out
	}
	const head = "race,bib,chips,name,sex,birth_date,age,country,club,category,wave,team,leg,tags,name_shown\n"
	roster := export()
	if want := head + "dash,7,A1 A2,Aigerim,F,1990-01-01,,,,,,,,,\n"; roster != want {
		t.Errorf("exported (-want +got):\n%s", cmp.Diff(want, roster))
	}
	if got := export("--race", "dash", "--wave", "A"); got != roster {
		t.Errorf("the only wave: %q, want %q", got, roster)
	}
	if got := export("--race", "relay"); got != head {
		t.Errorf("a race without entries: %q, want %q", got, head)
	}
	importing := func(content string) (stdout, stderr string) {
		t.Helper()
		path := written(t, "roster.csv", content)
		stdout, stderr = raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "sprint", path)
		return stdout, strings.ReplaceAll(stderr, path, "roster.csv")
	}
	if stdout, stderr := importing(roster); stdout != "0 added, 0 changed, 1 same\n" || stderr != "" {
		t.Errorf("imported as it is: %q, %q", stdout, stderr)
	}
	stdout, stderr := importing("race,bib,name,sex,birth_date\ndash,8,Dana,F,1991-01-01\ndash,9,Dana,F,1991-01-01\n")
	if stdout != "2 added, 0 changed, 0 same\n" || !strings.HasPrefix(stderr, "roster.csv:3: name: ") {
		t.Errorf("imported with a person twice: %q, %q", stdout, stderr)
	}
	chips := func(arguments ...string) string {
		t.Helper()
		out, _ := raceday(t, exitSuccess, append([]string{"chips", arguments[0], "--server", s.grpc, "--event", "sprint"}, arguments[1:]...)...)
		return out
	}
	for range 2 {
		want := "8: B1 B2\n"
		if strings.Contains(export(), "dash,8,B1 B2,") {
			want = "8 has these chips already; nothing changed\n"
		}
		if got := chips("assign", "8", "B1", "B2"); got != want {
			t.Errorf("chips assign prints %q, want %q", got, want)
		}
	}
	if got, want := chips("swap", "7", "8", "--reason", "seen on video"), "7: B1 B2\n8: A1 A2\n"; got != want {
		t.Errorf("chips swap prints %q, want %q", got, want)
	}
	stdout, stderr = importing("race,bib,chips\ndash,7,A1 A2\ndash,8,B1 B2\n") // as before the swap
	if stdout != "0 added, 2 changed, 0 same\n" {
		t.Errorf("an older file: %q", stdout)
	}
	for _, want := range []string{
		"roster.csv:2: chips: A1 A2 replaces B1 B2\n", "roster.csv:3: chips: B1 B2 replaces A1 A2\n",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("an older file warns %q, want %q", stderr, want)
		}
	}
}

// Who gives a bib other chips, or swaps those of two races, sees what it had.
func TestChipsThatChangeHands(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "sprint", written(t, "roster.csv",
		"race,bib,chips,name,sex,age,team,leg\ndash,5,C00005,Dana,F,30,,\ndash,6,C6 D6,Aru,F,30,,\nrelay,T1,B1,Tulpar,,,,\nrelay,T1A,,Ann,F,30,T1,1\n"))
	s.send(t, "start-a", "C00005", "C00005")
	prints := func(want string, arguments ...string) {
		t.Helper()
		out, stderr := raceday(t, exitSuccess, append([]string{"chips", arguments[0], "--server", s.grpc, "--event", "sprint"}, arguments[1:]...)...)
		if diff := cmp.Diff(want, out+stderr); diff != "" {
			t.Errorf("chips %v (-want +got):\n%s", arguments, diff)
		}
	}
	eventually(t, func() error {
		if out, _ := raceday(t, exitSuccess, "chips", "reads", "--server", s.grpc, "--event", "sprint", "C00005"); !strings.Contains(out, "2 reads") {
			return errors.New(out)
		}
		return nil
	})
	prints("5 has these chips already; nothing changed\n", "assign", "5", "c00005")
	prints("5: N5\nbib 5 no longer has C00005 (2 reads)\n", "assign", "5", "N5")
	prints("6: d6 E6\nbib 6 no longer has C6 (0 reads)\n", "assign", "6", "d6", "E6")
	prints("T1A: M1\nwarning: bib T1A is a member's of team T1, and in race relay the team has one chip: "+
		"what is read of this one counts as the team's\n", "assign", "T1A", "M1")
	prints("5: d6 E6\n6: N5\n", "swap", "5", "6", "--reason", "mixed up")
	prints("5: B1\nT1: d6 E6\nwarning: bib 5 runs in race dash and bib T1 in race relay; to swap back: "+
		"raceday chips swap 5 T1 --event sprint --reason TEXT\n", "swap", "5", "T1", "--reason", "mixed up")
}
