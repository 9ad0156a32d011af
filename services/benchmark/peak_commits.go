package benchmark

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"raceday/services/rules/race"
)

// rushing publishes to an event of its own, and looks how far its scorer has come.
type rushing struct {
	*Server
	event race.EventID
	watch *watch
	// messages counts those that were published, which is the sequence of the last.
	messages int64

	mu sync.Mutex
	// looks are how far Postgres was, in the order of looking.
	looks []look
}

// look is how far Postgres was at an instant.
type look struct {
	at time.Time
	// sequence is the last message whose reads are committed, with passings and results; version that of the commit.
	sequence, version int64
	// exact is the version for which the ranks of every list are committed.
	exact int64
}

// store publishes messages at once, returns when all that follows is committed, and lets the server rest.
func (r *rushing) store(ctx context.Context, messages []timed) error {
	at := make([]*nats.Msg, len(messages))
	for i := range messages {
		at[i] = messages[i].Msg
	}
	if err := publish(ctx, r.JetStream, at); err != nil {
		return err
	}
	r.messages += int64(len(messages))
	if err := r.derived(ctx); err != nil {
		return err
	}
	return r.rest(ctx)
}

func (r *rushing) derived(ctx context.Context) error {
	return r.wait(ctx, hasDerived, pgx.StrictNamedArgs{"event": r.event, "sequence": r.messages})
}

// rushed is what became of a rush.
type rushed struct {
	reads int
	// whole is how long it took to publish everything.
	whole time.Duration
	// committed is how long each read took, ranked each finisher.
	committed, ranked []time.Duration
}

// send publishes messages when they are due, and returns when all that follows is committed.
func (r *rushing) send(ctx context.Context, messages []timed) (rushed, error) {
	sequence := r.messages
	published := make([]time.Time, len(messages))
	began := time.Now()
	for i, m := range messages {
		select {
		case <-time.After(time.Until(began.Add(m.due))):
		case <-ctx.Done():
			return rushed{}, ctx.Err()
		}
		r.watch.publish(m.finishers)
		published[i] = time.Now()
		if _, err := begin(r.JetStream, m.Msg); err != nil {
			return rushed{}, fmt.Errorf("publish reads: %w", err)
		}
	}
	found := rushed{whole: time.Since(began)}
	r.messages += int64(len(messages))
	if err := r.derived(ctx); err != nil {
		return rushed{}, err
	}
	if err := r.look(ctx); err != nil {
		return rushed{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	found.judge(messages, published, sequence, r.looks)
	return found, nil
}

// judge finds in looks what became of messages behind a sequence. The last look must have found everything.
func (f *rushed) judge(messages []timed, published []time.Time, sequence int64, looks []look) {
	committed, ranked := 0, 0
	for i, m := range messages {
		sequence++
		for looks[committed].sequence < sequence {
			committed++
		}
		for ranked = max(ranked, committed); looks[ranked].exact < looks[committed].version; {
			ranked++
		}
		f.reads += m.reads
		for range m.reads {
			f.committed = append(f.committed, looks[committed].at.Sub(published[i]))
		}
		for range m.finishers {
			f.ranked = append(f.ranked, looks[ranked].at.Sub(published[i]))
		}
	}
}

// lookAtCommits looks after each commit that is told, until ctx ends.
func (r *rushing) lookAtCommits(ctx context.Context) error {
	notices, err := r.NATS.SubscribeSync("changes." + string(r.event))
	if err != nil {
		return fmt.Errorf("listen for commits: %w", err)
	}
	defer func() { _ = notices.Unsubscribe() }()
	for {
		_, err := notices.NextMsgWithContext(ctx)
		if err == nil {
			err = r.look(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("look at a commit: %w", err)
		}
	}
}

const selectProgress = `
SELECT p.sequence, p.version, coalesce(min(l.version), 0)
FROM timing.positions AS p
LEFT JOIN standings.lists AS l ON l.event = p.event
WHERE p.event = @event
  AND p.retired_at IS NULL
GROUP BY p.sequence, p.version`

// look notes how far Postgres is.
func (r *rushing) look(ctx context.Context) error {
	var l look
	err := r.Pool.QueryRow(ctx, selectProgress, pgx.StrictNamedArgs{"event": r.event}).Scan(&l.sequence, &l.version, &l.exact)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask how far the scorer is: %w", err)
	}
	l.at = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks = append(r.looks, l)
	return nil
}

const countRanked = `
SELECT count(*)
FROM standings.ranks
WHERE event = @event
  AND list = 'overall'`

// allRanked makes sure that so many hold a rank in the first list.
func (r *rushing) allRanked(ctx context.Context, finishers int) error {
	var ranked int
	if err := r.Pool.QueryRow(ctx, countRanked, pgx.StrictNamedArgs{"event": r.event}).Scan(&ranked); err != nil {
		return fmt.Errorf("count the ranks: %w", err)
	}
	if ranked != finishers {
		return fmt.Errorf("%d of %d finishers hold a rank", ranked, finishers)
	}
	return nil
}
