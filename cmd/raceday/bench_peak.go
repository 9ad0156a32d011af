package main

import (
	"errors"

	"raceday/services/benchmark"
)

type benchPeakCommand struct {
	figures
	Entrants           int `default:"17000" size:"" help:"Entrants."`
	StartSeconds       int `default:"36" size:"" help:"Seconds in which all start; in reality six minutes."`
	FinishersPerSecond int `default:"100" size:"" help:"Finishers a second at the peak of the finish."`
	FinishSeconds      int `default:"30" size:"" help:"How long it lasts."`
}

// Validate refuses a rush of nobody, and a peak of more finishers than there are entrants.
func (c *benchPeakCommand) Validate() error {
	if c.Entrants < 1 || c.StartSeconds < 1 || c.FinishersPerSecond < 1 || c.FinishSeconds < 1 {
		return errors.New("--entrants, --start-seconds, --finishers-per-second and --finish-seconds must be at least 1")
	}
	if c.FinishersPerSecond*c.FinishSeconds > c.Entrants {
		return errors.New("--finishers-per-second in --finish-seconds must be no more than --entrants")
	}
	return nil
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
