package registrationpg_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// What was paid in one currency is not so much in another.
func TestCurrencyStaysOnceThereIsMoney(t *testing.T) {
	t.Parallel()
	inUse := []fault.Violation{{
		Path: "currency", Reason: "CURRENCY_IN_USE",
		Message: "is that of fees and payments of entries already; it cannot change any more",
	}}
	for _, tt := range []struct {
		name string
		make func(t *testing.T, f *fixture)
		want []fault.Violation
	}{
		{"entries without a fee", func(t *testing.T, f *fixture) { f.register(t, 1, "half") }, nil},
		{"a fee that is owed", func(t *testing.T, f *fixture) { f.enter(t, 1) }, inUse},
		{"a fee that is no longer owed", func(t *testing.T, f *fixture) {
			e := f.enter(t, 1)
			if _, err := f.Withdraw(t.Context(), "frontend", leave(f, "w", e)); err != nil {
				t.Fatal(err)
			}
		}, inUse},
		{"a payment for an entry without a fee", func(t *testing.T, f *fixture) {
			e := f.register(t, 1, "half")
			if _, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", payment(e, "p")); err != nil || !refundDue {
				t.Fatalf("refund due %v, %v", refundDue, err)
			}
		}, inUse},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := startSmall(t, 10)
			f.event.Currency = "KZT"
			tt.make(t, f)
			newer := *f.event
			newer.Currency = "USD"
			for _, keepMisfits := range []bool{false, true} {
				got, err := f.Breaks(t.Context(), 1, f.event, &newer, keepMisfits)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("misfits kept: %t (-want +got):\n%s", keepMisfits, diff)
				}
			}
		})
	}
}

func leave(f *fixture, requestID string, e registration.Entry) registration.Withdrawal {
	return registration.Withdrawal{Event: f.event.ID, RequestID: requestID, Reference: e.Reference}
}

// addOther makes one more event, with the same races.
func (f *fixture) addOther(t *testing.T) {
	t.Helper()
	f.other = almaty()
	f.other.ID = "almaty-2026"
	const insertEvent = `
INSERT INTO event.events (id, version, name, day, races)
VALUES ('almaty-2026', 1, 'Almaty', '2026-09-27', '{}')`
	if _, err := f.pool.Exec(t.Context(), insertEvent); err != nil {
		t.Fatal(err)
	}
}

func TestDeferralKeepsTheCurrency(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 2)
	f.addOther(t)
	f.event.Currency, f.other.Currency = "KZT", "USD"
	paid, free := f.enter(t, 1), f.register(t, 2, "half")
	f.mustPay(t, paid, "p1")
	f.event.Cancelled = true
	transfer := registration.Transfer{
		Event: f.event.ID, RequestID: "d1", Reference: paid.Reference, ToEvent: "almaty-2026", ToRace: "marathon",
	}
	if _, _, err := f.TransferEntry(t.Context(), "frontend", transfer); !errors.Is(err, registration.ErrCurrencyDiffers) {
		t.Errorf("with a fee: got %v, want %v", err, registration.ErrCurrencyDiffers)
	}
	transfer.RequestID, transfer.Reference = "d2", free.Reference
	if _, _, err := f.TransferEntry(t.Context(), "frontend", transfer); err != nil {
		t.Errorf("without a fee: got %v", err)
	}
	f.other.Currency = "KZT"
	transfer.RequestID, transfer.Reference = "d3", paid.Reference
	if _, _, err := f.TransferEntry(t.Context(), "frontend", transfer); err != nil {
		t.Errorf("in the same currency: got %v", err)
	}
}

// totals returns those of a race.
func (f *fixture) totals(t *testing.T, id race.ID) registration.Totals {
	t.Helper()
	all, _, err := f.GetTotals(t.Context(), f.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if one.Race == id {
			return one
		}
	}
	t.Fatalf("no totals of %s", id)
	return registration.Totals{}
}

func (f *fixture) wantMoney(t *testing.T, what string, id race.ID, paid, charity, refundDue int64) {
	t.Helper()
	got := f.totals(t, id)
	if got.PaidMinor != paid || got.CharityMinor != charity || got.RefundDueMinor != refundDue {
		t.Errorf("%s: got %d paid, %d for charity, %d due back, want %d, %d, %d", what, got.PaidMinor, got.CharityMinor,
			got.RefundDueMinor, paid, charity, refundDue)
	}
}

func TestWhatIsPaidBeyondTheFeeIsDueBack(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 3)
	f.event.Races[1].Fees = []race.Fee{{AmountMinor: 4_000, CharityPercent: 50}}
	ctx := t.Context()
	e := f.enter(t, 1)
	p := payment(e, "p1")
	p.AmountMinor = 15_000
	paid, refundDue, err := f.ConfirmPayment(ctx, "webhook", p)
	if err != nil || refundDue || paid.State != registration.Confirmed || paid.OverpaidMinor() != 5_000 {
		t.Fatalf("too much: got %s, overpaid %d, refund due %v, %v", paid.State, paid.OverpaidMinor(), refundDue, err)
	}
	f.wantMoney(t, "too much", "marathon", 10_000, 2_000, 5_000)

	transfer := registration.Transfer{Event: f.event.ID, RequestID: "t1", Reference: e.Reference, ToRace: "half"}
	old, cheaper, err := f.TransferEntry(ctx, "frontend", transfer)
	if err != nil || cheaper.OverpaidMinor() != 11_000 || old.OverpaidMinor() != 0 {
		t.Fatalf("a cheaper race: overpaid %d, the old entry %d, %v", cheaper.OverpaidMinor(), old.OverpaidMinor(), err)
	}
	f.wantMoney(t, "left the race", "marathon", 0, 0, 0)
	f.wantMoney(t, "came to a cheaper race", "half", 4_000, 2_000, 11_000)

	if _, err := f.Withdraw(ctx, "frontend", leave(f, "w", cheaper)); err != nil {
		t.Fatal(err)
	}
	f.wantMoney(t, "withdrew: the fee is kept, the rest is not", "half", 4_000, 2_000, 11_000)
}

func TestWithdrawingBeforeConfirmedGivesTheMoneyBack(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 1)
	ctx := t.Context()
	held, waiting := f.enter(t, 1), f.enter(t, 2)
	part := payment(held, "part")
	part.AmountMinor = 4_000
	if _, refundDue, err := f.ConfirmPayment(ctx, "webhook", part); err != nil || refundDue {
		t.Fatalf("a part: refund due %v, %v", refundDue, err)
	}
	gone, err := f.Withdraw(ctx, "frontend", leave(f, "w1", held))
	if err != nil || gone.PaidMinor != 0 {
		t.Fatalf("got %s, paid %d, %v", gone.State, gone.PaidMinor, err)
	}
	part.RequestID = "told again"
	if _, refundDue, err := f.ConfirmPayment(ctx, "webhook", part); err != nil || !refundDue {
		t.Errorf("held, told again: refund due %v, %v, want a refund", refundDue, err)
	}
	if got := f.state(t, waiting); got != registration.Offered {
		t.Fatalf("who waited: got %s", got)
	}
	part = payment(waiting, "of the offer")
	part.AmountMinor = 1_000
	if _, _, err := f.ConfirmPayment(ctx, "webhook", part); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Withdraw(ctx, "frontend", leave(f, "w2", waiting)); err != nil {
		t.Fatal(err)
	}
	f.wantMoney(t, "both withdrawn", "marathon", 0, 0, 5_000)

	kept := f.enter(t, 3)
	f.mustPay(t, kept, "whole")
	if _, err := f.Withdraw(ctx, "frontend", leave(f, "w3", kept)); err != nil {
		t.Fatal(err)
	}
	f.wantMoney(t, "a confirmed entry keeps its fee", "marathon", 10_000, 2_000, 5_000)
}

// dearer enters, pays and goes over to a race that costs 12 000.
func (f *fixture) dearer(t *testing.T) (old, held registration.Entry) {
	t.Helper()
	f.event.Races[1].Fees = []race.Fee{{AmountMinor: 12_000}}
	f.event.Races[1].Registration.Hold = time.Hour
	old = f.enter(t, 1)
	f.mustPay(t, old, "p1")
	transfer := registration.Transfer{Event: f.event.ID, RequestID: "t1", Reference: old.Reference, ToRace: "half"}
	old, held, err := f.TransferEntry(t.Context(), "frontend", transfer)
	if err != nil || held.State != registration.Held {
		t.Fatalf("got %s, %v", held.State, err)
	}
	return old, held
}

func TestPaymentFindsTheEntryThatTookOver(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]func(old registration.Entry) registration.Key{
		"by the request of the registration": func(old registration.Entry) registration.Key {
			return registration.Key{RequestID: old.RequestID}
		},
		"by the request of the transfer": func(registration.Entry) registration.Key {
			return registration.Key{RequestID: "t1"}
		},
		"by the old reference": func(old registration.Entry) registration.Key {
			return registration.Key{Reference: old.Reference}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startSmall(t, 2)
			old, held := f.dearer(t)
			rest := payment(held, "the rest")
			rest.Key, rest.AmountMinor = key(old), 2_000
			for _, requestID := range []string{"told", "told", "told again"} {
				rest.RequestID = requestID
				paid, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", rest)
				if err != nil || refundDue || paid.Reference != held.Reference || paid.State != registration.Confirmed {
					t.Errorf("%s: got %s, %s, refund due %v, %v", requestID, paid.Reference, paid.State, refundDue, err)
				}
			}
			f.wantMoney(t, "paid", "half", 12_000, 0, 0)
			more := payment(held, "more")
			more.Key = rest.Key
			if _, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", more); err != nil || !refundDue {
				t.Errorf("nothing is owed any more: refund due %v, %v, want a refund", refundDue, err)
			}
		})
	}
}

// The rest is told by the old request while the entry is passed on: it counts for the new entry, or comes too early.
func TestPaymentDuringATransfer(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 20)
	f.event.Races[1].Fees = []race.Fee{{AmountMinor: 12_000}}
	f.event.Races[1].Registration.Hold = time.Hour
	var wait sync.WaitGroup
	for n := range 10 {
		e := f.enter(t, n)
		f.mustPay(t, e, fmt.Sprint("p", n))
		wait.Go(func() {
			transfer := registration.Transfer{
				Event: f.event.ID, RequestID: fmt.Sprint("t", n), Reference: e.Reference, ToRace: "half",
			}
			if _, _, err := f.TransferEntry(t.Context(), "web", transfer); err != nil {
				t.Errorf("transfer %d: %v", n, err)
			}
		})
		wait.Go(func() {
			rest := payment(e, fmt.Sprint("rest ", n))
			rest.Key, rest.AmountMinor = registration.Key{RequestID: e.RequestID}, 2_000
			paid, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", rest)
			if err != nil || refundDue != (paid.Reference == e.Reference) {
				t.Errorf("payment %d: refund due %v, for the old entry %v, %v", n, refundDue, paid.Reference == e.Reference, err)
			}
		})
	}
	wait.Wait()
}

func TestPaymentOfATransferThatExpiredIsDueBack(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 2)
	old, held := f.dearer(t)
	first := payment(old, "p1")
	tell := func(what, requestID string, want bool) {
		t.Helper()
		first.RequestID = requestID
		if _, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", first); err != nil || refundDue != want {
			t.Errorf("%s, told as %q: refund due %v, %v, want %v", what, requestID, refundDue, err, want)
		}
	}
	tell("while it is held", "tells of p1", false)
	tell("while it is held", "again", false)
	f.runOut(t, held)
	tell("expired", "tells of p1", true)
	tell("expired", "once more", true)
	f.wantMoney(t, "expired", "half", 0, 0, 10_000)
	whole := payment(held, "whole")
	whole.AmountMinor = 12_000
	if paid, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", whole); err != nil || refundDue || paid.State != registration.Confirmed {
		t.Fatalf("paid anew: %s, refund due %v, %v", paid.State, refundDue, err)
	}
	tell("paid anew by another payment", "a last time", true)
}

// The entry of the other event runs out of time: what was paid in the cancelled one is due back.
func TestPaymentOfADeferralThatExpiredIsDueBack(t *testing.T) {
	t.Parallel()
	f := startSmall(t, 2)
	f.addOther(t)
	f.other.Races[0].Registration.Hold = time.Hour
	held := f.enter(t, 1)
	part := payment(held, "part")
	part.AmountMinor = 4_000
	if _, _, err := f.ConfirmPayment(t.Context(), "webhook", part); err != nil {
		t.Fatal(err)
	}
	f.event.Cancelled = true
	transfer := registration.Transfer{
		Event: f.event.ID, RequestID: "d1", Reference: held.Reference, ToEvent: "almaty-2026", ToRace: "marathon",
	}
	_, deferred, err := f.TransferEntry(t.Context(), "frontend", transfer)
	if err != nil || deferred.State != registration.Held {
		t.Fatalf("got %s, %v", deferred.State, err)
	}
	if _, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", part); err != nil || refundDue {
		t.Errorf("while it is held: refund due %v, %v", refundDue, err)
	}
	f.runOut(t, deferred)
	if _, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", part); err != nil || !refundDue {
		t.Errorf("expired: refund due %v, %v, want a refund", refundDue, err)
	}
	rest := payment(held, "rest")
	if _, refundDue, err := f.ConfirmPayment(t.Context(), "webhook", rest); err != nil || !refundDue {
		t.Errorf("paid to the cancelled event: refund due %v, %v, want a refund", refundDue, err)
	}
}
