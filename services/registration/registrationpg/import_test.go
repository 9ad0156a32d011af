package registrationpg_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rehearsal/sharedcase"
	"raceday/services/rules/race"
)

const header = "race,bib,chips,name,sex,birth_date,age,country,club,category,wave,team,leg,tags\n"

func (f *fixture) importText(t *testing.T, replace bool, lines ...string) (registration.Imported, error) {
	t.Helper()
	return f.ImportRoster(t.Context(), "tester", registration.RosterFile{
		Event: f.event.ID, Content: strings.NewReader(header + strings.Join(lines, "\n") + "\n"), Replace: replace,
	})
}

func (f *fixture) mustImport(t *testing.T, lines ...string) {
	t.Helper()
	if _, err := f.importText(t, false, lines...); err != nil {
		t.Fatal(err)
	}
}

// change returns the event's last change number.
func (f *fixture) change(t *testing.T) int64 {
	t.Helper()
	return int64(f.count(t, `SELECT change FROM event.events`))
}

func (f *fixture) since(t *testing.T, change int64) []race.Entrant {
	t.Helper()
	entrants, err := f.store.RosterSince(t.Context(), f.event.ID, change)
	if err != nil {
		t.Fatal(err)
	}
	return entrants
}

func TestImportTwice(t *testing.T) {
	t.Parallel()
	f := start(t)
	lines := []string{
		"marathon,7,C7 0c8,Ann,F,1990-05-01,,KAZ,Sunkar,Open,,,,veteran local",
		"marathon,8,,Bob,M,,44,,,,B,,,",
		"ekiden,9001,T1,Team,X,,,KAZ,,Mixed,,,,",
		"ekiden,9002,M1,First,F,,,,,,,9001,1,",
		"ekiden,,,Second,M,2000-02-29,,,,,,9001,2,",
		"ekiden,,,Third,M,2000-02-29,,,,,,9001,,",
	}
	done, err := f.importText(t, false, lines...)
	if err != nil {
		t.Fatal(err)
	}
	size := saying(registration.ErrTeamSize, "", "regulars 2 of 6, reserves 1 of at most 2").Message
	warnings := []registration.Warning{{Line: 4, Column: "team", Reason: size}}
	if diff := cmp.Diff(registration.Imported{Added: 3, Warnings: warnings}, done); diff != "" {
		t.Errorf("first import (-want +got):\n%s", diff)
	}
	if got := f.change(t); got != 1 {
		t.Errorf("got change %d after one import, want 1", got)
	}
	want, err := registration.ParseRoster("", strings.NewReader(header+strings.Join(lines, "\n")), f.event)
	if err != nil {
		t.Fatal(err)
	}
	got := f.since(t, 0)
	for i := range got {
		want[i].ID = got[i].ID
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roster (-file +stored):\n%s", diff)
	}

	if done, err = f.importText(t, false, lines...); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(registration.Imported{Same: 3, Warnings: warnings}, done); diff != "" {
		t.Errorf("second import (-want +got):\n%s", diff)
	}
	if got := f.change(t); got != 1 {
		t.Errorf("got change %d after the same import again, want 1", got)
	}

	// Bob and Ann swap chips, somebody is new, the team is not named.
	done, err = f.importText(t, false, strings.Replace(lines[0], "C7 0c8", "C9", 1),
		strings.Replace(lines[1], ",8,,", ",8,c7,", 1), "half,2000,,New,,,,,,,,,,")
	if err != nil {
		t.Fatal(err)
	}
	replaced := []registration.Warning{{Line: 2, Column: "chips", Reason: "replaces the chips C7 0c8"}}
	if diff := cmp.Diff(registration.Imported{Added: 1, Changed: 2, Warnings: replaced}, done); diff != "" {
		t.Errorf("third import (-want +got):\n%s", diff)
	}
	if changed := f.since(t, 1); len(changed) != 3 || changed[0].ID != got[0].ID || changed[0].Chips[0] != "C9" {
		t.Errorf("got %v since change 1, want three lines, the first with chip C9", changed)
	}
	const recorded = `
SELECT count(*)
FROM registration.entry_changes
JOIN registration.batches USING (event, batch)
WHERE action = 'IMPORT_ROSTER' AND change = 2`
	if n := f.count(t, recorded); n != 3 {
		t.Errorf("got %d recorded changes, want 3", n)
	}
}

func TestImportReplace(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t, "marathon,7,C7,,,,,,,,,,,", "marathon,9,,,,,,,,,,,,", "half,2001,,,,,,,,,,,,")
	if _, err := f.RegisterPerson(t.Context(), "tester", request(1, "marathon")); err != nil {
		t.Fatal(err)
	}
	first := f.since(t, 0)
	done, err := f.importText(t, true, "marathon,9,C7,,,,,,,,,,,")
	if err != nil {
		t.Fatal(err)
	}
	want := registration.Imported{Changed: 1, Withdrawn: []race.Bib{"7", "2001"}}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Errorf("import (-want +got):\n%s", diff)
	}
	gone := map[race.Bib]bool{}
	for _, e := range f.since(t, 1) {
		gone[e.Bib] = e.Gone
	}
	if diff := cmp.Diff(map[race.Bib]bool{"7": true, "9": false, "2001": true}, gone); diff != "" {
		t.Errorf("gone since change 1 (-want +got):\n%s", diff)
	}
	if n := f.count(t, `SELECT taken FROM registration.races WHERE race = 'marathon'`); n != 2 {
		t.Errorf("got %d places taken, want 2: bib 9 and the entry without a bib", n)
	}
	// The same line again is the same entrant.
	f.mustImport(t, "marathon,7,,,,,,,,,,,,")
	for _, e := range f.since(t, 0) {
		if e.Bib == "7" && e.ID != first[0].ID {
			t.Errorf("bib 7 is entrant %d, want %d as before", e.ID, first[0].ID)
		}
	}
	// A bib that was given back may go to another race.
	if _, err := f.importText(t, false, "marathon,2001,,,,,,,,,A,,,"); err != nil {
		t.Errorf("bib of a withdrawn entry: %v", err)
	}
}

func TestImportNamesEveryBadLine(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.event.Races[1].Capacity = 1
	f.mustImport(t, "marathon,7,C7,Ann,F,1990-05-01,,,,,,,,", "ekiden,9001,,,,,,,,,,,,", "ekiden,9002,,,,,,,,,,9001,1,")
	before := f.since(t, 0)
	_, err := f.importText(t, false,
		"half,7,,,,,,,,,A,,,",
		"marathon,11,00c7,,,,,,,,,,,",
		"marathon,12,,ANN,F,1990-05-01,,,,,,,,",
		"marathon,13,bad-chip,,Q,,,,,,,,,",
		"marathon,9002,,,,,,,,,A,,,",
		"half,2001,,,,,,,,,,,,",
		"marathon,14,,,,,,,,,,,,",
	)
	if !errors.Is(err, registration.ErrRosterInvalid) {
		t.Fatalf("got %v, want %v", err, registration.ErrRosterInvalid)
	}
	want := []fault.Violation{
		{Path: "file", Reason: "FILE_INVALID", Message: "race half: 2 entries for 1 places"},
		{Path: "line 2: bib", Reason: "LINE_INVALID", Message: `"7" is taken by bib 7 of race marathon`},
		{Path: "line 3: chips", Reason: "LINE_INVALID", Message: `"C7" is taken by bib 7 of race marathon`},
		{Path: "line 5: sex", Reason: "LINE_INVALID", Message: `"Q" is not M, F or X`},
		{Path: "line 5: chips", Reason: "LINE_INVALID", Message: `"bad-chip" is not a chip: 1 to 32 letters and digits`},
		{Path: "line 6: bib", Reason: "LINE_INVALID", Message: `"9002" is taken by bib 9001 of race ekiden`},
	}
	if diff := cmp.Diff(want, fault.Violations(err)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, f.since(t, 0)); diff != "" {
		t.Errorf("the roster changed (-before +after):\n%s", diff)
	}
}

func TestImportKeepsWhatTheFileDoesNotHave(t *testing.T) {
	t.Parallel()
	f := start(t)
	if _, err := f.RegisterTeam(t.Context(), "tester", team(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.AssignBibs(t.Context(), "tester", bibs(f.event.ID, "ekiden", []string{"9000-9010"})); err != nil {
		t.Fatal(err)
	}
	before := f.since(t, 0)[0]
	_, err := f.ImportRoster(t.Context(), "tester", registration.RosterFile{
		Event: f.event.ID, Content: strings.NewReader("bib,race,chips\n9000,ekiden,T1\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	before.Chips = []string{"T1"}
	if diff := cmp.Diff([]race.Entrant{before}, f.since(t, 0)); diff != "" {
		t.Errorf("roster (-want +got):\n%s", diff)
	}
}

func TestImportRealRace(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile(filepath.Join(sharedcase.Dir(t, "boston-2001"), "roster.csv"))
	if err != nil {
		t.Fatal(err)
	}
	f := start(t)
	waves := []race.Wave{{ID: "W"}}
	f.event.Races = []race.Race{{ID: "marathon", Waves: waves}, {ID: "wheelchair", Waves: waves}}
	for _, want := range []registration.Imported{{Added: 13443}, {Same: 13443}} {
		done, err := f.ImportRoster(t.Context(), "tester", registration.RosterFile{Event: f.event.ID, Content: bytes.NewReader(file)})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, done); diff != "" {
			t.Errorf("import (-want +got):\n%s", diff)
		}
	}
	var exported, parsed bytes.Buffer
	if err := registration.WriteRoster(&exported, f.event, f.since(t, 0)); err != nil {
		t.Fatal(err)
	}
	entrants, err := registration.ParseRoster("roster.csv", bytes.NewReader(file), f.event)
	if err != nil {
		t.Fatal(err)
	}
	if err := registration.WriteRoster(&parsed, f.event, entrants); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(exported.Bytes(), parsed.Bytes()) {
		t.Error("the roster out of the store is not the file")
	}
}
