package registration

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

func TestCheckInOfTeams(t *testing.T) {
	t.Parallel()
	o := newOffice()
	relay := o.event.Race("relay")
	relay.Team.MinWomen, relay.Team.Categories = 2, []race.TeamCategory{{Name: "OPEN"}}
	for _, tt := range []struct {
		name   string
		change func(e *Entry)
		want   []fault.Violation
	}{
		{"a whole team, of no category that is known", func(*Entry) {}, nil},
		{"a woman too few", func(e *Entry) { e.Members[0].Sex, e.Members[1].Sex = race.Male, race.X }, []fault.Violation{{
			Path: "members", Reason: "TEAM_COMPOSITION",
			Message: "the team has fewer women or men than the race or its category asks for: women 1 of 2",
		}}},
		{"a member too few", func(e *Entry) { e.Members = e.Members[:2] },
			[]fault.Violation{teamSize("members", "regulars 2 of 3, reserves 0 of at most 1")}},
		{"a leg beyond the last", func(e *Entry) { e.Members[2].Leg = 4 },
			[]fault.Violation{ErrLegInvalid.At("members[2].leg")}},
	} {
		e := relayTeam(1)
		tt.change(&e)
		held := session{event: o.event}
		got := held.missing(&e, CheckIn{IdentitySeen: true, AgeConfirmed: true}, Papers{})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestWordsOfWhatIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice()
	for n := range 3 {
		o.enter(aged("half", 30+n))
	}
	register := func(r Registration) error {
		r.Event, r.RequestID = "e", "r"
		_, err := o.service.RegisterPerson(t.Context(), "web", r)
		return err
	}
	young := runner(1)
	young.BirthDay = day(2010, 9, 29)
	wantFault(t, "too young", register(Registration{Race: "ten", Person: young}), ErrAgeBelowMinimum, fault.Violation{
		Path: "person.birth_date", Reason: "AGE_BELOW_MINIMUM", Message: "the minimum age of the race is not reached: it is 15",
	})
	wantFault(t, "a full race with a waitlist", register(Registration{Race: "half", Person: runner(1)}), ErrRaceFull,
		fault.Violation{Path: "join_waitlist", Reason: "RACE_FULL", Message: "set it to wait for a place"})
	long := Registration{Race: "ten", Person: runner(1), Owner: string(make([]byte, 70))}
	wantFault(t, "a long owner", register(long), ErrOwnerInvalid, fault.Violation{
		Path: "owner", Reason: "TEXT_INVALID", Message: "an owner is one line of at most 64 characters, without blanks around it",
	})
	_, err := o.service.SetCapacity(t.Context(), "office", Operation{Event: "e", RequestID: "c", Race: "half", Reason: "any"}, 2)
	wantFault(t, "a capacity below what is taken", err, ErrCapacityTaken, fault.Violation{
		Path: "capacity", Reason: "CAPACITY_TAKEN", Message: "3 places are taken",
	})
}
