package main

import (
	"errors"
	"os"

	"github.com/alecthomas/kong"
	"google.golang.org/grpc"

	"raceday/services/benchmark"
)

type benchWatchersCommand struct {
	figures
	Watchers      int `default:"10000" size:"" help:"Watchers."`
	PerConnection int `name:"per-connection" default:"100" help:"Watchers that share a connection, at most 100."`
	Pace          int `name:"reads-per-second" default:"500" size:"" help:"Reads a second."`
	Seconds       int `default:"30" size:"" help:"How long they flow."`
	Entrants      int `default:"17000" size:"" help:"Entrants."`
}

// Validate refuses more watchers on a connection than servers take.
func (c *benchWatchersCommand) Validate(parsed *kong.Context) error {
	if c.PerConnection > 100 {
		return errors.New("--per-connection must be at most 100")
	}
	return c.figures.Validate(parsed)
}

// Run measures.
func (c *benchWatchersCommand) Run(t *terminal) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.WatchersBench{
			Start: t.startBenched, Formats: benchFormats(), Program: program, Command: []string{"bench", "watchers-away"},
			Watchers: c.Watchers, PerConnection: c.PerConnection, Entrants: c.Entrants, ReadsPerSecond: c.Pace, Seconds: c.Seconds,
			Show: show,
		}
		return bench.Run(t.ctx)
	})
}

type benchWatchersAwayCommand struct {
	client
	PerConnection int `name:"per-connection" default:"100" help:"Watchers that share a connection."`
}

// Run watches what stdin says.
func (c *benchWatchersAwayCommand) Run(t *terminal) error {
	return benchmark.WatchersAway(t.ctx, os.Stdin, t.stdout, c.PerConnection, func() (*grpc.ClientConn, error) {
		return dial(c.Server, key{c.Server, c.Key})
	})
}
