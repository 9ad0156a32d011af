package postgrestest_test

import (
	"testing"

	"raceday/services/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func TestPoolsAreSeparate(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	first, second := postgrestest.Pool(t), postgrestest.Pool(t)
	if _, err := first.Exec(ctx, `CREATE TABLE public.notes (note text NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	var there bool
	const query = `SELECT to_regclass('public.notes') IS NOT NULL`
	if err := second.QueryRow(ctx, query).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("a table of one test's database is in another's")
	}
}

func TestDatabasesAreMigrated(t *testing.T) {
	t.Parallel()
	var there bool
	const query = `SELECT to_regclass('public.migrations') IS NOT NULL`
	if err := postgrestest.Tx(t).QueryRow(t.Context(), query).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if !there {
		t.Error("the shared database has no migrations")
	}
}

func TestTxIsRolledBack(t *testing.T) {
	t.Parallel()
	t.Run("write", func(t *testing.T) {
		tx := postgrestest.Tx(t)
		if _, err := tx.Exec(t.Context(), `CREATE TABLE public.left_overs (note text NOT NULL)`); err != nil {
			t.Fatal(err)
		}
	})
	var there bool
	const query = `SELECT to_regclass('public.left_overs') IS NOT NULL`
	if err := postgrestest.Tx(t).QueryRow(t.Context(), query).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("what a test wrote is still there after it")
	}
}
