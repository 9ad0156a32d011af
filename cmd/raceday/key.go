package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"raceday/migrations"
	"raceday/services/access"
	"raceday/services/access/accesspg"
	"raceday/services/postgres"
)

type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Make a key and print it; it is not shown again."`
	List   keyListCommand   `cmd:"" help:"List the keys."`
	Revoke keyRevokeCommand `cmd:"" help:"Make a key useless."`
}

// keyStore is the database that the keys are in; whoever can reach it may make keys.
type keyStore struct {
	DatabaseURL string `name:"database-url" variable:"RACEDAY_DATABASE_URL" placeholder:"URL" help:"PostgreSQL of the server, or $RACEDAY_DATABASE_URL; without it, that of serve --embedded."`
	DataDir     string `name:"data-dir" default:"raceday-data" type:"path" help:"Data folder of serve --embedded."`
}

func (s *keyStore) with(t *terminal, work func(*access.Service) error) error {
	url := s.DatabaseURL
	if url == "" {
		dir := filepath.Join(s.DataDir, "postgres")
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) { // A new database would hold a key that opens no server.
			return fmt.Errorf("no data in %s; give --data-dir of the server, or --database-url", s.DataDir)
		}
		running, stop, err := postgres.ReachCluster(t.ctx, postgres.ClusterOptions{
			Dir: dir, Getenv: t.getenv, Log: slog.New(slog.DiscardHandler), Announce: t.stderr, Durable: true,
		})
		if err != nil {
			return err
		}
		defer stop()
		url = running
	}
	if err := postgres.Migrate(t.ctx, url, migrations.Sets()); err != nil {
		return err
	}
	pool, err := postgres.Open(t.ctx, url, postgres.Options{Name: "raceday key"})
	if err != nil {
		return err
	}
	defer pool.Close()
	return work(access.New(accesspg.New(pool), time.Now))
}

type keyCreateCommand struct {
	keyStore
	Role string `required:"" enum:"frontend,registrar,timer,official,admin" help:"What the key may do: frontend, registrar, timer, official, admin."`
	Name string `required:"" help:"Who uses it, for the record of changes."`
}

// Run makes a key.
func (c *keyCreateCommand) Run(t *terminal) error {
	role, err := access.ParseKeyRole(c.Role)
	if err != nil {
		return err
	}
	return c.with(t, func(keys *access.Service) error {
		key, err := keys.Create(t.ctx, c.Name, role)
		if err == nil {
			fmt.Fprintln(t.stdout, key)
		}
		return err
	})
}

type keyListCommand struct{ keyStore }

// Run lists the keys.
func (c *keyListCommand) Run(t *terminal) error {
	return c.with(t, func(keys *access.Service) error {
		list, err := keys.List(t.ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tROLE\tMADE\tREVOKED")
		for _, key := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", key.ID, key.Name, key.Role, minute(key.CreatedAt), minute(key.RevokedAt))
		}
		return w.Flush()
	})
}

func minute(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04Z")
}

type keyRevokeCommand struct {
	keyStore
	ID string `arg:"" help:"The key's id, from key list."`
}

// Run revokes a key.
func (c *keyRevokeCommand) Run(t *terminal) error {
	return c.with(t, func(keys *access.Service) error { return keys.Revoke(t.ctx, c.ID) })
}
