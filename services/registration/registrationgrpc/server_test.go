package registrationgrpc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/status"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/access"
	"raceday/services/grpcserver"
	"raceday/services/registration/registrationgrpc"
)

// person is somebody of 30 on the day whom a name tells from others.
func person(name string) string {
	return fmt.Sprintf(`{"name": %q, "sex": "SEX_F", "birthDate": "1996-01-01"}`, name)
}

// enter registers somebody for a race and returns the entry.
func (o *office) enter(t *testing.T, race, name string) *registrationv1.Entry {
	t.Helper()
	return call(t, o.RegisterPerson, fmt.Sprintf(
		`{"race": %q, "requestId": %q, "joinWaitlist": true, "person": %s}`, race, "enter "+name, person(name))).GetEntry()
}

// pay pays the fee of the short race.
func (o *office) pay(t *testing.T, e *registrationv1.Entry) *registrationv1.Entry {
	t.Helper()
	return call(t, o.ConfirmPayment, fmt.Sprintf(`{"requestId": "pay %[1]s", "reference": %[1]q, "paymentId": "of %[1]s",
		"amountMinor": 10000}`, e.GetReference())).GetEntry()
}

func TestRegisterPersonConverts(t *testing.T) {
	t.Parallel()
	o := open(t)
	const request = `{
		"race": "ten", "requestId": "r1", "tags": ["veteran"], "owner": "account 7", "expectedTime": "2700.5s",
		"person": {
			"name": " Aru ", "sex": "SEX_F", "birthDate": "2010-02-28", "country": "KAZ", "club": "Sunkar", "category": "Open",
			"nameShown": "NAME_SHOWN_FULL"
		},
		"contact": {"email": "aru@example.org", "phone": "+7 700 000 00 00"},
		"guardian": {"name": "Dana", "contact": "dana@example.org", "consentVersion": "3", "consentedAt": "2026-03-01T12:00:00.123456789Z"}
	}`
	made := call(t, o.RegisterPerson, request).GetEntry()
	differ(t, "entry", `{
		"eventId": "e", "race": "ten", "state": "ENTRY_STATE_HELD", "tags": ["veteran"], "expectedTime": "2700.5s",
		"person": {
			"name": "Aru", "sex": "SEX_F", "birthDate": "2010-02-28", "country": "KAZ", "club": "Sunkar", "category": "Open",
			"nameShown": "NAME_SHOWN_FULL"
		},
		"feeMinor": "10000", "charityMinor": "2000"
	}`, made, "reference", "entered_at", "expires_at")
	if held := made.GetExpiresAt().AsTime().Sub(made.GetEnteredAt().AsTime()); held != 35*time.Minute {
		t.Errorf("the place is held for %v, want 35 minutes", held)
	}
	papers := call(t, o.GetPapers, fmt.Sprintf(`{"reference": %q}`, made.GetReference()))
	differ(t, "papers", `{
		"contact": {"email": "aru@example.org", "phone": "+7 700 000 00 00"}, "papers": [{"guardian": {
			"name": "Dana", "contact": "dana@example.org", "consentVersion": "3", "consentedAt": "2026-03-01T12:00:00.123456Z"
		}}]
	}`, papers)
	again := call(t, o.RegisterPerson, request).GetEntry()
	if again.GetReference() != made.GetReference() {
		t.Errorf("the same request made %s and %s", made.GetReference(), again.GetReference())
	}
}

func TestOnlyItsOwnerIsToldOfAnEntry(t *testing.T) {
	t.Parallel()
	o := open(t)
	enter := func(id, race, owner string) string {
		return fmt.Sprintf(`{"race": %q, "requestId": %q, "owner": %q, "person": %s}`, race, id, owner, person("Ann"))
	}
	first := call(t, o.RegisterPerson, enter("r1", "ten", "account 7")).GetEntry()
	refused(t, o.RegisterPerson, enter("r2", "half", "account 8"), "ALREADY_ENTERED")
	refused(t, o.RegisterPerson, enter("r3", "half", ""), "ALREADY_ENTERED")
	refused(t, o.RegisterPerson, enter("r4", "half", "account 7"), "ALREADY_ENTERED", "person")
	_, err := send(t, o.RegisterPerson, enter("r4", "half", "account 7"))
	if !strings.Contains(fmt.Sprint(status.Convert(err).Details()), first.GetReference()) {
		t.Errorf("the owner is told %v, want the first entry's reference", status.Convert(err).Details())
	}
}

func TestRegisterTeamConverts(t *testing.T) {
	t.Parallel()
	o := open(t)
	made := call(t, o.RegisterTeam, `{
		"race": "relay", "requestId": "r1", "team": {"name": "Tulpar", "birthDate": "1990-01-01", "club": "Sunkar"},
		"contact": {"name": "Captain", "phone": "1"}, "guardians": {"2": {"name": "Dana", "contact": "1", "consentVersion": "3"}},
		"members": [
			{"person": {"name": "R", "sex": "SEX_X", "birthDate": "1990-01-03"}},
			{"leg": 2, "person": {"name": "B", "sex": "SEX_M", "birthDate": "1990-01-02"}},
			{"leg": 1, "person": {"name": "A", "sex": "SEX_F", "birthDate": "2009-01-01"}}
		]
	}`).GetEntry()
	differ(t, "team", `{
		"eventId": "e", "race": "relay", "state": "ENTRY_STATE_CONFIRMED",
		"person": {"name": "Tulpar", "sex": "SEX_X", "club": "Sunkar"},
		"members": [
			{"leg": 1, "person": {"name": "A", "sex": "SEX_F", "birthDate": "2009-01-01"}},
			{"leg": 2, "person": {"name": "B", "sex": "SEX_M", "birthDate": "1990-01-02"}},
			{"person": {"name": "R", "sex": "SEX_X", "birthDate": "1990-01-03"}}
		]
	}`, made, "reference", "entered_at", "join_code")
	papers := call(t, o.GetPapers, fmt.Sprintf(`{"reference": %q}`, made.GetReference()))
	if of := papers.GetPapers(); len(of) != 1 || of[0].GetMember() != 0 || of[0].GetGuardian().GetName() != "Dana" {
		t.Errorf("papers %v, want the guardian of the member of leg 1", of)
	}
	refused(t, o.RegisterTeam, `{"race": "relay", "requestId": "r2", "team": {"name": "Team"}, "members": [{"bib": "8"}, {"chips": ["C8"]}]}`,
		"FIELD_NOT_TAKEN", "members[0].bib", "members[1].chips")
}

func TestAPlaceIsPaidForAndPassedDownTheWaitlist(t *testing.T) {
	t.Parallel()
	o := open(t)
	ann, ben := o.enter(t, "ten", "Ann"), o.enter(t, "ten", "Ben")
	cem, dan := o.enter(t, "ten", "Cem"), o.enter(t, "ten", "Dan")
	if paid := o.pay(t, ann); paid.GetState() != registrationv1.EntryState_ENTRY_STATE_CONFIRMED || paid.GetPaidMinor() != 10_000 {
		t.Errorf("paid: %v, want it confirmed", paid)
	}
	again := call(t, o.ConfirmPayment, fmt.Sprintf(
		`{"requestId": "webhook", "registrationRequestId": "enter Ann", "paymentId": "of %s", "amountMinor": 10000}`, ann.GetReference()))
	if again.GetOutcome() != registrationv1.PaymentOutcome_PAYMENT_OUTCOME_APPLIED || again.GetEntry().GetPaidMinor() != 10_000 {
		t.Errorf("the same payment again: %v, want it applied once", again)
	}
	more := call(t, o.ConfirmPayment, fmt.Sprintf(
		`{"requestId": "more", "reference": %q, "paymentId": "p2", "amountMinor": 1}`, ann.GetReference()))
	if more.GetOutcome() != registrationv1.PaymentOutcome_PAYMENT_OUTCOME_REFUND_DUE {
		t.Errorf("another payment: %v, want it to be given back", more)
	}
	of := fmt.Sprintf(`"reference": %q`, dan.GetReference())
	waiting := call(t, o.GetEntry, "{"+of+"}").GetEntry()
	if waiting.GetState() != registrationv1.EntryState_ENTRY_STATE_WAITLISTED || waiting.GetWaitingAhead() != 1 {
		t.Errorf("who came last: %v, want it to wait behind one", waiting)
	}
	refused(t, o.AcceptOffer, `{"requestId": "early", `+of+`}`, "NOT_OFFERED")
	withdrawn := call(t, o.Withdraw, fmt.Sprintf(`{"requestId": "w", "reference": %q, "reason": " ill "}`, ben.GetReference())).GetEntry()
	if withdrawn.GetState() != registrationv1.EntryState_ENTRY_STATE_WITHDRAWN {
		t.Errorf("withdrawn: %v", withdrawn)
	}
	offered := call(t, o.GetEntry, fmt.Sprintf(`{"reference": %q}`, cem.GetReference())).GetEntry()
	if offered.GetState() != registrationv1.EntryState_ENTRY_STATE_OFFERED || offered.GetExpiresAt() == nil {
		t.Errorf("who waited longest: %v, want the place offered", offered)
	}
	refused(t, o.AcceptOffer, fmt.Sprintf(`{"requestId": "a", "reference": %q}`, cem.GetReference()), "PAYMENT_MISSING")
	if taken := o.pay(t, cem); taken.GetState() != registrationv1.EntryState_ENTRY_STATE_CONFIRMED {
		t.Errorf("the offer is paid for: %v, want it confirmed", taken)
	}
	refused(t, o.Withdraw, fmt.Sprintf(`{"requestId": "w2", "reference": %q}`, ben.GetReference()), "ENTRY_ENDED")
	refused(t, o.Withdraw, `{"requestId": "w3", "reference": "7K3M-Q2XD"}`, "ENTRY_NOT_FOUND")
	refused(t, o.Withdraw, `{"reference": "7K3M-Q2XD"}`, "REQUEST_ID_INVALID", "request_id")
	refused(t, o.ConfirmPayment, `{"requestId": "x", "reference": "7K3M-Q2XD", "amountMinor": 1}`, "PAYMENT_ID_INVALID", "payment_id")
	refused(t, o.ConfirmPayment, `{"requestId": "x", "paymentId": "p9"}`, "AMOUNT_INVALID", "amount_minor")
}

func TestAnOfferWithoutAFeeIsAccepted(t *testing.T) {
	t.Parallel()
	o := open(t)
	free := day("e")
	free.Races[0].Fees = nil
	o.apply(t, free)
	ann := o.enter(t, "ten", "Ann")
	o.enter(t, "ten", "Ben")
	cem := o.enter(t, "ten", "Cem")
	call(t, o.Withdraw, fmt.Sprintf(`{"requestId": "w", "reference": %q}`, ann.GetReference()))
	accepted := call(t, o.AcceptOffer, fmt.Sprintf(`{"requestId": "a", "reference": %q}`, cem.GetReference())).GetEntry()
	if accepted.GetState() != registrationv1.EntryState_ENTRY_STATE_CONFIRMED || accepted.GetExpiresAt() != nil {
		t.Errorf("accepted: %v, want it confirmed", accepted)
	}
}

func TestTransferEntryToEveryKind(t *testing.T) {
	t.Parallel()
	o := open(t)
	ann := o.pay(t, o.enter(t, "ten", "Ann"))
	to := func(id, reference, target string) string {
		return fmt.Sprintf(`{"requestId": %q, "reference": %q, %s}`, id, reference, target)
	}
	refused(t, o.TransferEntry, to("t0", ann.GetReference(), `"person": {"person": {"name": "Ben", "sex": "SEX_M"}}`),
		"BIRTH_DATE_MISSING", "person.person.birth_date")
	refused(t, o.TransferEntry, to("t0", ann.GetReference(), `"person": {"person": {"birthDate": "1.2.1990"}}`),
		"BIRTH_DATE_INVALID", "person.person.birth_date")
	refused(t, o.TransferEntry, to("t0", ann.GetReference(), `"person": {"person": `+person("Ben")+`, "contact": {"email": "?"}}`),
		"CONTACT_INVALID", "person.contact.email")
	refused(t, o.TransferEntry, to("", ann.GetReference(), `"person": {"person": `+person("Ben")+`}`), "REQUEST_ID_INVALID", "request_id")
	refused(t, o.TransferEntry, to("t0", ann.GetReference(), `"race": ""`), "RACE_NOT_FOUND", "race")
	refused(t, o.TransferEntry, to("t0", ann.GetReference(), `"event": {"race": "ten"}`), "RACE_NOT_FOUND", "event.event_id")
	refused(t, o.TransferEntry, to("t0", ann.GetReference(), `"event": {"eventId": "next"}`), "RACE_NOT_FOUND", "event.race")

	person := call(t, o.TransferEntry, to("t1", ann.GetReference(), `"person": {"person": `+person("Ben")+`, "expectedTime": "3000s"}`))
	old, ben := person.GetOldEntry(), person.GetNewEntry()
	if old.GetState() != registrationv1.EntryState_ENTRY_STATE_TRANSFERRED || old.GetWentTo() != "e/"+ben.GetReference() {
		t.Errorf("the old entry: %v, want it transferred to e/%s", old, ben.GetReference())
	}
	differ(t, "the new entry", `{
		"eventId": "e", "race": "ten", "state": "ENTRY_STATE_CONFIRMED", "expectedTime": "3000s",
		"person": {"name": "Ben", "sex": "SEX_F", "birthDate": "1996-01-01"},
		"feeMinor": "10000", "charityMinor": "2000", "paidMinor": "10000", "cameFrom": "e/`+ann.GetReference()+`"
	}`, ben, "reference", "entered_at")

	older := day("e")
	older.Races[1].MinAgeYears = 40
	o.apply(t, older)
	refused(t, o.TransferEntry, to("t0", ben.GetReference(), `"race": "half"`), "AGE_BELOW_MINIMUM", "person.birth_date")
	o.apply(t, day("e"))
	race := call(t, o.TransferEntry, to("t2", ben.GetReference(), `"race": "half"`)).GetNewEntry()
	if race.GetRace() != "half" || race.GetState() != registrationv1.EntryState_ENTRY_STATE_CONFIRMED {
		t.Errorf("to another race: %v", race)
	}
	deferring := to("t3", race.GetReference(), `"event": {"eventId": "next", "race": "half"}`)
	o.apply(t, day("next"))
	refused(t, o.TransferEntry, deferring, "EVENT_NOT_CANCELLED")
	cancelled := day("e")
	cancelled.Cancelled = true
	o.apply(t, cancelled)
	deferred := call(t, o.TransferEntry, deferring).GetNewEntry()
	if deferred.GetEventId() != "next" || deferred.GetCameFrom() != "e/"+race.GetReference() {
		t.Errorf("to another event: %v", deferred)
	}
}

func TestMembersJoinAndAreReplaced(t *testing.T) {
	t.Parallel()
	o := open(t)
	member := func(name string) string { return `{"person": ` + person(name) + `}` }
	made := call(t, o.RegisterTeam, `{"race": "relay", "requestId": "r1", "team": {"name": "Tulpar"}, "members": [
		{"leg": 1, "person": `+person("Ann")+`}]}`).GetEntry()
	if made.GetState() != registrationv1.EntryState_ENTRY_STATE_HELD || made.GetJoinCode() == "" {
		t.Fatalf("an incomplete team: %v, want it held, with a code", made)
	}
	join := func(id, rest string) string {
		return fmt.Sprintf(`{"requestId": %q, "joinCode": " %s", %s}`, id, made.GetJoinCode(), rest)
	}
	refused(t, o.JoinTeam, `{"requestId": "j0", "joinCode": "7K3M-Q2XD"}`, "JOIN_CODE_UNKNOWN")
	refused(t, o.JoinTeam, join("j0", `"person": {"name": "Ben", "sex": "SEX_M", "birthDate": "2009-01-01"}`), "GUARDIAN_MISSING", "guardian")
	refused(t, o.JoinTeam, join("j0", `"person": `+person("Ben")+`, "leg": 7`), "LEG_INVALID", "members[1].leg")
	joined := call(t, o.JoinTeam, join("j1", `"person": `+person("Ben"))).GetEntry()
	if joined.GetState() != registrationv1.EntryState_ENTRY_STATE_CONFIRMED || joined.GetMembers()[1].GetLeg() != 2 {
		t.Errorf("complete: %v, want it confirmed", joined)
	}
	if birthDate := joined.GetMembers()[0].GetPerson().GetBirthDate(); joined.GetReference() != "" || birthDate != "" {
		t.Errorf("a member is told the reference %q and a birth date %q, want neither", joined.GetReference(), birthDate)
	}
	reserve := call(t, o.JoinTeam, join("j2", `"leg": 0, "person": `+person("Cem"))).GetEntry()
	if len(reserve.GetMembers()) != 3 || reserve.GetMembers()[2].GetLeg() != 0 {
		t.Errorf("with a reserve: %v", reserve)
	}
	substitute := func(id, by string) string {
		return fmt.Sprintf(`{"requestId": %q, "reference": %q, "leg": 2, %s}`, id, made.GetReference(), by)
	}
	refused(t, o.SubstituteMember, substitute("s0", `"reserve": 0`), "RESERVE_UNKNOWN", "reserve")
	refused(t, o.SubstituteMember, substitute("s0", `"reserve": 2`), "RESERVE_UNKNOWN", "reserve")
	refused(t, o.SubstituteMember, substitute("s0", `"person": {"person": {"name": "Dan"}}`), "SEX_MISSING",
		"person.person.sex", "person.person.birth_date")
	refused(t, o.SubstituteMember, substitute("s0", `"person": {"guardian": {"consentedAt": "2026-01-01T00:00:00Z"}}`), "NAME_MISSING",
		"person.person.name", "person.person.sex", "person.person.birth_date")
	swapped := call(t, o.SubstituteMember, substitute("s1", `"reserve": 1`)).GetEntry()
	if name := swapped.GetMembers()[1].GetPerson().GetName(); name != "Cem" {
		t.Errorf("leg 2 is run by %s, want Cem", name)
	}
	replaced := call(t, o.SubstituteMember, substitute("s2", `"person": `+member("Dan"))).GetEntry()
	if name := replaced.GetMembers()[1].GetPerson().GetName(); name != "Dan" {
		t.Errorf("leg 2 is run by %s, want Dan", name)
	}
}

func TestPaymentsAreAnsweredWithoutAName(t *testing.T) {
	t.Parallel()
	o := open(t)
	e := o.enter(t, "ten", "Ann")
	if paid := o.pay(t, e); paid.GetReference() != e.GetReference() || paid.GetPerson() != nil {
		t.Errorf("got %v, want the entry without its person", paid)
	}
}

func TestSetNameShown(t *testing.T) {
	t.Parallel()
	o := open(t)
	e := o.enter(t, "ten", "Ann")
	set := func(id, rest string) string {
		return fmt.Sprintf(`{"requestId": %q, "reference": %q, %s}`, id, e.GetReference(), rest)
	}
	hidden := call(t, o.SetNameShown, set("n1", `"nameShown": "NAME_SHOWN_HIDDEN"`)).GetEntry()
	if hidden.GetPerson().GetNameShown() != registrationv1.NameShown_NAME_SHOWN_HIDDEN {
		t.Errorf("got %v, want a hidden name", hidden.GetPerson())
	}
	refused(t, o.SetNameShown, set("n2", `"member": 0`), "MEMBER_UNKNOWN", "member")
	refused(t, o.SetNameShown, set("n3", `"nameShown": 9`), "VALUE_UNKNOWN", "name_shown")
}

// Bibs are public: a frontend cannot read an entry by one.
func TestFrontendsFindNoEntryByItsBib(t *testing.T) {
	t.Parallel()
	ctx := grpcserver.WithActor(t.Context(), access.Actor{Name: "web", Role: access.Frontend})
	request := &registrationv1.GetEntryRequest{EventId: "e", Key: &registrationv1.GetEntryRequest_Bib{Bib: "7"}}
	if _, err := registrationgrpc.New(nil).GetEntry(ctx, request); !errors.Is(err, access.ErrRoleNotAllowed) {
		t.Errorf("got %v, want %v", err, access.ErrRoleNotAllowed)
	}
}
