package racetime

import (
	"math"
	"testing"
	"time"
)

func TestPaceComesFromExactTimes(t *testing.T) {
	t.Parallel()
	const metre = 1000
	for _, c := range []struct {
		name   string
		exact  time.Duration
		length int64
		want   string
	}{
		{"an even pace", 20 * time.Minute, 5000 * metre, "4:00"},
		{"a microsecond over", 20*time.Minute + time.Microsecond, 5000 * metre, "4:01"},
		{"the half's odd metres", time.Hour, 21_097_500, "2:51"},
		{"slower than an hour a kilometre", 65 * time.Minute, 1000 * metre, "65:00"},
		{"the longest time on the shortest stretch", math.MaxInt64, 1, ""},
		{"the longest time on a day's march", math.MaxInt64, 50_000 * metre, "3074457:21"},
		{"no stretch", time.Minute, 0, ""},
		{"a passing that an official entered before the one ahead", -time.Minute, 1000 * metre, ""},
	} {
		if got := FormatPace(Pace(c.exact, c.length)); got != c.want {
			t.Errorf("%s: %v over %d mm is %q, want %q", c.name, c.exact, c.length, got, c.want)
		}
	}
}
