package main

import (
	"errors"
	"strings"
	"testing"
)

// From two judges who saw one fault to a third yellow card 20 minutes after the finish, and a sheet that is closed before the
// list is official.
func TestCardsOfNordicWalking(t *testing.T) {
	t.Parallel()
	d := newSprintDay(t, "race,bib,chips,name,sex,age,name_shown\ndash,7,C7,Dana,F,30,\ndash,8,C8,Bolat,M,31,HIDDEN\ndash,9,C9,Aida,F,30,\n",
		"    capacity: 4\n", "    capacity: 4\n    protest_time: 0s\n    nordic: {yellow_card: 30s, yellow_to_dsq: 3}\n")
	d.publish("start-a,C7,2026-09-27T08:00:01+05:00\nfinish-a,C7,2026-09-27T08:00:14+05:00\n" +
		"start-a,C8,2026-09-27T08:00:01+05:00\nfinish-a,C8,2026-09-27T08:00:15+05:00\n")
	eventuallySheet := func(want string) {
		t.Helper()
		eventually(t, func() error {
			out, _ := d.do(exitSuccess, 1, "cards", "dash")
			if got := spaced(out); got != want {
				return errors.New(got + "want\n" + want)
			}
			return nil
		})
	}
	ruled := func(kind, id string, more ...string) {
		t.Helper()
		d.do(exitSuccess, 2, append([]string{"rulings", "record", kind, "--id", id}, more...)...)
	}
	card := func(kind, id, bib, judge, at string) {
		t.Helper()
		ruled(kind, id, "--race", "dash", "--bib", bib, "--point", "finish", "--rule", "3.2", "--by", judge, "--at", "2026-09-27T"+at+"+05:00")
	}
	const open = "dash: the judges' sheet is open; a yellow card adds 30s, 3 disqualify\n"
	eventuallySheet(open)
	card("YELLOW_CARD", "c2", "7", "Judge 2", "08:00:45")
	card("YELLOW_CARD", "c1", "7", "Judge 1", "08:00:05")
	const one = " card 1 yellow finish 08:00:05 rule 3.2 by Judge 1 ruling c1\n same as c1 yellow finish 08:00:45 rule 3.2 by Judge 2 ruling c2\n"
	eventuallySheet(open + "7 Dana: 1 yellow, 0 red, +30s, FINISHED\n" + one)

	card("YELLOW_CARD", "c3", "7", "Judge 1", "08:00:10")
	card("YELLOW_CARD", "late", "7", "Judge 3", "08:20:14")
	card("RED_CARD", "r1", "99", "Judge 3", "08:00:20")
	const two = " card 1 yellow finish 08:00:05 rule 3.2 by Judge 1 ruling c1\n" +
		" card 2 yellow finish 08:00:10 rule 3.2 by Judge 1 ruling c3\n same as c1 yellow finish 08:00:45 rule 3.2 by Judge 2 ruling c2\n"
	const unknown = "99: 0 yellow, 1 red, +0s, disqualified by cards, nobody in the race wears this bib\n" +
		" card 1 red finish 08:00:20 rule 3.2 by Judge 3 ruling r1\n"
	eventuallySheet(open + "7 Dana: 3 yellow, 0 red, +1m30s, disqualified by cards, DSQ\n" + two +
		" card 3 yellow finish 08:20:14 rule 3.2 by Judge 3 ruling late\n" + unknown)

	ruled("REVOKE", "x", "--target", "late", "--reason", "other walker")
	card("YELLOW_CARD", "c8", "8", "Judge 1", "08:00:07")
	const after = "7 Dana: 2 yellow, 0 red, +1m0s, FINISHED\n" + two +
		" revoked by x yellow finish 08:20:14 rule 3.2 by Judge 3 ruling late\n"
	const hidden = "8: 1 yellow, 0 red, +30s, FINISHED\n card 1 yellow finish 08:00:07 rule 3.2 by Judge 1 ruling c8\n"
	eventuallySheet(open + after + hidden + unknown)
	if out, _ := d.do(exitSuccess, 1, "cards", "dash", "8"); spaced(out) != open+hidden {
		t.Errorf("of one bib:\n%s", out)
	}
	if out, _ := d.do(exitSuccess, 1, "standings", "dash"); !strings.Contains(out, "0:00:45") || !strings.Contains(out, "0:01:14") {
		t.Errorf("ranked times with 30 and 60 s:\n%s", out)
	}

	d.do(exitSuccess, 2, "official", "publish", "dash", "overall", "--as", "provisional", "--signed-by", "Referee")
	_, stderr := d.do(exitFailure, 2, "official", "publish", "dash", "overall", "--as", "official", "--signed-by", "Referee")
	if !strings.Contains(stderr, "JUDGES_SHEET is open") {
		t.Errorf("official with the sheet open: %q", stderr)
	}
	ruled("CLOSE_SHEET", "z", "--race", "dash", "--by", "Head judge", "--reason", "all handed in")
	const closed = "dash: the judges' sheet was closed by Head judge, ruling z, all handed in; a yellow card adds 30s, 3 disqualify\n"
	eventuallySheet(closed + after + hidden + unknown)
	d.do(exitSuccess, 2, "official", "publish", "dash", "overall", "--as", "official", "--signed-by", "Referee",
		"--waive", "RACE_NOT_CLOSED") // 9 was never seen

	ruled("SPLIT_CARD", "s", "--race", "dash", "--bib", "7", "--target", "c2")
	split := strings.Replace(after, "same as c1", "card 3, split", 1)
	split = strings.Replace(split, "2 yellow, 0 red, +1m0s, FINISHED", "3 yellow, 0 red, +1m30s, disqualified by cards, DSQ", 1)
	eventuallySheet(closed + split + hidden + unknown)
	d.restart()
	eventuallySheet(closed + split + hidden + unknown)
	for _, of := range []struct{ race, bib, want string }{
		{"dash", "70", "nobody in dash wears bib 70\n"}, {"relay", "7", "nobody in relay wears bib 7; it is of dash\n"}, {"dash", "9", ""},
	} {
		if out, stderr := d.do(exitSuccess, 1, "cards", of.race, of.bib); stderr != of.want || strings.Count(out, "\n") != 1 {
			t.Errorf("of bib %s in %s, that has no card: %q and %q, want %q", of.bib, of.race, out, stderr, of.want)
		}
	}
	if out, _ := d.do(exitSuccess, 1, "cards", "relay"); !strings.HasPrefix(out, "relay: not Nordic walking") {
		t.Errorf("of a relay: %q", out)
	}
	if _, stderr := d.do(exitFailure, 1, "cards", "walk"); !strings.Contains(stderr, "the event has no such race") {
		t.Errorf("of no race: %q", stderr)
	}
}
