package benchmark

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/race"
)

const (
	// onlookers ask what is left while others register: a few, and not all the time, so that they are no load themselves.
	onlookers = 4
	// lookEach is how often each of them does.
	lookEach = 20 * time.Millisecond
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
	var each [onlookers]seen
	over := make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(over)
		return work(ctx)
	})
	for i := range each {
		group.Go(func() error { return each[i].until(ctx, over, ask, floor.call) })
	}
	err := group.Wait()
	var all seen
	for i := range each {
		all.vacancies, all.empty = append(all.vacancies, each[i].vacancies...), append(all.empty, each[i].empty...)
	}
	return all, err
}

// until calls by turns until it is over, at least once each.
func (s *seen) until(ctx context.Context, over <-chan struct{}, vacancies, empty func(context.Context) error) error {
	pause := time.NewTicker(lookEach)
	defer pause.Stop()
	for {
		if err := timed(ctx, &s.vacancies, vacancies); err != nil {
			return fmt.Errorf("get vacancies: %w", err)
		}
		if err := timed(ctx, &s.empty, empty); err != nil {
			return fmt.Errorf("check health: %w", err)
		}
		select {
		case <-pause.C:
		case <-over:
			return nil
		}
	}
}

func timed(ctx context.Context, took *[]time.Duration, call func(context.Context) error) error {
	began := time.Now()
	err := call(ctx)
	*took = append(*took, time.Since(began))
	return err
}
