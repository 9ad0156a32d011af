package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mat's clock turns out to have been off: the times follow, and the audit says who said so.
func TestAClockOffsetThatBecomesKnownLater(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	d := newRecordedDay(t, 11, 40)
	d.apply(t, s)
	d.publishReads(t, s)
	d.expect(t, s)

	file, err := os.ReadFile(d.file("event.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const mat = "id: line-a, point: line"
	moved := filepath.Join(t.TempDir(), "event.yaml")
	if err := os.WriteFile(moved, []byte(strings.ReplaceAll(string(file), mat, mat+", clock_offset: 70s")), 0o600); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(t.TempDir(), "results.csv")
	raceday(t, exitSuccess, "score", "--event", moved, "--roster", d.file("roster.csv"), "--reads", d.file("reads.csv.gz"),
		"--results", want)
	wanted, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	if before, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", string(d.event.ID)); before == string(wanted) {
		t.Fatal("the offset changes nothing")
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, moved)
	eventually(t, func() error {
		results, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", string(d.event.ID))
		return differ(wanted, []byte(results))
	})

	listed, _ := raceday(t, exitSuccess, "audit", "list", "--server", s.grpc, "--event", string(d.event.ID))
	for _, part := range []string{"EVENT_APPLIED", "version 2", "+ mats[line-a].clock_offset: 70s", "IMPORT_ROSTER"} {
		if !strings.Contains(listed, part) {
			t.Errorf("the audit does not say %q:\n%s", part, listed)
		}
	}
	if out, _ := raceday(t, exitSuccess, "audit", "verify", "--server", s.grpc, "--event", string(d.event.ID)); !strings.Contains(out, "as they were recorded") {
		t.Errorf("audit verify: %s", out)
	}
}

func TestAuditOfOfficialActions(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	enter(t, s)
	s.call(t, "TimingService/FireGun", `{"eventId":"sprint","race":"dash","requestId":"gun"}`)
	s.rule(t, `{"id":"dsq","race":"dash","bib":"1","kind":"RULING_KIND_DSQ","rule":"TR6","reason":"help","by":"referee"}`)
	s.rule(t, `{"id":"dsq","race":"dash","bib":"1","kind":"RULING_KIND_DSQ","rule":"TR6","reason":"help","by":"referee"}`)
	s.call(t, "RegistrationService/CloseRegistration", `{"eventId":"sprint","race":"dash","reason":"full","requestId":"close"}`)
	eventually(t, func() error {
		listed, _ := raceday(t, exitSuccess, "audit", "list", "--server", s.grpc, "--event", "sprint")
		for part, times := range map[string]int{
			"GUN dash, at ": 1, `DSQ dash 1, rule TR6, "help", by referee, id dsq`: 1, "CLOSE_REGISTRATION": 1,
		} {
			if got := strings.Count(listed, part); got != times {
				return fmt.Errorf("%q stands %d times, want %d:\n%s", part, got, times, listed)
			}
		}
		if strings.Contains(listed, "Cem") {
			return errors.New("the audit names a person")
		}
		return nil
	})
	raceday(t, exitSuccess, "audit", "verify", "--server", s.grpc, "--event", "sprint")
	for _, command := range []string{"list", "verify"} {
		out, stderr := raceday(t, exitFailure, "audit", command, "--server", s.grpc, "--event", "nope")
		if out != "" || !strings.Contains(stderr, "EVENT_NOT_FOUND") {
			t.Errorf("audit %s of an event that is none: %q, %q", command, out, stderr)
		}
	}
	dir := filepath.Join(t.TempDir(), "facts")
	if _, stderr := raceday(t, exitFailure, "facts", "export", "--server", s.grpc, "--event", "nope", dir); !strings.Contains(stderr, "EVENT_NOT_FOUND") {
		t.Errorf("facts of an event that is none: %q", stderr)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the export of an event that is none leaves a folder: %v", err)
	}
}
