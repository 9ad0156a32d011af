package main

import (
	"strings"
	"testing"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	out, stderr := raceday(t, exitSuccess, "demo", "--once", "--field", "150", "--teams", "4", "--speed", "4000")
	for _, text := range []string{
		"154 entries are confirmed and paid", "AGE_BELOW_MINIMUM", "TEAM_SIZE", "ALREADY_ENTERED", "Marathon", "Half marathon", "10 km", "Nordic walking", "Ekiden",
		"leg 6", "the offline scorer gives the same",
	} {
		if !strings.Contains(out, text) {
			t.Errorf("the demo does not show %q", text)
		}
	}
	if stderr != "" {
		t.Errorf("the demo complains: %s", stderr)
	}
}
