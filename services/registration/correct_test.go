package registration

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

func (o *office) correct(t *testing.T, e Entry, value Entry, fields ...string) (Entry, error) {
	t.Helper()
	return o.service.CorrectEntry(t.Context(), "desk", Correction{
		Event: "e", Reference: e.Reference, Fields: fields, Value: value.Entrant, ExpectedTime: value.ExpectedTime,
		Reason: "asked for it",
	})
}

func TestCorrectEntryChangesTheNamedFields(t *testing.T) {
	t.Parallel()
	before := confirmed("ten", "7", "C7")
	before.Person, before.FeeMinor, before.PaidMinor = runner(1), 500, 500
	o := newOffice(before)
	value := Entry{ExpectedTime: 50 * time.Minute, Entrant: race.Entrant{
		Race: "half", Bib: "8", Chips: []string{"c8"}, Tags: []string{"local"}, Wave: "H",
		Person: race.Person{Name: "Not asked for", Club: "Sunkar", NameShown: race.NameHidden},
	}}
	fields := []string{"race", "bib", "chips", "tags", "wave", "expected_time", "person.club", "person.name_shown"}
	got, err := o.correct(t, o.entries[0], value, fields...)
	if err != nil {
		t.Fatal(err)
	}
	want := o.entries[0]
	want.Race, want.Bib, want.Chips, want.Tags, want.Wave = "half", "8", []string{"c8"}, []string{"local"}, "H"
	want.ExpectedTime, want.Club, want.NameShown = 50*time.Minute, "Sunkar", race.NameHidden
	want.Name, want.FeeMinor = "Runner 1", 500
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, o.entries[0]); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

func TestCorrectEntryRefuses(t *testing.T) {
	t.Parallel()
	other, second := confirmed("ten", "2", "C2"), confirmed("ten", "3")
	other.Person, second.Person, second.SecondEntry = runner(2), runner(2), true
	entry := confirmed("ten", "1", "C1")
	entry.Person = runner(1)
	o := newOffice(entry, other, second, relayTeam(1), relayTeam(2), confirmed("half", ""), confirmed("half", ""),
		Entry{State: Held, ExpiresAt: time.Now().Add(time.Hour), Entrant: race.Entrant{Race: "half"}})
	entry, other, second = o.entries[0], o.entries[1], o.entries[2]
	members := func(change func(m []race.Member)) Entry {
		m := slices.Clone(o.entries[3].Members)
		change(m)
		return Entry{Entrant: race.Entrant{Members: m}}
	}
	for _, tt := range []struct {
		name   string
		entry  Entry
		value  Entry
		field  string
		want   *fault.Fault
		fields []fault.Violation
	}{
		{"bib of another", entry, confirmed("", "2"), "bib", ErrBibTaken,
			[]fault.Violation{takenBy(ErrBibTaken, "entry.bib", "2")}},
		{"bib of a member", entry, Entry{Entrant: race.Entrant{Bib: "R1-2", Wave: "A", Race: "ten"}}, "bib", ErrWaveUnknown,
			[]fault.Violation{ErrWaveUnknown.At("entry.wave")}},
		{"chip of another", entry, confirmed("", "", "X1", "0c2"), "chips", ErrChipTaken,
			[]fault.Violation{takenBy(ErrChipTaken, "entry.chips[1]", "2")}},
		{"chip of a member", entry, confirmed("", "", "m1m2"), "chips", ErrChipTaken,
			[]fault.Violation{takenBy(ErrChipTaken, "entry.chips[0]", "R1")}},
		{"a member's chip of another", o.entries[3], members(func(m []race.Member) { m[2].Chips = []string{"C1"} }), "members",
			ErrChipTaken, []fault.Violation{takenBy(ErrChipTaken, "entry.members[2].chips[0]", "1")}},
		{"a member's bib of another", o.entries[3], members(func(m []race.Member) { m[0].Bib = "R2-1" }), "members",
			ErrBibTaken, []fault.Violation{takenBy(ErrBibTaken, "entry.members[0].bib", "R2")}},
		{"a bib twice in a team", o.entries[3], members(func(m []race.Member) { m[0].Bib = m[1].Bib }), "members",
			ErrBibTaken, []fault.Violation{ErrBibTaken.At("entry.members[1].bib")}},
		{"a chip twice in a team", o.entries[3], members(func(m []race.Member) { m[0].Chips = m[1].Chips }), "members",
			ErrChipRepeated, []fault.Violation{ErrChipRepeated.At("entry.chips")}},
		{"somebody who is entered", entry, other, "person", ErrAlreadyEntered, nil},
		{"a member who is entered", o.entries[3], members(func(m []race.Member) { m[1].Person = runner(2) }), "members",
			ErrAlreadyEntered, []fault.Violation{ErrAlreadyEntered.At("entry.members[1].person")}},
		{"a member of another team", o.entries[3], members(func(m []race.Member) { m[1].Person = runner(201) }), "members",
			ErrMemberInTwoTeams, []fault.Violation{ErrMemberInTwoTeams.At("entry.members[1].person")}},
		{"a member twice", o.entries[3], members(func(m []race.Member) { m[1].Person = m[0].Person }), "members",
			ErrAlreadyEntered, []fault.Violation{ErrAlreadyEntered.At("entry.members[1].person")}},
		{"a full race", entry, confirmed("half", ""), "race", ErrRaceFull, nil},
		{"no expected time", entry, Entry{ExpectedTime: -1}, "expected_time", ErrExpectedTimeInvalid,
			[]fault.Violation{ErrExpectedTimeInvalid.At("entry.expected_time")}},
		{"a confirmed team made incomplete", o.entries[3], members(func(m []race.Member) { m[2].Leg = 0 }), "members",
			ErrTeamSize, []fault.Violation{teamSize("entry.members", "regulars 2 of 3, reserves 1 of at most 1")}},
		{"a team without a name", o.entries[3], Entry{}, "person.name", ErrNameMissing,
			[]fault.Violation{ErrNameMissing.At("entry.person.name")}},
		{"a field that is not corrected", entry, Entry{}, "fee_minor", ErrFieldUnknown,
			[]fault.Violation{ErrFieldUnknown.At("update_mask.paths[0]")}},
		{"an entry that is not there", Entry{Reference: "NPPP-NPPP"}, Entry{}, "bib", ErrEntryNotFound, nil},
	} {
		_, err := o.correct(t, tt.entry, tt.value, tt.field)
		wantFault(t, tt.name, err, tt.want, tt.fields...)
	}

	// A second entry may go on being one.
	if _, err := o.correct(t, second, confirmed("", "", "C3"), "chips"); err != nil {
		t.Errorf("second entry: %v", err)
	}
}

func TestCorrectEntryOffersThePlaceThatItLeaves(t *testing.T) {
	t.Parallel()
	leaving := confirmed("half", "")
	leaving.Person = runner(1)
	o := newOffice(leaving, confirmed("half", ""), confirmed("half", ""),
		Entry{State: Waitlisted, Entrant: race.Entrant{Race: "half"}})
	if _, err := o.correct(t, o.entries[0], confirmed("ten", ""), "race"); err != nil {
		t.Fatal(err)
	}
	if e := o.entries[3]; e.State != Offered || e.ExpiresAt.IsZero() {
		t.Errorf("who waits is %s until %v, want an offer", e.State, e.ExpiresAt)
	}
}

func TestCorrectEntryNeedsGuardiansOfNewMinors(t *testing.T) {
	t.Parallel()
	adult, minor := confirmed("ten", ""), confirmed("ten", "")
	adult.Person, minor.Person = runner(1), runner(2)
	minor.BirthDay = day(2009, time.January, 1)
	o := newOffice(adult, minor, adult, relayTeam(1))
	o.papers[3] = Papers{Guardians: map[Whose]Guardian{{}: {Name: "Mother"}}}
	young := Entry{Entrant: race.Entrant{Person: race.Person{BirthDay: day(2009, time.May, 5)}}}
	for i, want := range []*fault.Fault{ErrGuardianMissing, nil, nil} {
		_, err := o.correct(t, o.entries[i], young, "person.birth_date")
		switch {
		case want == nil && err != nil:
			t.Errorf("entry %d: %v", i, err)
		case want != nil:
			wantFault(t, "an adult", err, want, ErrGuardianMissing.At("entry.person"))
		}
	}

	members := slices.Clone(o.entries[3].Members)
	members[1].BirthDay = day(2009, time.May, 5)
	corrected := Entry{Entrant: race.Entrant{Members: members}}
	_, err := o.correct(t, o.entries[3], corrected, "members")
	wantFault(t, "a member", err, ErrGuardianMissing, ErrGuardianMissing.At("entry.members[1].person"))
	whose, _ := whoseMember(&members[1])
	o.papers[4] = Papers{Guardians: map[Whose]Guardian{whose: {Name: "Father"}}}
	if _, err := o.correct(t, o.entries[3], corrected, "members"); err != nil {
		t.Errorf("a member whose guardian is on record: %v", err)
	}
	// The name of a minor is corrected, and the minor runs another leg.
	members = slices.Clone(members)
	members[1].Name = "Runner One Hundred and One"
	o.papers[4] = Papers{}
	if _, err := o.correct(t, o.entries[3], Entry{Entrant: race.Entrant{Members: members}}, "members"); err != nil {
		t.Errorf("another name: %v", err)
	}
	members = slices.Clone(members)
	members[0].Leg, members[1].Leg = 2, 1
	if _, err := o.correct(t, o.entries[3], Entry{Entrant: race.Entrant{Members: members}}, "members"); err != nil {
		t.Errorf("another leg: %v", err)
	}
}

func TestCorrectEntryConfirmsATeamThatBecomesComplete(t *testing.T) {
	t.Parallel()
	team := relayTeam(1)
	members := team.Members
	team.Members, team.State = members[:2], Held
	o := newOffice(team)
	o.event.Races[2].Team.CompleteUntil = 1
	got, err := o.correct(t, o.entries[0], Entry{Entrant: race.Entrant{Members: members}}, "members")
	if err != nil || got.State != Confirmed {
		t.Fatalf("got %s, %v, want %s", got.State, err, Confirmed)
	}
	_, err = o.correct(t, got, Entry{Entrant: race.Entrant{Members: members[1:]}}, "members")
	wantFault(t, "incomplete again", err, ErrTeamSize, teamSize("entry.members", "regulars 2 of 3, reserves 0 of at most 1"))
}
