package main

import (
	"errors"

	"github.com/alecthomas/kong"

	"raceday/services/benchmark"
)

type benchPeakCommand struct {
	figures
	Entrants           int `default:"17000" size:"" help:"Entrants."`
	StartSeconds       int `default:"36" size:"" help:"Seconds in which all start; in reality six minutes."`
	FinishersPerSecond int `default:"100" size:"" help:"Finishers a second at the peak of the finish."`
	FinishSeconds      int `default:"30" size:"" help:"How long it lasts."`
}

// Validate refuses a peak of more finishers than there are entrants.
func (c *benchPeakCommand) Validate(parsed *kong.Context) error {
	if c.FinishersPerSecond*c.FinishSeconds > c.Entrants {
		return errors.New("--finishers-per-second in --finish-seconds must be no more than --entrants")
	}
	return c.figures.Validate(parsed)
}

// Run measures.
func (c *benchPeakCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.PeakBench{
			Start: t.startBenched, Formats: benchFormats(), Entrants: c.Entrants,
			StartSeconds: c.StartSeconds, FinishersPerSecond: c.FinishersPerSecond,
			FinishSeconds: c.FinishSeconds, Show: show,
		}
		return bench.Run(t.ctx)
	})
}
