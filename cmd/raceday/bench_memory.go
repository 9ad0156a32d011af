package main

import "raceday/services/benchmark"

type benchMemoryCommand struct {
	figures
	Reads    int `default:"3000000" size:"" help:"About how many reads are taken in."`
	Entrants int `default:"60000" size:"" help:"Entrants."`
}

// Run measures.
func (c *benchMemoryCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.MemoryBench{
			Start: t.startProcess, Formats: benchFormats(), Entrants: c.Entrants, Reads: c.Reads, Show: show,
		}
		return bench.Run(t.ctx)
	})
}
