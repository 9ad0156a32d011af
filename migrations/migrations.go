// Package migrations holds the database's changes, a folder per service, forward only. It runs nothing:
// postgres.Migrate does.
package migrations

import (
	"embed"

	"raceday/services/postgres"
)

// Files are the migrations as <service>/NNNN_verb_object.sql.
//
//go:embed */*.sql
var Files embed.FS

// Sets returns the migrations of every service, in the order in which they are applied.
func Sets() []postgres.MigrationSet {
	var sets []postgres.MigrationSet
	for _, service := range []string{"access", "audit", "event", "registration", "timing", "standings"} {
		sets = append(sets, postgres.MigrationSet{Service: service, Files: Files})
	}
	return sets
}
