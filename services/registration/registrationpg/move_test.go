package registrationpg_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/civil"
	"raceday/services/rules/document"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func guardian() *registration.Guardian {
	return &registration.Guardian{Name: "Saule Parent", Contact: "+7 701 000 00 00", ConsentVersion: "2025-1"}
}

func TestTransferToAPerson(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	f.event.Races[0].Registration.TransferUntil = racetime.At(time.Now().Add(time.Hour))
	ctx := t.Context()
	held := f.enter(t, 1)
	transfer := registration.Transfer{
		Event: f.event.ID, RequestID: "t1", Reference: held.Reference, ToPerson: &registration.Successor{Person: person(2)},
	}
	if _, _, err := f.TransferEntry(ctx, "frontend", transfer); !errors.Is(err, registration.ErrEntryNotConfirmed) {
		t.Errorf("before it is paid: got %v, want %v", err, registration.ErrEntryNotConfirmed)
	}
	f.mustPay(t, held, "p1")
	young := born(2007, time.September, 29)
	transfer.ToPerson = &registration.Successor{Person: young, Guardian: guardian()}
	if _, _, err := f.TransferEntry(ctx, "frontend", transfer); !errors.Is(err, registration.ErrAgeBelowMinimum) {
		t.Errorf("to somebody too young: got %v, want %v", err, registration.ErrAgeBelowMinimum)
	}
	transfer.ToPerson = &registration.Successor{Person: person(2), Owner: "account-2"}
	for range 2 { // The second time is the same request.
		old, successor, err := f.TransferEntry(ctx, "frontend", transfer)
		if err != nil {
			t.Fatal(err)
		}
		if old.State != registration.Transferred || successor.State != registration.Confirmed ||
			successor.Reference == old.Reference || successor.PaidMinor != 10_000 || successor.Name != "Runner 2" {
			t.Errorf("got %s %s and %s %s, paid %d", old.Reference, old.State, successor.Reference, successor.State, successor.PaidMinor)
		}
	}
	if n := f.count(t, `SELECT taken FROM registration.races WHERE race = 'marathon'`); n != 1 {
		t.Errorf("got %d places taken, want 1", n)
	}
	if _, err := f.RegisterPerson(ctx, "frontend", request(1, "half")); !errors.Is(err, registration.ErrRequestIDReused) {
		t.Errorf("the first request for another race: got %v", err)
	}
	free := request(11, "half")
	free.Person = person(1)
	if _, err := f.RegisterPerson(ctx, "frontend", free); err != nil {
		t.Errorf("who passed the place on may enter again: %v", err)
	}
	f.event.Races[0].Registration.TransferUntil = racetime.At(time.Now().Add(-time.Second))
	late := transfer
	late.RequestID = "t2"
	successor, err := f.GetEntry(ctx, f.event.ID, registration.Key{Reference: held.Reference})
	if err != nil {
		t.Fatal(err)
	}
	late.Reference = successor.WentTo.Reference
	late.ToPerson = &registration.Successor{Person: person(3)}
	if _, _, err := f.TransferEntry(ctx, "frontend", late); !errors.Is(err, registration.ErrTransferClosed) {
		t.Errorf("after the deadline: got %v, want %v", err, registration.ErrTransferClosed)
	}
}

func TestTransferToARace(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 2)
	half := &f.event.Races[1]
	half.Capacity, half.Fees = 1, []race.Fee{{AmountMinor: 12_000, CharityPercent: 50}}
	half.Registration.Hold = time.Hour
	ctx := t.Context()
	entries := []registration.Entry{f.enter(t, 1), f.enter(t, 2)}
	for i, e := range entries {
		f.mustPay(t, e, fmt.Sprint("p", i))
	}
	transfer := registration.Transfer{Event: f.event.ID, RequestID: "t1", Reference: entries[0].Reference, ToRace: "half"}
	_, successor, err := f.TransferEntry(ctx, "frontend", transfer)
	if err != nil || successor.State != registration.Held || successor.OwedMinor() != 2_000 || successor.Race != "half" {
		t.Fatalf("got %s in %s, %d owed, %v", successor.State, successor.Race, successor.OwedMinor(), err)
	}
	transfer.RequestID, transfer.Reference = "t2", entries[1].Reference
	if _, _, err := f.TransferEntry(ctx, "frontend", transfer); !errors.Is(err, registration.ErrRaceFull) {
		t.Errorf("to a full race: got %v, want %v", err, registration.ErrRaceFull)
	}
	transfer.ToRace, transfer.RequestID = "marathon", "t4"
	if _, _, err := f.TransferEntry(ctx, "frontend", transfer); !errors.Is(err, registration.ErrAlreadyInRace) {
		t.Errorf("to its own race: got %v, want %v", err, registration.ErrAlreadyInRace)
	}
	transfer.ToRace = "ekiden"
	transfer.RequestID = "t3"
	if _, _, err := f.TransferEntry(ctx, "frontend", transfer); !errors.Is(err, registration.ErrRaceTakesTeams) {
		t.Errorf("to a race of teams: got %v, want %v", err, registration.ErrRaceTakesTeams)
	}
	rest := payment(successor, "the rest")
	rest.AmountMinor = 2_000
	if paid, refundDue, err := f.ConfirmPayment(ctx, "webhook", rest); err != nil || refundDue || paid.State != registration.Confirmed {
		t.Errorf("the rest paid: %s, refund due %v, %v", paid.State, refundDue, err)
	}
}

func TestEntriesOfACancelledEventAreDeferred(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 2)
	f.other = almaty()
	f.other.ID = "almaty-2026"
	f.other.Races[0].Capacity = 1
	f.other.Races[0].Fees = []race.Fee{{AmountMinor: 99_000}}
	const insertEvent = `
INSERT INTO event.events (id, version, name, day, races)
VALUES ('almaty-2026', 1, 'Almaty', '2026-09-27', '{}')`
	if _, err := f.pool.Exec(t.Context(), insertEvent); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	first, second := f.enter(t, 1), f.enter(t, 2)
	f.mustPay(t, first, "p1")
	f.mustPay(t, second, "p2")
	transfer := registration.Transfer{
		Event: f.event.ID, RequestID: "d1", Reference: first.Reference, ToEvent: "almaty-2026", ToRace: "marathon",
	}
	if _, _, err := f.TransferEntry(ctx, "frontend", transfer); !errors.Is(err, registration.ErrEventNotCancelled) {
		t.Errorf("of an event that takes place: got %v, want %v", err, registration.ErrEventNotCancelled)
	}
	f.event.Cancelled = true
	if _, err := f.RegisterPerson(ctx, "frontend", request(5, "marathon")); !errors.Is(err, registration.ErrEventCancelled) {
		t.Errorf("entering a cancelled event: got %v, want %v", err, registration.ErrEventCancelled)
	}
	for range 2 { // The second time is the same request.
		old, successor, err := f.TransferEntry(ctx, "frontend", transfer)
		if err != nil {
			t.Fatal(err)
		}
		if old.State != registration.Transferred || successor.State != registration.Confirmed ||
			successor.FeeMinor != 10_000 || successor.PaidMinor != 10_000 || old.WentTo.Event != "almaty-2026" {
			t.Errorf("got %s to %v, and %s with fee %d, paid %d", old.State, old.WentTo, successor.State, successor.FeeMinor, successor.PaidMinor)
		}
	}
	transfer.RequestID, transfer.Reference = "d2", second.Reference
	if _, _, err := f.TransferEntry(ctx, "frontend", transfer); !errors.Is(err, registration.ErrRaceFull) {
		t.Errorf("to a race that is full: got %v, want %v", err, registration.ErrRaceFull)
	}
	if n := f.count(t, `SELECT sum(taken) FROM registration.races WHERE race = 'marathon'`); n != 2 {
		t.Errorf("got %d places taken in both events, want 1 in each", n)
	}
}

func TestTeamsAreCompletedByJoining(t *testing.T) {
	t.Parallel()
	f := start(t)
	ekiden := &f.event.Races[4]
	ekiden.Fees = []race.Fee{{AmountMinor: 10_000}}
	ekiden.Registration.Hold = time.Hour
	ekiden.Team.CompleteUntil = racetime.At(time.Now().Add(time.Hour))
	ekiden.Team.Categories = []race.TeamCategory{{Name: "WOMEN", MinWomen: 6}, {Name: "OPEN"}}
	ctx := t.Context()
	r := team(1)
	r.Members, r.Person.Category = r.Members[2:], "WOMEN" // legs 4 to 1
	r.Contact = &registration.Contact{Name: "Dana Captain", Email: "dana@example.com"}
	held, err := f.RegisterTeam(ctx, "frontend", r)
	if err != nil || held.State != registration.Held || held.JoinCode == "" {
		t.Fatalf("got %s with code %q, %v", held.State, held.JoinCode, err)
	}
	paid := f.mustPay(t, held, "p1")
	if paid.State != registration.Held || !paid.ExpiresAt.Equal(ekiden.Team.CompleteUntil.Time()) {
		t.Errorf("paid and not complete: got %s until %v", paid.State, paid.ExpiresAt)
	}
	join := func(n int, p race.Person) (registration.Entry, error) {
		return f.JoinTeam(ctx, "frontend", registration.Joining{
			Event: f.event.ID, RequestID: fmt.Sprint("join ", n), JoinCode: held.JoinCode, Person: p,
		})
	}
	man := person(50)
	man.Sex = race.Male
	if _, err := join(1, man); !errors.Is(err, registration.ErrTeamComposition) {
		t.Errorf("a man in a team of women: got %v, want %v", err, registration.ErrTeamComposition)
	}
	if _, err := join(2, r.Members[0].Person); !errors.Is(err, registration.ErrMemberInTwoTeams) {
		t.Errorf("a member again: got %v, want %v", err, registration.ErrMemberInTwoTeams)
	}
	if joined, err := join(3, person(51)); err != nil || joined.State != registration.Held || joined.Members[4].Leg != 5 {
		t.Errorf("the fifth: got %s, %v", joined.State, err)
	}
	if joined, err := join(4, person(52)); err != nil || joined.State != registration.Confirmed {
		t.Errorf("the sixth: got %s, %v", joined.State, err)
	}
	if joined, err := join(5, person(53)); err != nil || joined.Members[6].Leg != 0 {
		t.Errorf("a reserve: got %v", err)
	}
	f.substitute(t, held.Reference)
}

// substitute lets the reserve run leg 2, and refuses what is too late.
func (f *fixture) substitute(t *testing.T, reference registration.Reference) {
	t.Helper()
	ctx, ekiden := t.Context(), &f.event.Races[4]
	u := registration.Substitution{Event: f.event.ID, RequestID: "s1", Reference: reference, Leg: 2, Reserve: 1}
	swapped, err := f.SubstituteMember(ctx, "frontend", u)
	if err != nil || swapped.Members[1].Name != "Runner 53" || swapped.Members[6].Leg != 0 {
		t.Fatalf("got %q on leg 2, %v, want the reserve", swapped.Members[1].Name, err)
	}
	man := person(60)
	man.Sex = race.Male
	joined, err := f.JoinTeam(ctx, "frontend", registration.Joining{
		Event: f.event.ID, RequestID: "a man in reserve", JoinCode: swapped.JoinCode, Person: man,
	})
	if err != nil || len(joined.Members) != 8 {
		t.Fatalf("a man in reserve of a team of women: %v", err)
	}
	u = registration.Substitution{Event: f.event.ID, RequestID: "s4", Reference: reference, Leg: 2, Reserve: 2}
	if _, err := f.SubstituteMember(ctx, "frontend", u); !errors.Is(err, registration.ErrTeamComposition) {
		t.Errorf("reserve breaks the rule on women: got %v, want %v", err, registration.ErrTeamComposition)
	}
	man = person(62)
	man.Sex = race.Male
	u = registration.Substitution{Event: f.event.ID, RequestID: "s2", Reference: reference, Leg: 2, Person: man}
	if _, err := f.SubstituteMember(ctx, "frontend", u); !errors.Is(err, registration.ErrTeamComposition) {
		t.Errorf("a man for a woman: got %v, want %v", err, registration.ErrTeamComposition)
	}
	u.Person = born(2009, time.September, 29)
	if _, err := f.SubstituteMember(ctx, "frontend", u); !errors.Is(err, registration.ErrAgeBelowMinimum) {
		t.Errorf("somebody of fifteen: got %v, want %v", err, registration.ErrAgeBelowMinimum)
	}
	ekiden.Team.SubstituteUntil = racetime.At(time.Now().Add(-time.Second))
	u.RequestID, u.Person = "s3", person(61)
	if _, err := f.SubstituteMember(ctx, "frontend", u); !errors.Is(err, registration.ErrSubstitutionClosed) {
		t.Errorf("after the deadline: got %v, want %v", err, registration.ErrSubstitutionClosed)
	}
	ekiden.Team.SubstituteUntil = 0
	gun := func(fromNow time.Duration) {
		ekiden.Waves = []race.Wave{{ID: "A", Gun: racetime.At(time.Now().Add(fromNow))}}
	}
	gun(-time.Second)
	if _, err := f.SubstituteMember(ctx, "frontend", u); !errors.Is(err, registration.ErrSubstitutionClosed) {
		t.Errorf("after the start: got %v, want %v", err, registration.ErrSubstitutionClosed)
	}
	gun(time.Hour)
	if changed, err := f.SubstituteMember(ctx, "frontend", u); err != nil || changed.Members[1].Name != u.Person.Name {
		t.Errorf("before the start: %v", err)
	}
}

func TestIncompleteTeamLosesItsPlace(t *testing.T) {
	t.Parallel()
	f := start(t)
	ekiden := &f.event.Races[4]
	ekiden.Fees = []race.Fee{{AmountMinor: 10_000}}
	ekiden.Registration.Hold = time.Hour
	ekiden.Team.CompleteUntil = racetime.At(time.Now().Add(time.Hour))
	r := team(1)
	r.Members = nil
	held, err := f.RegisterTeam(t.Context(), "frontend", r)
	if err != nil {
		t.Fatal(err)
	}
	f.mustPay(t, held, "p1")
	f.runOut(t, held)
	if got := f.state(t, held); got != registration.Held {
		t.Errorf("before the race's deadline: got %s, want it held", got)
	}
	ekiden.Team.CompleteUntil = racetime.At(time.Now().Add(-time.Second))
	if _, err := f.RegisterTeam(t.Context(), "frontend", team(2)); err != nil {
		t.Errorf("a whole team after the deadline: %v", err)
	}
	late := team(3)
	late.Members = late.Members[1:]
	if _, err := f.RegisterTeam(t.Context(), "frontend", late); !errors.Is(err, registration.ErrTeamSize) {
		t.Errorf("half a team after the deadline: got %v, want %v", err, registration.ErrTeamSize)
	}
	f.runOut(t, held)
	if got := f.state(t, held); got != registration.Expired {
		t.Errorf("after the race's deadline: got %s, want it expired", got)
	}
	if n := f.count(t, `SELECT count(*) FROM registration.payments WHERE refund_due`); n != 1 {
		t.Errorf("got %d refunds due, want its fee", n)
	}
}

func TestMinorsHaveAGuardian(t *testing.T) {
	t.Parallel()
	f := start(t)
	r := request(1, "ten")
	r.Person = born(2009, time.January, 1)
	ctx := t.Context()
	if _, err := f.RegisterPerson(ctx, "frontend", r); !errors.Is(err, registration.ErrGuardianMissing) {
		t.Errorf("without: got %v, want %v", err, registration.ErrGuardianMissing)
	}
	r.Guardian = &registration.Guardian{Name: "Saule"}
	_, err := f.RegisterPerson(ctx, "frontend", r)
	if !errors.Is(err, registration.ErrGuardianInvalid) || len(fault.Violations(err)) != 2 {
		t.Errorf("with half a guardian: got %v, want %v of 2 fields", err, registration.ErrGuardianInvalid)
	}
	r.Guardian = guardian()
	r.Guardian.ConsentedAt = time.Now().Add(time.Hour)
	if _, err := f.RegisterPerson(ctx, "frontend", r); !errors.Is(err, registration.ErrGuardianInvalid) {
		t.Errorf("with a consent to come: got %v, want %v", err, registration.ErrGuardianInvalid)
	}
	r.Guardian = guardian()
	e, err := f.RegisterPerson(ctx, "frontend", r)
	if err != nil || e.State != registration.Confirmed {
		t.Fatalf("got %s, %v", e.State, err)
	}
	later := guardian()
	later.ConsentedAt = time.Now().Add(time.Hour)
	paper := registration.PaperRequest{Event: f.event.ID, RequestID: "g", Reference: e.Reference, Guardian: later}
	_, err = f.RecordGuardian(ctx, "frontend", paper)
	if v := fault.Violations(err); !errors.Is(err, registration.ErrGuardianInvalid) || v[0].Path != "guardian.consented_at" {
		t.Errorf("recorded with a consent to come: got %v, want %v", err, registration.ErrGuardianInvalid)
	}
	_, papers, err := f.GetPapers(ctx, f.event.ID, e.Reference)
	if got := papers.Guardians[registration.Whose{}]; err != nil || got.ConsentVersion != "2025-1" || got.ConsentedAt.IsZero() {
		t.Errorf("got %+v, %v", got, err)
	}
	adult := request(2, "ten")
	adult.Person = born(2007, time.September, 28)
	if _, err := f.RegisterPerson(ctx, "frontend", adult); err != nil {
		t.Errorf("18 on the day: got %v", err)
	}
}

func TestCheckIn(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.event.Races[2].Documents = []race.Document{
		{Type: race.MedicalCertificate, FromAgeYears: 15, ToAgeYears: 17}, {Type: race.Identity},
	}
	f.mustImport(t, "ten,4001,,Aida Young,F,2009-01-01,,KAZ,,,,,,", "ten,4002,C7,Bolat Old,M,1980-01-01,,KAZ,,,,,,")
	ctx := t.Context()
	e, err := f.GetEntry(ctx, f.event.ID, registration.Key{Bib: "4001"})
	if err != nil {
		t.Fatal(err)
	}
	c := registration.CheckIn{Event: f.event.ID, RequestID: "c1", Key: registration.Key{Bib: "4001"}}
	_, err = f.CheckIn(ctx, "desk", c)
	var reasons []string
	for _, v := range fault.Violations(err) {
		reasons = append(reasons, v.Path+" "+v.Reason)
	}
	want := "[chips CHIP_MISSING identity_seen IDENTITY_NOT_SEEN age_confirmed AGE_NOT_CONFIRMED person GUARDIAN_MISSING " +
		"person DOCUMENT_MISSING person DOCUMENT_MISSING]"
	if !errors.Is(err, registration.ErrCheckInRefused) || fmt.Sprint(reasons) != want {
		t.Errorf("got %v of %v, want %v of %s", err, reasons, registration.ErrCheckInRefused, want)
	}
	paper := registration.PaperRequest{Event: f.event.ID, RequestID: "g", Reference: e.Reference, Guardian: guardian()}
	if _, err := f.RecordGuardian(ctx, "desk", paper); err != nil {
		t.Fatal(err)
	}
	valid := map[race.DocumentType]civil.Day{
		race.MedicalCertificate: {Year: 2025, Month: time.September, Day: 28}, race.Identity: {},
	}
	for kind, until := range valid {
		paper := registration.PaperRequest{
			Event: f.event.ID, RequestID: fmt.Sprint("d", kind), Reference: e.Reference,
			Document: &registration.Document{Held: document.Held{Type: kind, ValidUntil: until}},
		}
		if _, err := f.RecordDocument(ctx, "desk", paper); err != nil {
			t.Fatal(err)
		}
	}
	c.IdentitySeen, c.AgeConfirmed, c.Chips, c.RequestID = true, true, []string{"c7"}, "c2"
	_, err = f.CheckIn(ctx, "desk", c)
	if v := fault.Violations(err); !errors.Is(err, registration.ErrChipTaken) || v[0].Message != registration.ErrChipTaken.Message+": bib 4002" {
		t.Errorf("with the other's chip: got %v, want %v that names the bib", v, registration.ErrChipTaken)
	}
	c.Chips, c.RequestID = []string{"c8"}, "c3"
	for range 2 { // The second time is the same request.
		done, err := f.CheckIn(ctx, "desk", c)
		if err != nil || done.CheckedInAt.IsZero() || done.Chips[0] != "c8" {
			t.Errorf("got %v at %v, %v", done.Chips, done.CheckedInAt, err)
		}
	}
	c.RequestID = "c4"
	if _, err := f.CheckIn(ctx, "desk", c); !errors.Is(err, registration.ErrAlreadyCheckedIn) {
		t.Errorf("again: got %v, want %v", err, registration.ErrAlreadyCheckedIn)
	}
}

// What is erased of an entry that came from another one of the same person is erased there too.
func TestErasePredecessors(t *testing.T) {
	t.Parallel()
	f := start(t)
	r := request(1, "marathon")
	r.Person.Name, r.Owner = "Aida Young", "aida@example.com"
	e, err := f.RegisterPerson(t.Context(), "frontend", r)
	if err != nil {
		t.Fatal(err)
	}
	transfer := registration.Transfer{Event: f.event.ID, RequestID: "t1", Reference: e.Reference, ToRace: "half"}
	_, successor, err := f.TransferEntry(t.Context(), "frontend", transfer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.EraseEntry(t.Context(), "admin", f.event.ID, "e1", successor.Reference, "asked for"); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"entries", "changed_people", "entry_changes"} {
		query := fmt.Sprintf(`SELECT count(*) FROM registration.%s AS r WHERE row_to_json(r)::text ~* 'Aida|1995-01-01'`, table)
		if n := f.count(t, query); n != 0 {
			t.Errorf("%s: %d rows tell who it was", table, n)
		}
	}
	if n := f.count(t, `SELECT count(*) FROM registration.requests WHERE request_id = 't1' AND digest <> ''`); n != 0 {
		t.Errorf("got the digest of what was requested, want none")
	}
}

func TestEraseEntry(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t, "ten,4001,C1,Aida Young,F,2009-01-01,,KAZ,Club,,,,,")
	ctx := t.Context()
	e, err := f.GetEntry(ctx, f.event.ID, registration.Key{Bib: "4001"})
	if err != nil {
		t.Fatal(err)
	}
	paper := registration.PaperRequest{Event: f.event.ID, RequestID: "g", Reference: e.Reference, Guardian: guardian()}
	if _, err := f.RecordGuardian(ctx, "desk", paper); err != nil {
		t.Fatal(err)
	}
	f.mustImport(t, "ten,4001,C1,Aida Yonge,F,2009-01-01,,KAZ,Club,,,,,")
	before := f.change(t)
	left, err := f.EraseEntry(ctx, "admin", f.event.ID, "e1", e.Reference, "asked for")
	if err != nil {
		t.Fatal(err)
	}
	if left.Name != "" || !left.BirthDay.IsZero() || left.AgeYears == nil || *left.AgeYears != 16 || left.Bib != "4001" ||
		left.NameShown != race.NameHidden || left.Country != "KAZ" {
		t.Errorf("got %+v", left.Entrant)
	}
	if changed := f.since(t, before); len(changed) != 1 || changed[0].Name != "" {
		t.Errorf("got %d lines of the roster changed, want the one", len(changed))
	}
	for _, table := range []string{"entries", "members", "guardians", "contacts", "documents", "changed_people", "entry_changes"} {
		query := fmt.Sprintf(`SELECT count(*) FROM registration.%s AS r WHERE row_to_json(r)::text ~ 'Aida|Saule|2009-01-01'`, table)
		if n := f.count(t, query); n != 0 {
			t.Errorf("%s: %d rows tell who it was", table, n)
		}
	}
}
