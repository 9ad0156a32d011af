package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/event"
	"raceday/services/rehearsal"
	"raceday/services/standings"
	"raceday/services/timing/timingnats"
)

type demoCommand struct {
	Field int     `default:"2000" help:"Persons to enter."`
	Teams int     `default:"20" help:"Ekiden teams to enter."`
	Speed float64 `default:"0" help:"Seconds of the race that pass in one; 0: the whole race in about a minute."`
	Seed  uint64  `default:"2026" help:"The same seed makes the same race."`
	Once  bool    `help:"End after the last finisher."`
}

// Validate refuses fields that are none.
func (c *demoCommand) Validate() error {
	if c.Field < 1 || c.Teams < 1 || c.Speed < 0 {
		return errors.New("--field and --teams must be at least 1, --speed not negative")
	}
	return nil
}

// Run runs a race day on servers of its own.
func (c *demoCommand) Run(t *terminal) error {
	return onOwnServers(t, t.stdout, allServices, func(ctx context.Context, _ string, up started) error {
		if err := c.tell(ctx, t, up); err != nil {
			return err
		}
		if c.Once {
			return errDone
		}
		fmt.Fprintf(t.stdout, "\nThe services stay up until you interrupt them. Try:\n"+
			"  go run ./cmd/raceday standings --server %s --event almaty-2026 half overall\n", up.grpc)
		return nil
	})
}

func (c *demoCommand) tell(ctx context.Context, t *terminal, up started) error {
	definition, err := event.Parse(rehearsal.AlmatyFile())
	if err != nil {
		return err
	}
	return connected(ctx, up, func(server connections) error {
		return rehearsal.Run(ctx, rehearsal.Story{
			Conn: server.conn, EventFile: rehearsal.AlmatyFile(), Event: definition,
			Publish: func(ctx context.Context, batch *timingv1.ReadBatch) error {
				return timingnats.PublishBatch(ctx, server.js, batch)
			},
			Score: scoreFacts,
			Out:   t.stdout, Terminal: isTerminal(t.stdout),
			Persons: c.Field, Teams: c.Teams, Speed: c.Speed, Seed: c.Seed,
		})
	})
}

// scoreFacts scores exported facts offline.
func scoreFacts(_ context.Context, f rehearsal.Facts) (results, legs []byte, err error) {
	rulings := bytesSource("rulings.csv", f.Rulings)
	day := dayFiles{
		event: bytesSource("event.yaml", f.Event), roster: bytesSource("roster.csv", f.Roster),
		reads: bytesSource("reads.csv.gz", f.Reads), rulings: &rulings,
	}
	facts, scored, err := day.score()
	if err != nil {
		return nil, nil, err
	}
	var r, l bytes.Buffer
	err = errors.Join(standings.WriteResults(&r, facts.event, scored), standings.WriteLegs(&l, facts.event, scored))
	return r.Bytes(), l.Bytes(), err
}
