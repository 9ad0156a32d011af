package benchmark

import "testing"

func TestReach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reach Reach
		want  string
	}{
		{atMost("times the floor", 0.7642, 0.8), "met: times the floor 0.764, at most 0.8"},
		{atMost("times the floor", 0.8, 0.8), "met: times the floor 0.8, at most 0.8"},
		{atMost("milliseconds of p99", 1234.5, 60), "missed: milliseconds of p99 1234, at most 60"},
		{atMost("rows too many", 0, 0), "met: rows too many 0, at most 0"},
		{atLeast("reads in a second", 2_999_999, 3_000_000), "missed: reads in a second 2999999, at least 3000000"},
		{atLeast("share of the floor", 0.7, 0.7), "met: share of the floor 0.7, at least 0.7"},
	} {
		if got := c.reach.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
