package benchmark

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[(i*37)%100] = float64(i + 1)
	}
	for _, c := range []struct {
		values  []float64
		percent int
		want    float64
	}{
		{[]float64{7}, 50, 7}, {[]float64{7}, 99, 7}, {[]float64{3, 1, 2}, 50, 2}, {[]float64{4, 3, 1, 2}, 50, 2},
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100},
	} {
		if got := percentile(c.values, c.percent); got != c.want {
			t.Errorf("percentile(%v, %d) = %v, want %v", c.values, c.percent, got, c.want)
		}
	}
}

func TestTurnsInterleaveAndTheFirstIsNotCounted(t *testing.T) {
	t.Parallel()
	var order []string
	took := map[string][]time.Duration{"floor": {9, 1, 2, 4}, "work": {9, 2, 2, 2}}
	turn := func(name string) func(context.Context) (time.Duration, error) {
		return func(context.Context) (time.Duration, error) {
			order = append(order, name)
			next := took[name][0]
			took[name] = took[name][1:]
			return next, nil
		}
	}
	times, err := byTurns(t.Context(), 3, func(string, ...any) {}, turn("floor"), turn("work"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"floor", "work", "floor", "work", "floor", "work", "floor", "work"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if got, want := times.timesFloor(), (Ratio{1, 0.5, 2}); got != want {
		t.Errorf("times the floor: %v, want %v", got, want)
	}
	if got, want := times.shareOfFloor(), (Ratio{1, 0.5, 2}); got != want {
		t.Errorf("share of the floor: %v, want %v", got, want)
	}
}

func TestTurnsEndWithTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fail := func(context.Context) (time.Duration, error) { return 0, broken }
	run := func(context.Context) (time.Duration, error) { return 1, nil }
	for _, c := range [][2]func(context.Context) (time.Duration, error){{fail, run}, {run, fail}} {
		if _, err := byTurns(t.Context(), 1, func(string, ...any) {}, c[0], c[1]); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
	}
}
