package registrationgrpc

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/access"
	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

func TestEveryValueGoesBothWays(t *testing.T) {
	t.Parallel()
	for n := range registrationv1.Sex_name {
		want := registrationv1.Sex(n)
		if sex, ok := sexOf(want); !ok || sexMessage(sex) != want {
			t.Errorf("%v comes back as %v, %t", want, sexMessage(sex), ok)
		}
	}
	for n := range registrationv1.NameShown_name {
		want := registrationv1.NameShown(n)
		if shown, ok := nameShownOf(want); !ok || nameShownMessage(shown) != want {
			t.Errorf("%v comes back as %v, %t", want, nameShownMessage(shown), ok)
		}
	}
	for n := range registrationv1.DocumentType_name {
		want := registrationv1.DocumentType(n)
		held, err := heldOf("", &registrationv1.Document{Type: want})
		if got := documentMessage(registration.Document{Held: held}).GetType(); n != 0 && (err != nil || got != want) {
			t.Errorf("%v comes back as %v, %v", want, got, err)
		}
	}
	states := map[registrationv1.EntryState]bool{registrationv1.EntryState_ENTRY_STATE_UNSPECIFIED: true}
	for _, state := range registration.States() {
		states[stateMessage(state)] = true
	}
	if len(states) != len(registrationv1.EntryState_name) || len(registration.States()) != len(states)-1 {
		t.Errorf("%d states are shown as %v, want each as its own", len(registration.States()), states)
	}
}

func TestBadShapesAreRefused(t *testing.T) {
	t.Parallel()
	born := func(day string) *registrationv1.Person { return &registrationv1.Person{BirthDate: day} }
	age := int32(126)
	register := func(r *registrationv1.RegisterPersonRequest) error {
		_, err := personRegistration(r)
		return err
	}
	team := func(r *registrationv1.RegisterTeamRequest) error {
		_, err := teamRegistration(r)
		return err
	}
	badInstant := &registrationv1.Guardian{ConsentedAt: &timestamppb.Timestamp{Nanos: -1}}
	for _, tt := range []struct {
		name, path string
		err        error
		want       *fault.Fault
	}{
		{
			"birth date", "person.birth_date", register(&registrationv1.RegisterPersonRequest{Person: born("1.2.1990")}),
			registration.ErrBirthDateInvalid,
		},
		{
			"sex of tomorrow", "person.sex", register(&registrationv1.RegisterPersonRequest{Person: &registrationv1.Person{Sex: 9}}),
			errValueUnknown,
		},
		{
			"way of showing a name of tomorrow", "person.name_shown",
			register(&registrationv1.RegisterPersonRequest{Person: &registrationv1.Person{NameShown: 9}}), errValueUnknown,
		},
		{
			"age", "person.age", register(&registrationv1.RegisterPersonRequest{Person: &registrationv1.Person{Age: &age}}),
			registration.ErrAgeInvalid,
		},
		{
			"consent at no instant", "guardian.consented_at",
			register(&registrationv1.RegisterPersonRequest{Guardian: badInstant}), registration.ErrGuardianInvalid,
		},
		{
			"expected time of nothing", "expected_time",
			register(&registrationv1.RegisterPersonRequest{ExpectedTime: &durationpb.Duration{}}), registration.ErrExpectedTimeInvalid,
		},
		{
			"expected time that is none", "expected_time",
			team(&registrationv1.RegisterTeamRequest{ExpectedTime: &durationpb.Duration{Seconds: 1, Nanos: -1}}),
			registration.ErrExpectedTimeInvalid,
		},
		{
			"birth date of a member", "members[1].person.birth_date",
			team(&registrationv1.RegisterTeamRequest{Members: []*registrationv1.Member{{}, {Person: born("1990-02-30")}}}),
			registration.ErrBirthDateInvalid,
		},
		{
			"guardian of nobody", "guardians[0]",
			team(&registrationv1.RegisterTeamRequest{Guardians: map[int32]*registrationv1.Guardian{0: {}}}),
			registration.ErrMemberUnknown,
		},
		{
			"consent for a member at no instant", "guardians[0].consented_at",
			team(&registrationv1.RegisterTeamRequest{
				Members: []*registrationv1.Member{{}}, Guardians: map[int32]*registrationv1.Guardian{0: badInstant},
			}),
			registration.ErrGuardianInvalid,
		},
		{"transfer to nobody", "to", func() error {
			_, err := transferOf(&registrationv1.TransferEntryRequest{})
			return err
		}(), registration.ErrTargetMissing},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, tt.err, tt.want)
		}
		if diff := cmp.Diff([]fault.Violation{tt.want.At(tt.path)}, fault.Violations(tt.err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestATeamHasNoBirthday(t *testing.T) {
	t.Parallel()
	years := int32(30)
	got, err := teamOf("team.", &registrationv1.Person{Name: "Tulpar", BirthDate: "1990-01-01", Age: &years})
	if diff := cmp.Diff(race.Person{Name: "Tulpar"}, got); err != nil || diff != "" {
		t.Errorf("team: %v (-want +got):\n%s", err, diff)
	}
}

// People copy codes from paper.
func TestCodesAreForgiven(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"7K3M-Q2XD", "7k3mq2xd", " 7K3M Q2XD ", "7k3m-q2xd", "7K-3MQ2-XD"} {
		if got := reference(text); got != "7K3M-Q2XD" {
			t.Errorf("reference %q: got %q", text, got)
		}
		if got := joinCode(text); got != "7K3M-Q2XD" {
			t.Errorf("join code %q: got %q", text, got)
		}
	}
	if got := reference("7K3M-Q2X"); got != "7K3MQ2X" {
		t.Errorf("too short: got %q", got)
	}
}

func TestOnlyFrontendsWithdrawForTheOwner(t *testing.T) {
	t.Parallel()
	for _, role := range access.Roles() {
		if got := withdrawal(&registrationv1.WithdrawRequest{}, role).Office; got != (role != access.Frontend) {
			t.Errorf("%s: got the office %t", role, got)
		}
	}
}
