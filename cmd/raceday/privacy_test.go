package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Everything that tells who somebody is bears this mark here, in one writing or another; birth dates are of one year.
var marked = regexp.MustCompile(`(?i)qzmark|1987-0[1-9]`)

// Names, contacts and birth dates go through all flows, refusals too, and stand in no log, in no stream and in no error.
func TestNobodyIsNamedInLogsStreamsAndErrors(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := startServer(t, "serve", "--embedded", "--data-dir", dir, "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0",
		"--verbose")
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	first := s.registerMarked(t, 1)
	second := s.registerMarked(t, 2)
	var told strings.Builder // what commands say on their error output
	refused := func(reason, method, request string) {
		t.Helper()
		_, stderr := raceday(t, exitFailure, "call", "--server", s.grpc, method, request)
		if !strings.Contains(stderr, "("+reason+")") {
			t.Errorf("%s is refused with %q, want the reason %s", method, stderr, reason)
		}
		told.WriteString(stderr)
	}
	const service = "RegistrationService/"
	refused("ALREADY_ENTERED", service+"RegisterPerson", person("again", "Qzmark 1", "F", "1987-01-01"))
	refused("TEXT_INVALID", service+"RegisterPerson", person("text", "Qzmark\n3", "F", "1987-01-03"))
	refused("REQUEST_ID_REUSED", service+"RegisterPerson", person("marked 1", "Qzmark 9", "F", "1987-01-09"))
	refused("BIRTH_DATE_INVALID", service+"RegisterPerson", person("date", "Qzmark 4", "F", "1987-02-30"))
	refused("GUARDIAN_MISSING", service+"RegisterPerson", person("minor", "Qzmark 5", "F", "2010-01-01"))
	refused("AGE_BELOW_MINIMUM", service+"TransferEntry", fmt.Sprintf(`{"eventId":"sprint","requestId":"t0","reference":%q,
		"person":{"person":{"name":"Qzmark 6","sex":"SEX_F","birthDate":"2020-01-01"}}}`, first))
	s.call(t, service+"TransferEntry", fmt.Sprintf(`{"eventId":"sprint","requestId":"t1","reference":%q,
		"person":{"person":{"name":"Qzmark 7","sex":"SEX_F","birthDate":"1987-01-07"},"contact":{"email":"qzmark7@example.org"}}}`, first))
	s.call(t, service+"CorrectEntry", fmt.Sprintf(`{"eventId":"sprint","reference":%q,"reason":"misspelt","updateMask":"person.name,bib",
		"entry":{"bib":"2","person":{"name":"Qzmark Two"}}}`, second))
	refused("CHECK_IN_REFUSED", service+"CheckIn", `{"eventId":"sprint","requestId":"c0","bib":"2"}`)
	s.call(t, service+"CheckIn", `{"eventId":"sprint","requestId":"c1","bib":"2","identitySeen":true,"ageConfirmed":true,"chips":["C2"]}`)
	told.WriteString(s.importMarked(t))
	s.send(t, "start-a", "C2")
	s.becomes(t, "2", map[string]string{"status": "ENTERED"})
	s.call(t, service+"EraseEntry", fmt.Sprintf(`{"eventId":"sprint","requestId":"e1","reference":%q,"reason":"asked for"}`, second))
	s.stop()

	if hit := marked.FindString(told.String()); hit != "" {
		t.Errorf("an error names somebody: %q in\n%s", hit, told.String())
	}
	if hit := marked.FindString(s.log.String()); hit != "" {
		t.Errorf("the log names somebody: %q", hit)
	}
	for _, file := range filesOf(t, filepath.Join(dir, "nats"), filepath.Join(dir, "postgres", "postgres.log")) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if hit := marked.Find(content); hit != nil {
			t.Errorf("%s names somebody: %q", file, hit)
		}
	}
}

// registerMarked enters somebody and returns the reference.
func (s server) registerMarked(t *testing.T, n int) string {
	t.Helper()
	answer := s.call(t, "RegistrationService/RegisterPerson", fmt.Sprintf(`{"eventId":"sprint","race":"dash",
		"requestId":"marked %d","owner":"account %d","person":{"name":"Qzmark %d","sex":"SEX_F","birthDate":"1987-01-0%d"},
		"contact":{"email":"qzmark%d@example.org","phone":"+7 qzmark"}}`, n, n, n, n, n))
	reference, _ := answer["entry"].(map[string]any)["reference"].(string)
	return reference
}

// importMarked imports a roster with bad lines and then a good one, and returns what was said of the bad lines.
func (s server) importMarked(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.csv")
	file := func(lines string) {
		if err := os.WriteFile(path, []byte("race,bib,name,sex,birth_date\n"+lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	arguments := []string{"roster", "import", "--server", s.grpc, "--event", "sprint", path}
	file("dash,3,Qzmark\t8,F,1987-01-08\ndash,4,Qzmark 9,F,1987-01-99\nsprunt,5,Qzmark 10,Q,1987-01-01\n")
	_, bad := raceday(t, exitFailure, arguments...)
	file("dash,3,Qzmark 8,F,1987-01-08\ndash,4,Qzmark 8,F,1987-01-08\n")
	_, warned := raceday(t, exitSuccess, arguments...)
	if !strings.Contains(warned, "roster.csv:3: name") {
		t.Errorf("the same person twice: warned of %q, want line 3", warned)
	}
	return bad + warned
}

func filesOf(t *testing.T, roots ...string) []string {
	t.Helper()
	var files []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 2 {
		t.Fatalf("found %v, want files of streams and of the log", files)
	}
	return files
}

// Who is entered and who wears what may change while reads flow: the scorer follows within a second, and a hidden name
// keeps its row and rank.
func TestChangesAfterTheStartReachTheStandings(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	path := filepath.Join(t.TempDir(), "roster.csv")
	const roster = "race,bib,chips,name,sex,birth_date\ndash,1,C1,Aida First,F,1990-01-01\ndash,2,C2,Dana Second,F,1990-01-02\n"
	if err := os.WriteFile(path, []byte(roster), 0o600); err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "sprint", path)
	s.call(t, "TimingService/FireGun", fmt.Sprintf(`{"eventId":"sprint","race":"dash","wave":"A","at":%q}`,
		time.Now().Add(-time.Second).UTC().Format(time.RFC3339Nano)))
	s.send(t, "start-a", "C1", "C2")
	s.send(t, "finish-a", "C1")
	s.send(t, "finish-a", "C2")
	s.becomes(t, "1", map[string]string{"rank:overall": "1"})
	s.becomes(t, "2", map[string]string{"rank:overall": "2"})

	began := time.Now()
	s.call(t, "RegistrationService/SwapChips",
		`{"eventId":"sprint","requestId":"swap","bib":"1","otherBib":"2","reason":"handed out the wrong way round"}`)
	s.becomes(t, "2", map[string]string{"rank:overall": "1", "chip": "C1"})
	t.Logf("recomputed within %v", time.Since(began))
	s.becomes(t, "1", map[string]string{"rank:overall": "2", "chip": "C2"})

	entry := s.call(t, "RegistrationService/GetEntry", `{"eventId":"sprint","bib":"2"}`)["entry"].(map[string]any)
	s.call(t, "RegistrationService/CorrectEntry", fmt.Sprintf(`{"eventId":"sprint","reference":%q,"reason":"asked for",
		"updateMask":"person.nameShown","entry":{"person":{"nameShown":"NAME_SHOWN_HIDDEN"}}}`, entry["reference"]))
	eventually(t, func() error {
		out, _ := raceday(t, exitSuccess, "standings", "--server", s.grpc, "--event", "sprint", "dash")
		if strings.Contains(out, "Dana") || !regexp.MustCompile(`(?m)^1 +2 `).MatchString(out) {
			return fmt.Errorf("the hidden winner is shown as\n%s", out)
		}
		return nil
	})
}
