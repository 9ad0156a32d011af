package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// MigrationSet is the migrations of one service.
type MigrationSet struct {
	// Service is the name of the service and of its folder in Files.
	Service string
	// Files holds <service>/NNNN_verb_object.sql.
	Files fs.FS
}

// migration is one file.
type migration struct {
	Service string
	Number  int
	Name    string
	SQL     string
}

func (m migration) String() string { return m.Service + "/" + m.Name }

func (m migration) digest() string {
	sum := sha256.Sum256([]byte(m.SQL))
	return hex.EncodeToString(sum[:])
}

// landed is a row of public.migrations.
type landed struct {
	Service string
	Number  int
	Name    string
	Digest  string
}

// Migrate applies what has not been applied yet, set after set, each file in a transaction of its own. Several processes
// may call it together: one works, the others wait for it, as long as ctx lets them. It refuses, before it changes
// anything, files whose names do not say their order, a landed file that was edited, renamed or removed, and a new file
// numbered before a landed one. A database with later migrations than these is left as it is. Errors name the file, and
// the line where the server gives one.
func Migrate(ctx context.Context, url string, sets []MigrationSet) (err error) {
	migrations, err := readMigrations(sets)
	if err != nil {
		return err
	}
	conn, err := connect(ctx, url, map[string]string{
		"application_name":  "raceday migrate",
		"statement_timeout": "0",
		"lock_timeout":      "0",
		"timezone":          "UTC",
	})
	if err != nil {
		return err
	}
	defer closeConn(ctx, conn)

	// The session's end releases the lock, whatever happens.
	const lock = `SELECT pg_advisory_lock(hashtextextended('raceday migrate', 0))`
	if _, err := conn.Exec(ctx, lock); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	// From here on a lock that somebody holds must not stop everybody who queues behind us.
	if _, err := conn.Exec(ctx, `SET lock_timeout = '10s'`); err != nil {
		return fmt.Errorf("set the lock timeout: %w", err)
	}
	before, err := listLanded(ctx, conn)
	if err != nil {
		return err
	}
	pending, err := pendingOf(migrations, before)
	if err != nil {
		return err
	}
	for _, m := range pending {
		if err := applyMigration(ctx, conn, m); err != nil {
			return err
		}
	}
	return nil
}

var migrationName = regexp.MustCompile(`^([0-9]{4})(_[a-z0-9]+){2,}\.sql$`)

func readMigrations(sets []MigrationSet) ([]migration, error) {
	var all []migration
	for _, set := range sets {
		entries, err := fs.ReadDir(set.Files, set.Service) // Sorted by name, so by number.
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // A service without tables has no folder.
			return nil, fmt.Errorf("read migrations of %s: %w", set.Service, err)
		}
		last := 0
		for _, entry := range entries {
			m := migration{Service: set.Service, Name: entry.Name()}
			match := migrationName.FindStringSubmatch(entry.Name())
			if match == nil {
				return nil, fmt.Errorf("migration %s is not named NNNN_verb_object.sql", m)
			}
			if m.Number, err = strconv.Atoi(match[1]); err != nil {
				return nil, fmt.Errorf("number of migration %s: %w", m, err)
			}
			if m.Number <= last {
				return nil, fmt.Errorf("migration %s has a number that is taken", m)
			}
			last = m.Number
			body, err := fs.ReadFile(set.Files, set.Service+"/"+entry.Name())
			if err != nil {
				return nil, fmt.Errorf("read migration %s: %w", m, err)
			}
			m.SQL = string(body)
			all = append(all, m)
		}
	}
	return all, nil
}

const createMigrations = `
CREATE TABLE IF NOT EXISTS public.migrations (
    service    text        NOT NULL,
    number     integer     NOT NULL,
    name       text        NOT NULL,
    digest     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT migrations_pkey PRIMARY KEY (service, number)
)`

const selectLanded = `
SELECT service, number, name, digest
FROM public.migrations
ORDER BY service, number`

func listLanded(ctx context.Context, conn *pgx.Conn) ([]landed, error) {
	if _, err := conn.Exec(ctx, createMigrations); err != nil {
		return nil, fmt.Errorf("create the table of migrations: %w", err)
	}
	rows, err := conn.Query(ctx, selectLanded)
	if err != nil {
		return nil, fmt.Errorf("list landed migrations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[landed])
	if err != nil {
		return nil, fmt.Errorf("list landed migrations: %w", err)
	}
	return list, nil
}

// pendingOf returns the migrations that have not landed, in order, having compared the others with what landed.
func pendingOf(migrations []migration, before []landed) ([]migration, error) {
	type key struct {
		service string
		number  int
	}
	there := map[key]landed{}
	highest := map[string]int{}
	for _, l := range before {
		there[key{l.Service, l.Number}] = l
		highest[l.Service] = max(highest[l.Service], l.Number)
	}
	var pending []migration
	known := map[key]bool{}
	highestKnown := map[string]int{}
	for _, m := range migrations {
		known[key{m.Service, m.Number}] = true
		highestKnown[m.Service] = max(highestKnown[m.Service], m.Number)
		l, ok := there[key{m.Service, m.Number}]
		switch {
		case !ok && m.Number < highest[m.Service]:
			return nil, fmt.Errorf("migration %s comes before number %04d, which has landed: give it a later number",
				m, highest[m.Service])
		case !ok:
			pending = append(pending, m)
		case l.Name != m.Name:
			return nil, fmt.Errorf("migration %s has landed as %s: restore its name", m, l.Name)
		case l.Digest != m.digest():
			return nil, fmt.Errorf("migration %s was edited after it landed: restore it and add a new one", m)
		}
	}
	for _, l := range before {
		if !known[key{l.Service, l.Number}] && l.Number < highestKnown[l.Service] {
			return nil, fmt.Errorf("migration %s/%s has landed and is missing: restore it", l.Service, l.Name)
		}
	}
	return pending, nil
}

const insertLanded = `
INSERT INTO public.migrations (service, number, name, digest)
VALUES (@service, @number, @name, @digest)`

func applyMigration(ctx context.Context, conn *pgx.Conn, m migration) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin migration %s: %w", m, err)
	}
	defer rollback(ctx, tx)
	// Without arguments pgx sends the text as it is, so a file may hold several statements.
	if _, err := tx.Exec(ctx, m.SQL); err != nil {
		return fmt.Errorf("migration %s%s: %w", m, lineOf(err, m.SQL), err)
	}
	_, err = tx.Exec(ctx, insertLanded, pgx.StrictNamedArgs{
		"service": m.Service, "number": m.Number, "name": m.Name, "digest": m.digest(),
	})
	if err != nil {
		return fmt.Errorf("record migration %s: %w", m, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit migration %s: %w", m, err)
	}
	return nil
}

// lineOf returns " line N" for an error that has a place in the SQL, else "".
func lineOf(err error, sql string) string {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pgErr.Position == 0 {
		return ""
	}
	characters := []rune(sql) // Position counts characters from 1.
	before := characters[:min(int(pgErr.Position)-1, len(characters))]
	return " line " + strconv.Itoa(1+strings.Count(string(before), "\n"))
}
