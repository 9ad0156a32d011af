package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registrationv1 "raceday/proto/raceday/registration/v1"
)

// applicant asks for a place under one key, which is the request id.
type applicant struct {
	key  string
	name string
	sex  registrationv1.Sex
	// country is one of three, and joins whether the applicant would wait for a place.
	country string
	joins   bool
	// sentTo are the processes that the request is sent to at once: one, or two.
	sentTo []int
	// pays says that whoever gets an entry pays for it; early that the provider tells of it before the entry is answered.
	pays, early bool

	// What came of it.
	replies            []reply
	payments           []*payment
	withdrawn, expired bool
}

// payment is told of twice: by the provider and by the frontend.
type payment struct {
	id string
	// counts says that it must count for the entry; else it is to be given back.
	counts   bool
	outcomes [2]registrationv1.PaymentOutcome
}

// reply is the answer to one sending of a request.
type reply struct {
	// reference is empty where the request was refused; state is that of the entry then.
	reference string
	state     registrationv1.EntryState
	// refusal is the reason.
	refusal       string
	sentAt, gotAt time.Time
}

func (r *reply) hasPlace() bool {
	return r.reference != "" && r.state != registrationv1.EntryState_ENTRY_STATE_WAITLISTED
}

// entry returns the reference that the applicant was told, empty where there is none.
func (a *applicant) entry() string { return a.replies[0].reference }

// sentAt is when the applicant asked first, gotAt when the first answer came.
func (a *applicant) sentAt() time.Time {
	return earliest(a.replies, func(r reply) time.Time { return r.sentAt })
}
func (a *applicant) gotAt() time.Time {
	return earliest(a.replies, func(r reply) time.Time { return r.gotAt })
}

func earliest(replies []reply, of func(reply) time.Time) time.Time {
	at := of(replies[0])
	for _, r := range replies[1:] {
		if of(r).Before(at) {
			at = of(r)
		}
	}
	return at
}

// frontends send each request again, to another process, until it is answered.
type frontends struct {
	replicas []*replica
	// count is called for each answer to a registration or a withdrawal.
	count func()

	mu sync.Mutex
	// again counts why requests were sent again.
	again map[string]int
}

func (f *frontends) sentAgain(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.again[reason]++
}

func (f *frontends) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	reasons := make([]string, 0, len(f.again))
	for _, reason := range slices.Sorted(maps.Keys(f.again)) {
		reasons = append(reasons, fmt.Sprintf("%s %d", reason, f.again[reason]))
	}
	return strings.Join(reasons, ", ")
}

// attemptTime bounds one sending.
const attemptTime = 5 * time.Second

// ask sends a request to one process after the other, beginning with that of a number, until it is answered.
func ask[Request, Answer any](
	ctx context.Context, f *frontends, first int,
	method func(registrationv1.RegistrationServiceClient, context.Context, *Request, ...grpc.CallOption) (*Answer, error),
	request *Request,
) (*Answer, error) {
	for at := first; ; at++ {
		attempt, cancel := context.WithTimeout(ctx, attemptTime)
		answer, err := method(f.replicas[at%len(f.replicas)].client(), attempt, request)
		cancel()
		if err == nil {
			return answer, nil
		}
		wait, again := sentAgain(err)
		if !again {
			return nil, err
		}
		f.sentAgain(reasonOf(err))
		if !pause(ctx, wait) {
			return nil, fmt.Errorf("not answered in time: %w", err)
		}
	}
}

// sentAgain reports whether the same request is to be sent again, and after which time.
func sentAgain(err error) (time.Duration, bool) {
	s := status.Convert(err)
	switch s.Code() {
	case codes.Unavailable, codes.Aborted, codes.DeadlineExceeded:
		return retryAfter(), true
	case codes.ResourceExhausted:
		for _, detail := range s.Details() {
			if info, ok := detail.(*errdetails.RetryInfo); ok {
				return info.GetRetryDelay().AsDuration(), true
			}
		}
	}
	return 0, false
}

func retryAfter() time.Duration { return 20*time.Millisecond + rand.N(80*time.Millisecond) }

// reasonOf returns why a server refused, or the code where it gave no reason.
func reasonOf(err error) string {
	s := status.Convert(err)
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return s.Code().String()
}

// pause waits, and reports false if ctx ended before.
func pause(ctx context.Context, wait time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

// apply sends an applicant's request, at once to all the processes that it is for, and pays where the applicant does.
func (f *frontends) apply(ctx context.Context, a *applicant) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var tellings errgroup.Group
	registered := make(chan struct{})
	paid := &payment{id: "paid " + a.key}
	if a.early {
		tellings.Go(func() error { return f.tellEarly(ctx, a, paid, registered) })
	}
	if err := f.registerAll(ctx, a); err != nil {
		cancel()
		return errors.Join(err, tellings.Wait())
	}
	close(registered)
	if a.pays && !a.early {
		tellings.Go(func() error { return f.tellEarly(ctx, a, paid, registered) })
	}
	if a.pays && a.entry() != "" {
		paid.counts = a.replies[0].hasPlace()
		a.payments = append(a.payments, paid)
		tellings.Go(func() error { return f.tell(ctx, a, paid, frontend) })
	}
	return tellings.Wait()
}

func (f *frontends) registerAll(ctx context.Context, a *applicant) error {
	answers, ctx := errgroup.WithContext(ctx)
	a.replies = make([]reply, len(a.sentTo))
	for i, at := range a.sentTo {
		answers.Go(func() (err error) {
			a.replies[i], err = f.register(ctx, a, at)
			f.count()
			return err
		})
	}
	return answers.Wait()
}

func (f *frontends) register(ctx context.Context, a *applicant, at int) (reply, error) {
	told := reply{sentAt: time.Now()}
	answer, err := ask(ctx, f, at, registrationv1.RegistrationServiceClient.RegisterPerson,
		&registrationv1.RegisterPersonRequest{
			EventId: rushEvent, Race: rushRace, RequestId: a.key, JoinWaitlist: a.joins,
			Person: &registrationv1.Person{Name: a.name, Sex: a.sex, BirthDate: "1990-05-17", Country: a.country},
		})
	told.gotAt = time.Now()
	reason := reasonOf(err)
	switch {
	case err == nil:
		told.reference, told.state = answer.GetEntry().GetReference(), answer.GetEntry().GetState()
	case reason == "RACE_FULL" || reason == "WAITLIST_FULL":
		told.refusal = reason
	default:
		return reply{}, fmt.Errorf("register %s: %w", a.key, err)
	}
	return told, nil
}

// Who tells of a payment: the provider knows the request that it was told to collect the fee for, the frontend the entry
// that it was answered.
const (
	webhook = iota
	frontend
)

func (f *frontends) tell(ctx context.Context, a *applicant, p *payment, by int) error {
	request := &registrationv1.ConfirmPaymentRequest{
		EventId: rushEvent, RequestId: fmt.Sprint(p.id, " ", by), PaymentId: p.id, AmountMinor: rushFeeMinor,
		Key: &registrationv1.ConfirmPaymentRequest_RegistrationRequestId{RegistrationRequestId: a.key},
	}
	if by == frontend {
		request.Key = &registrationv1.ConfirmPaymentRequest_Reference{Reference: a.entry()}
	}
	answer, err := ask(ctx, f, a.sentTo[0]+by, registrationv1.RegistrationServiceClient.ConfirmPayment, request)
	if err != nil {
		return fmt.Errorf("tell of %s: %w", p.id, err)
	}
	p.outcomes[by] = answer.GetOutcome()
	return nil
}

// tellEarly tells of a payment again until the entry is there, or the registration was refused.
func (f *frontends) tellEarly(ctx context.Context, a *applicant, p *payment, registered <-chan struct{}) error {
	for last := false; ; {
		err := f.tell(ctx, a, p, webhook)
		switch {
		case reasonOf(err) != "ENTRY_NOT_FOUND":
			return err
		case last && a.entry() != "":
			return err
		case last:
			return nil
		}
		select {
		case <-registered:
			last = true
		case <-time.After(retryAfter()):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tellTwice tells of a payment from both sides at once.
func (f *frontends) tellTwice(ctx context.Context, a *applicant, p *payment) error {
	a.payments = append(a.payments, p)
	tellings, ctx := errgroup.WithContext(ctx)
	for by := range p.outcomes {
		tellings.Go(func() error { return f.tell(ctx, a, p, by) })
	}
	return tellings.Wait()
}

// withdraw sends an applicant's withdrawal to two processes at once; both must answer that it is done.
func (f *frontends) withdraw(ctx context.Context, a *applicant) error {
	answers, ctx := errgroup.WithContext(ctx)
	for i := range 2 {
		answers.Go(func() error {
			answer, err := ask(ctx, f, a.sentTo[0]+i, registrationv1.RegistrationServiceClient.Withdraw,
				&registrationv1.WithdrawRequest{EventId: rushEvent, RequestId: "withdraw " + a.key, Reference: a.entry()})
			f.count()
			if state := answer.GetEntry().GetState(); err == nil && state != registrationv1.EntryState_ENTRY_STATE_WITHDRAWN {
				err = fmt.Errorf("the entry is %v", state)
			}
			if err != nil {
				return fmt.Errorf("withdraw %s: %w", a.key, err)
			}
			return nil
		})
	}
	a.withdrawn = true
	return answers.Wait()
}
