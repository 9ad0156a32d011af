package main

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"raceday/services/postgres"
	"raceday/services/rehearsal/proof"
)

// A rush on the places of a race, through crashes of PostgreSQL and killed servers: no place is sold twice, every key has
// one answer, which is kept, nobody is served before who came first, each payment counts once, and what is counted is what
// is stored.
func TestARushOnPlaces(t *testing.T) {
	t.Parallel()
	n := startNight(t, proof.Seed(t), rush{
		keys: proof.Size(1500, 50_000), places: proof.Size(500, 17_000), waitlist: proof.Size(150, 5_000),
		processes: 4, atOnce: proof.Size(100, 1000), durable: true,
	})
	began := time.Now()
	n.register(t, proof.Size(2, 4))
	seconds := time.Since(began).Seconds()
	n.check(t)
	n.giveBack(t, proof.Size(1, 2))
	found := n.check(t)
	proof.Figure(t, "%d keys, %d of them sent twice at once, for %d places in %.1f s, %d crashes of PostgreSQL, %d servers killed: "+
		"oversold %d, lost %d, double %d, unfair %d, wrong %d; %d withdrawn, %d expired, %d offered, %d payments told of twice; "+
		"sent again: %v", n.keys, n.keys/2, n.places, seconds, n.crashes, n.kills, len(found[oversold]), len(found[lost]),
		len(found[double]), len(found[unfair]), len(found[wrong]), n.withdrawn, n.expired, n.offered, n.payments(), n.frontends)
	n.checkHarness(t)
}

// The harness is tested: it sees what a database loses that confirms before it has written.
func TestARushOnAForgetfulDatabase(t *testing.T) {
	t.Parallel()
	n := startNight(t, proof.Seed(t), rush{keys: 300, places: 200, waitlist: 50, processes: 2, atOnce: 50})
	// A page of its log that is not full stays in memory for as long as can be set. The event itself is to be kept.
	for _, statement := range []string{
		`ALTER SYSTEM SET wal_writer_delay = '10s'`, `SELECT pg_reload_conf()`, `CHECKPOINT`,
	} {
		if _, err := n.pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range n.applicants {
		a.pays, a.early = false, false
	}
	n.register(t, 3)
	found := n.read(t).flaws(n.applicants, n.places)
	proof.Figure(t, "lost %d, double %d of %d keys", len(found[lost]), len(found[double]), n.keys)
	if len(found[lost])+len(found[double]) == 0 {
		t.Error("no answer was lost by a database that does not keep what it confirms")
	}
}

// register sends every applicant's request, and tells of the payments.
func (n *night) register(t *testing.T, faults int) {
	t.Helper()
	answers := 0
	for _, a := range n.applicants {
		answers += len(a.sentTo)
	}
	n.under(t, faults, answers, func(ctx context.Context) error {
		return n.each(ctx, n.applicants, n.frontends.apply)
	})
}

// each does something for some applicants at once.
func (n *night) each(ctx context.Context, some []*applicant, do func(context.Context, *applicant) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(n.atOnce)
	for _, a := range some {
		group.Go(func() error {
			if ctx.Err() != nil { // Another has failed.
				return nil
			}
			return do(ctx, a)
		})
	}
	return group.Wait()
}

const expireSome = `
UPDATE registration.entries
SET expires_at = clock_timestamp()
WHERE event = @event
  AND request_id = ANY (@keys)`

// Whoever keeps the places sleeps until the next one runs out that it knows of.
const notifyKeepers = `
SELECT pg_notify('raceday_entries', @event)`

// giveBack withdraws entries and lets some run out of time, of whom some pay too late; then some who were offered a place
// pay for it.
func (n *night) giveBack(t *testing.T, faults int) {
	t.Helper()
	var withdrawing, expiring, late []*applicant
	var keys []string
	for _, a := range n.applicants {
		switch chance := n.rng.IntN(100); {
		case a.entry() == "":
		case chance < 10:
			withdrawing = append(withdrawing, a)
		case chance < 18 && a.replies[0].hasPlace() && !a.pays:
			a.expired = true
			expiring, keys = append(expiring, a), append(keys, a.key)
			if chance < 14 {
				late = append(late, a)
			}
		}
	}
	err := postgres.InTx(t.Context(), n.pool, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, expireSome, pgx.StrictNamedArgs{"event": rushEvent, "keys": keys}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, notifyKeepers, pgx.StrictNamedArgs{"event": rushEvent})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n.under(t, faults, 2*len(withdrawing), func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return n.each(ctx, withdrawing, n.frontends.withdraw) })
		group.Go(func() error {
			return n.each(ctx, late, func(ctx context.Context, a *applicant) error {
				return n.frontends.tellTwice(ctx, a, &payment{id: "late " + a.key})
			})
		})
		return group.Wait()
	})
	n.withdrawn, n.expired = len(withdrawing), len(expiring)
	n.settle(t)
	n.takeOffers(t)
}

const isUnsettled = `
SELECT EXISTS (SELECT FROM registration.entries WHERE expires_at <= clock_timestamp())
    OR EXISTS (SELECT FROM registration.races WHERE taken < capacity AND waiting > 0)`

// settle waits until every place that ran out of time is given back and offered.
func (n *night) settle(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		var unsettled bool
		if err := n.pool.QueryRow(t.Context(), isUnsettled).Scan(&unsettled); err != nil {
			return err
		}
		if unsettled {
			return &unexpected{"places that are neither given back nor offered"}
		}
		return nil
	})
}

// takeOffers pays for half of the places that were offered.
func (n *night) takeOffers(t *testing.T) {
	t.Helper()
	l := n.read(t)
	offered := map[string]bool{}
	for i := range l.entries {
		offered[l.entries[i].Key] = l.entries[i].State == "OFFERED"
	}
	var taking []*applicant
	for _, a := range n.applicants {
		if offered[a.key] {
			n.offered++
			if n.rng.IntN(2) == 0 {
				taking = append(taking, a)
			}
		}
	}
	n.under(t, 0, 0, func(ctx context.Context) error {
		return n.each(ctx, taking, func(ctx context.Context, a *applicant) error {
			return n.frontends.tellTwice(ctx, a, &payment{id: "offer " + a.key, counts: true})
		})
	})
}

// payments counts those that were told of twice.
func (n *night) payments() (told int) {
	for _, a := range n.applicants {
		told += len(a.payments)
	}
	return told
}
