package postgres_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
)

func TestCollectManyIsCollectRows(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	const count = `SELECT i FROM generate_series(1, $1) AS i`
	for _, n := range []int{0, 1, 1023, 1024, 1025, 3000} {
		rows, err := pool.Query(t.Context(), count, n)
		if err != nil {
			t.Fatal(err)
		}
		want, err := pgx.CollectRows(rows, pgx.RowTo[int])
		if err != nil {
			t.Fatal(err)
		}
		if rows, err = pool.Query(t.Context(), count, n); err != nil {
			t.Fatal(err)
		}
		if got, err := postgres.CollectMany(rows, pgx.RowTo[int]); err != nil || got == nil || !slices.Equal(want, got) {
			t.Errorf("%d rows: got %d, %v", n, len(got), err)
		}
	}
}

func TestCollectManyFails(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	rows, err := pool.Query(t.Context(), `SELECT 1 / (1500 - i) FROM generate_series(1, 2000) AS i`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.CollectMany(rows, pgx.RowTo[int]); err == nil {
		t.Error("no error of the server's")
	}
	if rows, err = pool.Query(t.Context(), `SELECT 1`); err != nil {
		t.Fatal(err)
	}
	wrong := errors.New("wrong")
	if _, err := postgres.CollectMany(rows, func(pgx.CollectableRow) (int, error) { return 0, wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v, want the error of who decodes", err)
	}
	if n := pool.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are kept", n)
	}
}
