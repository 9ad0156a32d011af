package registrationpg_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/registration/registrationpg"
	"raceday/services/rules/race"
)

// startSmall has a marathon of so many places with a fee of 10 000, of which a fifth is for charity, and a waitlist.
func startSmall(t *testing.T, places int) *fixture {
	t.Helper()
	f := start(t)
	marathon := &f.event.Races[0]
	marathon.Capacity = places
	marathon.Fees = []race.Fee{{AmountMinor: 10_000, CharityPercent: 20}}
	marathon.Registration = race.Registration{Hold: time.Hour, Offer: time.Hour, Waitlist: 100}
	return f
}

func (f *fixture) enter(t *testing.T, n int) registration.Entry {
	t.Helper()
	r := request(n, "marathon")
	r.JoinWaitlist = true
	e, err := f.RegisterPerson(t.Context(), "frontend", r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func payment(e registration.Entry, id string) registration.PaymentNotice {
	return registration.PaymentNotice{
		Event: "almaty-2025", RequestID: "tells of " + id, Key: registration.Key{Reference: e.Reference},
		Payment: registration.PaymentID(id), AmountMinor: 10_000,
	}
}

func (f *fixture) mustPay(t *testing.T, e registration.Entry, id string) registration.Entry {
	t.Helper()
	paid, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", payment(e, id))
	if err != nil || refundDue {
		t.Fatalf("pay %s: refund due %v, %v", e.State, refundDue, err)
	}
	return paid
}

// runOut lets the time of an entry's place pass.
func (f *fixture) runOut(t *testing.T, e registration.Entry) {
	t.Helper()
	const passTime = `
UPDATE registration.entries
SET expires_at = clock_timestamp()
WHERE reference = $1`
	if _, err := f.pool.Exec(t.Context(), passTime, e.Reference); err != nil {
		t.Fatal(err)
	}
	if _, _, err := registration.NewKeeper(f.Service).Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) state(t *testing.T, e registration.Entry) registration.State {
	t.Helper()
	now, err := f.GetEntry(t.Context(), f.event.ID, registration.Key{Reference: e.Reference})
	if err != nil {
		t.Fatal(err)
	}
	return now.State
}

func TestHeldUntilPaid(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	held := f.enter(t, 1)
	if held.State != registration.Held || held.FeeMinor != 10_000 || held.CharityMinor != 2_000 {
		t.Fatalf("got %s, fee %d, for charity %d", held.State, held.FeeMinor, held.CharityMinor)
	}
	if hold := time.Until(held.ExpiresAt); hold < 50*time.Minute || hold > time.Hour {
		t.Errorf("got a hold of %v, want an hour", hold)
	}
	paid := f.mustPay(t, held, "p1")
	if paid.State != registration.Confirmed || paid.PaidMinor != 10_000 || !paid.ExpiresAt.IsZero() {
		t.Errorf("got %s, paid %d, until %v", paid.State, paid.PaidMinor, paid.ExpiresAt)
	}
	if other, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", payment(held, "p2")); err != nil || !refundDue {
		t.Errorf("paid twice: %s, refund due %v, %v, want a refund", other.State, refundDue, err)
	}
	if n := f.count(t, `SELECT count(*) FROM registration.entry_changes WHERE action = 'CONFIRM_PAYMENT'`); n != 2 {
		t.Errorf("got %d payments in the history, want 2", n)
	}
}

// The provider's webhook and the frontend's own word tell of one payment, in any order and at once.
func TestOnePaymentToldOftenConfirmsOnce(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 10)
	services := []*registration.Service{f.Service, f.service(f.open(t))}
	for n := range 10 {
		e := f.enter(t, n)
		var wait sync.WaitGroup
		for i := range 6 {
			wait.Go(func() {
				p := payment(e, fmt.Sprint("p", n))
				p.RequestID = fmt.Sprint("told ", n, " ", i)
				if i%3 == 0 { // A webhook may not know the reference yet.
					p.Key = registration.Key{RequestID: e.RequestID}
				}
				paid, refundDue, err := services[i%2].ConfirmPayment(t.Context(), "webhook", p)
				if err != nil || refundDue || paid.State != registration.Confirmed {
					t.Errorf("entry %d, told %d: got %s, refund due %v, %v", n, i, paid.State, refundDue, err)
				}
			})
		}
		wait.Wait()
	}
	if n := f.count(t, `SELECT sum(paid_minor) FROM registration.entries`); n != 100_000 {
		t.Errorf("got %d paid, want 10 fees", n)
	}
	if n := f.count(t, `SELECT count(*) FROM registration.payments`); n != 10 {
		t.Errorf("got %d payments, want 10", n)
	}
}

func TestPaymentAfterTheHold(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	first := f.enter(t, 1)
	f.runOut(t, first)
	if state := f.state(t, first); state != registration.Expired {
		t.Fatalf("got %s, want it expired", state)
	}
	if paid := f.mustPay(t, first, "in time for a free place"); paid.State != registration.Confirmed {
		t.Errorf("with a free place: got %s", paid.State)
	}

	g := startSmall(t, 1)
	first = g.enter(t, 1)
	g.runOut(t, first)
	second := g.enter(t, 2)
	_, refundDue, err := g.ConfirmPayment(t.Context(), "webhook", payment(first, "too late"))
	if err != nil || !refundDue {
		t.Errorf("without a free place: refund due %v, %v, want a refund", refundDue, err)
	}
	if state := g.state(t, second); state != registration.Held {
		t.Errorf("the other's place: got %s", state)
	}
}

// A part of the fee was paid before the hold ran out, all of it after: the part is due back, the rest counts.
func TestPartPaidThenExpiredThenPaid(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	e := f.enter(t, 1)
	part := payment(e, "part")
	part.AmountMinor = 4_000
	if held, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", part); err != nil || refundDue || held.State != registration.Held {
		t.Fatalf("a part: %s, refund due %v, %v", held.State, refundDue, err)
	}
	const passTime = `UPDATE registration.entries SET expires_at = clock_timestamp()`
	if _, err := f.pool.Exec(t.Context(), passTime); err != nil {
		t.Fatal(err)
	}
	if paid := f.mustPay(t, e, "all"); paid.State != registration.Confirmed || paid.PaidMinor != 10_000 {
		t.Errorf("all: got %s, paid %d", paid.State, paid.PaidMinor)
	}
	if n := f.count(t, `SELECT sum(amount_minor) FROM registration.payments WHERE refund_due`); n != 4_000 {
		t.Errorf("got %d due back, want the part", n)
	}
}

// One request that cannot be done fails none of those that are decided with it.
func TestOneRequestFailsNoOther(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 10)
	f.mustImport(t, "marathon,1,C1,,,,,,,,,,,", "marathon,2,C2,,,,,,,,,,,")
	ctx := t.Context()
	held := f.enter(t, 1)
	if _, err := f.correct(t, held.Reference, race.Entrant{Bib: "5", Chips: []string{"C5"}}, "bib", "chips"); err != nil {
		t.Fatal(err)
	}
	f.runOut(t, held)
	f.mustImport(t, "marathon,5,C5,,,,,,,,,,,")
	var wait sync.WaitGroup
	wait.Go(func() { // The bib that it had is another's now.
		if paid, refundDue, err := f.ConfirmPayment(ctx, "webhook", payment(held, "late")); err != nil || refundDue || paid.Bib != "" {
			t.Errorf("paid late: bib %q, refund due %v, %v", paid.Bib, refundDue, err)
		}
	})
	for n, chips := range [][]string{{"C2"}, {"C9", "c9"}} {
		want := []*fault.Fault{registration.ErrChipTaken, registration.ErrChipRepeated}[n]
		wait.Go(func() {
			_, err := f.CheckIn(ctx, "desk", registration.CheckIn{
				Event: f.event.ID, RequestID: fmt.Sprint("check in ", n), Key: registration.Key{Bib: "1"}, Chips: chips,
				IdentitySeen: true, AgeConfirmed: true,
			})
			if !errors.Is(err, want) {
				t.Errorf("with chips %v: got %v, want %v", chips, err, want)
			}
		})
	}
	wait.Go(func() {
		if _, err := f.Withdraw(ctx, "frontend", leave(f, "nobody", registration.Entry{Reference: "NXXX-NXXX"})); !errors.Is(err, registration.ErrEntryNotFound) {
			t.Errorf("nobody's: got %v, want %v", err, registration.ErrEntryNotFound)
		}
	})
	twice := registration.Registration{
		Event: f.event.ID, Race: "ekiden", RequestID: "twice", Person: race.Person{Name: "Twice"}, Members: team(3).Members,
	}
	twice.Members[0].Person = twice.Members[1].Person
	late := registration.Late{Reason: "any", AllowSecondEntry: true}
	if _, err := f.RegisterLate(ctx, "registrar", twice, true, late); !errors.Is(err, registration.ErrAlreadyEntered) {
		t.Errorf("a member twice: got %v, want %v", err, registration.ErrAlreadyEntered)
	}
	wait.Wait()
}

// The file gives a race more places: a keeper offers them though nobody asks for one.
func TestMorePlacesOfTheFileAreOffered(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	f.enter(t, 1)
	waiting := f.enter(t, 2)
	f.event.Races[0].Capacity = 2
	if _, _, err := registration.NewKeeper(f.Service).Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.state(t, waiting); got != registration.Offered {
		t.Errorf("got %s, want it offered", got)
	}
}

func TestWaitlistIsOfferedInOrder(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 2)
	var entries []registration.Entry
	for n := range 5 {
		entries = append(entries, f.enter(t, n))
	}
	if ahead, err := f.WaitingAhead(t.Context(), f.event.ID, entries[4]); err != nil || ahead != 2 {
		t.Errorf("got %d waiting ahead of the last, %v, want 2", ahead, err)
	}
	f.mustPay(t, entries[0], "p0")
	if _, err := f.Withdraw(t.Context(), "frontend", leave(f, "w3", entries[3])); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Withdraw(t.Context(), "frontend", leave(f, "w0", entries[0])); err != nil {
		t.Fatal(err)
	}
	f.runOut(t, entries[1])
	var got []registration.State
	for _, e := range entries {
		got = append(got, f.state(t, e))
	}
	want := []registration.State{
		registration.Withdrawn, registration.Expired, registration.Offered, registration.Withdrawn, registration.Offered,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if _, err := f.AcceptOffer(t.Context(), "frontend", f.event.ID, "a2", entries[2].Reference); !errors.Is(err, registration.ErrPaymentMissing) {
		t.Errorf("accept without paying: got %v, want %v", err, registration.ErrPaymentMissing)
	}
	if paid := f.mustPay(t, entries[2], "p2"); paid.State != registration.Confirmed {
		t.Errorf("an offer that is paid: got %s", paid.State)
	}
	if _, err := f.RegisterPerson(t.Context(), "frontend", request(9, "marathon")); !errors.Is(err, registration.ErrRaceFull) {
		t.Errorf("without joining the waitlist: got %v, want %v", err, registration.ErrRaceFull)
	}
}

// Places that run out are offered by a keeper that nobody asks, woken by the database, and watchers see it.
func TestKeeperOnTheDatabase(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	f.event.Races[0].Registration.Hold = 300 * time.Millisecond
	board := registration.NewVacancyBoard(f, f.store)
	f.Service = registration.New(registration.Dependencies{
		Events: f, Store: f.store, Papers: registrationpg.NewPapers(f.pool), Census: f.store, Vacancies: board, Now: time.Now,
	})
	keeper := registration.NewKeeper(f.Service)
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	failed := func(err error) { t.Error(err) }
	listener := postgres.Listener{
		URL: f.url, Channels: []string{"raceday_entries"}, Log: slog.New(slog.DiscardHandler),
		Heard: func(event string) { keeper.Heard(); board.Heard(race.EventID(event)) },
	}
	wait.Go(func() { _ = keeper.Run(ctx, failed) })
	wait.Go(func() { _ = board.Run(ctx, failed) })
	wait.Go(func() { _ = listener.Run(ctx) })
	defer wait.Wait()
	defer cancel()

	first, second := f.enter(t, 1), f.enter(t, 2)
	settled := make(chan struct{})
	wait.Go(func() {
		_ = f.WatchVacancies(ctx, f.event.ID, func(v []registration.Vacancy) error {
			if v[0].Taken == 1 && v[0].Waiting == 0 {
				close(settled)
				return errors.New("seen")
			}
			return nil
		})
	})
	select {
	case <-settled:
	case <-time.After(30 * time.Second):
		t.Error("nobody settled the race")
	}
	if got := f.state(t, first); got != registration.Expired {
		t.Errorf("the first: got %s", got)
	}
	if got := f.state(t, second); got != registration.Offered {
		t.Errorf("the second: got %s", got)
	}
}
