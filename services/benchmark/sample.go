package benchmark

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Show tells how far a bench has come, on a terminal that somebody looks at.
type Show func(format string, args ...any)

// Ratio compares a bench to its floor: the median of its runs, the lowest and the highest.
type Ratio struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// String shows the median and what the runs lie between.
func (r Ratio) String() string { return fmt.Sprintf("%.2f (%.2f to %.2f)", r.Median, r.Low, r.High) }

// turns are the times of a bench and of its floor, in the order of running.
type turns struct {
	work, floor []time.Duration
}

// byTurns runs floor and work so many times by turns, each once more before to warm up.
func byTurns(ctx context.Context, runs int, show Show, floor, work func(context.Context) (time.Duration, error)) (turns, error) {
	var t turns
	for run := 0; run <= runs; run++ {
		show("run %d of %d: floor", run, runs)
		floorTime, err := floor(ctx)
		if err != nil {
			return t, fmt.Errorf("floor: %w", err)
		}
		show("run %d of %d: work", run, runs)
		workTime, err := work(ctx)
		if err != nil {
			return t, err
		}
		if run > 0 {
			t.floor, t.work = append(t.floor, floorTime), append(t.work, workTime)
		}
	}
	return t, nil
}

// timesFloor is how many times as long as the floor the work takes.
func (t turns) timesFloor() Ratio {
	return t.ratio(func(work, floor time.Duration) float64 { return float64(work) / float64(floor) })
}

// shareOfFloor is the work's speed as a share of the floor's.
func (t turns) shareOfFloor() Ratio {
	return t.ratio(func(work, floor time.Duration) float64 { return float64(floor) / float64(work) })
}

func (t turns) ratio(of func(work, floor time.Duration) float64) Ratio {
	ratios := make([]float64, len(t.work))
	for i := range ratios {
		ratios[i] = of(t.work[i], t.floor[i])
	}
	return Ratio{median(ratios), slices.Min(ratios), slices.Max(ratios)}
}

// median is the middle value, of an even number the lower one of the middle two.
func median[Value float64 | time.Duration](values []Value) Value { return percentile(values, 50) }

// percentile returns the value that at least so many per cent of the values do not exceed.
func percentile[Value float64 | time.Duration](values []Value, percent int) Value {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

// perSecond is a number of things by the time they took.
func perSecond(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }
