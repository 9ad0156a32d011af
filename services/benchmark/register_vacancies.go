package benchmark

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/race"
)

const (
	// onlookers ask what is left while others register: a few, and not all the time, so that they are no load themselves.
	onlookers = 4
	// lookEach is how often each of them calls.
	lookEach = 10 * time.Millisecond
)

// seen is how long the calls of onlookers took: by turns a question for what is left, and an empty call.
type seen struct {
	vacancies, empty []time.Duration
}

// watched runs work while onlookers ask, and returns when both are done.
func watched(
	ctx context.Context, conn *grpc.ClientConn, event race.EventID, work func(ctx context.Context) error,
) (seen, error) {
	floor, client := newVacanciesFloor(conn), registrationv1.NewRegistrationServiceClient(conn)
	ask := func(ctx context.Context) error {
		_, err := client.GetVacancies(ctx, &registrationv1.GetVacanciesRequest{EventId: string(event)})
		return err
	}
	if err := ask(ctx); err != nil { // The event's page was open long before.
		return seen{}, fmt.Errorf("get vacancies: %w", err)
	}
	var each [onlookers]seen
	over := make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(over)
		return work(ctx)
	})
	for i := range each {
		calls := []timedCall{{ask, &each[i].vacancies}, {floor.call, &each[i].empty}}
		if i%2 == 1 { // the first calls meet the moment when all callers begin
			slices.Reverse(calls)
		}
		group.Go(func() error { return lookOn(ctx, over, calls) })
	}
	err := group.Wait()
	var all seen
	for i := range each {
		all.vacancies, all.empty = append(all.vacancies, each[i].vacancies...), append(all.empty, each[i].empty...)
	}
	return all, err
}

// timedCall is a call, and where it is noted how long it took each time.
type timedCall struct {
	call func(context.Context) error
	took *[]time.Duration
}

// lookOn makes the calls by turns until it is over, at least once each. There is a pause before every call: one that began where
// another had ended would never meet the burst that kept the other.
func lookOn(ctx context.Context, over <-chan struct{}, calls []timedCall) error {
	pause := time.NewTimer(lookEach)
	defer pause.Stop()
	for n := 0; ; n++ {
		timed := calls[n%len(calls)]
		began := time.Now()
		if err := timed.call(ctx); err != nil {
			return fmt.Errorf("look on: %w", err)
		}
		*timed.took = append(*timed.took, time.Since(began))
		pause.Reset(lookEach)
		select {
		case <-pause.C:
		case <-over:
			if n%len(calls) == len(calls)-1 {
				return nil
			}
		}
	}
}
