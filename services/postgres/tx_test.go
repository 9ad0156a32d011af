package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"raceday/services/fault"
	"raceday/services/postgres"
)

const createCounter = `
CREATE TABLE public.counters (name text PRIMARY KEY, value bigint NOT NULL);
INSERT INTO public.counters VALUES ('places', 0)`

const addOne = `UPDATE public.counters SET value = value + 1 WHERE name = 'places'`

const counter = `SELECT value FROM public.counters WHERE name = 'places'`

func TestInTxRetriesSerializationFailures(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	execute(t, pool.Config().ConnString(), createCounter)
	const writers = 2
	var runs [writers]int
	var together sync.WaitGroup // Both have read before either writes, so one of them must fail.
	together.Add(writers)
	errs := make(chan error, writers)
	for i := range writers {
		go func() {
			errs <- postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
				runs[i]++
				if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`); err != nil {
					return err
				}
				var before int
				if err := tx.QueryRow(ctx, counter).Scan(&before); err != nil {
					return err
				}
				if runs[i] == 1 {
					together.Done()
					together.Wait()
				}
				_, err := tx.Exec(ctx, `UPDATE public.counters SET value = $1 WHERE name = 'places'`, before+1)
				return err
			})
		}()
	}
	for range writers {
		if err := receive(t, errs, "a writer"); err != nil {
			t.Error(err)
		}
	}
	if got := value[int](t, pool, counter); got != writers {
		t.Errorf("counter = %d, want %d", got, writers)
	}
	if runs[0]+runs[1] != writers+1 {
		t.Errorf("runs = %v, want one of them twice", runs)
	}
}

func TestInTxRetriesALostConnection(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	execute(t, pool.Config().ConnString(), createCounter)
	runs := 0
	err := postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
		runs++
		if _, err := tx.Exec(ctx, addOne); err != nil {
			return err
		}
		if runs == 1 {
			_, err := tx.Exec(ctx, `SELECT pg_terminate_backend(pg_backend_pid())`)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := value[int](t, pool, counter); got != 1 || runs != 2 {
		t.Errorf("counter = %d after %d runs, want 1 after 2", got, runs)
	}
}

func TestInTxDoesNotRepeatACommitOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	// The connection breaks while the server works on the commit.
	execute(t, pool.Config().ConnString(), createCounter+`;
CREATE FUNCTION public.break_connection() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER counters_break AFTER UPDATE ON public.counters
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.break_connection()`)
	runs := 0
	err := postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
		runs++
		_, err := tx.Exec(ctx, addOne)
		return err
	})
	if !errors.Is(err, postgres.ErrCommitUnknown) || runs != 1 {
		t.Errorf("error = %v after %d runs, want ErrCommitUnknown after 1", err, runs)
	}
}

func TestInTxUndoesAllOnError(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	execute(t, pool.Config().ConnString(), createCounter)
	refused := fault.New(fault.Refused, "RACE_FULL", "this race is full")
	err := postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, addOne); err != nil {
			return err
		}
		return refused
	})
	if err != refused {
		t.Errorf("error = %v, want the function's own", err)
	}
	if got := value[int](t, pool, counter); got != 0 {
		t.Errorf("counter = %d, want 0", got)
	}
}

func TestInTxWithinATransactionIsASavepoint(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	execute(t, pool.Config().ConnString(), createCounter)
	outer, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = postgres.InTx(t.Context(), outer, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, addOne)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := value[int](t, outer, counter); got != 1 {
		t.Errorf("counter within the transaction = %d, want 1", got)
	}
	if err := outer.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := value[int](t, pool, counter); got != 0 {
		t.Errorf("counter after the rollback = %d, want 0", got)
	}
}

func TestInTxGivesTheConnectionBackWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := postgres.InTx(ctx, pool, func(context.Context, pgx.Tx) error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
	if got := pool.Stat().AcquiredConns(); got != 0 {
		t.Errorf("connections in use = %d, want 0", got)
	}
}

func TestConstraint(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	execute(t, pool.Config().ConnString(), createCounter)
	_, err := pool.Exec(t.Context(), `INSERT INTO public.counters VALUES ('places', 1)`)
	if got := postgres.Constraint(fmt.Errorf("insert: %w", err)); got != "counters_pkey" {
		t.Errorf("Constraint = %q, want %q", got, "counters_pkey")
	}
	if got := postgres.Constraint(errors.New("something else")); got != "" {
		t.Errorf("Constraint of another error = %q, want none", got)
	}
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	const nobody = "postgres://frontend:secret@127.0.0.1:1/raceday"
	_, err := postgres.Open(t.Context(), nobody, postgres.Options{})
	if !postgres.IsUnavailable(err) {
		t.Errorf("IsUnavailable(%v) = false, want true", err)
	}
	const want = "reach PostgreSQL at 127.0.0.1 port 1, database raceday, as frontend: connect: connection refused"
	if err.Error() != want {
		t.Errorf("error = %q, want %q", err, want)
	}
}

func TestInTxOnAStoppedServer(t *testing.T) {
	t.Parallel()
	c := startCluster(t, clusterOptions(tempDir(t)))
	pool := openPool(t, c.URL())
	stop(t, c)
	err := postgres.InTx(t.Context(), pool, func(context.Context, pgx.Tx) error { return nil })
	if got, ok := fault.Of(err); !ok || got != postgres.ErrUnavailable {
		t.Errorf("error = %v, want ErrUnavailable", err)
	}
}

func TestWaitFor(t *testing.T) {
	t.Parallel()
	options := clusterOptions(tempDir(t))
	c := startCluster(t, options)
	address := c.URL()
	stop(t, c)
	waits := make(lines, 1)
	done := make(chan error, 1)
	go func() { done <- postgres.WaitFor(t.Context(), address, waits) }()
	receive(t, waits, "the announcement")
	startCluster(t, options)
	if err := receive(t, done, "the server"); err != nil {
		t.Error(err)
	}
}

func TestWaitForDoesNotWaitForWhatCannotComeTrue(t *testing.T) {
	t.Parallel()
	waits := make(lines, 1)
	err := postgres.WaitFor(t.Context(), cluster.URL()+"&dbname=nowhere", waits)
	contains(t, err, "database nowhere", "does not exist")
	if len(waits) > 0 {
		t.Error("it said that it waits")
	}
}

// lines receives what is written.
type lines chan string

func (l lines) Write(text []byte) (int, error) {
	l <- string(text)
	return len(text), nil
}

func TestOpenSetsTheSession(t *testing.T) {
	t.Parallel()
	address := newURL(t)
	pool := openPool(t, address)
	got := map[string]string{}
	want := map[string]string{
		"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s",
		"TimeZone": "UTC", "application_name": "raceday test",
	}
	for name := range want {
		got[name] = value[string](t, pool, `SHOW `+name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	instants := value[[]time.Time](t, pool, `SELECT ARRAY[now(), now()]`)
	for _, at := range append(instants, value[time.Time](t, pool, `SELECT now()`)) {
		if at.Location() != time.UTC {
			t.Errorf("an instant scans as %v, want UTC", at)
		}
	}
	slow := openPool(t, address+"&statement_timeout=7s")
	if got := value[string](t, slow, `SHOW statement_timeout`); got != "7s" {
		t.Errorf("statement_timeout of the URL = %s, want 7s", got)
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	execute(t, pool.Config().ConnString(), createCounter)
	err := postgres.InSnapshot(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
		if got := value[int](t, tx, counter); got != 0 {
			t.Errorf("counter before anything = %d, want 0", got)
		}
		if _, err := pool.Exec(ctx, addOne); err != nil {
			return err
		}
		if got := value[int](t, tx, counter); got != 0 {
			t.Errorf("counter in the snapshot = %d, want 0", got)
		}
		for _, setting := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
			if got := value[string](t, tx, `SHOW `+setting); got != "0" {
				t.Errorf("%s = %s, want 0", setting, got)
			}
		}
		if _, err := tx.Exec(ctx, addOne); err == nil {
			t.Error("a snapshot can be written to")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := value[int](t, pool, counter); got != 1 {
		t.Errorf("counter after the snapshot = %d, want 1", got)
	}
	if got := value[string](t, pool, `SHOW statement_timeout`); got != "5s" {
		t.Errorf("statement_timeout after the snapshot = %s, want 5s", got)
	}
}

func TestInTxSaysThatTheDatabaseIsBusy(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	execute(t, pool.Config().ConnString(), createCounter)
	holder, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := holder.Exec(t.Context(), addOne); err != nil {
		t.Fatal(err)
	}
	full := fault.New(fault.Refused, "RACE_FULL", "this race is full")
	for _, tt := range []struct {
		name, setting string
		said          error
		want          *fault.Fault
	}{
		{"a lock that is held", `SET LOCAL lock_timeout = '20ms'`, nil, postgres.ErrBusy},
		{"a statement that takes too long", `SET LOCAL statement_timeout = '20ms'`, nil, postgres.ErrBusy},
		{"a store that knows better", `SET LOCAL lock_timeout = '20ms'`, full, full},
	} {
		err := postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, tt.setting); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, addOne)
			if tt.said != nil {
				return fmt.Errorf("%w: %w", tt.said, err)
			}
			return err
		})
		if got, _ := fault.Of(err); got != tt.want || !postgres.IsTimeout(err) {
			t.Errorf("%s: error = %v, want %v around the cause", tt.name, err, tt.want)
		}
	}
}

func TestInTxRunsInTheTransactionThatItsContextJoins(t *testing.T) {
	t.Parallel()
	pool, other := newPool(t), newPool(t)
	execute(t, pool.Config().ConnString(), createCounter)
	refused := errors.New("refused")
	err := postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
		ctx = postgres.Join(ctx, pool, tx)
		err := postgres.InTx(ctx, pool, func(ctx context.Context, inner pgx.Tx) error {
			if inner != tx {
				t.Error("the same pool: got another transaction")
			}
			_, err := inner.Exec(ctx, addOne)
			return err
		})
		if err != nil {
			return err
		}
		if got := value[int](t, tx, counter); got != 1 {
			t.Errorf("counter in the transaction = %d, want 1", got)
		}
		err = postgres.InTx(ctx, other, func(_ context.Context, inner pgx.Tx) error {
			if inner == tx {
				t.Error("another pool: got the same transaction")
			}
			return nil
		})
		if err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatalf("error = %v, want that of the outer function", err)
	}
	if got := value[int](t, pool, counter); got != 0 {
		t.Errorf("counter after the outer one was undone = %d, want 0", got)
	}
}
