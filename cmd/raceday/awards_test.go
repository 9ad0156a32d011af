package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sprintDay is the sprint with a server that may be started anew on the same folder.
type sprintDay struct {
	*testing.T
	folder, files string
	server
}

// newSprintDay applies testdata/sprint.yaml with the dash's gun at 8 o'clock, changed by pairs of old and new.
func newSprintDay(t *testing.T, roster string, changes ...string) *sprintDay {
	t.Helper()
	d := &sprintDay{T: t, folder: folder(t), files: t.TempDir()}
	d.server = serve(t, d.folder)
	sprint, err := os.ReadFile("testdata/sprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changes = append([]string{"    waves: [{id: A}]\n", "    waves: [{id: A, gun: \"2026-09-27T08:00:00+05:00\"}]\n"}, changes...)
	raceday(t, exitSuccess, "event", "apply", "--server", d.grpc, d.file("event.yaml", strings.NewReplacer(changes...).Replace(string(sprint))))
	raceday(t, exitSuccess, "roster", "import", "--server", d.grpc, "--event", "sprint", d.file("roster.csv", roster))
	return d
}

func (d *sprintDay) file(name, content string) string {
	d.Helper()
	path := filepath.Join(d.files, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.Fatal(err)
	}
	return path
}

func (d *sprintDay) restart() {
	d.Helper()
	d.stop()
	d.server = serve(d.T, d.folder)
}

// do runs a command of so many words and its arguments on the event.
func (d *sprintDay) do(status, words int, arguments ...string) (stdout, stderr string) {
	d.Helper()
	all := append(append(append([]string{}, arguments[:words]...), "--server", d.grpc, "--event", "sprint"), arguments[words:]...)
	return raceday(d.T, status, all...)
}

func (d *sprintDay) publish(reads string) {
	d.Helper()
	d.do(exitSuccess, 2, "reads", "publish", "--nats-url", d.nats, d.file("reads.csv", "mat,chip,at\n"+reads))
}

// eventuallyAwards waits until raceday awards dash says it.
func (d *sprintDay) eventuallyAwards(want string) {
	d.Helper()
	eventually(d.T, func() error {
		out, _ := d.do(exitSuccess, 1, "awards", "dash")
		if got := withoutTimes(out); got != want {
			return errors.New(got + "want\n" + want)
		}
		return nil
	})
}

var (
	clockTimes = regexp.MustCompile(`(20\d\d-\d\d-\d\d )?\d\d:\d\d:\d\d`)
	gaps       = regexp.MustCompile(` +`)
)

// spaced parts columns by one space.
func spaced(text string) string {
	return strings.ReplaceAll(gaps.ReplaceAllString(text, " "), " \n", "\n")
}

// withoutTimes is spaced, with AT for when something was done.
func withoutTimes(text string) string { return spaced(clockTimes.ReplaceAllString(text, "AT")) }

// From the finish to prizes in the right hands: announced, handed over, and the winner disqualified after the podium.
func TestAwards(t *testing.T) {
	t.Parallel()
	d := newSprintDay(t, "race,bib,chips,name,sex,age,name_shown\n"+
		"dash,7,C7,Dana,F,30,\ndash,8,C8,Bolat,M,31,HIDDEN\ndash,9,C9,Gulnara,F,32,\ndash,10,C10,Erlan,M,45,\n",
		"bands: [15, 40], basis: NET}]\n", "bands: [15, 40], basis: NET}]\n"+
			"    awards: [{classification: overall, ranks: 2, exclusive: true}, {classification: age, ranks: 1, minimum_finishers: 2}]\n")
	d.eventuallyAwards("dash: nobody has won a prize yet\nnothing was announced yet\n")
	if _, stderr := d.do(exitFailure, 2, "awards", "announce", "dash", "--signed-by", "Referee"); !strings.Contains(stderr, "nothing is to be announced") {
		t.Errorf("announced before anybody finished: %q", stderr)
	}
	d.publish("start-a,C7,2026-09-27T08:00:01+05:00\nfinish-a,C7,2026-09-27T08:00:14+05:00\n" +
		"start-a,C8,2026-09-27T08:00:01+05:00\nfinish-a,C8,2026-09-27T08:00:15+05:00\n" +
		"start-a,C9,2026-09-27T08:00:01+05:00\nfinish-a,C9,2026-09-27T08:00:16+05:00\n" +
		"start-a,C10,2026-09-27T08:00:01+05:00\nfinish-a,C10,2026-09-27T08:00:17+05:00\n")
	const head = "LIST PLACE BIB NAME COUNTRY CLUB TIME RANK HOLDS\n"
	d.eventuallyAwards(head + "overall 1 7 Dana 0:00:14 1 -\noverall 2 8 0:00:15 2 -\nage/F15-39 1 9 Gulnara 0:00:15 2 -\nnothing was announced yet\n")

	d.do(exitSuccess, 2, "official", "publish", "dash", "overall", "--as", "provisional", "--signed-by", "Referee")
	announce := func(id string) string {
		t.Helper()
		out, _ := d.do(exitSuccess, 2, "awards", "announce", "dash", "--signed-by", "Referee", "--request-id", id)
		return withoutTimes(out)
	}
	const first = "announcement 1, AT, signed by Referee\nLIST PLACE BIB TIME RANK\noverall 1 7 0:00:14 1\noverall 2 8 0:00:15 2\nage/F15-39 1 9 0:00:15 2\n"
	for range 2 { // the second time its answer was lost
		if got := announce("first"); got != first {
			t.Errorf("announced:\n%swant\n%s", got, first)
		}
	}
	out, _ := d.do(exitSuccess, 2, "awards", "hand-over", "dash", "overall", "7", "--by", "Mayor")
	if out != "overall, place 1: handed over to 7 Dana by Mayor\n" {
		t.Errorf("handed over: %q", out)
	}
	if _, stderr := d.do(exitFailure, 2, "awards", "hand-over", "dash", "overall", "7"); !strings.Contains(stderr, "in this entrant's hands already") {
		t.Errorf("handed over twice: %q", stderr)
	}
	if _, stderr := d.do(exitFailure, 2, "awards", "hand-over", "dash", "age/F15-39", "7"); !strings.Contains(stderr, "no prize of the list was announced") {
		t.Errorf("handed over to who did not win it: %q", stderr)
	}

	// 7 loses, 8 moves up, 9 wins overall and is passed over in the age group, where nobody else finished: too few.
	id, _ := d.do(exitSuccess, 2, "rulings", "record", "DSQ", "--race", "dash", "--bib", "7", "--rule", "TR6.3")
	const changed = head + "overall 1 8 0:00:15 1 -\noverall 2 9 Gulnara 0:00:16 2 -\n" +
		"changed since announcement 1, AT, signed by Referee:\nLIST BIB NAME PLACE HOLDS\n" +
		"overall 8 2 -> 1 -\noverall 9 Gulnara none -> 2 -\noverall 7 Dana 1 -> none place 1\nage/F15-39 9 Gulnara 1 -> none -\n"
	const takeBack = "TAKE BACK from 7 Dana: the prize of place 1 of overall, handed over AT by Mayor, is not theirs\n"
	d.eventuallyAwards(changed + takeBack)
	if _, stderr := d.do(exitFailure, 2, "awards", "hand-over", "dash", "overall", "8"); !strings.Contains(stderr, "no longer won with this place") {
		t.Errorf("handed over as it no longer stands: %q", stderr)
	}
	d.restart()
	d.eventuallyAwards(changed + takeBack)

	// The second announcement is what stands; what is in wrong hands stays there until it is taken back.
	announce("second")
	const second = head + "overall 1 8 0:00:15 1 -\noverall 2 9 Gulnara 0:00:16 2 -\nas announcement 2, AT, signed by Referee\n"
	d.eventuallyAwards(second + takeBack)
	out, _ = d.do(exitSuccess, 2, "awards", "take-back", "dash", "overall", "7", "--by", "Referee")
	if out != "overall, place 1: taken back from 7 Dana by Referee\n" {
		t.Errorf("taken back: %q", out)
	}
	out, _ = d.do(exitSuccess, 2, "awards", "hand-over", "dash", "overall", "8", "--by", "Mayor")
	if out != "overall, place 1: handed over to 8 by Mayor\n" { // the name is hidden
		t.Errorf("handed over: %q", out)
	}
	held := strings.Replace(second, "0:00:15 1 -", "0:00:15 1 place 1", 1)
	d.eventuallyAwards(held)
	d.restart()
	d.eventuallyAwards(held)

	history, _ := d.do(exitSuccess, 2, "awards", "history", "dash")
	for _, want := range []string{first, "announcement 2, AT, signed by Referee\n", "AT overall, place 1: taken back from 7 Dana by Referee\n"} {
		if !strings.Contains(withoutTimes(history), want) {
			t.Errorf("the history does not say %q:\n%s", want, history)
		}
	}
	audited, _ := d.do(exitSuccess, 2, "audit", "list")
	for _, want := range []string{
		"AWARDS_ANNOUNCED", "dash, announcement 2, signed by Referee, overall 1 8, overall 2 9", "PRIZE_HANDED_OVER",
		"dash, overall 1 to 7, by Mayor", "PRIZE_TAKEN_BACK", "dash, overall 1 from 7, by Referee",
	} {
		if !strings.Contains(audited, want) {
			t.Errorf("the audit does not say %q:\n%s", want, audited)
		}
	}

	// The protest is upheld: 7 wins again, and what was handed over to 8 is in wrong hands.
	_, ruling, _ := strings.Cut(strings.TrimSpace(id), "as ruling ")
	d.do(exitSuccess, 2, "rulings", "record", "REVOKE", "--target", ruling)
	d.eventuallyAwards(head + "overall 1 7 Dana 0:00:14 1 -\noverall 2 8 0:00:15 2 place 1\nage/F15-39 1 9 Gulnara 0:00:15 2 -\n" +
		"changed since announcement 2, AT, signed by Referee:\nLIST BIB NAME PLACE HOLDS\n" +
		"overall 7 Dana none -> 1 -\noverall 8 1 -> 2 place 1\noverall 9 Gulnara 2 -> none -\nage/F15-39 9 Gulnara none -> 1 -\n" +
		"TAKE BACK from 8: the prize of place 1 of overall, handed over AT by Mayor, is not theirs\n")
}
