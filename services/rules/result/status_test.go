package result_test

import (
	"testing"

	"raceday/services/rules/result"
)

func TestParseStatusReadsEveryName(t *testing.T) {
	t.Parallel()
	for want := result.Entered; want <= result.Withdrawn; want++ {
		if got, ok := result.ParseStatus(want.String()); got != want || !ok {
			t.Errorf("ParseStatus(%q) = %d, %v, want %d", want, got, ok, want)
		}
	}
	for _, text := range []string{"", "finished", "WITHDRAWN "} {
		if got, ok := result.ParseStatus(text); got != 0 || ok {
			t.Errorf("ParseStatus(%q) = %d, %v, want none", text, got, ok)
		}
	}
}
