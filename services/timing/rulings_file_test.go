package timing

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/csvtable"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
)

func marathon() *race.Event {
	event := twoMats()
	event.ID = "almaty-2025"
	event.Races = []race.Race{{
		ID: "marathon", Waves: []race.Wave{{ID: "A"}},
		Course: []race.Visit{{Point: "line"}, {Point: "k5", AtMillimetres: 5}, {Point: "line", AtMillimetres: 42}},
	}}
	return event
}

const rulingsFile = `id,race,bib,ruling,target,point,at,duration,rule,reason,by,decided_at
r-1,marathon,,GUN,A,,2025-09-28T07:00:02.4+05:00,,,"late, by 2.4 s",referee,2025-09-28T07:05:00+05:00
,marathon,7,PENALTY,,,,1m30s,TR6,,,
,marathon,7,PENALTY,,,,1m30s,TR6,,,
,marathon,8,MANUAL_TIME,,line#2,2025-09-28T10:00:00Z,,,,,
,,,REVOKE,r-1,,,,,,,
,marathon,,CLOSE,,,,,,,,
`

// parseAll returns the rulings of a file that fits the event.
func parseAll(t *testing.T, file string) []ruling.Ruling {
	t.Helper()
	rulings, misfits, err := ParseRulings("rulings.csv", strings.NewReader(file), marathon())
	if err != nil || len(misfits) > 0 {
		t.Fatalf("got misfits %v, error %v, want neither", misfits, err)
	}
	return rulings
}

func TestParseRulings(t *testing.T) {
	t.Parallel()
	got := parseAll(t, rulingsFile)
	want := []ruling.Ruling{
		{
			ID: "r-1", Race: "marathon", Kind: ruling.Gun, Target: "A", At: mustInstant(t, "2025-09-28T02:00:02.4Z"),
			Reason: "late, by 2.4 s", By: "referee", DecidedAt: mustInstant(t, "2025-09-28T02:05:00Z"),
		},
		{Race: "marathon", Bib: "7", Kind: ruling.Penalty, Duration: 90 * time.Second, Rule: "TR6"},
		{Race: "marathon", Bib: "7", Kind: ruling.Penalty, Duration: 90 * time.Second, Rule: "TR6"},
		{Race: "marathon", Bib: "8", Kind: ruling.ManualTime, Point: "line#2", At: mustInstant(t, "2025-09-28T10:00:00Z")},
		{Kind: ruling.Revoke, Target: "r-1"},
		{Race: "marathon", Kind: ruling.Close},
	}
	ids := map[ruling.ID]bool{}
	for i := range got {
		if !ruling.ValidID(got[i].ID) || ids[got[i].ID] {
			t.Errorf("line %d has the id %q", i+2, got[i].ID)
		}
		ids[got[i].ID] = true
		want[i].ID = got[i].ID
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rulings (-want +got):\n%s", diff)
	}
	if got[0].ID != "r-1" {
		t.Errorf("the first id is %q, want r-1", got[0].ID)
	}

	var written bytes.Buffer
	if err := WriteRulings(&written, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, parseAll(t, written.String())); diff != "" {
		t.Errorf("written and parsed again (-want +got):\n%s", diff)
	}
}

// What a server once took must stay scorable, although it takes no new ones like them.
func TestReviewsThatDoNotSayOfWhat(t *testing.T) {
	t.Parallel()
	got := parseAll(t, "race,bib,ruling,target\nmarathon,7,REVIEWED,MISSING_POINTS\nmarathon,7,REVIEWED,IDENTITY_CONFLICT\n")
	for _, r := range got {
		if refused := check(r, marathon(), nil, "ruling"); len(refused) != 1 {
			t.Errorf("%s as a new ruling: %v, want one violation", r, refused)
		}
	}
}

func TestIDsDoNotDependOnTheColumns(t *testing.T) {
	t.Parallel()
	first := parseAll(t, "race,bib,ruling,reason\nmarathon,7,DSQ,short cut\nmarathon,,CLOSE,\n")
	second := parseAll(t, "ruling,race,reason,id,bib,at\nDSQ,marathon,short cut,,7,\nCLOSE,marathon,,,,\n")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same lines in other columns (-first +second):\n%s", diff)
	}
}

func TestBadRulingsAreAllReported(t *testing.T) {
	t.Parallel()
	const file = `id,race,bib,ruling,target,point,at,duration
a,marathon,7,DSQ,,,,
a,marathon,7,DSQ,,,,
b,,7,DSQ,,,,
c,marathon,,GUN,Z,,noon,
d,marathon,7,PENALTY,,,,soon
e,marathon,7,PENALTY,,,,-5s
f,marathon,7,PENALTY,,,,1ns
g,marathon,7,BAN,,,,
h,marathon,,GUN,Z,,,
i,,,REVOKE,c,,,
j,,,REVOKE,k,,,
`
	_, _, err := ParseRulings("r.csv", strings.NewReader(file), marathon())
	const want = `r.csv:3: id: stands on line 2 already
r.csv:4: race: a race is needed
r.csv:5: at: not an instant written like 2025-09-28T07:00:00+05:00
r.csv:6: duration: not a duration of whole microseconds such as 1800s, 30m or 0.5s
r.csv:7: duration: not a duration of whole microseconds such as 1800s, 30m or 0.5s
r.csv:8: duration: not a duration of whole microseconds such as 1800s, 30m or 0.5s
r.csv:9: ruling: unknown ruling "BAN"
r.csv:10: at: an instant is needed
r.csv:12: target: no line of the file has this id`
	faults, ok := errors.AsType[csvtable.Faults](err)
	if !ok {
		t.Fatalf("got %v, want Faults", err)
	}
	if diff := cmp.Diff(want, faults.Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// An event may change after a ruling was recorded; what a server goes on with, score must take too.
func TestRulingsThatDoNotFitTheEventAreTakenAndTold(t *testing.T) {
	t.Parallel()
	const file = `id,race,bib,ruling,target,point,at
a,half,7,DSQ,,,
b,marathon,,GUN,Z,,2025-09-28T02:00:00Z
c,marathon,7,MANUAL_TIME,,k30,2025-09-28T03:00:00Z
d,marathon,7,DNF,,,
`
	rulings, misfits, err := ParseRulings("r.csv", strings.NewReader(file), marathon())
	if err != nil || len(rulings) != 4 {
		t.Fatalf("got %+v, %v, want four rulings", rulings, err)
	}
	const want = `r.csv:2: race: unknown race "half"
r.csv:3: target: unknown wave "Z"
r.csv:4: point: the course has no visit "k30"`
	if diff := cmp.Diff(want, misfits.Error()); diff != "" {
		t.Errorf("misfits (-want +got):\n%s", diff)
	}
}

func TestARevocationMayReachBeyondTheFile(t *testing.T) {
	t.Parallel()
	const file = "race,ruling,target\n,REVOKE,recorded-before\n"
	lines, err := ParseRulingLines("r.csv", strings.NewReader(file))
	if err != nil || len(lines) != 1 || lines[0].Number != 2 || lines[0].Target != "recorded-before" {
		t.Errorf("lines to be applied: got %+v, %v, want the revocation on line 2", lines, err)
	}
	if _, _, err := ParseRulings("r.csv", strings.NewReader(file), marathon()); err == nil {
		t.Error("all rulings of an event: got no error, want the target refused")
	}
}

func FuzzParseRulings(f *testing.F) {
	f.Add(rulingsFile)
	f.Fuzz(func(t *testing.T, file string) {
		rulings, _, err := ParseRulings("r.csv", strings.NewReader(file), marathon())
		if err != nil {
			return
		}
		var written bytes.Buffer
		if err := WriteRulings(&written, rulings); err != nil {
			t.Fatal(err)
		}
		again, _, err := ParseRulings("again.csv", &written, marathon())
		if err != nil {
			t.Fatalf("%v\n%s", err, written.String())
		}
		if diff := cmp.Diff(rulings, again); diff != "" {
			t.Fatalf("written and parsed again (-want +got):\n%s", diff)
		}
	})
}
