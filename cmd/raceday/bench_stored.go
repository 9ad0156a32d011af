package main

import "raceday/services/benchmark"

// storedFlags say how much is stored.
type storedFlags struct {
	figures
	turns
	Reads    int `default:"1000000" size:"" help:"About how many reads are stored."`
	Entrants int `default:"17000" size:"" help:"Entrants."`
}

type benchRebuildCommand struct{ storedFlags }

// Run measures.
func (c *benchRebuildCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.RebuildBench{
			Start: t.startBenched, Formats: benchFormats(), Entrants: c.Entrants, Reads: c.Reads, Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}

type benchRestartCommand struct{ storedFlags }

// Run measures.
func (c *benchRestartCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.RestartBench{
			Start: t.startWithoutScorer, Formats: benchFormats(), Entrants: c.Entrants, Reads: c.Reads, Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}
