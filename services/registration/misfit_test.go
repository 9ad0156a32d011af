package registration

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func person(id race.ID, born civil.Day) Entry {
	e := confirmed(id, "")
	e.Person = runner(1)
	e.BirthDay = born
	return e
}

func aged(id race.ID, years int) Entry {
	e := confirmed(id, "")
	e.AgeYears = &years
	return e
}

func TestMisfitProblems(t *testing.T) {
	t.Parallel()
	changed := func(e Entry, change func(e *Entry)) Entry {
		change(&e)
		return e
	}
	categories := func(e *race.Event) {
		e.Race("relay").Team.Categories = []race.TeamCategory{{Name: "MIXED", MinMen: 1}, {Name: "OPEN"}}
	}
	teamChip := func(e *race.Event) { e.Race("relay").Team.Chip = race.TeamChip }
	twoWomen := func(e *race.Event) { e.Race("relay").Team.Chip, e.Race("relay").Team.MinWomen = race.TeamChip, 2 }
	incomplete := func(e *race.Event) { e.Race("relay").Team.CompleteUntil = 1 }
	for _, tt := range []struct {
		name  string
		event func(e *race.Event)
		entry Entry
		want  []MisfitProblem
	}{
		{name: "18 on the day", entry: person("half", day(2007, time.September, 28))},
		{name: "18 the day after", entry: person("half", day(2007, time.September, 29)),
			want: []MisfitProblem{{"person.birth_date", "AGE_BELOW_MINIMUM"}}},
		{name: "79 until tomorrow", entry: person("half", day(1945, time.September, 29))},
		{name: "80 on the day", entry: person("half", day(1945, time.September, 28)),
			want: []MisfitProblem{{"person.birth_date", "AGE_ABOVE_MAXIMUM"}}},
		{name: "the event was moved to before the birth",
			event: func(e *race.Event) { e.Day = day(1925, time.September, 28) },
			entry: person("half", day(1990, time.March, 1)), want: []MisfitProblem{{"person.birth_date", "BIRTH_DATE_INVALID"}}},
		{name: "an age too low", entry: aged("half", 17), want: []MisfitProblem{{"person.age", "AGE_BELOW_MINIMUM"}}},
		{name: "nothing known", entry: confirmed("half", "")},
		{name: "the race is gone", entry: confirmed("ultra", ""), want: []MisfitProblem{{"race", "RACE_NOT_FOUND"}}},
		{name: "a team in a race of persons", entry: changed(relayTeam(1), func(e *Entry) { e.Race = "half" }),
			want: []MisfitProblem{{"race", "RACE_TAKES_PERSONS"}}},

		{name: "by its bib in a wave", entry: confirmed("ten", "99")},
		{name: "a bib in no wave", entry: confirmed("ten", "100"), want: []MisfitProblem{{"wave", "WAVE_UNKNOWN"}}},
		{name: "a wave that is gone", entry: changed(confirmed("ten", ""), func(e *Entry) { e.Wave = "Q" }),
			want: []MisfitProblem{{"wave", "WAVE_UNKNOWN"}}},
		{name: "no bib and no wave yet", entry: confirmed("ten", "")},

		{name: "a whole team", entry: relayTeam(1)},
		{name: "a team of which no member is known, and one team chip", event: teamChip, entry: confirmed("relay", "R9")},
		{name: "a team of which no member is known, and members wear chips", entry: confirmed("relay", "R9"),
			want: []MisfitProblem{{"members", "TEAM_SIZE"}}},
		{name: "a team of which no member is known, and two women are needed", event: twoWomen, entry: confirmed("relay", "R9"),
			want: []MisfitProblem{{"members", "TEAM_SIZE"}, {"members", "TEAM_COMPOSITION"}}},
		{name: "a team of which neither a member nor the category is known", event: categories, entry: confirmed("relay", "R9"),
			want: []MisfitProblem{{"members", "TEAM_SIZE"}, {"person.category", "TEAM_CATEGORY_UNKNOWN"}}},
		{name: "a member too young", entry: changed(relayTeam(1), func(e *Entry) { e.Members[1].BirthDay = day(2010, time.January, 1) }),
			want: []MisfitProblem{{"members[1].person.birth_date", "AGE_BELOW_MINIMUM"}}},
		{name: "a member of whom only the age is known, too young", entry: changed(relayTeam(1), func(e *Entry) {
			years := 12
			e.Members[2].BirthDay, e.Members[2].AgeYears = civil.Day{}, &years
		}), want: []MisfitProblem{{"members[2].person.age", "AGE_BELOW_MINIMUM"}}},
		{name: "members without names", entry: changed(relayTeam(1), func(e *Entry) { e.Members[0].Person = race.Person{} })},
		{name: "a team too small", entry: changed(relayTeam(1), func(e *Entry) { e.Members = e.Members[:2] }),
			want: []MisfitProblem{{"members", "TEAM_SIZE"}}},
		{name: "a team to be completed later", event: incomplete,
			entry: changed(relayTeam(1), func(e *Entry) { e.State, e.Members = Held, e.Members[:2] })},
		{name: "a team to be completed later that a roster file confirmed", event: incomplete,
			entry: changed(relayTeam(1), func(e *Entry) { e.Members = e.Members[:2] }),
			want:  []MisfitProblem{{"members", "TEAM_SIZE"}}},
		{name: "a leg beyond the last", entry: changed(relayTeam(1), func(e *Entry) { e.Members[2].Leg = 4 }),
			want: []MisfitProblem{{"members[2].leg", "LEG_INVALID"}}},
		{name: "a category that is gone", event: categories, entry: relayTeam(1),
			want: []MisfitProblem{{"person.category", "TEAM_CATEGORY_UNKNOWN"}}},
		{name: "too few men for the category", event: categories,
			entry: changed(relayTeam(1), func(e *Entry) { e.Category = "MIXED" }),
			want:  []MisfitProblem{{"members", "TEAM_COMPOSITION"}}},
		{name: "in a category", event: categories, entry: changed(relayTeam(1), func(e *Entry) { e.Category = "OPEN" })},
	} {
		event := newOffice().event
		if tt.event != nil {
			tt.event(event)
		}
		if diff := cmp.Diff(tt.want, misfitProblems(event, &tt.entry)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestListMisfits(t *testing.T) {
	t.Parallel()
	o := newOffice()
	var want []race.EntrantID
	for n := range 2*walkPage + 10 {
		e := aged("ten", 30)
		if n%walkPage == walkPage-1 || n%700 == 3 {
			e = aged("ten", 14)
		}
		if n == 703 {
			e.State = Expired
		}
		e = o.enter(e)
		if *e.AgeYears == 14 && e.State.Stands() {
			want = append(want, e.ID)
		}
	}
	young := o.enter(aged("half", 17))
	young.State = Waitlisted
	o.entries[young.ID-1] = young
	for _, limit := range []int{1, 2, 100} {
		var got []race.EntrantID
		for after := race.EntrantID(0); ; {
			page, err := o.service.ListMisfits(t.Context(), "e", "ten", after, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page {
				got = append(got, m.Entrant)
			}
			if len(page) > limit {
				t.Fatalf("got %d misfits on a page of %d", len(page), limit)
			}
			if len(page) < limit {
				break
			}
			after = page[limit-1].Entrant
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in pages of %d (-want +got):\n%s", limit, diff)
		}
	}
	all, err := o.service.ListMisfits(t.Context(), "e", "", want[len(want)-1], 10)
	if err != nil {
		t.Fatal(err)
	}
	last := []Misfit{{
		Entrant: young.ID, Reference: young.Reference, Race: "half",
		Problems: []MisfitProblem{{"person.age", "AGE_BELOW_MINIMUM"}},
	}}
	if diff := cmp.Diff(last, all); diff != "" {
		t.Errorf("of all races (-want +got):\n%s", diff)
	}
	_, err = o.service.ListMisfits(t.Context(), "e", "ultra", 0, 10)
	wantFault(t, "unknown race", err, ErrRaceNotFound)
	_, err = o.service.ListMisfits(t.Context(), "f", "", 0, 10)
	wantFault(t, "unknown event", err, errNoSuchEvent)
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	waits := person("half", day(2006, time.March, 1))
	waits.State = Waitlisted
	over := person("half", day(1950, time.March, 1))
	ended := over
	ended.State = Withdrawn
	o := newOffice(over, waits, ended, relayTeam(1), relayTeam(2), confirmed("ten", "F7"), aged("half", 12))
	for n := range 7 {
		o.enter(person("ten", day(2009, time.January, n+1)))
	}
	const keep = "; keep_misfits (--keep-misfits) leaves them as they are"
	refs := func(text string, ids ...int) string {
		for i, id := range ids {
			if i > 0 {
				text += ", "
			}
			text += string(numbered(id))
		}
		return text
	}
	for _, tt := range []struct {
		name   string
		change func(e *race.Event)
		want   []fault.Violation
		// kept is what is left of them where misfits are kept.
		kept int
	}{
		{"nothing", func(*race.Event) {}, nil, 0},
		{"a race with entries goes", func(e *race.Event) { e.Races = e.Races[:2] },
			[]fault.Violation{{Path: "races", Reason: "RACE_HAS_ENTRIES", Message: "relay is missing and has 2 entries"}}, 1},
		{"persons instead of teams", func(e *race.Event) { e.Races[2].Team = nil }, []fault.Violation{{
			Path: "races[2].team", Reason: "RACE_HAS_ENTRIES", Message: "changes between persons and teams and has 2 entries",
		}}, 1},
		{"places for all but who waits", func(e *race.Event) { e.Races[1].Capacity = 2 }, nil, 0},
		{"too few places", func(e *race.Event) { e.Races[1].Capacity = 1 }, []fault.Violation{{
			Path: "races[1].capacity", Reason: "CAPACITY_TAKEN", Message: "1 is below the 2 places that are taken",
		}}, 1},
		{"places for everybody", func(e *race.Event) { e.Races[1].Capacity = 0 }, nil, 0},
		{"a higher age, who waits too", func(e *race.Event) { e.Races[1].MinAgeYears = 20 }, []fault.Violation{{
			Path: "races[1].min_age", Reason: "AGE_BELOW_MINIMUM", Message: refs("1 entries would be below it: ", 2) + keep,
		}}, 0},
		{"a lower upper age", func(e *race.Event) { e.Races[1].MaxAgeYears = 74 }, []fault.Violation{{
			Path: "races[1].max_age", Reason: "AGE_ABOVE_MAXIMUM", Message: refs("1 entries would be above it: ", 1) + keep,
		}}, 0},
		{"more than can be named", func(e *race.Event) { e.Races[0].MinAgeYears = 17 }, []fault.Violation{{
			Path: "races[0].min_age", Reason: "AGE_BELOW_MINIMUM",
			Message: refs("7 entries would be below it: ", 8, 9, 10, 11, 12) + ", ..." + keep,
		}}, 0},
		{"an earlier year", func(e *race.Event) { e.Day = day(2023, time.September, 28) }, []fault.Violation{
			{Path: "races[0].min_age", Reason: "AGE_BELOW_MINIMUM",
				Message: refs("7 entries would be below it: ", 8, 9, 10, 11, 12) + ", ..." + keep},
			{Path: "races[1].min_age", Reason: "AGE_BELOW_MINIMUM", Message: refs("1 entries would be below it: ", 2) + keep},
		}, 0},
		{"smaller teams", func(e *race.Event) { e.Races[2].Team = &race.Team{Size: 2} }, []fault.Violation{{
			Path: "races[2].team", Reason: "TEAM_COMPOSITION", Message: refs("2 teams would break it: ", 4, 5) + keep,
		}}, 0},
		{"categories of teams", func(e *race.Event) {
			e.Races[2].Team = &race.Team{Size: 3, Reserves: 1, Categories: []race.TeamCategory{{Name: "MEN", MinMen: 3}}}
		}, []fault.Violation{{
			Path: "races[2].team", Reason: "TEAM_COMPOSITION", Message: refs("2 teams would break it: ", 4, 5) + keep,
		}}, 0},
		{"a wave goes", func(e *race.Event) { e.Races[0].Waves = []race.Wave{{ID: "C"}, {ID: "D"}} }, []fault.Violation{{
			Path: "races[0].waves", Reason: "WAVE_UNKNOWN", Message: refs("1 entries would be in no wave: ", 6),
		}}, 1},
	} {
		for _, kept := range []bool{false, true} {
			newer := newOffice().event
			tt.change(newer)
			got, err := o.service.Breaks(t.Context(), 1, o.event, newer, kept)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if kept {
				want = tt.want[:tt.kept]
			}
			if len(want) == 0 {
				want = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, misfits kept: %t (-want +got):\n%s", tt.name, kept, diff)
			}
		}
	}
}

func TestBreaksLeavesOperatorsCapacityStanding(t *testing.T) {
	t.Parallel()
	o := newOffice()
	for range 4 { // An operator raised the capacity from 3.
		o.enter(aged("half", 30))
	}
	newer := newOffice().event
	newer.Races[1].MaxAgeYears = 70
	if got, err := o.service.Breaks(t.Context(), 1, o.event, newer, false); len(got) > 0 || err != nil {
		t.Errorf("got %v, %v, want nothing", got, err)
	}
}
