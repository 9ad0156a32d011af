package benchmark

import (
	"testing"

	"raceday/services/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }
