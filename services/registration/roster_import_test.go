package registration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

const rosterHeader = "race,bib,chips,name,sex,birth_date,age,wave,team,leg,tags,name_shown"

func (o *office) importLines(t *testing.T, header string, replace bool, lines ...string) (Imported, error) {
	t.Helper()
	return o.service.ImportRoster(t.Context(), "office", RosterFile{
		Event: "e", Content: strings.NewReader(header + "\n" + strings.Join(lines, "\n") + "\n"), Replace: replace,
	})
}

func (o *office) mustImport(t *testing.T, header string, lines ...string) Imported {
	t.Helper()
	done, err := o.importLines(t, header, false, lines...)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func TestImportMakesConfirmedEntries(t *testing.T) {
	t.Parallel()
	o := newOffice()
	before := time.Now()
	o.mustImport(t, rosterHeader, "ten,7,C7,Ann,F,1990-05-01,,,,,veteran,HIDDEN")
	want := []Entry{{
		Entrant: race.Entrant{
			ID: 1, Race: "ten", Bib: "7", Chips: []string{"C7"}, Tags: []string{"veteran"},
			Person: race.Person{Name: "Ann", Sex: race.Female, BirthDay: day(1990, time.May, 1), NameShown: race.NameHidden},
		},
		State: Confirmed, EnteredBy: "office",
	}}
	if diff := cmp.Diff(want, o.entries, cmpopts.IgnoreFields(Entry{}, "Reference", "EnteredAt")); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if e := o.entries[0]; !isCode(e.Reference) || e.EnteredAt.Before(before) {
		t.Errorf("got reference %q, entered at %v", e.Reference, e.EnteredAt)
	}
}

func TestImportWarnsOfPeopleEnteredTwice(t *testing.T) {
	t.Parallel()
	waits := Entry{State: Waitlisted, Entrant: race.Entrant{Race: "half", Person: runner(5)}}
	left := confirmed("ten", "50")
	left.Person = runner(6)
	o := newOffice(waits, left)
	o.event.Race("relay").Team.Size = 2
	lines := []string{
		"ten,1,,Runner 1,F,1990-03-02,,,,,,",
		"ten,2,,RUNNER  1,F,1990-03-02,,,,,,", // again
		"ten,3,,Runner 1,M,1990-03-02,,,,,,",  // somebody else
		"half,4,,Runner 5,F,1990-03-06,,,,,,", // who waits
		"half,5,,Runner 6,F,1990-03-07,,,,,,", // whom the file does not name
		"relay,R1,,Team,X,,,,,,,",
		"relay,,,Runner 1,F,1990-03-02,,,R1,1,,",
		"relay,,,Runner 7,F,1990-03-08,,,R1,2,,",
		"relay,R2,,Team,X,,,,,,,",
		"relay,,,Runner 7,F,1990-03-08,,,R2,1,,",
		"relay,,,Runner 9,F,1990-03-10,,,R2,2,,",
	}
	want := Imported{Added: 7, Warnings: []Warning{
		{3, "name", "this person is entered already: line 2"},
		{5, "name", "this person is entered already: entry " + string(numbered(1))},
		{6, "name", "this person is entered already: bib 50 of race ten"},
		{7, "name", "this person is entered already: line 3"},
		{10, "name", "this person is entered already: line 7"},
	}}
	if diff := cmp.Diff(want, o.mustImport(t, rosterHeader, lines...)); diff != "" {
		t.Errorf("import (-want +got):\n%s", diff)
	}
	var second []race.Bib
	for _, e := range o.entries {
		if e.SecondEntry {
			second = append(second, e.Bib)
		}
	}
	if diff := cmp.Diff([]race.Bib{"2", "4", "5", "R1", "R2"}, second); diff != "" {
		t.Errorf("second entries (-want +got):\n%s", diff)
	}

	// The same again, in another order too, changes nothing; it warns again.
	slices.Reverse(lines)
	done := o.mustImport(t, rosterHeader, lines...)
	if done.Same != 7 || done.Added+done.Changed > 0 || len(done.Warnings) != 5 {
		t.Errorf("again: got %+v, want 7 same and 5 warnings", done)
	}

	_, err := o.importLines(t, rosterHeader, false, "relay,R3,,Team,X,,,,,,,",
		"relay,,,Runner 8,F,1990-03-09,,,R3,1,,", "relay,,,Runner 8,F,1990-03-09,,,R3,2,,")
	wantFault(t, "twice in one team", err, ErrRosterInvalid,
		fault.Violation{Path: "line 2: team", Reason: "LINE_INVALID", Message: "has a member twice"})
}

func TestImportRefusesBibsAndChipsOfOthers(t *testing.T) {
	t.Parallel()
	offered := Entry{State: Offered, Entrant: race.Entrant{Race: "half", Bib: "9", Chips: []string{"C9"}}}
	ended := confirmed("ten", "8", "C8")
	ended.State = Expired
	o := newOffice(confirmed("ten", "1", "C1"), offered, ended, relayTeam(1))
	_, err := o.importLines(t, rosterHeader, true,
		"ten,2,00c9,,,,,,,,,", "ten,8,C8,,,,,,,,,", "half,9,,,,,,,,,,", "half,R1-1,C1,,,,,,,,,", "relay,R1,m1m2,,,,,,,,,")
	wantFault(t, "import", err, ErrRosterInvalid,
		fault.Violation{Path: "line 2: chips", Reason: "LINE_INVALID", Message: `"C9" is taken by bib 9 of race half`},
		fault.Violation{Path: "line 4: bib", Reason: "LINE_INVALID", Message: `"9" is taken by bib 9 of race half`},
		fault.Violation{Path: "line 5: bib", Reason: "LINE_INVALID", Message: `"R1-1" is taken by bib R1 of race relay`},
		fault.Violation{Path: "line 6: chips", Reason: "LINE_INVALID", Message: `"M1M2" is taken by bib R1 of race relay`})
}

func TestImportOfWithdrawnAndTransferredEntries(t *testing.T) {
	t.Parallel()
	withdrawn, transferred := confirmed("ten", "1", "C1"), confirmed("ten", "2")
	withdrawn.State, withdrawn.Name, withdrawn.PaidMinor = Withdrawn, "Ann", 500
	transferred.State, transferred.Name = Transferred, "Bob"
	o := newOffice(withdrawn, transferred, confirmed("ten", "3"))
	done, err := o.importLines(t, "race,bib,name", true, "ten,1,Ann", "ten,2,Cid")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Imported{Added: 1, Changed: 1, Withdrawn: []race.Bib{"3"}}, done); diff != "" {
		t.Errorf("import (-want +got):\n%s", diff)
	}
	var got []string
	for _, e := range o.entries {
		got = append(got, fmt.Sprintf("%s %s %s %s %d", e.Bib, e.Chips, e.Name, e.State, e.PaidMinor))
	}
	want := []string{"1 [C1] Ann CONFIRMED 500", "2 [] Bob TRANSFERRED 0", "3 []  WITHDRAWN 0", "2 [] Cid CONFIRMED 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestImportCountsPlaces(t *testing.T) {
	t.Parallel()
	half := func(state State) Entry { return Entry{State: state, Entrant: race.Entrant{Race: "half"}} }
	tests := []struct {
		name    string
		entries []Entry
		replace bool
		want    *fault.Fault
	}{
		{"two are free", []Entry{confirmed("half", "9")}, false, nil},
		{"who holds one", []Entry{half(Held), confirmed("half", "9")}, false, ErrRosterInvalid},
		{"who is offered one", []Entry{half(Offered), half(Held)}, false, ErrRosterInvalid},
		{"who has none any more", []Entry{half(Withdrawn), half(Expired), half(Transferred)}, false, nil},
		{"who leaves one", []Entry{confirmed("half", "8"), confirmed("half", "9")}, true, nil},
		// A free place goes to who waits first.
		{"who waits for one", []Entry{half(Waitlisted), confirmed("half", "9")}, false, ErrRosterInvalid},
		{"who waits for none of them", []Entry{confirmed("half", "7"), confirmed("half", "8"), confirmed("half", "9"),
			half(Waitlisted)}, true, nil},
	}
	for _, tt := range tests {
		o := newOffice(tt.entries...)
		_, err := o.importLines(t, "race,bib", tt.replace, "half,1", "half,2")
		if tt.want == nil {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			if p := o.places("half"); p.Taken > 3 || p.Taken < 3 && p.Waiting > 0 {
				t.Errorf("%s: got %+v", tt.name, p)
			}
			continue
		}
		wantFault(t, tt.name, err, tt.want,
			fault.Violation{Path: "file", Reason: "FILE_INVALID", Message: "race half: 4 entries for 3 places"})
	}
}

func TestImportFillsMembersByColumn(t *testing.T) {
	t.Parallel()
	full := relayTeam(1)
	full.Members[1].NameShown = race.NameHidden
	reserve := race.Member{Person: runner(150)}
	full.Members = append(full.Members, reserve)
	member := func(i int, change func(m *race.Member)) race.Member {
		m := full.Members[i]
		change(&m)
		return m
	}
	for _, tt := range []struct {
		name, header string
		lines        []string
		want         []race.Member
	}{
		{"chips of legs", "race,bib,chips,team,leg",
			[]string{"relay,R1,,,", "relay,R1-1,N1,R1,1", "relay,R1-2,,R1,2", "relay,R1-3,N3 N4,R1,3"},
			[]race.Member{
				member(0, func(m *race.Member) { m.Chips = []string{"N1"} }),
				member(1, func(m *race.Member) { m.Chips = nil }),
				member(2, func(m *race.Member) { m.Chips = []string{"N3", "N4"} }),
			}},
		{"bibs without legs", "race,bib,team", []string{"relay,R1,", "relay,R1-3,R1", "relay,R1-1,R1"},
			[]race.Member{full.Members[0], full.Members[2]}},
		{"names, one of them new", "race,bib,name,team,leg",
			[]string{
				"relay,R1,Team 1,,", "relay,R1-1,Runner 100,R1,1", "relay,R1-2,Somebody Else,R1,2", "relay,R1-3,Runner 102,R1,3",
				"relay,,Runner 150,R1,0",
			},
			[]race.Member{
				full.Members[0], {Leg: 2, Bib: "R1-2", Person: race.Person{Name: "Somebody Else"}}, full.Members[2], reserve,
			}},
		{"legs change hands", "race,bib,team,leg",
			[]string{"relay,R1,,", "relay,R1-1,R1,3", "relay,R1-3,R1,1", "relay,R1-2,R1,0"},
			[]race.Member{
				member(2, func(m *race.Member) { m.Leg = 1 }), member(0, func(m *race.Member) { m.Leg = 3 }),
				member(1, func(m *race.Member) { m.Leg = 0 }),
			}},
		{"no members", "race,bib,chips", []string{"relay,R1,T1"}, full.Members},
	} {
		o := newOffice(full)
		o.mustImport(t, tt.header, tt.lines...)
		if diff := cmp.Diff(tt.want, o.entries[0].Members); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestImportTellsOfItsProgress(t *testing.T) {
	t.Parallel()
	for lines, want := range map[int][]int{
		0: {0}, 999: {999}, 1000: {1000, 1000}, 2500: {1000, 2000, 2500},
	} {
		file := "race,bib,wave\n"
		for n := range lines {
			file += fmt.Sprintf("ten,%d,A\n", n+1)
		}
		var got []int
		_, err := newOffice().service.ImportRoster(t.Context(), "office", RosterFile{
			Event: "e", Content: strings.NewReader(file), Progress: func(lines int) { got = append(got, lines) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d lines (-want +got):\n%s", lines, diff)
		}
	}
}

func BenchmarkImportRoster(b *testing.B) {
	var file strings.Builder
	file.WriteString(rosterHeader + "\n")
	for n := range 50_000 {
		fmt.Fprintf(&file, "ten,%d,C%d,Runner %d,F,1990-05-01,,A,,,,\n", n, n, n)
	}
	for b.Loop() {
		o := newOffice()
		o.event.Races[0].Capacity = 50_000
		_, err := o.service.ImportRoster(b.Context(), "office", RosterFile{
			Event: "e", Content: strings.NewReader(file.String()),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func TestImportWarnsOfWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	o := newOffice()
	o.event.Race("relay").Team.Categories = []race.TeamCategory{{Name: "MIXED", MinWomen: 1, MinMen: 1}, {Name: "OPEN"}}
	o.event.Race("relay").Team.Size = 2
	const header = "race,bib,name,sex,birth_date,age,category,team,leg"
	const size = "the team has not exactly the race's number of regulars, or too many reserves: "
	lines := []string{
		"ten,1,A,F,1990-09-29,34,,,",  // 34 on the day
		"ten,2,B,F,1990-09-29,35,,,",  // at the end of the year
		"ten,3,C,X,1990-09-29,,,,",    // X runs too
		"ten,4,D,F,,14,,,",            // too young
		"half,5,E,F,2007-09-29,,,,",   // 18 the day after
		"half,6,F,F,1945-09-28,80,,,", // 80 on the day
		"relay,R1,G,X,,,OPEN,,",
		"relay,,H,M,1980-01-01,,,R1,1",
		"relay,,I,M,2009-09-29,,,R1,2", // 16 the day after
		"relay,R2,J,X,,,MIXED,,",
		"relay,,K,M,1980-01-02,,,R2,1",
		"relay,,L,M,1980-01-03,,,R2,2",
		"relay,R3,M,X,,,SENIORS,,",
	}
	want := Imported{Added: 9, Warnings: []Warning{
		{3, "age", "contradicts the birth date, which counts"},
		{5, "age", "the minimum age of the race is not reached: it is 15"},
		{6, "birth_date", "the minimum age of the race is not reached: it is 18"},
		{7, "birth_date", "the maximum age of the race is exceeded: it is 79"},
		{10, "birth_date", "the minimum age of the race is not reached: it is 16"},
		{11, "team", "the team has fewer women or men than the race or its category asks for: women 0 of 1, men 2 of 1"},
		{14, "team", size + "regulars 0 of 2, reserves 0 of at most 1"},
		{14, "category", "the race has no such category of teams: it has MIXED, OPEN"},
	}}
	if diff := cmp.Diff(want, o.mustImport(t, header, lines...)); diff != "" {
		t.Errorf("import (-want +got):\n%s", diff)
	}
	misfits, err := o.service.ListMisfits(t.Context(), "e", "", 0, 100)
	var bibs []race.Bib
	for _, m := range misfits {
		bibs = append(bibs, m.Bib)
	}
	if diff := cmp.Diff([]race.Bib{"4", "5", "6", "R1", "R2", "R3"}, bibs); err != nil || diff != "" {
		t.Errorf("misfits: %v (-want +got):\n%s", err, diff)
	}
}

// A relay with one chip a team may be imported without its members, and nothing is wrong with it.
func TestImportOfTeamsWithoutMembers(t *testing.T) {
	t.Parallel()
	o := newOffice()
	o.event.Race("relay").Team.Chip = race.TeamChip
	done := o.mustImport(t, "race,bib,chips,name,sex,category", "relay,1,C1,Team 1,X,Open Senior", "relay,2,C2,Team 2,X,V50")
	if diff := cmp.Diff(Imported{Added: 2}, done); diff != "" {
		t.Errorf("import (-want +got):\n%s", diff)
	}
	for _, e := range o.entries {
		held := session{event: o.event}
		seen := CheckIn{IdentitySeen: true, AgeConfirmed: true}
		if missing := held.missing(&e, seen, Papers{}); len(missing) > 0 {
			t.Errorf("bib %s is not handed out: %v", e.Bib, missing)
		}
	}
}

func TestReplaceWithdrawsNeitherEverybodyNorWhoWasCheckedIn(t *testing.T) {
	t.Parallel()
	handedOut := confirmed("ten", "2")
	handedOut.CheckedInAt = time.Now()
	o := newOffice(confirmed("ten", "1"), handedOut, confirmed("ten", "3"))
	const header = "race,bib"
	_, err := o.importLines(t, header, true, "ten,1")
	wantFault(t, "without who was checked in", err, ErrRosterInvalid, fault.Violation{
		Path: "file", Reason: "FILE_INVALID",
		Message: "bib 2 of race ten is missing, and was handed out already; name it, or withdraw it by hand",
	})
	o.entries[1].CheckedInAt = time.Time{}
	_, err = o.importLines(t, header, true)
	wantFault(t, "a header alone", err, ErrRosterInvalid, fault.Violation{
		Path: "file", Reason: "FILE_INVALID", Message: "names no entry, and would withdraw all 3",
	})
	if done, err := o.importLines(t, header, false); err != nil || len(done.Withdrawn) > 0 {
		t.Errorf("a header that replaces nothing: %+v, %v", done, err)
	}
	if done, err := o.importLines(t, header, true, "ten,1"); err != nil || len(done.Withdrawn) != 2 {
		t.Errorf("one of three: %+v, %v", done, err)
	}
}

// An older file does not undo in silence what the desk has done with chips since.
func TestImportWarnsOfChipsThatItTakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		lines []string
		want  []Warning
	}{
		{"nothing else than is worn", []string{"ten,1,C1 C2,,", "relay,R1,,,", "relay,R1-2,M1,R1,2", "relay,R1-1,M2,R1,1"}, nil},
		{"other chips", []string{"ten,1,C3 C1,,"}, []Warning{{2, "chips", "C3 C1 replaces C1 C2"}}},
		{"an empty cell", []string{"ten,1,,,"}, []Warning{{2, "chips", "takes away the chips C1 C2"}}},
		{"a first chip", []string{"ten,2,C4,,"}, nil},
		{"a swap of members undone, by their bibs", []string{"relay,R1,,,", "relay,R1-2,M2,R1,2", "relay,R1-1,M1,R1,1"},
			[]Warning{{3, "chips", "M2 replaces M1"}, {4, "chips", "M1 replaces M2"}}},
		{"a member's taken away, by the leg", []string{"relay,R1,,,", "relay,,M2,R1,1", "relay,,,R1,2"},
			[]Warning{{4, "chips", "takes away the chips M1"}}},
	} {
		team := confirmed("relay", "R1")
		team.Members = []race.Member{
			{Bib: "R1-1", Leg: 1, Chips: []string{"M2"}}, {Bib: "R1-2", Leg: 2, Chips: []string{"M1"}},
		}
		o := newOffice(confirmed("ten", "1", "C1", "C2"), confirmed("ten", "2"), team)
		done := o.mustImport(t, "race,bib,chips,team,leg", c.lines...)
		got := slices.DeleteFunc(done.Warnings, func(w Warning) bool { return w.Column != "chips" })
		if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
