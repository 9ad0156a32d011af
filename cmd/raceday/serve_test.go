package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestServersInsideAndOutsideAtOnce(t *testing.T) {
	t.Parallel()
	const inside = "--embedded brings its own PostgreSQL and NATS: "
	for _, c := range []struct {
		name        string
		environment map[string]string
		flags       []string
		want        string
	}{
		{"a flag", nil, []string{"--nats-url", "nats://x"}, inside + "leave out --nats-url\n"},
		{"a variable", map[string]string{"RACEDAY_NATS_URL": "nats://x"}, nil, inside + "unset RACEDAY_NATS_URL\n"},
		{
			"a flag and the variable of the other", map[string]string{"RACEDAY_NATS_URL": "nats://x"},
			[]string{"--database-url", "postgres://x"}, inside + "leave out --database-url and unset RACEDAY_NATS_URL\n",
		},
		{
			"both variables", map[string]string{"RACEDAY_NATS_URL": "nats://x", "RACEDAY_DATABASE_URL": "postgres://x"}, nil,
			inside + "unset RACEDAY_DATABASE_URL and unset RACEDAY_NATS_URL\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			getenv := func(name string) string { return c.environment[name] }
			status := run(t.Context(), append([]string{"serve", "--embedded"}, c.flags...), getenv, &stdout, &stderr)
			if status != exitUsage || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("status %d, %q, want %q", status, stderr.String(), c.want)
			}
		})
	}
}
