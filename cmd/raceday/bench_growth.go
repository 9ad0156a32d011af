package main

import (
	"errors"

	"github.com/alecthomas/kong"

	"raceday/services/benchmark"
)

type benchGrowthCommand struct {
	figures
	turns
	Entrants int `default:"100000" size:"" help:"Entrants of the largest field; the others are a tenth and a hundredth of it."`
	Portions int `default:"20" size:"" help:"Portions of reads and entries that are measured in each run."`
}

// Validate refuses a largest field of which a hundredth is nobody.
func (c *benchGrowthCommand) Validate(parsed *kong.Context) error {
	if c.Entrants < 1000 {
		return errors.New("--entrants must be at least 1000")
	}
	return c.figures.Validate(parsed)
}

// Run measures.
func (c *benchGrowthCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.GrowthBench{
			Start: t.startProcess, Formats: benchFormats(), Entrants: c.Entrants, Portions: c.Portions,
			Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}
