package registrationgrpc_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/racetime"
)

func TestVacanciesFollowTheEntries(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := o.WatchVacancies(ctx, &registrationv1.WatchVacanciesRequest{EventId: "e"})
	if err != nil {
		t.Fatal(err)
	}
	next := func() *registrationv1.WatchVacanciesResponse {
		t.Helper()
		message, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return message
	}
	differ(t, "before the first entry", `{"vacancies": [
		{"race": "ten", "capacity": 2, "free": 2, "phase": "REGISTRATION_PHASE_OPEN", "feeMinor": "10000", "charityMinor": "2000", "waitlist": true},
		{"race": "half", "phase": "REGISTRATION_PHASE_OPEN"}, {"race": "relay", "phase": "REGISTRATION_PHASE_OPEN"}
	]}`, next())
	for _, name := range []string{"Ann", "Ben", "Cem"} {
		o.enter(t, "ten", name)
	}
	full := next()
	for full.GetVacancies()[0].GetWaiting() == 0 {
		full = next()
	}
	differ(t, "full", `{"race": "ten", "capacity": 2, "taken": 2, "free": 0, "waiting": 1, "phase": "REGISTRATION_PHASE_OPEN",
		"feeMinor": "10000", "charityMinor": "2000", "waitlist": true}`, full.GetVacancies()[0])
	differ(t, "asked for", `{"race": "half", "phase": "REGISTRATION_PHASE_OPEN"}`, call(t, o.GetVacancies, `{}`).GetVacancies()[1])
	cancel()
	for err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Canceled {
		t.Errorf("the end of a watch that was cancelled: %v", err)
	}
	refused(t, o.GetVacancies, `{"eventId": "none"}`, "EVENT_NOT_FOUND")
}

func TestTotalsAreTheOrganisersBooks(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.pay(t, o.enter(t, "ten", "Ann"))
	gone := o.pay(t, o.enter(t, "ten", "Ben"))
	o.enter(t, "ten", "Cem")
	call(t, o.Withdraw, fmt.Sprintf(`{"requestId": "w", "reference": %q}`, gone.GetReference()))
	call(t, o.RegisterTeam, `{"race": "relay", "requestId": "r1", "team": {"name": "T", "country": "KAZ"}, "members": [
		{"leg": 1, "person": {"name": "A", "sex": "SEX_F", "birthDate": "1990-01-01", "country": "KAZ"}},
		{"leg": 2, "person": {"name": "B", "sex": "SEX_M", "birthDate": "1990-01-01", "country": "KGZ"}},
		{"person": {"name": "C", "sex": "SEX_M", "birthDate": "1990-01-01", "country": "KAZ"}}]}`)
	totals := call(t, o.GetTotals, `{}`)
	if totals.GetCurrency() != "KZT" || len(totals.GetTotals()) != 3 {
		t.Fatalf("totals %v, want three races in KZT", totals)
	}
	ten := totals.GetTotals()[0]
	if ten.GetCapacity() != 2 || ten.GetTaken() != 2 || ten.GetWomen() != 1 || ten.GetMen() != 0 {
		t.Errorf("totals of the short race: %v", ten)
	}
	states := map[registrationv1.EntryState]int32{}
	for _, of := range ten.GetStates() {
		states[of.GetState()] = of.GetEntries()
	}
	want := map[registrationv1.EntryState]int32{
		registrationv1.EntryState_ENTRY_STATE_CONFIRMED: 1, registrationv1.EntryState_ENTRY_STATE_OFFERED: 1,
		registrationv1.EntryState_ENTRY_STATE_WITHDRAWN: 1,
	}
	if fmt.Sprint(states) != fmt.Sprint(want) {
		t.Errorf("states %v, want %v", states, want)
	}
	differ(t, "totals of the long race", `{"race": "half"}`, totals.GetTotals()[1])
	relay := totals.GetTotals()[2]
	if relay.GetWomen() != 1 || relay.GetMen() != 2 || relay.GetCountries()[0].GetCountry() != "KAZ" || relay.Capacity != nil {
		t.Errorf("totals of the relay: %v, want its members one by one", relay)
	}
}

func TestOperatorsDecideAboutARace(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.enter(t, "ten", "Ann")
	o.enter(t, "ten", "Ben")
	of := func(id, more string) string { return fmt.Sprintf(`{"requestId": %q, "race": "ten"%s}`, id, more) }
	refused(t, o.SetCapacity, of("c0", `, "capacity": 1, "reason": "x"`), "CAPACITY_TAKEN", "capacity")
	refused(t, o.SetCapacity, of("c0", `, "reason": "x"`), "CAPACITY_INVALID", "capacity")
	refused(t, o.SetCapacity, of("c0", `, "capacity": 3`), "REASON_MISSING", "reason")
	raised := call(t, o.SetCapacity, of("c1", `, "capacity": 3, "reason": "more bibs"`)).GetVacancy()
	if raised.GetCapacity() != 3 || raised.GetFree() != 1 {
		t.Errorf("raised: %v, want one free place", raised)
	}
	refused(t, o.CloseRegistration, of("o0", ``), "REASON_MISSING", "reason")
	closed := call(t, o.CloseRegistration, of("o1", `, "reason": "storm"`)).GetVacancy()
	if closed.GetPhase() != registrationv1.RegistrationPhase_REGISTRATION_PHASE_CLOSED {
		t.Errorf("closed: %v", closed)
	}
	refused(t, o.RegisterPerson, `{"race": "ten", "requestId": "r", "person": `+person("Cem")+`}`, "REGISTRATION_CLOSED")
	reopened := call(t, o.ReopenRegistration, of("o2", `, "reason": "calm"`)).GetVacancy()
	if reopened.GetPhase() != registrationv1.RegistrationPhase_REGISTRATION_PHASE_OPEN {
		t.Errorf("reopened: %v", reopened)
	}
	refused(t, o.ReopenRegistration, `{"requestId": "o3", "race": "walk", "reason": "x"}`, "RACE_NOT_FOUND")

	later := day("next")
	later.Races[0].Registration.OpensAt = racetime.At(time.Now().Add(time.Hour))
	o.apply(t, later)
	if left := call(t, o.GetVacancies, `{"eventId": "next"}`).GetVacancies()[0]; left.GetPhase() != registrationv1.RegistrationPhase_REGISTRATION_PHASE_NOT_OPEN {
		t.Errorf("before it opens: %v", left)
	}
	off := day("off")
	off.Cancelled = true
	o.apply(t, off)
	if left := call(t, o.GetVacancies, `{"eventId": "off"}`).GetVacancies()[0]; left.GetPhase() != registrationv1.RegistrationPhase_REGISTRATION_PHASE_CANCELLED {
		t.Errorf("of a cancelled event: %v", left)
	}
}
