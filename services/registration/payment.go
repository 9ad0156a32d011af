package registration

import (
	"context"
	"strings"
	"time"

	"raceday/services/rules/race"
)

// PaymentNotice tells of a payment.
type PaymentNotice struct {
	Event     race.EventID
	RequestID string
	// Key is the entry's reference, or the request id of its registration.
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
// or offered and owes something, and for one that has expired if a place is free. Faults: ErrEntryNotFound,
// ErrPaymentIDInvalid, ErrPaymentIDReused, ErrAmountInvalid and those of a request.
func (s *Service) ConfirmPayment(ctx context.Context, actor string, p PaymentNotice) (e Entry, refundDue bool, err error) {
	if !isRequestID(string(p.Payment)) || strings.HasPrefix(string(p.Payment), carried) {
		return Entry{}, false, ErrPaymentIDInvalid.With(ErrPaymentIDInvalid.At("payment_id"))
	}
	if p.AmountMinor <= 0 || p.AmountMinor > maxAmountMinor {
		return Entry{}, false, ErrAmountInvalid.With(ErrAmountInvalid.At("amount_minor"))
	}
	t := &transition{
		event: p.Event, key: p.Key, requestID: p.RequestID, payment: p.Payment, withoutRace: true,
		cause: Cause{Action: ActionConfirmPayment, Actor: actor},
	}
	t.apply = func(ctx context.Context, s *session, e Entry) error { return s.pay(ctx, e, p, t.cause) }
	if e, err = s.transit(ctx, t, p); err != nil {
		return Entry{}, false, err // t may still be worked on
	}
	return e, t.refundDue, nil
}

// pay records a payment for an entry.
func (s *session) pay(ctx context.Context, before Entry, p PaymentNotice, cause Cause) error {
	if earlier, ok := s.known.Payments[p.Payment]; ok {
		if earlier.Entrant != before.ID || earlier.AmountMinor != p.AmountMinor {
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

// Withdraw takes an entry back; its place is offered to who waits longest. reason may be empty. Faults: ErrEntryNotFound,
// ErrEntryEnded, ErrTextInvalid and those of a request.
func (s *Service) Withdraw(
	ctx context.Context, actor string, event race.EventID, requestID string, reference Reference, reason string,
) (Entry, error) {
	if !isText(reason) {
		return Entry{}, ErrTextInvalid.With(ErrTextInvalid.At("reason"))
	}
	t := &transition{
		event: event, key: Key{Reference: reference}, requestID: requestID,
		cause: Cause{Action: ActionWithdraw, Actor: actor, Reason: reason},
	}
	t.apply = func(_ context.Context, s *session, before Entry) error {
		if !before.State.Stands() {
			return ErrEntryEnded
		}
		after := before
		after.State, after.ExpiresAt = Withdrawn, time.Time{}
		s.record(&before, after, t.cause)
		return nil
	}
	return s.transit(ctx, t, []string{string(reference), reason})
}
