package ranking

import (
	"os"
	"testing"

	"raceday/services/rehearsal/proof"
)

func TestMain(m *testing.M) {
	proof.Rapid(1000, 100_000)
	os.Exit(m.Run())
}
