package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// From the finish to a list that a race director signs: announced, official, amended after a disqualification, and proved from
// the facts as they were.
func TestOfficialLists(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	dir := t.TempDir()
	command := func(status int, arguments ...string) (stdout, stderr string) {
		t.Helper()
		n := 2
		if arguments[0] == "standings" || arguments[0] == "awards" {
			n = 1
		}
		arguments = append(append(append([]string{}, arguments[:n]...), "--server", s.grpc, "--event", "sprint"), arguments[n:]...)
		return raceday(t, status, arguments...)
	}
	sprint, err := os.ReadFile("testdata/sprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	definition := strings.Replace(string(sprint), "    waves: [{id: A}]\n",
		"    waves: [{id: A, gun: \"2026-09-27T08:00:00+05:00\"}]\n    protest_time: 0s\n    awards: [{classification: overall, ranks: 1}]\n", 1)
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, written(t, "event.yaml", definition))
	command(exitSuccess, "roster", "import", written(t, "roster.csv", "race,bib,chips,name,sex,age,team,leg\n"+
		"dash,7,C7,Dana,F,30,,\ndash,8,C8,Bolat,M,31,,\ndash,9,C9,Gulnara,F,32,,\nrelay,T1,B1,Tulpar,,,,\n"))
	publish := func(rows string) {
		t.Helper()
		command(exitSuccess, "reads", "publish", "--nats-url", s.nats, written(t, "reads.csv", "mat,chip,at\n"+rows))
	}
	publish("start-a,C7,2026-09-27T08:00:01+05:00\nfinish-a,C7,2026-09-27T08:00:14+05:00\n" +
		"start-a,C8,2026-09-27T08:00:01+05:00\nfinish-a,C8,2026-09-27T08:00:15+05:00\nfinish-a,C9,2026-09-27T08:00:16+05:00\n" +
		"start-a,B1,2026-09-27T09:00:01+05:00\nx1-a,B1,2026-09-27T09:00:20+05:00\nfinish-a,B1,2026-09-27T09:00:40+05:00\n")
	eventually(t, func() error {
		out, _ := command(exitSuccess, "standings", "relay")
		if finished, _ := command(exitSuccess, "standings", "dash"); !strings.Contains(out, "T1") || strings.Count(finished, "\n3 ") != 1 {
			return errors.New(out + finished)
		}
		return nil
	})

	// Who names what there is not is told what there is.
	for _, c := range [][]string{
		{"standings", "dsh"}, {"standings", "dash", "age/F99"}, {"official", "publish", "dash", "sex", "--as", "provisional", "--signed-by", "Referee"},
		{"results", "sheet", "dash", "sex"},
	} {
		_, stderr := command(exitFailure, c...)
		if !strings.Contains(stderr, "the event has dash, relay") && !strings.Contains(stderr, "race dash has age/F15-39, age/M15-39, overall, sex/F, sex/M") {
			t.Errorf("%v: %q", c, stderr)
		}
	}
	if out, stderr := command(exitSuccess, "standings", "dash", "sex"); strings.Count(out, "\n") != 1 || stderr != "sex divides into lists; name one: sex/F, sex/M\n" {
		t.Errorf("a classification that divides: %q, %q", out, stderr)
	}
	if _, stderr := command(exitFailure, "official", "publish", "dash", "overall", "--as", "official", "--signed-by", "Referee"); !strings.Contains(stderr, "NOT_ANNOUNCED") && !strings.Contains(stderr, "never announced") {
		t.Errorf("official at once: %q", stderr)
	}
	out, _ := command(exitSuccess, "official", "publish", "dash", "overall", "--as", "provisional", "--signed-by", "Referee")
	if !strings.HasPrefix(out, "dash overall@1 PROVISIONAL, published ") || !strings.Contains(out, "protests until ") {
		t.Errorf("announced: %q", out)
	}
	open, _ := command(exitSuccess, "official", "open", "dash", "overall")
	if open != "9 FINISH_WITHOUT_START finish\n" {
		t.Errorf("open matters: %q", open)
	}
	_, stderr := command(exitFailure, "official", "publish", "dash", "overall", "--as", "official", "--signed-by", "Referee")
	if !strings.Contains(stderr, "9 FINISH_WITHOUT_START finish is open") {
		t.Errorf("official with a matter open: %q", stderr)
	}
	out, _ = command(exitSuccess, "official", "publish", "dash", "overall", "--as", "official", "--signed-by", "Referee",
		"--waive", strings.TrimSpace(open))
	if !strings.HasPrefix(out, "dash overall@2 OFFICIAL, ") || !strings.Contains(out, "waived 9 FINISH_WITHOUT_START finish") {
		t.Errorf("official: %q", out)
	}
	command(exitSuccess, "official", "publish", "relay", "overall", "--as", "provisional", "--signed-by", "Referee")
	_, stderr = command(exitFailure, "official", "publish", "relay", "overall", "--as", "official", "--signed-by", "Referee")
	if !strings.Contains(stderr, "protests are taken until ") {
		t.Errorf("official while protests are taken: %q", stderr)
	}

	// Later the event, the roster, the rulings and the reads become others.
	before, _ := command(exitSuccess, "awards", "dash")
	command(exitSuccess, "rulings", "record", "DSQ", "--race", "dash", "--bib", "7", "--rule", "TR6.3")
	command(exitSuccess, "roster", "import", written(t, "later.csv", "race,bib,chips,name,sex,age\ndash,8,C80,Bolat,M,45\ndash,10,C10,Erlan,M,20\n"))
	publish("start-a,C80,2026-09-27T08:00:01.5+05:00\nfinish-a,C80,2026-09-27T08:00:17+05:00\nfinish-a,C10,2026-09-27T08:00:13+05:00\n")
	later := strings.Replace(definition, "bands: [15, 40]", "bands: [15, 50]", 1)
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, written(t, "event.yaml", later))
	eventually(t, func() error {
		after, _ := command(exitSuccess, "awards", "dash")
		if !strings.Contains(before, " 7 ") || !strings.Contains(after, " 10 ") {
			return errors.New(before + after)
		}
		return nil
	})
	out, _ = command(exitSuccess, "official", "publish", "dash", "overall", "--as", "amended", "--signed-by", "Referee",
		"--reason", "7 left the course", "--waive", "9 FINISH_WITHOUT_START finish", "--waive", "10 FINISH_WITHOUT_START finish")
	if !strings.HasPrefix(out, "dash overall@3 AMENDED, ") || !strings.Contains(out, "7 left the course") {
		t.Errorf("amended: %q", out)
	}
	out, _ = command(exitSuccess, "official", "diff", "dash", "overall")
	for _, want := range []string{"1 -> -", "FINISHED -> DSQ TR6.3", "none -> 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("the difference has no %q:\n%s", want, out)
		}
	}

	paper := filepath.Join(dir, "paper.pdf")
	command(exitSuccess, "official", "sheet", "dash", "overall@2", "--out", paper)
	if text := pdfText(t, paper); !strings.Contains(text, "Official, version 2") || strings.Contains(text, "DSQ") {
		t.Errorf("the sheet of the version before the disqualification:\n%s", text)
	}
	command(exitSuccess, "results", "certificate", "10", "--out", paper)
	if text := pdfText(t, paper); !strings.Contains(text, "Official, amended, version 3") || !strings.Contains(text, "Official in the lists that say so.") {
		t.Errorf("the certificate of who is in one official list of three:\n%s", text)
	}

	for _, version := range []string{"@1", "@2", "@3"} {
		digest, _, _ := strings.Cut(strings.SplitAfter(first(command(exitSuccess, "official", "show", "dash", "overall"+version)), "digest ")[1], ",")
		facts := filepath.Join(dir, "facts"+version)
		command(exitSuccess, "facts", "export", "--at", "dash:overall"+version, facts)
		in := func(name string) string { return filepath.Join(facts, name) }
		raceday(t, exitSuccess, "score", "--event", in("event.yaml"), "--roster", in("roster.csv"), "--reads", in("reads.csv.gz"),
			"--rulings", in("rulings.csv"), "--results", in("results.csv"), "--digests", in("digests.csv"))
		digests, err := os.ReadFile(in("digests.csv"))
		if err != nil || !strings.Contains(string(digests), "dash,overall,"+digest+"\n") {
			t.Errorf("scored again as of %s: %v\n%s\nwant the digest %s", version, err, digests, digest)
		}
	}
}

func first(stdout, _ string) string { return stdout }
