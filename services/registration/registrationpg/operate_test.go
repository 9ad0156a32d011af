package registrationpg_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/racetime"
)

func TestLateEntries(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	f.event.Races[0].Registration.ClosesAt = racetime.At(time.Now().Add(-time.Hour))
	f.event.Races[0].Fees = nil
	late := registration.Late{Reason: "guest of the city"}
	for n := range 2 {
		if _, err := f.RegisterPerson(t.Context(), "frontend", request(n, "marathon")); !errors.Is(err, registration.ErrRegistrationClosed) {
			t.Errorf("by a frontend: got %v, want %v", err, registration.ErrRegistrationClosed)
		}
		e, err := f.RegisterLate(t.Context(), "registrar", request(10+n, "marathon"), false, late)
		if err != nil || e.State != registration.Confirmed {
			t.Errorf("by a registrar: got %s, %v", e.State, err)
		}
	}
	if n := f.count(t, `SELECT capacity FROM registration.races WHERE race = 'marathon'`); n != 2 {
		t.Errorf("got a capacity of %d, want one more for the second", n)
	}
	const raised = `
SELECT count(*)
FROM registration.race_changes
WHERE action = 'REGISTER_LATE' AND actor = 'registrar' AND reason = 'guest of the city' AND capacity_after = 2`
	if n := f.count(t, raised); n != 1 {
		t.Errorf("got %d changes of the race in its history, want 1", n)
	}
	if _, err := f.RegisterLate(t.Context(), "registrar", request(20, "marathon"), false, registration.Late{}); !errors.Is(err, registration.ErrReasonMissing) {
		t.Errorf("without a reason: got %v, want %v", err, registration.ErrReasonMissing)
	}
}

func TestOnePersonOneRace(t *testing.T) {
	t.Parallel()
	f := start(t)
	r := request(1, "marathon")
	r.Person.Name, r.Owner = "Zoë  Müller", "account-7"
	first, err := f.RegisterPerson(t.Context(), "frontend", r)
	if err != nil {
		t.Fatal(err)
	}
	again := request(2, "half")
	again.Person.Name = "ZOE MULLER"
	for _, tt := range []struct {
		name, actor, owner string
		told               bool
	}{
		{"the owner", "frontend", "account-7", true},
		{"somebody else", "frontend", "account-8", false},
		{"nobody", "frontend", "", false},
		{"another frontend's account of that name", "partner", "account-7", false},
	} {
		again.Owner = tt.owner
		_, err := f.RegisterPerson(t.Context(), tt.actor, again)
		if !errors.Is(err, registration.ErrAlreadyEntered) {
			t.Fatalf("%s: got %v, want %v", tt.name, err, registration.ErrAlreadyEntered)
		}
		want := []fault.Violation(nil)
		if tt.told {
			want = []fault.Violation{{
				Path: "person", Reason: "ALREADY_ENTERED", Message: "the first entry is " + string(first.Reference),
			}}
		}
		if diff := cmp.Diff(want, fault.Violations(err)); diff != "" {
			t.Errorf("%s is told (-want +got):\n%s", tt.name, diff)
		}
	}
	cyrillic := request(3, "half")
	cyrillic.Person.Name = "Зоя Мюллер"
	if _, err := f.RegisterPerson(t.Context(), "frontend", cyrillic); err != nil {
		t.Errorf("in another script: got %v, want an entry", err)
	}
	late := registration.Late{Reason: "runs both", AllowSecondEntry: true}
	if second, err := f.RegisterLate(t.Context(), "registrar", again, false, late); err != nil || !second.SecondEntry {
		t.Errorf("allowed by a registrar: second %v, %v", second.SecondEntry, err)
	}
}

func TestOperatorsCloseReopenAndRaise(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	first, second := f.enter(t, 1), f.enter(t, 2)
	operation := func(id string) registration.Operation {
		return registration.Operation{Event: f.event.ID, Race: "marathon", RequestID: id, Reason: "sold out too fast"}
	}
	ctx := t.Context()
	if _, err := f.CloseRegistration(ctx, "registrar", operation("close")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.RegisterPerson(ctx, "frontend", request(3, "marathon")); !errors.Is(err, registration.ErrRegistrationClosed) {
		t.Errorf("closed: got %v, want %v", err, registration.ErrRegistrationClosed)
	}
	for range 2 { // The second time is the same request.
		v, err := f.SetCapacity(ctx, "registrar", operation("raise"), 2)
		if err != nil || v.Capacity != 2 || v.Taken != 2 {
			t.Errorf("raised: got %d of %d, %v", v.Taken, v.Capacity, err)
		}
	}
	if got := f.state(t, second); got != registration.Offered {
		t.Errorf("who waited: got %s", got)
	}
	if _, err := f.SetCapacity(ctx, "registrar", operation("lower"), 1); !errors.Is(err, registration.ErrCapacityTaken) {
		t.Errorf("lowered below what is taken: got %v, want %v", err, registration.ErrCapacityTaken)
	}
	if _, err := f.ReopenRegistration(ctx, "registrar", operation("close")); !errors.Is(err, registration.ErrRequestIDReused) {
		t.Errorf("another request under the same id: got %v, want %v", err, registration.ErrRequestIDReused)
	}
	if v, err := f.ReopenRegistration(ctx, "registrar", operation("reopen")); err != nil || v.Closed != nil {
		t.Errorf("reopened: got %v, %v", v.Closed, err)
	}
	// The file says what it said: what the operator made of it stands. Another number is a new decision.
	f.enter(t, 4)
	if n := f.count(t, `SELECT capacity FROM registration.races WHERE race = 'marathon'`); n != 2 {
		t.Errorf("got a capacity of %d, want the operator's", n)
	}
	f.event.Races[0].Capacity = 5
	f.enter(t, 5)
	if n := f.count(t, `SELECT capacity FROM registration.races WHERE race = 'marathon'`); n != 5 {
		t.Errorf("got a capacity of %d, want the new file's", n)
	}
	if got := f.state(t, first); got != registration.Held {
		t.Errorf("the first: got %s", got)
	}
}

func TestTotals(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 3)
	for n := range 4 {
		e := f.enter(t, n)
		if n < 2 {
			f.mustPay(t, e, fmt.Sprint("p", n))
		}
		if n == 1 {
			if _, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", payment(e, "twice")); err != nil || !refundDue {
				t.Fatalf("refund due %v, %v", refundDue, err)
			}
		}
	}
	if _, err := f.RegisterTeam(t.Context(), "frontend", team(7)); err != nil {
		t.Fatal(err)
	}
	totals, _, err := f.GetTotals(t.Context(), f.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := registration.Totals{
		Places: registration.Places{
			Race: "marathon", Limited: true, Capacity: 3, Taken: 3, Waiting: 1, Taking: registration.ByTimes,
		},
		States: map[registration.State]int{
			registration.Confirmed: 2, registration.Held: 1, registration.Waitlisted: 1,
		},
		PaidMinor: 20_000, CharityMinor: 4_000, RefundDueMinor: 10_000, Women: 2,
		Countries: []registration.CountryCount{{Country: "KAZ", Entrants: 2}},
	}
	if diff := cmp.Diff(want, totals[0]); diff != "" {
		t.Errorf("marathon (-want +got):\n%s", diff)
	}
	if ekiden := totals[4]; ekiden.Women != 6 || ekiden.Taken != 1 {
		t.Errorf("ekiden: got %d women of %d teams, want the six of one", ekiden.Women, ekiden.Taken)
	}
}
