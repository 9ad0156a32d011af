package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

// call calls a method through the command and returns the answer.
func (s server) call(t *testing.T, method, request string) map[string]any {
	t.Helper()
	out, _ := raceday(t, exitSuccess, "call", "--server", s.grpc, method, request)
	var answer map[string]any
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatalf("%s answered %q: %v", method, out, err)
	}
	return answer
}

// refused calls a method that must be refused for a reason.
func (s server) refused(t *testing.T, reason, method, request string) {
	t.Helper()
	if _, stderr := raceday(t, exitFailure, "call", "--server", s.grpc, method, request); !strings.Contains(stderr, "("+reason+")") {
		t.Errorf("%s is refused with %q, want the reason %s", method, stderr, reason)
	}
}

// person is a request to enter somebody for the dash.
func person(id, name, sex, born string) string {
	return fmt.Sprintf(`{"eventId":"sprint","race":"dash","requestId":%q,"person":{"name":%q,"sex":%q,"birthDate":%q}}`,
		id, name, "SEX_"+sex, born)
}

// guarded adds who answers for a minor.
func guarded(request string) string {
	return strings.TrimSuffix(request, "}") + `,"guardian":{"name":"Parent","contact":"parent@example.org","consentVersion":"1"}}`
}

// row returns an entrant's line of the exported results.
func (s server) row(t *testing.T, bib string) (map[string]string, error) {
	t.Helper()
	out, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "sprint")
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range readTable(t, path).lines {
		if line["bib"] == bib {
			return line, nil
		}
	}
	return nil, errors.New("no line of bib " + bib)
}

// becomes waits until cells of an entrant's line have these values.
func (s server) becomes(t *testing.T, bib string, want map[string]string) {
	t.Helper()
	eventually(t, func() error {
		row, err := s.row(t, bib)
		if err != nil {
			return err
		}
		for column, value := range want {
			if row[column] != value {
				return fmt.Errorf("bib %s: %s is %q, want %q", bib, column, row[column], value)
			}
		}
		return nil
	})
}

// send has a mat see chips now.
func (s server) send(t *testing.T, mat string, chips ...string) {
	t.Helper()
	raceday(t, exitSuccess, append([]string{"reads", "send", "--server", s.grpc, "--nats-url", s.nats, "--event", "sprint", "--mat", mat}, chips...)...)
}

// rule records a ruling.
func (s server) rule(t *testing.T, ruling string) {
	t.Helper()
	s.call(t, "TimingService/RecordRuling", `{"eventId":"sprint","ruling":`+ruling+`}`)
}

// One race day, from the first entry to the last ruling, through the commands alone.
func TestARaceDay(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	if out, _ := raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml"); !strings.Contains(out, "nothing changed") {
		t.Errorf("applied again: %q", out)
	}
	refuseFiles(t, s)
	enter(t, s)
	moveTheDay(t, s)
	watched := watch(t, s)
	race3(t, s)
	watched(t, "1", "2", "3")
	if out, _ := raceday(t, exitSuccess, "standings", "--server", s.grpc, "--event", "sprint", "dash", "age/M40+"); !strings.Contains(out, "Cem") {
		t.Errorf("standings shows\n%s", out)
	}
	decide(t, s)
	relay(t, s)

	want, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "sprint")
	legs := filepath.Join(t.TempDir(), "legs.csv")
	raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "sprint", "--legs", legs)
	wantLegs, err := os.ReadFile(legs)
	if err != nil {
		t.Fatal(err)
	}
	checkFacts(t, s, "sprint", []byte(want), wantLegs)
	raceday(t, exitSuccess, "rebuild", "--server", s.grpc, "--event", "sprint")
}

// refuseFiles sends an event file and a roster with faults: each is told with its line.
func refuseFiles(t *testing.T, s server) {
	t.Helper()
	sprint, err := os.ReadFile("testdata/sprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bad")
	for _, file := range []struct {
		content string
		command []string
		want    string
	}{
		{
			"shoes: red\n" + strings.Replace(string(sprint), "Asia/Almaty", "Asia/Nowhere", 1), []string{"event", "apply"},
			"raceday: the event cannot be run as it is written (EVENT_INVALID)\n" +
				"  shoes: line 1: is unknown\n  time_zone: line 6: \"Asia/Nowhere\" is unknown\n",
		},
		{
			"race,bib\ndash,1\ndash,1\nwalk,2\n", []string{"roster", "import", "--event", "sprint"},
			"raceday: the roster has bad lines; nothing was imported (ROSTER_INVALID)\n" +
				"  line 3: bib: \"1\" stands on line 2 already\n  line 4: race: \"walk\" is no race of the event\n",
		},
	} {
		if err := os.WriteFile(path, []byte(file.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, stderr := raceday(t, exitFailure, append(file.command, "--server", s.grpc, path)...)
		if diff := cmp.Diff(file.want, stderr); diff != "" {
			t.Errorf("%v (-want +got):\n%s", file.command, diff)
		}
	}
}

func enter(t *testing.T, s server) {
	t.Helper()
	const register = "RegistrationService/RegisterPerson"
	first := s.call(t, register, person("1", "Aigerim", "F", "1990-01-01"))
	again := s.call(t, register, person("1", "Aigerim", "F", "1990-01-01"))
	if fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("the same request was answered with %v, then %v", first, again)
	}
	s.refused(t, "REQUEST_ID_REUSED", register, person("1", "Somebody Else", "F", "1990-01-01"))
	s.refused(t, "AGE_BELOW_MINIMUM", register, person("2", "Young", "M", "2011-09-28"))
	s.refused(t, "ALREADY_ENTERED", register, person("3", "Aigerim", "F", "1990-01-01"))
	s.refused(t, "RACE_NOT_FOUND", register, strings.Replace(person("4", "X", "M", "1990-01-01"), "dash", "walk", 1))
	s.refused(t, "GUARDIAN_MISSING", register, person("5", "Birthday", "M", "2011-09-27"))
	s.call(t, register, guarded(person("5", "Birthday", "M", "2011-09-27")))
	s.call(t, register, person("6", "Cem", "M", "1980-01-01"))
	s.call(t, register, person("7", "Dana", "F", "1980-01-01"))
	s.refused(t, "RACE_FULL", register, person("8", "Late", "M", "1990-01-01"))
	s.call(t, "RegistrationService/AssignBibs", `{"eventId":"sprint","race":"dash","ranges":["1-9"]}`)
	s.call(t, "RegistrationService/AssignChips",
		`{"eventId":"sprint","assignments":[{"bib":"1","chips":["A1"]},{"bib":"2","chips":["A2"]},{"bib":"3","chips":["A3"]}]}`)
	s.refused(t, "CHIP_TAKEN", "RegistrationService/AssignChips", `{"eventId":"sprint","assignments":[{"bib":"4","chips":["a3"]}]}`)
	s.becomes(t, "4", map[string]string{"status": "ENTERED"})
}

var references = regexp.MustCompile(`\b[2-9A-Z]{4}-[2-9A-Z]{4}\b`)

// moveTheDay moves the event to the eve of the youngest's birthday and back.
func moveTheDay(t *testing.T, s server) {
	t.Helper()
	sprint, err := os.ReadFile("testdata/sprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved.yaml")
	if err := os.WriteFile(moved, []byte(strings.Replace(string(sprint), `"2026-09-27"`, `"2026-09-26"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr := raceday(t, exitFailure, "event", "apply", "--server", s.grpc, moved)
	want := "raceday: entries stand against this change of the event (EVENT_BREAKS_ENTRIES)\n" +
		"  races[0].min_age: 1 entries would be below it: REFERENCE; keep_misfits (--keep-misfits) leaves them as they are\n"
	if diff := cmp.Diff(want, references.ReplaceAllString(stderr, "REFERENCE")); diff != "" {
		t.Errorf("the day before (-want +got):\n%s", diff)
	}
	if out, _ := raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "--keep-misfits", moved); out != "sprint: version 2 applied\n" {
		t.Errorf("the day before, misfits kept: %q", out)
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
}

// race3 has three run, from before the gun to the finish.
func race3(t *testing.T, s server) {
	t.Helper()
	s.send(t, "start-a", "A1") // before the gun
	s.call(t, "TimingService/FireGun", `{"eventId":"sprint","race":"dash","wave":"A","requestId":"gun"}`)
	s.send(t, "start-a", "A1", "A2", "A3")
	s.becomes(t, "3", map[string]string{"status": "STARTED"})
	for _, chip := range []string{"A2", "A1", "A3"} {
		s.send(t, "finish-a", chip)
	}
	s.becomes(t, "2", map[string]string{"status": "FINISHED", "rank:overall": "1", "list:sex": "sex/M", "rank:sex": "1"})
	s.becomes(t, "1", map[string]string{"status": "FINISHED", "rank:overall": "2", "list:sex": "sex/F", "rank:sex": "1"})
	s.becomes(t, "3", map[string]string{"status": "FINISHED", "rank:overall": "3", "list:age": "age/M40+"})
}

// decide takes the officials' decisions, one after another; the standings follow each.
func decide(t *testing.T, s server) {
	t.Helper()
	s.rule(t, `{"id":"d1","race":"dash","bib":"2","kind":"RULING_KIND_DSQ","rule":"TR6.3","reason":"short cut"}`)
	s.becomes(t, "2", map[string]string{"status": "DSQ", "rank:overall": ""})
	s.becomes(t, "1", map[string]string{"rank:overall": "1"})
	s.refused(t, "RULING_ID_REUSED", "TimingService/RecordRuling", `{"eventId":"sprint","ruling":{"id":"d1","race":"dash","bib":"3","kind":"RULING_KIND_DSQ","reason":"x"}}`)
	s.rule(t, `{"id":"d2","race":"dash","kind":"RULING_KIND_REVOKE","target":"d1","reason":"protest upheld"}`)
	s.becomes(t, "2", map[string]string{"status": "FINISHED", "rank:overall": "1"})
	s.rule(t, `{"id":"d3","race":"dash","bib":"2","kind":"RULING_KIND_PENALTY","duration":"3600s","reason":"start"}`)
	s.becomes(t, "2", map[string]string{"penalty": "1:00:00", "rank:overall": "3"})
	s.rule(t, `{"id":"d4","race":"dash","bib":"3","kind":"RULING_KIND_DNF","reason":"carried"}`)
	s.becomes(t, "3", map[string]string{"status": "DNF", "gun": "", "rank:overall": ""})
	entry := s.call(t, "RegistrationService/GetEntry", `{"eventId":"sprint","bib":"1"}`)["entry"].(map[string]any)
	s.call(t, "RegistrationService/CorrectEntry", fmt.Sprintf(
		`{"eventId":"sprint","reference":%q,"entry":{"person":{"sex":"SEX_X"}},"updateMask":"person.sex","reason":"as in the passport"}`, entry["reference"]))
	s.becomes(t, "1", map[string]string{"sex": "X", "list:sex": "sex/X", "rank:sex": "1"})

	before, err := s.row(t, "2")
	if err != nil {
		t.Fatal(err)
	}
	listed := s.call(t, "TimingService/ListRulings", `{"eventId":"sprint"}`)["rulings"].([]any)[0].(map[string]any)
	gun, err := time.Parse(time.RFC3339Nano, listed["at"].(string))
	if err != nil {
		t.Fatal(err)
	}
	s.call(t, "TimingService/FireGun", fmt.Sprintf(`{"eventId":"sprint","race":"dash","at":%q,"requestId":"gun-corrected"}`,
		gun.Add(-2400*time.Millisecond).Format(time.RFC3339Nano)))
	eventually(t, func() error {
		after, err := s.row(t, "2")
		if err == nil && after["gun_ms"] == before["gun_ms"] {
			err = errors.New("a corrected gun changed no gun time")
		}
		if err == nil && after["net_ms"] != before["net_ms"] {
			t.Errorf("a corrected gun changed a net time from %s to %s", before["net_ms"], after["net_ms"])
		}
		return err
	})
	s.rule(t, `{"id":"close","race":"dash","kind":"RULING_KIND_CLOSE"}`)
	s.becomes(t, "4", map[string]string{"status": "DNS"})
}

// relay runs a team whose first leg is then ruled not completed.
func relay(t *testing.T, s server) {
	t.Helper()
	roster := filepath.Join(t.TempDir(), "roster.csv")
	lines := "race,bib,chips,name,team,leg\nrelay,T1,B1,Tulpar,,\nrelay,T1A,,Ann,T1,1\nrelay,T1B,,Ben,T1,2\n"
	if err := os.WriteFile(roster, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "sprint", roster)
	s.call(t, "TimingService/FireGun", `{"eventId":"sprint","race":"relay","requestId":"relay-gun"}`)
	for _, mat := range []string{"start-a", "x1-a", "finish-b"} {
		s.send(t, mat, "B1")
	}
	s.becomes(t, "T1", map[string]string{"status": "FINISHED", "rank:overall": "1"})
	s.rule(t, `{"id":"r1","race":"relay","bib":"T1","kind":"RULING_KIND_DNF","point":"x1","reason":"not completed"}`)
	s.becomes(t, "T1", map[string]string{"status": "DNF", "rank:overall": ""})
	result := s.call(t, "StandingsService/GetResult", `{"eventId":"sprint","bib":"T1"}`)
	legs := result["legs"].([]any)
	if first := legs[0].(map[string]any); first["notCompleted"] != true || first["legTime"] != nil || first["memberName"] != "Ann" {
		t.Errorf("leg 1 is %v, want it not completed", first)
	}
	if second := legs[1].(map[string]any); second["legRank"] != 1.0 {
		t.Errorf("leg 2 is %v, want leg rank 1", second)
	}
}

// watch follows the dash; the function that it returns waits until these bibs were seen to finish.
func watch(t *testing.T, s server) func(t *testing.T, bibs ...string) {
	t.Helper()
	client := client{Server: s.grpc}
	ranked := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- client.with(&terminal{ctx: ctx}, func(ctx context.Context, conn *grpc.ClientConn) error {
			stream, err := standingsv1.NewStandingsServiceClient(conn).WatchStandings(ctx,
				&standingsv1.WatchStandingsRequest{EventId: "sprint", Race: "dash"})
			if err != nil {
				return err
			}
			return receive(stream, func(update *standingsv1.WatchStandingsResponse) error {
				for _, row := range update.GetRows() {
					if row.GetRank() > 0 {
						ranked <- row.GetBib()
					}
				}
				return nil
			})
		})
	}()
	return func(t *testing.T, bibs ...string) {
		t.Helper()
		missing := map[string]bool{}
		for _, bib := range bibs {
			missing[bib] = true
		}
		for limit := time.After(patience); len(missing) > 0; {
			select {
			case bib := <-ranked:
				delete(missing, bib)
			case err := <-ended:
				t.Fatalf("the watch ended: %v", err)
			case <-limit:
				t.Fatalf("the watch did not tell of the finish of %v", missing)
			}
		}
		cancel()
		<-ended
	}
}

func TestKeysAndRoles(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := serve(t, dir)
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	key, _ := raceday(t, exitSuccess, "key", "create", "--data-dir", dir, "--role", "frontend", "--name", "web")
	key = strings.TrimSpace(key)
	raceday(t, exitSuccess, "call", "--server", s.grpc, "--key", key, "RegistrationService/RegisterPerson", person("1", "Aigerim", "F", "1990-01-01"))
	shown, _ := raceday(t, exitSuccess, "places", "--server", s.grpc, "--key", key, "--event", "sprint")
	if want := "RACE   CAPACITY  TAKEN  FREE  WAITING  PHASE\n"; !strings.HasPrefix(shown, want) {
		t.Errorf("a frontend is not shown what races have left:\n%s", shown)
	}
	for reason, arguments := range map[string][]string{
		"ROLE_NOT_ALLOWED": {"--key", key, "TimingService/ListRulings", `{"eventId":"sprint"}`},
		"KEY_UNKNOWN":      {"--key", "rk_aaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbb", "TimingService/ListRulings", `{"eventId":"sprint"}`},
	} {
		_, stderr := raceday(t, exitFailure, append([]string{"call", "--server", s.grpc}, arguments...)...)
		if !strings.Contains(stderr, reason) {
			t.Errorf("got %q, want %s", stderr, reason)
		}
	}
	listed, _ := raceday(t, exitSuccess, "key", "list", "--data-dir", dir)
	if !strings.Contains(listed, "web") || strings.Contains(listed, strings.Split(key, "_")[2]) {
		t.Errorf("the list of keys is\n%s", listed)
	}
	raceday(t, exitSuccess, "key", "revoke", "--data-dir", dir, strings.Split(key, "_")[1])
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--help"}, exitSuccess, ""},
		{[]string{"score", "--help"}, exitSuccess, ""},
		{nil, exitUsage, "expected"},
		{[]string{"fly"}, exitUsage, "fly"},
		{[]string{"score"}, exitUsage, "--event"},
		{[]string{"serve"}, exitUsage, "--embedded"},
		{[]string{"serve", "--embedded", "--database-url", "x", "--services", "flying"}, exitUsage, "flying"},
		{[]string{"reads", "publish", "--event", "e", "--speed", "-1", "f"}, exitUsage, "--speed"},
		{[]string{"roster", "export", "--event", "e", "--wave", "A"}, exitUsage, "--race"},
		{[]string{"checkin", "--event", "e"}, exitUsage, "bib-or-reference"},
		{[]string{"demo", "--field", "0"}, exitUsage, "--field"},
		{[]string{"standings", "--event", "e", "race", "--top", "-1"}, exitUsage, "--top"},
		{[]string{"score", "--event", "none.yaml", "--roster", "r", "--reads", "x", "--results", "y"}, exitFailure, "none.yaml"},
		{[]string{"key", "create", "--data-dir", t.TempDir(), "--role", "admin", "--name", "x"}, exitFailure, "give --data-dir of the server"},
		{[]string{"key", "list", "--data-dir", filepath.Join(t.TempDir(), "none")}, exitFailure, "give --data-dir of the server"},
		{[]string{"call", "Nothing"}, exitFailure, "SERVICE/METHOD"},
		{[]string{"call", "EventService/Fly"}, exitFailure, "ApplyEvent"},
		{[]string{"call", "EventService/GetEvent", "{"}, exitFailure, "JSON"},
		{[]string{"call", "EventService/GetEvent", `{"x":1}`}, exitFailure, "unknown field"},
		{[]string{"event", "apply", "--server", "127.0.0.1:1", "testdata/sprint.yaml"}, exitFailure, "127.0.0.1:1"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), c.args, os.Getenv, &stdout, &stderr)
		if status != c.status || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("raceday %s: status %d and %q, want %d and %q", strings.Join(c.args, " "), status, stderr.String(), c.status, c.says)
		}
	}
}
