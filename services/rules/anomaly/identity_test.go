package anomaly_test

import (
	"math"
	"testing"

	"raceday/services/rules/anomaly"
)

func TestIdentityIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]anomaly.Identity{
		"line-a 1 17":                {Mat: "line-a", Boot: "1", Seq: 17},
		"line-a 17":                  {Mat: "line-a", Seq: 17},
		"k5/b after lunch 2 0":       {Mat: "k5/b", Boot: "after lunch 2", Seq: 0},
		"m b/1 18446744073709551615": {Mat: "m", Boot: "b/1", Seq: math.MaxUint64},
	} {
		if got, ok := anomaly.ParseIdentity(text); !ok || got != want || got.String() != text {
			t.Errorf("%q: got %+v, %v, written %q, want %+v", text, got, ok, got, want)
		}
	}
	for _, text := range []string{
		"", "line-a", " 17", "line-a 1 ", "line-a 1 -7", "line-a 1 x", "line-a/1/17", "line-a 1 18446744073709551616",
	} {
		if got, ok := anomaly.ParseIdentity(text); ok {
			t.Errorf("%q: got %+v, want none", text, got)
		}
	}
}
