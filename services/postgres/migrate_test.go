package postgres_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
)

// files makes migration sets of one file system, for the services timing and standings in this order.
func files(texts map[string]string) []postgres.MigrationSet {
	all := fstest.MapFS{}
	for name, text := range texts {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return []postgres.MigrationSet{{Service: "timing", Files: all}, {Service: "standings", Files: all}}
}

const (
	createReads = "timing/0001_create_reads.sql"
	addChip     = "timing/0002_add_chip.sql"
	createRanks = "standings/0001_create_ranks.sql"
)

func base() map[string]string {
	return map[string]string{
		createReads: "CREATE SCHEMA timing;\nCREATE TABLE timing.reads (seq bigint NOT NULL);\n",
		addChip:     "ALTER TABLE timing.reads ADD COLUMN chip text;",
		createRanks: "CREATE SCHEMA standings; CREATE TABLE standings.ranks (rank int NOT NULL);",
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	address := newURL(t)
	first := base()
	delete(first, addChip)
	for range 2 { // Again changes nothing.
		if err := postgres.Migrate(t.Context(), address, files(first)); err != nil {
			t.Fatal(err)
		}
	}
	if err := postgres.Migrate(t.Context(), address, files(base())); err != nil {
		t.Fatal(err)
	}
	// An older program leaves a newer database alone.
	if err := postgres.Migrate(t.Context(), address, files(first)); err != nil {
		t.Fatal(err)
	}
	rows, err := openPool(t, address).Query(t.Context(),
		`SELECT service || '/' || name FROM public.migrations ORDER BY applied_at, number`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{createReads, createRanks, addChip}, got); diff != "" {
		t.Errorf("landed (-want +got):\n%s", diff)
	}
}

func TestMigrateByManyAtOnce(t *testing.T) {
	t.Parallel()
	address := newURL(t)
	const processes = 8
	errs := make(chan error, processes)
	for range processes {
		go func() { errs <- postgres.Migrate(t.Context(), address, files(base())) }()
	}
	for range processes {
		if err := receive(t, errs, "a migration"); err != nil {
			t.Error(err)
		}
	}
}

func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(texts map[string]string)
		want   []string
	}{
		{"an edited file", func(texts map[string]string) {
			texts[addChip] += " -- edited"
		}, []string{addChip, "edited"}},
		{"a renamed file", func(texts map[string]string) {
			texts["timing/0002_add_tag.sql"] = texts[addChip]
			delete(texts, addChip)
		}, []string{"timing/0002_add_tag.sql", "0002_add_chip.sql"}},
		{"a removed file", func(texts map[string]string) {
			delete(texts, createReads)
		}, []string{createReads, "missing"}},
		{"a new file before a landed one", func(texts map[string]string) {
			texts["timing/0000_create_nothing.sql"] = ""
		}, []string{"timing/0000_create_nothing.sql"}},
		{"a number taken twice", func(texts map[string]string) {
			texts["timing/0002_drop_reads.sql"] = "DROP TABLE timing.reads"
		}, []string{"timing/0002_drop_reads.sql", "taken"}},
		{"a name without a verb and an object", func(texts map[string]string) {
			texts["timing/0003.sql"] = ""
		}, []string{"timing/0003.sql", "NNNN_verb_object.sql"}},
		{"SQL with a mistake", func(texts map[string]string) {
			texts["timing/0003_add_mat.sql"] = "ALTER TABLE timing.reads ADD COLUMN mat text;\n\nALTER TABEL reads;"
		}, []string{"timing/0003_add_mat.sql line 3", "TABEL"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address := newURL(t)
			if err := postgres.Migrate(t.Context(), address, files(base())); err != nil {
				t.Fatal(err)
			}
			changed := base()
			tt.change(changed)
			contains(t, postgres.Migrate(t.Context(), address, files(changed)), tt.want...)
			const columns = `
SELECT string_agg(attname, ',' ORDER BY attnum)
FROM pg_attribute
WHERE attrelid = 'timing.reads'::regclass AND attnum > 0`
			if got := value[string](t, openPool(t, address), columns); got != "seq,chip" {
				t.Errorf("columns after the refusal = %s, want seq,chip", got)
			}
		})
	}
}
