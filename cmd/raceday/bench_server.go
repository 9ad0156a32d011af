package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"

	"google.golang.org/grpc"

	"raceday/services/benchmark"
	"raceday/services/postgres"
)

// startBenched runs the services on servers of their own for a bench.
func (t *terminal) startBenched(ctx context.Context, use func(context.Context, benchmark.Server) error) error {
	return t.startServices(ctx, allServices, use)
}

// startWithoutScorer does so for a bench that runs the scorer itself.
func (t *terminal) startWithoutScorer(ctx context.Context, use func(context.Context, benchmark.Server) error) error {
	others := slices.DeleteFunc(slices.Clone(allServices), func(service string) bool { return service == "scoring" })
	return t.startServices(ctx, others, use)
}

func (t *terminal) startServices(
	ctx context.Context, services []string, use func(context.Context, benchmark.Server) error,
) error {
	inside := &terminal{ctx: ctx, getenv: t.getenv, stdout: t.stdout, stderr: t.stderr}
	return onOwnServers(inside, io.Discard, services, func(ctx context.Context, databaseURL string, up started) error {
		if err := useBenched(ctx, databaseURL, up, use); err != nil {
			return err
		}
		return errDone
	})
}

// useBenched connects to a server that is up.
func useBenched(
	ctx context.Context, databaseURL string, up started, use func(context.Context, benchmark.Server) error,
) error {
	unhurried, err := withoutTimeout(databaseURL)
	if err != nil {
		return err
	}
	pool, err := postgres.Open(ctx, unhurried, postgres.Options{Name: "bench"})
	if err != nil {
		return err
	}
	defer pool.Close()
	return connected(ctx, up, func(c connections) error {
		return use(ctx, benchmark.Server{
			Conn: c.conn, Address: up.grpc, Key: up.developmentKey, NATS: c.nats, JetStream: c.js, Pool: pool,
			Dial:   func() (*grpc.ClientConn, error) { return dial(up.grpc, key{up.grpc, up.developmentKey}) },
			Scorer: func(ctx context.Context) (func() error, error) { return startScorer(ctx, databaseURL, up.nats) },
		})
	})
}

// withoutTimeout returns the address of a database of which no statement takes too long: a slow machine is measured too.
func withoutTimeout(databaseURL string) (string, error) {
	address, err := url.Parse(databaseURL)
	if err != nil {
		return "", fmt.Errorf("read the database URL: %w", err)
	}
	query := address.Query()
	query.Set("statement_timeout", "0")
	address.RawQuery = query.Encode()
	return address.String(), nil
}

// startScorer runs the scorer in a process of its own.
func startScorer(ctx context.Context, databaseURL, natsURL string) (stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	// Unsafe, for it cannot ask this NATS how it syncs.
	scorer, err := newProcess(ctx, "serve", "--services", "scoring", "--listen", "127.0.0.1:0", "--unsafe",
		"--nats-replicas", "1", "--database-url", databaseURL, "--nats-url", natsURL)
	if err == nil {
		err = scorer.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start a scorer: %w", err)
	}
	return func() error {
		cancel()
		// Wait tells of the signal that ended it, which is as it should be; only a process that did not end at all is a fault.
		if err := scorer.Wait(); scorer.ProcessState == nil {
			return fmt.Errorf("stop the scorer: %w", err)
		}
		return nil
	}, nil
}
