package benchmark

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/ranking"
)

// OrderBench measures how the upkeep of one list grows with the list: finishers arrive in random order, each is put into
// the list and asked for its rank. Its floor is the same in lists of FloorFinishers, as many of them as make the same
// number of finishers, so that work and floor do the same but for the length.
type OrderBench struct {
	Finishers int
	Runs      int
	Show      Show
}

// FloorFinishers is the length of a list whose upkeep counts as 1.
const FloorFinishers = 1000

// OrderFigures are what an OrderBench finds.
type OrderFigures struct {
	Finishers      int `json:"finishers"`
	FloorFinishers int `json:"floor_finishers"`
	// The nanoseconds of one finisher.
	Nanoseconds      float64 `json:"nanoseconds"`
	FloorNanoseconds float64 `json:"floor_nanoseconds"`
	// TimesFloor is Nanoseconds by FloorNanoseconds: less is better.
	TimesFloor Ratio `json:"times_floor"`
	Runs       int   `json:"runs"`
}

// String shows the figures on one line.
func (f OrderFigures) String() string {
	return fmt.Sprintf("score-order: %d finishers in random order: %.0f ns each, in lists of %d %.0f ns: %v × in %d runs",
		f.Finishers, f.Nanoseconds, f.FloorFinishers, f.FloorNanoseconds, f.TimesFloor, f.Runs)
}

// Reaches returns what is to be met.
func (f OrderFigures) Reaches() []Reach {
	return []Reach{atMost("times the floor", f.TimesFloor.Median, 2)}
}

// Run measures.
func (b *OrderBench) Run(ctx context.Context) (OrderFigures, error) {
	b.Show("making up %d finishers", b.Finishers)
	random := rand.New(rand.NewPCG(seed, 0))
	finishers := make([]ranking.Entry, b.Finishers)
	for i := range finishers {
		n := i + 1
		// As dense as the finishers of the largest races: up to 50 within a second.
		at := time.Duration(random.Int64N(int64(b.Finishers)*int64(20*time.Millisecond))) + 2*time.Hour
		finishers[i] = ranking.Entry{Entrant: race.EntrantID(n), Bib: race.Bib(strconv.Itoa(n)), Time: at}
	}
	times, err := byTurns(ctx, b.Runs, b.Show,
		func(context.Context) (time.Duration, error) { return keepLists(finishers, FloorFinishers), nil },
		func(context.Context) (time.Duration, error) { return keepLists(finishers, len(finishers)), nil })
	if err != nil {
		return OrderFigures{}, err
	}
	each := func(took time.Duration) float64 { return float64(took.Nanoseconds()) / float64(b.Finishers) }
	return OrderFigures{
		Finishers: b.Finishers, FloorFinishers: FloorFinishers, Runs: b.Runs, TimesFloor: times.timesFloor(),
		Nanoseconds: each(median(times.work)), FloorNanoseconds: each(median(times.floor)),
	}, nil
}

// keepLists returns how long it takes to keep lists of so many finishers.
func keepLists(finishers []ranking.Entry, length int) time.Duration {
	runtime.GC()
	began := time.Now()
	for start := 0; start < len(finishers); start += length {
		list := ranking.NewList()
		for _, e := range finishers[start:min(start+length, len(finishers))] {
			list.Put(e)
			list.Rank(e.Entrant)
		}
	}
	return time.Since(began)
}
