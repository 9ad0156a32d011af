// Package proof gives proofs their two sizes: seconds by default, the full figures with RACEDAY_PROOF=full. The size is a
// number, never another test.
package proof

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

func full() bool { return os.Getenv("RACEDAY_PROOF") == "full" }

// Size returns how often or how large: usual, or whole for a full proof.
func Size(usual, whole int) int {
	if full() {
		return whole
	}
	return usual
}

// Rapid sets how many cases each property of a test binary is checked with; a TestMain calls it before anything runs.
func Rapid(usual, whole int) {
	if err := flag.Set("rapid.checks", strconv.Itoa(Size(usual, whole))); err != nil {
		panic(err) // a test binary without rapid
	}
}

// Seed returns the seed of a random proof, which it prints: RACEDAY_SEED where that is set, so that a failure can be seen
// again.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("RACEDAY_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("RACEDAY_SEED: %v", err)
		}
		seed = given
	}
	t.Logf("proof: %s: RACEDAY_SEED=%d", t.Name(), seed)
	return seed
}

// Figure prints what a proof found.
func Figure(t testing.TB, format string, args ...any) {
	t.Helper()
	t.Logf("proof: %s: %s", t.Name(), fmt.Sprintf(format, args...))
}
