package auditpg_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"raceday/services/audit"
	"raceday/services/audit/auditpg"
	"raceday/services/fault"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

const event = "almaty-2025"

// events are the events of a test.
type events []race.EventID

var errEventNotFound = fault.New(fault.NotFound, "EVENT_NOT_FOUND", "there is no event with this id")

func (e events) Event(_ context.Context, id race.EventID) (*race.Event, error) {
	if !slices.Contains(e, id) {
		return nil, errEventNotFound
	}
	return &race.Event{ID: id}, nil
}

// record records an action as the services do.
func record(t *testing.T, pool *pgxpool.Pool, event, actor, action, detail string) {
	t.Helper()
	at := time.Date(2025, 9, 28, 7, 0, 0, 123_456_000, time.UTC)
	if _, err := pool.Exec(t.Context(), `SELECT audit.record($1, $2, $3, $4, $5)`, event, at, actor, action, detail); err != nil {
		t.Fatal(err)
	}
}

// newAudit returns an audit of three actions, beside one of another event.
func newAudit(t *testing.T) (*audit.Service, *pgxpool.Pool) {
	t.Helper()
	pool := postgrestest.Pool(t)
	record(t, pool, event, "director", "EVENT_APPLIED", "version 1")
	record(t, pool, "another", "director", "EVENT_APPLIED", "version 1")
	record(t, pool, event, "referee", "RULING_RECORDED", "DSQ marathon 7, \"көмек алды\", id a:1")
	record(t, pool, event, "", "SET_CAPACITY", "")
	return audit.New(events{event, "another", "without-actions"}, auditpg.New(pool)), pool
}

func TestActionsComeInTheirOrderPageByPage(t *testing.T) {
	t.Parallel()
	service, _ := newAudit(t)
	first, next, err := service.List(t.Context(), event, 2, "")
	if err != nil || next == "" {
		t.Fatalf("next %q, %v", next, err)
	}
	rest, end, err := service.List(t.Context(), event, 2, next)
	if err != nil || end != "" {
		t.Fatalf("next %q, %v", end, err)
	}
	at := time.Date(2025, 9, 28, 7, 0, 0, 123_456_000, time.UTC)
	want := []audit.Action{
		{Event: event, Number: 1, At: at, Actor: "director", Action: "EVENT_APPLIED", Detail: "version 1"},
		{Event: event, Number: 2, At: at, Actor: "referee", Action: "RULING_RECORDED", Detail: "DSQ marathon 7, \"көмек алды\", id a:1"},
		{Event: event, Number: 3, At: at, Action: "SET_CAPACITY"},
	}
	if diff := cmp.Diff(want, append(first, rest...), cmpopts.IgnoreFields(audit.Action{}, "Digest")); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	for _, wrong := range []struct {
		size  int
		token string
	}{{-1, ""}, {1001, ""}, {1, "x"}, {1, "0"}} {
		if _, _, err := service.List(t.Context(), event, wrong.size, wrong.token); err == nil {
			t.Errorf("size %d, token %q: got no error", wrong.size, wrong.token)
		}
	}
}

func TestAnUntouchedRecordIsVerified(t *testing.T) {
	t.Parallel()
	service, _ := newAudit(t)
	got, err := service.Verify(t.Context(), event)
	if err != nil || got.Actions != 3 || got.Touched != 0 || got.Last == nil {
		t.Errorf("got %+v, %v, want 3 actions, none touched", got, err)
	}
	none, err := service.Verify(t.Context(), "without-actions")
	if err != nil || none != (audit.Verified{}) {
		t.Errorf("of an event without actions: got %+v, %v", none, err)
	}
}

func TestAnEventThatIsNoneHasNoRecord(t *testing.T) {
	t.Parallel()
	service, _ := newAudit(t)
	if _, _, err := service.List(t.Context(), "none", 0, ""); !errors.Is(err, errEventNotFound) {
		t.Errorf("its actions: got %v, want EVENT_NOT_FOUND", err)
	}
	if _, err := service.Verify(t.Context(), "none"); !errors.Is(err, errEventNotFound) {
		t.Errorf("its digests: got %v, want EVENT_NOT_FOUND", err)
	}
}

func TestWhatWasTouchedIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		statement string
		want      int64
	}{
		{`UPDATE audit.actions SET actor = 'nobody' WHERE event = 'almaty-2025' AND number = 2`, 2},
		{`UPDATE audit.actions SET detail = '' WHERE event = 'almaty-2025' AND number = 1`, 1},
		{`UPDATE audit.actions SET action = 'CLOSE' WHERE event = 'almaty-2025' AND number = 3`, 3},
		{`UPDATE audit.actions SET at = at + interval '1 microsecond' WHERE event = 'almaty-2025' AND number = 3`, 3},
		{`UPDATE audit.actions SET digest = sha256('') WHERE event = 'almaty-2025' AND number = 2`, 2},
		// Between the parts of an action nothing can be moved.
		{`UPDATE audit.actions SET actor = 'refereeRULING', action = '_RECORDED' WHERE event = 'almaty-2025' AND number = 2`, 2},
		{`DELETE FROM audit.actions WHERE event = 'almaty-2025' AND number = 1`, 1},
		{`DELETE FROM audit.actions WHERE event = 'almaty-2025' AND number = 2`, 2},
		{`UPDATE audit.actions SET event = 'another', number = 2 WHERE event = 'almaty-2025' AND number = 2`, 2},
	} {
		t.Run(strings.Fields(c.statement)[0], func(t *testing.T) {
			t.Parallel()
			service, pool := newAudit(t)
			if _, err := pool.Exec(t.Context(), c.statement); err == nil {
				t.Fatalf("%s: got no error, want a refusal", c.statement)
			}
			if _, err := pool.Exec(t.Context(), `ALTER TABLE audit.actions DISABLE TRIGGER ALL`); err != nil {
				t.Fatal(err)
			}
			if _, err := pool.Exec(t.Context(), c.statement); err != nil {
				t.Fatal(err)
			}
			got, err := service.Verify(t.Context(), event)
			if err != nil || got.Touched != c.want || got.Actions != c.want-1 {
				t.Errorf("%s: got %+v, %v, want action %d", c.statement, got, err, c.want)
			}
		})
	}
}

func TestActionsAtOnceKeepTheChain(t *testing.T) {
	t.Parallel()
	service, pool := newAudit(t)
	group, ctx := errgroup.WithContext(t.Context())
	for n := range 8 {
		group.Go(func() error {
			for i := range 10 {
				detail := fmt.Sprintf("%d of %d", i, n)
				if _, err := pool.Exec(ctx, `SELECT audit.record($1, now(), 'referee', 'RULING_RECORDED', $2)`, event, detail); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got, err := service.Verify(t.Context(), event); err != nil || got.Actions != 83 || got.Touched != 0 {
		t.Errorf("got %+v, %v, want 83 actions, none touched", got, err)
	}
}
