package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// From the records of earlier years to one that falls: marked live, official with the list, and entered for the years to come.
func TestCourseRecords(t *testing.T) {
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
	command := func(status int, arguments ...string) (stdout, stderr string) {
		t.Helper()
		n := 1
		switch arguments[0] {
		case "official", "roster", "reads", "audit":
			n = 2
		case "records", "editions":
			if len(arguments) > 1 && (arguments[1] == "import" || arguments[1] == "enter") {
				n = 2
			}
		}
		arguments = append(append(append([]string{}, arguments[:n]...), "--server", s.grpc, "--event", "sprint"), arguments[n:]...)
		return raceday(t, status, arguments...)
	}
	sprint, err := os.ReadFile("testdata/sprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	definition := strings.Replace(string(sprint), "    waves: [{id: A}]\n",
		"    waves: [{id: A, gun: \"2026-09-27T08:00:00+05:00\"}]\n    protest_time: 0s\n    record_course: old-town\n", 1)
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, file("event.yaml", definition))
	command(exitSuccess, "roster", "import", file("roster.csv", "race,bib,chips,name,sex,age\n"+
		"dash,7,C7,Dana,F,30\ndash,8,C8,Bolat,M,31\ndash,9,C9,Gulnara,F,32\n"))

	records := file("records.csv", "course,distance_metres,sex,time,holder,year,country,reason\n"+
		"old-town,100,F,0:00:16,Saule,2019,KAZ,\nold-town,100,F,0:00:15,Aru,2022,KAZ,\n"+
		"old-town,100,M,0:00:15,Erlan,2022,,\nolde-town,100,M,0:00:15,Erlan,2022,,\n")
	out, stderr := command(exitSuccess, "records", "import", records)
	if out != "4 entered, 0 stood already\n" || stderr != "warning: no race of the event goes by the course olde-town of 100 m\n" {
		t.Errorf("imported: %q, %q", out, stderr)
	}
	if out, _ := command(exitSuccess, "records", "import", records); out != "0 entered, 4 stood already\n" {
		t.Errorf("imported again: %q", out)
	}
	_, stderr = command(exitFailure, "records", "import", file("slower.csv", "course,distance_metres,sex,time,holder,year\n"+
		"old-town,100,X,0:00:20,Dias,2022\nold-town,100,F,0:00:16,Inkar,2023\nold-town,100,M,0:00:14,Erlan,2099\n"))
	for _, want := range []string{
		"slower.csv:3: reason: the record stands at 0:00:15 of 2022; why one that is not faster replaces it is needed",
		"slower.csv:4: year: a year is 1800 to ",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("a file with bad lines: %q, want %q in it", stderr, want)
		}
	}

	reads := "start-a,C7,2026-09-27T08:00:01+05:00\nfinish-a,C7,2026-09-27T08:00:13.5+05:00\n" +
		"start-a,C8,2026-09-27T08:00:01+05:00\nfinish-a,C8,2026-09-27T08:00:14.2+05:00\n" +
		"start-a,C9,2026-09-27T08:00:01+05:00\nfinish-a,C9,2026-09-27T08:00:16+05:00\n"
	command(exitSuccess, "reads", "publish", "--nats-url", s.nats, file("reads.csv", "mat,chip,at\n"+reads))
	wantMarks := func(marks ...string) {
		t.Helper()
		eventually(t, func() error {
			out, _ := command(exitSuccess, "standings", "dash", "overall")
			for _, want := range marks {
				if !strings.Contains(out, want) {
					return errors.New(out)
				}
			}
			if strings.Count(out, "course record") != len(marks) {
				return errors.New(out)
			}
			return nil
		})
	}
	const men = "equals the course record 0:00:15 (2022), "
	wantMarks("beats the course record 0:00:15 (2022), unofficial", men+"unofficial")
	if out, _ := command(exitSuccess, "result", "7"); !strings.Contains(out, "\nbeats the course record 0:00:15 (2022), unofficial, of Aru\n") {
		t.Errorf("the result has no mark:\n%s", out)
	}
	command(exitSuccess, "official", "publish", "dash", "sex/F", "--as", "provisional", "--signed-by", "Referee")
	command(exitSuccess, "official", "publish", "dash", "sex/F", "--as", "official", "--signed-by", "Referee")
	wantMarks("beats the course record 0:00:15 (2022), official", men+"unofficial")

	// It is entered for the years to come; this year's finishes are still compared with the record that it broke.
	out, _ = command(exitSuccess, "records", "enter", "dash", "--sex", "F", "--time", "0:00:14", "--holder", "Dana")
	const dana = "old-town       100     F    0:00:14  Dana             2026  sprint"
	if !strings.Contains(out, dana) {
		t.Errorf("entered: %q", out)
	}
	command(exitSuccess, "records", "enter", "dash", "--sex", "F", "--time", "0:00:14", "--holder", "Dana")
	wantMarks("beats the course record 0:00:15 (2022), official", men+"unofficial")
	_, stderr = command(exitFailure, "records", "enter", "dash", "--sex", "F", "--time", "0:00:15", "--holder", "Aru", "--year", "2022", "--country", "KZ")
	if !strings.Contains(stderr, "0:00:14 of 2026") {
		t.Errorf("a slower one without a reason: %q", stderr)
	}
	if out, _ := command(exitSuccess, "records", "dash"); strings.Count(out, "\n") != 3 || !strings.Contains(out, "Dana") || !strings.Contains(out, "Erlan") {
		t.Errorf("those that stand:\n%s", out)
	}
	if out, _ := command(exitSuccess, "records", "dash", "--history"); strings.Count(out, "\n") != 5 || !strings.Contains(out, "Saule") {
		t.Errorf("all entries:\n%s", out)
	}
	if out, _ := command(exitSuccess, "records", "relay"); strings.Count(out, "\n") != 1 {
		t.Errorf("of a race without records:\n%s", out)
	}
	if _, stderr := command(exitFailure, "records", "marathon"); !strings.Contains(stderr, "no such race") {
		t.Errorf("of no race: %q", stderr)
	}
	if out, _ := command(exitSuccess, "audit", "list"); strings.Count(out, "COURSE_RECORD_ENTERED") != 5 ||
		!strings.Contains(out, "old-town, 100 m, F, 2026, 0:00:14") {
		t.Errorf("the audit:\n%s", out)
	}

	// The rules know nothing of records: the facts give the same results.
	facts := filepath.Join(dir, "facts")
	raceday(t, exitSuccess, "facts", "export", "--server", s.grpc, "--event", "sprint", facts)
	in := func(name string) string { return filepath.Join(facts, name) }
	raceday(t, exitSuccess, "score", "--event", in("event.yaml"), "--roster", in("roster.csv"), "--reads", in("reads.csv.gz"),
		"--rulings", in("rulings.csv"), "--results", in("results.csv"))
	scored, err := os.ReadFile(in("results.csv"))
	exported, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", "sprint")
	if err != nil || string(scored) != exported {
		t.Errorf("scored again: %v\n%s\nwant\n%s", err, scored, exported)
	}
}

func TestEditions(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/sprint.yaml")
	server := []string{"--server", s.grpc, "--event", "sprint"}
	file := filepath.Join(t.TempDir(), "editions.csv")
	write := func(lines string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("year,course,distance_metres,sex,name,country,bib,time,reason\n"+lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	editions := func(status int, arguments ...string) (string, string) {
		t.Helper()
		return raceday(t, status, append(append([]string{"editions"}, arguments...), server...)...)
	}
	write("2013,dash,100,M,Erlan,KAZ,7,0:00:12,\n2013,dash,100,F,Aru,KAZ,,0:00:14,\n2022,dash,100,M,Bolat,KAZ,,0:00:11,\n2022,relay,200,X,Tulpar,,,0:00:30,\n")
	for _, want := range []string{"4 entered, 0 stood already\n", "0 entered, 4 stood already\n"} {
		if out, _ := editions(exitSuccess, "import", file); out != want {
			t.Errorf("imported: %q, want %q", out, want)
		}
	}
	write("2022,dash,100,M,Dias,KAZ,,0:00:11,\n2022,dash,100,F,Dana,KAZ,d1,0:00:13,\n")
	_, stderr := editions(exitFailure, "import", file)
	for _, want := range []string{"editions.csv:2: reason: a winner of 2022 in 0:00:11 stands", "editions.csv:3: bib: "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("a file with bad lines: %q, want %q in it", stderr, want)
		}
	}
	write("2022,dash,100,M,Dias,KAZ,,0:00:11,Bolat was disqualified\n")
	editions(exitSuccess, "import", file)
	out, _ := editions(exitSuccess)
	want := "YEAR  COURSE  METRES  SEX  NAME    COUNTRY  BIB  TIME\n" +
		"2022  dash    100     M    Dias    KAZ           0:00:11\n" +
		"2013  dash    100     F    Aru     KAZ           0:00:14\n" +
		"2013  dash    100     M    Erlan   KAZ      7    0:00:12\n" +
		"2022  relay   200     X    Tulpar                0:00:30\n"
	if out != want {
		t.Errorf("the editions:\n%s\nwant\n%s", out, want)
	}
	if out, _ := editions(exitSuccess, "relay"); strings.Count(out, "\n") != 2 {
		t.Errorf("those of one race:\n%s", out)
	}
}
