package registration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"raceday/services/rules/race"
)

// PaymentNotice tells of a payment.
type PaymentNotice struct {
	Event     race.EventID
	RequestID string
	// Key is the entry's reference, or the request id of its registration or transfer.
	Key     Key
	Payment PaymentID
	// AmountMinor is above zero, at most 10¹², in minor units of the event's currency.
	AmountMinor int64
}

// maxAmountMinor is beyond every fee in every currency.
const maxAmountMinor = 1_000_000_000_000

// carried begins the names of payments that are no provider's: what an entry brought with it that took another's place.
const carried = "from:"

// ConfirmPayment records a payment and returns the entry as it now stands, and whether the payment is to be given back.
// The same payment is recorded once, whoever tells of it; its answer does not change. It counts for an entry that is held
// or offered and owes something, and for one that has expired if a place is free. Told of an entry whose place another one
// of the event took, it is a payment for that one where it owes something. Faults: ErrEntryNotFound,
// ErrPaymentIDInvalid, ErrPaymentIDReused, ErrAmountInvalid and those of a request.
func (s *Service) ConfirmPayment(ctx context.Context, actor string, p PaymentNotice) (e Entry, refundDue bool, err error) {
	if !isRequestID(string(p.Payment)) || strings.HasPrefix(string(p.Payment), carried) {
		return Entry{}, false, ErrPaymentIDInvalid.With(ErrPaymentIDInvalid.At("payment_id"))
	}
	if p.AmountMinor <= 0 || p.AmountMinor > maxAmountMinor {
		return Entry{}, false, ErrAmountInvalid.With(ErrAmountInvalid.At("amount_minor"))
	}
	t := &transition{
		event: p.Event, key: p.Key, requestID: p.RequestID, payment: p.Payment, withoutRace: true, follows: true,
		cause: Cause{Action: ActionConfirmPayment, Actor: actor},
	}
	t.apply = func(ctx context.Context, s *session, e Entry) error { return s.pay(ctx, e, t.chain, p, t.cause) }
	if e, err = s.transit(ctx, t, p); err != nil {
		return Entry{}, false, err // t may still be worked on
	}
	if t.refundDue || e.State != Transferred && e.CameFrom == (Elsewhere{}) {
		return e, t.refundDue, nil
	}
	if refundDue, err = s.passedInVain(ctx, p); err != nil {
		return Entry{}, false, fmt.Errorf("confirm payment: %w", err)
	}
	return e, refundDue, nil
}

// passedInVain reports whether a payment that counted passed with its entry to another one, of any event, for which it is
// to be given back.
func (s *Service) passedInVain(ctx context.Context, p PaymentNotice) (bool, error) {
	q := Question{Entries: []Key{p.Key}, Payments: []PaymentID{p.Payment}}
	seen, err := s.store.Look(ctx, p.Event, "", q)
	if err != nil {
		return false, err
	}
	e, entrant := seen.Known.Entries[p.Key], seen.Known.Payments[p.Payment].Entrant
	passed, inVain := false, false
	for e.State == Transferred {
		passed = passed || e.ID == entrant
		to, carriedHere := e.WentTo, carriedFrom(Elsewhere{p.Event, e.Reference})
		q := Question{Entries: []Key{{Reference: to.Reference}}, Payments: []PaymentID{carriedHere}}
		if seen, err = s.store.Look(ctx, to.Event, "", q); err != nil {
			return false, err
		}
		e, inVain = seen.Known.Entries[q.Entries[0]], seen.Known.Payments[carriedHere].RefundDue
		p.Event = to.Event
	}
	return passed && inVain, nil
}

// carriedFrom names what an entry brought with it from another one.
func carriedFrom(e Elsewhere) PaymentID {
	return PaymentID(carried + string(e.Event) + "/" + string(e.Reference))
}

// pay records a payment for an entry, or finds it recorded for one of those whose place it took.
func (s *session) pay(ctx context.Context, before Entry, chain []race.EntrantID, p PaymentNotice, cause Cause) error {
	if earlier, ok := s.known.Payments[p.Payment]; ok {
		if !slices.Contains(chain, earlier.Entrant) || earlier.AmountMinor != p.AmountMinor {
			return ErrPaymentIDReused
		}
		return nil
	}
	counts, err := s.counts(ctx, before, p.AmountMinor)
	if err != nil {
		return err
	}
	payment := Payment{
		ID: p.Payment, Entrant: before.ID, AmountMinor: p.AmountMinor, At: s.now, Actor: cause.Actor, RefundDue: !counts,
	}
	after := before
	if !payment.RefundDue {
		after.PaidMinor += p.AmountMinor
		if after.State == Expired || after.OwedMinor() == 0 {
			s.advance(&after)
		}
	}
	s.record(&before, after, cause)
	s.changes.Payments = append(s.changes.Payments, payment)
	s.known.Payments[p.Payment] = payment
	return nil
}

// counts reports whether a payment counts for an entry.
func (s *session) counts(ctx context.Context, e Entry, amountMinor int64) (bool, error) {
	switch {
	case s.event.Cancelled || e.OwedMinor() == 0 || s.event.Race(e.Race) == nil:
		return false, nil
	case !isComplete(s.event.Race(e.Race), &e) && !mayComplete(s.event.Race(e.Race), s.now):
		return false, nil
	case e.State == Held || e.State == Offered:
		return true, nil
	case e.State != Expired || amountMinor < e.OwedMinor() || s.free(e.Race) <= 0:
		return false, nil
	case e.SecondEntry:
		return true, nil
	}
	e.State = Held
	if err := s.learn(ctx, Claims{People: e.Claims().People}); err != nil {
		return false, err
	}
	return heldElsewhere("", s.known.People, e.ID, e.isTeam(), e.Person, e.Members) == nil, nil
}

// AcceptOffer takes an offered place for which nothing is owed. Faults: ErrEntryNotFound, ErrNotOffered,
// ErrPaymentMissing and those of a request.
func (s *Service) AcceptOffer(
	ctx context.Context, actor string, event race.EventID, requestID string, reference Reference,
) (Entry, error) {
	t := &transition{
		event: event, key: Key{Reference: reference}, requestID: requestID,
		cause: Cause{Action: ActionAcceptOffer, Actor: actor},
	}
	t.apply = func(_ context.Context, s *session, before Entry) error {
		switch {
		case s.event.Cancelled:
			return ErrEventCancelled
		case before.State != Offered:
			return ErrNotOffered
		case before.OwedMinor() > 0:
			return ErrPaymentMissing
		}
		after := before
		s.advance(&after)
		s.record(&before, after, t.cause)
		return nil
	}
	return s.transit(ctx, t, reference)
}

// Withdrawal takes an entry back.
type Withdrawal struct {
	Event     race.EventID
	RequestID string
	Reference Reference
	// Reason may be empty, but for an entry that was checked in.
	Reason string
	// Office says that the race office withdraws, and not the owner of the entry.
	Office bool
}

// Withdraw takes an entry back; its place is offered to who waits longest. A confirmed entry leaves its fee, what was paid
// for any other is to be given back. Once bib and chip were handed out only the office does so, with a reason. Faults:
// ErrEntryNotFound, ErrEntryEnded, ErrAlreadyCheckedIn, ErrReasonMissing, ErrTextInvalid and those of a request.
func (s *Service) Withdraw(ctx context.Context, actor string, w Withdrawal) (Entry, error) {
	if !isText(w.Reason) {
		return Entry{}, ErrTextInvalid.With(ErrTextInvalid.At("reason"))
	}
	t := &transition{
		event: w.Event, key: Key{Reference: w.Reference}, requestID: w.RequestID,
		cause: Cause{Action: ActionWithdraw, Actor: actor, Reason: w.Reason},
	}
	t.apply = func(_ context.Context, s *session, before Entry) error {
		switch {
		case !before.State.Stands():
			return ErrEntryEnded
		case !before.CheckedInAt.IsZero() && !w.Office:
			return ErrAlreadyCheckedIn
		case !before.CheckedInAt.IsZero() && w.Reason == "":
			return ErrReasonMissing.With(ErrReasonMissing.At("reason"))
		}
		after := before
		after.State, after.ExpiresAt = Withdrawn, time.Time{}
		if before.State != Confirmed {
			s.giveBack(&after)
		}
		s.record(&before, after, t.cause)
		return nil
	}
	return s.transit(ctx, t, []string{string(w.Reference), w.Reason})
}
