package scoring

import (
	"testing"

	"go.uber.org/goleak"

	"raceday/services/rehearsal/proof"
)

func TestMain(m *testing.M) {
	proof.Rapid(500, 20_000)
	goleak.VerifyTestMain(m)
}
