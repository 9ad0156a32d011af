package main

import "raceday/services/benchmark"

// askFlags say how many ask while how many run.
type askFlags struct {
	figures
	turns
	Finishers int `default:"17000" size:"" help:"Finishers; as many again are on their way."`
	Callers   int `default:"64" help:"Callers at once."`
	Calls     int `default:"20000" size:"" help:"Calls in each turn."`
	Pace      int `default:"500" help:"Reads a second meanwhile."`
}

func (c *askFlags) run(t *terminal, question benchmark.Question) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.AskBench{
			Start: t.startBenched, Formats: benchFormats(), Question: question, Finishers: c.Finishers, Callers: c.Callers,
			Calls: c.Calls, ReadsPerSecond: c.Pace, Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}

type benchStandingsCommand struct{ askFlags }

// Run measures.
func (c *benchStandingsCommand) Run(t *terminal) error { return c.run(t, benchmark.AskStandings) }

type benchResultCommand struct{ askFlags }

// Run measures.
func (c *benchResultCommand) Run(t *terminal) error { return c.run(t, benchmark.AskResult) }
