package eventpg_test

import (
	"context"
	"errors"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"raceday/services/event"
	"raceday/services/event/eventpg"
	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func TestAppendKeepsVersions(t *testing.T) {
	t.Parallel()
	ctx, tx := t.Context(), postgrestest.Tx(t)
	store := eventpg.New(tx)
	for number, age := range []int{18, 20} {
		stands, stored, err := store.Append(ctx, "kept", func(_ context.Context, newest event.Version) (*event.Version, error) {
			if newest.Number != int64(number) {
				t.Errorf("newest version %d, want %d", newest.Number, number)
			}
			return version(t, "kept", 28, age), nil
		})
		if err != nil || !stored || stands.Number != int64(number)+1 {
			t.Fatalf("version %d, %t, %v, want version %d stored", stands.Number, stored, err, number+1)
		}
	}
	want := *version(t, "kept", 28, 20)
	want.Number = 2
	// Another store has nothing in memory.
	for _, reader := range []*eventpg.Store{store, eventpg.New(tx)} {
		got, change, err := reader.Current(ctx, "kept")
		if diff := cmp.Diff(want, got); err != nil || change != 2 || diff != "" {
			t.Errorf("change %d, %v, version (-want +got):\n%s", change, err, diff)
		}
	}
	if e, number, err := store.EventVersion(ctx, "kept"); err != nil || number != 2 || e.Races[0].MinAgeYears != 20 {
		t.Errorf("event %v of version %d, %v, want version 2", e, number, err)
	}
	e, err := store.Event(ctx, "kept")
	if err != nil || e.Races[0].MinAgeYears != 20 {
		t.Errorf("event %v, %v", e, err)
	}
	for change, want := range map[int64][]byte{1: version(t, "kept", 28, 18).File, 2: want.File, math.MaxInt64: want.File} {
		file, err := store.FileAt(ctx, tx, "kept", change)
		if diff := cmp.Diff(string(want), string(file)); err != nil || diff != "" {
			t.Errorf("%v, file at change %d (-want +got):\n%s", err, change, diff)
		}
	}
}

func TestAppendStoresNothingWhereNextSaysSo(t *testing.T) {
	t.Parallel()
	ctx, store := t.Context(), eventpg.New(postgrestest.Tx(t))
	apply(t, store, version(t, "still", 28, 18))
	stands, stored, err := store.Append(ctx, "still", func(context.Context, event.Version) (*event.Version, error) {
		return nil, nil
	})
	if err != nil || stored || stands.Number != 1 {
		t.Errorf("version %d, %t, %v, want version 1 and nothing stored", stands.Number, stored, err)
	}
	refused := errors.New("refused")
	_, _, err = store.Append(ctx, "still", func(context.Context, event.Version) (*event.Version, error) {
		return nil, refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("error %v, want that of next", err)
	}
	if change, err := store.CurrentChange(ctx, "still"); err != nil || change != 1 {
		t.Errorf("change %d, %v, want 1", change, err)
	}
}

func TestUnknownEvents(t *testing.T) {
	t.Parallel()
	ctx, tx := t.Context(), postgrestest.Tx(t)
	store := eventpg.New(tx)
	for _, id := range []race.EventID{"unknown", "", "no\x00text"} {
		if _, err := store.Event(ctx, id); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("event %q: error %v, want EVENT_NOT_FOUND", id, err)
		}
		if _, err := store.CurrentChange(ctx, id); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("change of %q: error %v, want EVENT_NOT_FOUND", id, err)
		}
		if _, err := store.FileAt(ctx, tx, id, 1); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("file of %q: error %v, want EVENT_NOT_FOUND", id, err)
		}
	}
	var change *int64
	if err := tx.QueryRow(ctx, `SELECT event.next_change('unknown')`).Scan(&change); err != nil || change != nil {
		t.Errorf("next change %v, %v, want NULL", change, err)
	}
}

func TestListIsByDayAndID(t *testing.T) {
	t.Parallel()
	ctx, store := t.Context(), eventpg.New(postgrestest.Pool(t))
	for id, day := range map[string]int{"b": 28, "a": 28, "later": 29, "earlier": 27} {
		apply(t, store, version(t, id, day, 18))
	}
	list, err := store.List(ctx, nil, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []race.EventID{"later", "a", "b", "earlier"}
	if diff := cmp.Diff(want, ids(list)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	first := event.Summary{
		ID: "later", Name: "later", Day: civil.Day{Year: 2025, Month: time.September, Day: 29}, Version: 1,
		Races: []race.ID{"ten", "walk"},
	}
	if diff := cmp.Diff(first, list[0]); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	list, err = store.List(ctx, &event.Cursor{Day: list[1].Day, ID: "a"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[2:3], ids(list)); diff != "" {
		t.Errorf("events behind a (-want +got):\n%s", diff)
	}
	all, err := store.EventIDs(ctx)
	if diff := cmp.Diff([]race.EventID{"a", "b", "earlier", "later"}, all); err != nil || diff != "" {
		t.Errorf("%v, ids (-want +got):\n%s", err, diff)
	}
}

func TestFirstAppliesAtOnceMakeOneEventAndAllVersions(t *testing.T) {
	t.Parallel()
	const applies = 6
	pool := postgrestest.Pool(t)
	var group errgroup.Group
	for i := range applies {
		group.Go(func() error {
			_, _, err := eventpg.New(pool).Append(t.Context(), "rush", func(context.Context, event.Version) (*event.Version, error) {
				return version(t, "rush", 28, 18+i), nil
			})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	v, change, err := eventpg.New(pool).Current(t.Context(), "rush")
	if err != nil || v.Number != applies || change != applies {
		t.Errorf("version %d, change %d, %v, want %d of both", v.Number, change, err, applies)
	}
}

func TestAppliesAtOnceUseOneConnectionEach(t *testing.T) {
	t.Parallel()
	const applies = 20
	pool, err := postgres.Open(t.Context(), postgrestest.URL(t), postgres.Options{MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	store := eventpg.New(pool)
	apply(t, store, version(t, "crowd", 28, 18))
	var group errgroup.Group
	for i := range applies {
		group.Go(func() error {
			_, _, err := store.Append(t.Context(), "crowd", func(ctx context.Context, newest event.Version) (*event.Version, error) {
				// Another store on the same pool looks for what stands against the change.
				err := postgres.InTx(ctx, pool, func(ctx context.Context, tx pgx.Tx) error {
					_, err := tx.Exec(ctx, `SELECT count(*) FROM event.versions`)
					return err
				})
				if err != nil {
					return nil, err
				}
				return version(t, "crowd", 28, 19+i), nil
			})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if v, change, err := store.Current(t.Context(), "crowd"); err != nil || v.Number != applies+1 || change != applies+1 {
		t.Errorf("version %d, change %d, %v, want %d of both", v.Number, change, err, applies+1)
	}
}

func TestOtherFactsDoNotWaitForWhatNextLooksAt(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store := eventpg.New(pool)
	apply(t, store, version(t, "told", 28, 18))
	_, _, err := store.Append(t.Context(), "told", func(context.Context, event.Version) (*event.Version, error) {
		err := postgres.InTx(t.Context(), pool, func(_ context.Context, tx pgx.Tx) error {
			nextChange(t, tx)
			return nil
		})
		return version(t, "told", 28, 19), err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, change, err := store.Current(t.Context(), "told"); err != nil || change != 3 {
		t.Errorf("change %d, %v, want 3", change, err)
	}
}

func TestChangesCommitInTheirOrderAndAreTold(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), postgrestest.Pool(t)
	store := eventpg.New(pool)
	apply(t, store, version(t, "told", 28, 18))

	listener, err := pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Release()
	if _, err := listener.Exec(ctx, `LISTEN raceday_changes`); err != nil {
		t.Fatal(err)
	}
	first, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Rollback(context.WithoutCancel(ctx)) }()
	if got := nextChange(t, first); got != 2 {
		t.Errorf("change %d, want 2", got)
	}
	// Another transaction gets no number before the first has ended.
	err = postgres.InTx(ctx, pool, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '20ms'; SELECT event.next_change('told')`)
		return err
	})
	const lockNotAvailable = "55P03"
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != lockNotAvailable || !errors.Is(err, postgres.ErrBusy) {
		t.Errorf("error %v, want a lock that is held", err)
	}
	if err := first.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	notice, err := listener.Conn().WaitForNotification(ctx)
	if err != nil || notice.Payload != "told" {
		t.Errorf("notice %v, %v, want told", notice, err)
	}
	if change, err := store.CurrentChange(ctx, "told"); err != nil || change != 2 {
		t.Errorf("change %d, %v, want 2", change, err)
	}
}

func nextChange(t *testing.T, tx pgx.Tx) int64 {
	t.Helper()
	var change int64
	if err := tx.QueryRow(t.Context(), `SELECT event.next_change('told')`).Scan(&change); err != nil {
		t.Fatal(err)
	}
	return change
}

func apply(t *testing.T, store *eventpg.Store, v *event.Version) {
	t.Helper()
	_, _, err := store.Append(t.Context(), v.Event.ID, func(context.Context, event.Version) (*event.Version, error) {
		return v, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// version is a draft of an event with two races on a day of September 2025.
func version(t *testing.T, id string, day, minAge int) *event.Version {
	t.Helper()
	const races = `
time_zone: Asia/Almaty
points: [{id: s}]
races:
  - {id: ten, format: TEN_KM, waves: [{id: A}], course: [{point: s}, {point: s, at_metres: 10000}]}
  - {id: walk, format: NORDIC_WALKING, waves: [{id: A}], course: [{point: s}, {point: s, at_metres: 10000}]}
`
	file := "id: " + id + "\nname: " + id + "\nday: 2025-09-" + strconv.Itoa(day) + races
	e, err := event.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	e.Races[0].MinAgeYears = minAge
	return &event.Version{
		Event: e, File: event.Format(e), Actor: "chief",
		AppliedAt: racetime.At(time.Date(2025, 9, 1, 10, 0, 0, 123_456_000, time.UTC)),
	}
}

func ids(list []event.Summary) []race.EventID {
	var ids []race.EventID
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}
