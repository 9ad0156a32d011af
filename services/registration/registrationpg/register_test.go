package registrationpg_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func born(year int, month time.Month, day int) race.Person {
	p := person(0)
	p.BirthDay = civil.Day{Year: year, Month: month, Day: day}
	return p
}

func TestRegisterPersonByFormat(t *testing.T) {
	t.Parallel()
	f := start(t)
	tests := []struct {
		race   race.ID
		person race.Person
		want   *fault.Fault
	}{
		{"marathon", born(2007, time.September, 28), nil},
		{"marathon", born(2007, time.September, 29), registration.ErrAgeBelowMinimum},
		{"half", born(2007, time.September, 27), nil},
		{"half", born(2008, time.September, 28), registration.ErrAgeBelowMinimum},
		{"ten", born(2010, time.September, 28), nil},
		{"ten", born(2010, time.September, 29), registration.ErrAgeBelowMinimum},
		{"nordic", born(2010, time.September, 27), nil},
		{"nordic", born(2010, time.December, 1), registration.ErrAgeBelowMinimum},
		{"ekiden", born(1990, time.September, 29), registration.ErrRaceTakesTeams},
		{"ultra", born(1990, time.September, 29), registration.ErrRaceNotFound},
		{"marathon", born(2026, time.January, 1), registration.ErrBirthDateInvalid},
		{"marathon", race.Person{Name: "N", Sex: race.Male}, registration.ErrBirthDateMissing},
		{"marathon", race.Person{Name: "N", BirthDay: civil.Day{Year: 1990, Month: 1, Day: 1}}, registration.ErrSexMissing},
		{"marathon", race.Person{Sex: race.Male, BirthDay: civil.Day{Year: 1990, Month: 1, Day: 1}}, registration.ErrNameMissing},
		{
			"marathon", race.Person{Name: "a\x00b", Sex: race.Male, BirthDay: civil.Day{Year: 1990, Month: 1, Day: 1}},
			registration.ErrTextInvalid,
		},
	}
	elsewhere := request(0, "marathon")
	elsewhere.Event = "astana"
	if _, err := f.RegisterPerson(t.Context(), "tester", elsewhere); !errors.Is(err, errNoEvent) {
		t.Errorf("unknown event: got %v, want %v", err, errNoEvent)
	}
	for i, tt := range tests {
		r := request(i, tt.race)
		r.Person, r.Guardian = tt.person, guardian()
		entry, err := f.RegisterPerson(t.Context(), "tester", r)
		if got, _ := fault.Of(err); got != tt.want || err != nil && got == nil {
			t.Errorf("%s, born %s: got %v, want %v", tt.race, tt.person.BirthDay, err, tt.want)
		}
		if err == nil && (entry.State != registration.Confirmed || len(entry.Reference) != 9) {
			t.Errorf("%s: got entry %q, %s", tt.race, entry.Reference, entry.State)
		}
	}
}

func team(n int) registration.Registration {
	r := registration.Registration{
		Event: "almaty-2025", Race: "ekiden", RequestID: fmt.Sprintf("team-%d", n),
		Person: race.Person{Name: fmt.Sprintf("Team %d", n)},
	}
	for leg := 6; leg >= 1; leg-- {
		r.Members = append(r.Members, race.Member{Leg: leg, Person: person(1000*n + leg)})
	}
	return r
}

func TestRegisterTeam(t *testing.T) {
	t.Parallel()
	f := start(t)
	entry, err := f.RegisterTeam(t.Context(), "tester", team(1))
	if err != nil {
		t.Fatal(err)
	}
	if entry.Sex != race.X || len(entry.Members) != 6 || entry.Members[0].Leg != 1 {
		t.Errorf("got a team of sex %v whose first of %d members runs leg %d", entry.Sex, len(entry.Members), entry.Members[0].Leg)
	}
	runner := request(1, "marathon")
	if _, err := f.RegisterPerson(t.Context(), "tester", runner); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(r *registration.Registration)
		want   *fault.Fault
		fields []fault.Violation
	}{
		{
			"five members", func(r *registration.Registration) { r.Members = r.Members[1:] },
			registration.ErrTeamSize, []fault.Violation{saying(registration.ErrTeamSize, "members", "regulars 5 of 6, reserves 0 of at most 2")},
		},
		{
			"a member of fifteen", func(r *registration.Registration) {
				r.Members[2].BirthDay = civil.Day{Year: 2009, Month: time.September, Day: 29}
			},
			registration.ErrAgeBelowMinimum, []fault.Violation{saying(registration.ErrAgeBelowMinimum, "members[2].person.birth_date", "it is 16")},
		},
		{
			"a leg twice", func(r *registration.Registration) { r.Members[0].Leg = 1 },
			registration.ErrLegInvalid, []fault.Violation{registration.ErrLegInvalid.At("members[5].leg")},
		},
		{
			"a member of another team under a name in capitals",
			func(r *registration.Registration) {
				r.Members[4].Person = team(1).Members[0].Person
				r.Members[4].Name = "RUNNER  1006"
			},
			registration.ErrMemberInTwoTeams, []fault.Violation{registration.ErrMemberInTwoTeams.At("members[4].person")},
		},
		{
			"a member who runs the marathon", func(r *registration.Registration) { r.Members[1].Person = runner.Person },
			registration.ErrAlreadyEntered, []fault.Violation{registration.ErrAlreadyEntered.At("members[1].person")},
		},
		{
			"a member twice", func(r *registration.Registration) { r.Members[3].Person = r.Members[2].Person },
			registration.ErrAlreadyEntered, []fault.Violation{registration.ErrAlreadyEntered.At("members[3].person")},
		},
		{
			"bibs and chips", func(r *registration.Registration) {
				r.Members[0].Bib, r.Members[5].Chips = "9001", []string{"C1"}
			},
			registration.ErrFieldNotTaken, []fault.Violation{
				registration.ErrFieldNotTaken.At("members[0].bib"), registration.ErrFieldNotTaken.At("members[5].chips"),
			},
		},
		{"no name", func(r *registration.Registration) { r.Person.Name = "" },
			registration.ErrNameMissing, []fault.Violation{registration.ErrNameMissing.At("team.name")}},
		{"a race of persons", func(r *registration.Registration) { r.Race = "ten" }, registration.ErrRaceTakesPersons, nil},
	}
	for i, tt := range tests {
		r := team(10 + i)
		tt.change(&r)
		_, err := f.RegisterTeam(t.Context(), "tester", r)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if diff := cmp.Diff(tt.fields, fault.Violations(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	member := request(2, "half")
	member.Person = team(1).Members[3].Person
	if _, err := f.RegisterPerson(t.Context(), "tester", member); !errors.Is(err, registration.ErrAlreadyEntered) {
		t.Errorf("a member in a race of persons: got %v, want %v", err, registration.ErrAlreadyEntered)
	}
}

func TestSameRequestIsOneEntry(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.event.Races[0].Capacity = 1
	first, err := f.RegisterPerson(t.Context(), "tester", request(1, "marathon"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.RegisterPerson(t.Context(), "tester", request(1, "marathon"))
	if err != nil || again.Reference != first.Reference {
		t.Errorf("the same request again: got %q, %v, want %q", again.Reference, err, first.Reference)
	}
	for name, change := range map[string]func(r *registration.Registration){
		"another name": func(r *registration.Registration) { r.Person.Name = "Somebody" },
		"another race": func(r *registration.Registration) { r.Race = "half" },
		"another tag":  func(r *registration.Registration) { r.Tags = []string{"veteran"} },
	} {
		r := request(1, "marathon")
		change(&r)
		if _, err := f.RegisterPerson(t.Context(), "tester", r); !errors.Is(err, registration.ErrRequestIDReused) {
			t.Errorf("%s: got %v, want %v", name, err, registration.ErrRequestIDReused)
		}
	}
	if _, err := f.RegisterPerson(t.Context(), "tester", request(2, "marathon")); !errors.Is(err, registration.ErrRaceFull) {
		t.Errorf("another request: got %v, want %v", err, registration.ErrRaceFull)
	}
	f.event.Races[0].Capacity = 2
	if _, err := f.RegisterPerson(t.Context(), "tester", request(2, "marathon")); err != nil {
		t.Errorf("after a place was added: got %v, want an entry", err)
	}
	f.event.Races[0].Capacity = 1
	if _, err := f.RegisterPerson(t.Context(), "tester", request(3, "marathon")); !errors.Is(err, registration.ErrRaceFull) {
		t.Errorf("below what is taken: got %v, want %v", err, registration.ErrRaceFull)
	}
}

func TestCancelledCallerLeavesNeighboursAlone(t *testing.T) {
	t.Parallel()
	f := start(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan error, 20)
	for n := range 20 {
		go func() {
			ctx := t.Context()
			if n%2 == 0 {
				ctx = gone
			}
			_, err := f.RegisterPerson(ctx, "tester", request(n, "marathon"))
			if n%2 == 0 {
				err = nil // It may have been admitted or not.
			}
			done <- err
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Errorf("a caller who stayed: %v", err)
		}
	}
}

func TestGetAndListEntries(t *testing.T) {
	t.Parallel()
	f := start(t)
	var want []registration.Reference
	for n := range 5 {
		id := race.ID("marathon")
		if n == 3 {
			id = "half"
		}
		entry, err := f.RegisterPerson(t.Context(), "tester", request(n, id))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, entry.Reference)
		found, err := f.GetEntry(t.Context(), "almaty-2025", registration.Key{Reference: entry.Reference})
		if err != nil {
			t.Fatal(err)
		}
		entry.ID = found.ID
		if diff := cmp.Diff(entry, found); diff != "" {
			t.Errorf("GetEntry (-registered +found):\n%s", diff)
		}
	}
	list := func(id race.ID, after race.EntrantID, limit int) (references []registration.Reference, last race.EntrantID) {
		entries, err := f.ListEntries(t.Context(), "almaty-2025", id, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			references, last = append(references, e.Reference), e.ID
		}
		return references, last
	}
	first, last := list("", 0, 3)
	rest, _ := list("", last, 3)
	if diff := cmp.Diff(want, append(first, rest...)); diff != "" {
		t.Errorf("two pages (-want +got):\n%s", diff)
	}
	half, _ := list("half", 0, 10)
	if diff := cmp.Diff(want[3:4], half); diff != "" {
		t.Errorf("one race (-want +got):\n%s", diff)
	}
	if _, err := f.GetEntry(t.Context(), "almaty-2025", registration.Key{Reference: "NOPE-NOPE"}); !errors.Is(err, registration.ErrEntryNotFound) {
		t.Errorf("unknown reference: got %v, want %v", err, registration.ErrEntryNotFound)
	}
	if _, err := f.GetEntry(t.Context(), "almaty-2025", registration.Key{Bib: "1"}); !errors.Is(err, registration.ErrEntryNotFound) {
		t.Errorf("unknown bib: got %v, want %v", err, registration.ErrEntryNotFound)
	}
	if _, err := f.GetEntry(t.Context(), "astana", registration.Key{Reference: want[0]}); !errors.Is(err, errNoEvent) {
		t.Errorf("unknown event: got %v, want %v", err, errNoEvent)
	}
}
