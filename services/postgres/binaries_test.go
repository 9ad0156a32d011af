package postgres_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"raceday/services/postgres"
)

func TestBinaries(t *testing.T) {
	t.Parallel()
	named, inPath, byConfig := t.TempDir(), t.TempDir(), t.TempDir()
	links, config, empty := t.TempDir(), t.TempDir(), t.TempDir()
	for _, dir := range []string{named, inPath, byConfig} {
		program(t, filepath.Join(dir, "initdb"), "")
		program(t, filepath.Join(dir, "postgres"), "")
	}
	if err := os.Symlink(filepath.Join(inPath, "initdb"), filepath.Join(links, "initdb")); err != nil {
		t.Fatal(err)
	}
	program(t, filepath.Join(config, "pg_config"), "#!/bin/sh\necho "+byConfig+"\n")

	tests := []struct {
		name   string
		binEnv string
		path   string
		want   string
	}{
		{"named in the environment", named, inPath, named},
		{"in PATH", "", empty + ":" + inPath, inPath},
		{"linked from PATH", "", links, inPath},
		{"known to pg_config", "", empty + ":" + config, byConfig},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			environment := map[string]string{"RACEDAY_PG_BIN": tt.binEnv, "PATH": tt.path}
			got, err := postgres.Binaries(t.Context(), postgres.BinaryOptions{
				Getenv: func(name string) string { return environment[name] }, Announce: io.Discard,
			})
			if err != nil || got != tt.want {
				t.Errorf("Binaries = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestBinariesRefusesAWrongFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := postgres.Binaries(t.Context(), postgres.BinaryOptions{
		Getenv:   func(name string) string { return map[string]string{"RACEDAY_PG_BIN": dir}[name] },
		Announce: io.Discard,
	})
	contains(t, err, "RACEDAY_PG_BIN="+dir, "initdb")
}

func program(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
