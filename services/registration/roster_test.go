package registration_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/csvtable"
	"raceday/services/registration"
	"raceday/services/rehearsal/sharedcase"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// rosterEvent has a race of persons with two waves and a relay of three legs with one wave.
func rosterEvent() *race.Event {
	return &race.Event{
		ID: "e", Day: civil.Day{Year: 2025, Month: time.September, Day: 28},
		Races: []race.Race{
			{ID: "ten", Waves: []race.Wave{
				{ID: "A", Bibs: []race.BibRange{{First: 1, Last: 99}}},
				{ID: "B", Bibs: []race.BibRange{{Prefix: "F", First: 1, Last: 99}}},
			}},
			{ID: "relay", Team: &race.Team{Size: 3, Reserves: 1}, Waves: []race.Wave{{ID: "R"}}},
		},
	}
}

func parse(t *testing.T, file string) ([]race.Entrant, error) {
	t.Helper()
	return registration.ParseRoster("roster.csv", strings.NewReader(file), rosterEvent())
}

func TestParseRoster(t *testing.T) {
	t.Parallel()
	const file = `race,bib,chips,name,sex,birth_date,age,country,club,category,wave,team,leg,tags,name_shown
relay,,,Third Leg,F,2000-02-29,,,,,,R1,3,,HIDDEN
ten,7,C7 007a,Ann Lee,F,1990-05-01,,KAZ,Sunkar,Open,,,,veteran local,FULL
ten,500,,,,,44,,,,B,,,,
relay,R1,T1,The Team,X,,,KAZ,,Mixed,R,,,club,
relay,R1,,First Leg,M,,30,,,,R,R1,1,club,
relay,R12,M12,Second Leg,M,,,,,,,R1,2,,
relay,,,In Reserve,M,,,,,,,R1,,,
`
	got, err := parse(t, file)
	if err != nil {
		t.Fatal(err)
	}
	years := func(n int) *int { return &n }
	want := []race.Entrant{
		{
			Race: "ten", Bib: "7", Chips: []string{"C7", "007a"}, Tags: []string{"veteran", "local"},
			Person: race.Person{
				Name: "Ann Lee", Sex: race.Female, BirthDay: civil.Day{Year: 1990, Month: time.May, Day: 1},
				Country: "KAZ", Club: "Sunkar", Category: "Open", NameShown: race.NameInFull,
			},
		},
		{Race: "ten", Bib: "500", Wave: "B", Person: race.Person{AgeYears: years(44)}},
		{
			Race: "relay", Bib: "R1", Chips: []string{"T1"}, Wave: "R", Tags: []string{"club"},
			Person: race.Person{Name: "The Team", Sex: race.X, Country: "KAZ", Category: "Mixed"},
			Members: []race.Member{
				{Leg: 1, Person: race.Person{Name: "First Leg", Sex: race.Male, AgeYears: years(30)}},
				{Leg: 2, Bib: "R12", Chips: []string{"M12"}, Person: race.Person{Name: "Second Leg", Sex: race.Male}},
				{Leg: 3, Person: race.Person{
					Name: "Third Leg", Sex: race.Female, BirthDay: civil.Day{Year: 2000, Month: time.February, Day: 29},
					NameShown: race.NameHidden,
				}},
				{Person: race.Person{Name: "In Reserve", Sex: race.Male}},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ParseRoster (-want +got):\n%s", diff)
	}
}

func TestParseRosterNamesEveryBadLine(t *testing.T) {
	t.Parallel()
	const header = "race,bib,chips,name,sex,birth_date,age,wave,team,leg,tags\n"
	tests := []struct {
		name, lines string
		want        []string
	}{
		{"race missing", ",7,,,,,,,,,", []string{"2: race: is missing"}},
		{"race unknown", "5k,7,,,,,,,,,", []string{`2: race: "5k" is no race of the event`}},
		{"bib missing", "ten,,,,,,,,,,", []string{"2: bib: is missing"}},
		{"bib bad", "ten,a7,,,,,,,,,", []string{`2: bib: "a7" is not a bib: 1 to 8 of A-Z, 0-9 and hyphen`}},
		{"bib twice", "ten,7,,,,,,,,,\nten,8,,,,,,,,,\nten,7,,,,,,,,,", []string{`4: bib: "7" stands on line 2 already`}},
		{"bib twice over races", "ten,7,,,,,,,,,\nrelay,7,,,,,,,,,", []string{`3: bib: "7" stands on line 2 already`}},
		{"chip bad", "ten,7,C-7,,,,,,,,", []string{`2: chips: "C-7" is not a chip: 1 to 32 letters and digits`}},
		{
			"chip twice without its zeros", "ten,7,00c7,,,,,,,,\nten,8,X C7,,,,,,,,",
			[]string{`3: chips: "C7" stands on line 2 already`},
		},
		{"chip twice on a line", "ten,7,C7 C7,,,,,,,,", []string{`2: chips: "C7" stands on line 2 already`}},
		{"sex bad", "ten,7,,,W,,,,,,", []string{`2: sex: "W" is not M, F or X`}},
		{"birth date bad", "ten,7,,,,1990-02-30,,,,,", []string{"2: birth_date: not a day written YYYY-MM-DD"}},
		{"birth date to come", "ten,7,,,,2025-09-29,,,,,", []string{"2: birth_date: is after the event's day"}},
		{"age bad", "ten,7,,,,,old,,,,\nten,8,,,,,-1,,,,", []string{
			`2: age: "old" is not an age in years`, `3: age: "-1" is not an age in years`,
		}},
		{"wave unknown", "ten,7,,,,,,Z,,,", []string{`2: wave: "Z" is no wave of the race`}},
		{"no wave follows", "ten,500,,,,,,,,,", []string{
			"2: wave: is needed: no wave's range holds the bib and the race has several waves",
		}},
		{"name over two lines", "ten,7,,\"a\nb\",,,,,,,", []string{
			"2: name: is not one line of UTF-8 of at most 200 characters",
		}},
		{"member of nobody", "relay,R2,,,,,,,R1,1,", []string{`2: team: "R1" is the bib of no team of the race`}},
		{"member in a race of persons", "ten,7,,,,,,,9,,", []string{"2: team: stands in a race of persons"}},
		{"leg in a race of persons", "ten,7,,,,,,,,1,", []string{"2: leg: stands in a race of persons"}},
		{"leg on a team's line", "relay,R1,,,,,,,,1,", []string{
			"2: leg: stands on a team's own line; a member's names its team",
		}},
		{"legs out of range", "relay,R1,,,,,,,,,\nrelay,,,,,,,,R1,4,\nrelay,,,,,,,,R1,x,", []string{
			"3: leg: is not 1 to 3, or 0 for a reserve", "4: leg: is not 1 to 3, or 0 for a reserve",
		}},
		{"leg twice", "relay,R1,,,,,,,,,\nrelay,,,,,,,,R1,2,\nrelay,,,,,,,,R1,2,", []string{
			"4: leg: stands on line 3 already",
		}},
		{"member of another wave and tag than the team", "relay,R1,,,,,,,,,\nrelay,,,,,,,R,R1,2,fast", []string{
			"3: tags: are not those that stand on the team's line", "3: wave: is not the one that stands on the team's line",
		}},
		{"several at once", "5k,7,,,Q,,,,,,\nten,8\nten,9,,,,,x,,,,", []string{
			`2: race: "5k" is no race of the event`, `2: sex: "Q" is not M, F or X`,
			"3: has 2 fields where the header has 11", `4: age: "x" is not an age in years`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, header+tt.lines+"\n")
			faults, ok := errors.AsType[csvtable.Faults](err)
			if !ok {
				t.Fatalf("got %v, want faults", err)
			}
			var got []string
			for _, f := range faults {
				got = append(got, strings.TrimPrefix(f.String(), "roster.csv:"))
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRosterNamesShownInAnotherWay(t *testing.T) {
	t.Parallel()
	_, err := parse(t, "race,bib,name_shown\nten,1,\nten,2,hidden\nten,3,HIDDEN\nten,4,FULL\n")
	if want := `roster.csv:3: name_shown: "hidden" is not HIDDEN or FULL`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestParseRosterReadsRealRaces(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"berlin-2016": 412, "boston-2001": 13443, "boston-2013": 17600, "chicago-2023-a": 24000,
		"devils-burdens-2020": 154, "prefectures-boys-2024": 47,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := rosterEvent()
			event.Races = []race.Race{
				{ID: "marathon", Waves: []race.Wave{{ID: "W"}}}, {ID: "wheelchair", Waves: []race.Wave{{ID: "W"}}},
				{ID: "wall", Waves: []race.Wave{{ID: "W"}}},
				{ID: "relay", Team: &race.Team{Size: 7}, Waves: []race.Wave{{ID: "W"}}},
			}
			file, err := os.ReadFile(filepath.Join(sharedcase.Dir(t, name), "roster.csv"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := registration.ParseRoster("roster.csv", bytes.NewReader(file), event)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != want {
				t.Errorf("got %d entrants, want %d", len(got), want)
			}
		})
	}
}

// TestRosterReadsBack writes any roster and reads the same entrants again.
func TestRosterReadsBack(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`(|[A-Za-zÄé",;'][A-Za-z ",;'Äé-]{0,10}[a-z",])`)
	rapid.Check(t, func(t *rapid.T) {
		person := func(label string) race.Person {
			p := race.Person{
				Name: text.Draw(t, label+" name"), Club: text.Draw(t, label+" club"), Category: text.Draw(t, label+" category"),
				Country: rapid.SampledFrom([]string{"", "KAZ"}).Draw(t, label+" country"),
				Sex:     rapid.SampledFrom([]race.Sex{race.SexUnknown, race.Female, race.Male, race.X}).Draw(t, label+" sex"),
				NameShown: rapid.SampledFrom([]race.NameShown{
					race.NameByAge, race.NameHidden, race.NameInFull,
				}).Draw(t, label+" name shown"),
			}
			if rapid.Bool().Draw(t, label+" has a birth date") {
				p.BirthDay = civil.Day{Year: 1990, Month: time.March, Day: rapid.IntRange(1, 31).Draw(t, label+" day")}
			} else if rapid.Bool().Draw(t, label+" has an age") {
				years := rapid.IntRange(0, 100).Draw(t, label+" age")
				p.AgeYears = &years
			}
			return p
		}
		var want []race.Entrant
		for n := range rapid.IntRange(0, 5).Draw(t, "persons") {
			e := race.Entrant{Race: "ten", Bib: race.Bib(fmt.Sprint(n + 1)), Person: person("person")}
			if rapid.Bool().Draw(t, "marked") {
				e.Chips, e.Tags, e.Wave = []string{fmt.Sprintf("0c%d", n)}, []string{"b", "a"}, "B"
			}
			want = append(want, e)
		}
		for n := range rapid.IntRange(0, 2).Draw(t, "teams") {
			e := race.Entrant{Race: "relay", Bib: race.Bib(fmt.Sprintf("R%d", n)), Person: person("team")}
			for leg := range rapid.IntRange(0, 3).Draw(t, "members") {
				m := race.Member{Leg: leg + 1, Person: person("member")}
				if rapid.Bool().Draw(t, "own bib") {
					m.Bib, m.Chips = race.Bib(fmt.Sprintf("R%d-%d", n, leg)), []string{fmt.Sprintf("m%dm%d", n, leg)}
				}
				e.Members = append(e.Members, m)
			}
			if rapid.Bool().Draw(t, "has a reserve") {
				e.Members = append(e.Members, race.Member{Person: person("reserve")})
			}
			want = append(want, e)
		}
		var file bytes.Buffer
		shuffled := rapid.Permutation(want).Draw(t, "order")
		if err := registration.WriteRoster(&file, rosterEvent(), shuffled); err != nil {
			t.Fatal(err)
		}
		got, err := registration.ParseRoster("roster.csv", &file, rosterEvent())
		if err != nil {
			t.Fatalf("%v\n%s", err, file.String())
		}
		if len(want) == 0 {
			want = []race.Entrant{}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("read back (-want +got):\n%s", diff)
		}
	})
}

// FuzzParseRoster reads anything; what can be read is written and read again without loss.
func FuzzParseRoster(f *testing.F) {
	f.Add([]byte("race,bib,chips,name,sex,birth_date,age,country,club,category,wave,team,leg,tags,name_shown\n" +
		"ten,7,C7,\"A, B\",F,1990-05-01,,KAZ,,,A,,,x y,FULL\nrelay,R1,,,,,,,,,,,,,\nrelay,,,M,M,,30,,,,,R1,1,,HIDDEN\n"))
	f.Add([]byte("\xef\xbb\xbfbib,race,tags\r\n7,ten,\x00\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		first, err := registration.ParseRoster("roster.csv", bytes.NewReader(file), rosterEvent())
		if err != nil {
			if faults, ok := errors.AsType[csvtable.Faults](err); !ok || len(faults) == 0 {
				t.Fatalf("got %v, want faults", err)
			}
			return
		}
		var written, again bytes.Buffer
		if err := registration.WriteRoster(&written, rosterEvent(), first); err != nil {
			t.Fatal(err)
		}
		second, err := registration.ParseRoster("roster.csv", bytes.NewReader(written.Bytes()), rosterEvent())
		if err != nil {
			t.Fatalf("%v\n%s", err, written.String())
		}
		if err := registration.WriteRoster(&again, rosterEvent(), second); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(written.String(), again.String()); diff != "" {
			t.Errorf("written twice (-first +second):\n%s", diff)
		}
	})
}

func BenchmarkParseRoster(b *testing.B) {
	var file bytes.Buffer
	file.WriteString("race,bib,chips,name,sex,birth_date,age,country,club,category,wave,team,leg,tags\n")
	for n := range 50_000 {
		fmt.Fprintf(&file, "ten,%d,C%d,Runner %d,F,,28,KAZ,,,A,,,\n", n, n, n)
	}
	event := rosterEvent()
	for b.Loop() {
		if _, err := registration.ParseRoster("roster.csv", bytes.NewReader(file.Bytes()), event); err != nil {
			b.Fatal(err)
		}
	}
}
