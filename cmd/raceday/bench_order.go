package main

import (
	"errors"

	"github.com/alecthomas/kong"

	"raceday/services/benchmark"
)

type benchOrderCommand struct {
	figures
	turns
	Finishers int `default:"100000" size:"" help:"Finishers of one list."`
}

// Validate refuses a list that is no longer than the floor's.
func (c *benchOrderCommand) Validate(parsed *kong.Context) error {
	if c.Finishers <= benchmark.FloorFinishers {
		return errors.New("--finishers must be more than 1000, the length of the floor's lists")
	}
	return c.figures.Validate(parsed)
}

// Run measures, with a server's heap, for lists are kept in one.
func (c *benchOrderCommand) Run(t *terminal) error {
	defer t.fillWithGarbage(serveHeap, serveGarbage)()
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.OrderBench{Finishers: c.Finishers, Runs: c.Runs, Show: show}
		return bench.Run(t.ctx)
	})
}
