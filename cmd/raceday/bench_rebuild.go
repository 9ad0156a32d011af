package main

import (
	"fmt"

	"raceday/services/benchmark"
)

type benchRebuildCommand struct {
	figures
	turns
	Reads    int `default:"1000000" help:"About how many reads are stored."`
	Entrants int `default:"17000" help:"Entrants."`
}

// Run measures.
func (c *benchRebuildCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (fmt.Stringer, error) {
		bench := benchmark.RebuildBench{
			Start: t.startBenched, Formats: benchFormats(), Entrants: c.Entrants, Reads: c.Reads, Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}
