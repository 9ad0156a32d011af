package main

import (
	"context"
	"fmt"
	"io"

	"google.golang.org/grpc"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/ruling"
	"raceday/services/timing"
	"raceday/services/timing/timinggrpc"
)

type rulingsCommand struct {
	Apply rulingsApplyCommand `cmd:"" help:"Record the rulings of a file; the same file again changes nothing."`
}

type rulingsApplyCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	File  string `arg:"" help:"Rulings (rulings.csv)."`
}

// Run records the file's rulings in their order. A file with a bad line records none.
func (c *rulingsApplyCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		var rulings []ruling.Ruling
		err = fileSource(c.File).read(func(r io.Reader) (err error) {
			rulings, err = timing.ParseRulings(c.File, r, definition)
			return err
		})
		if err != nil {
			return err
		}
		recorded := 0
		shown := newProgress(t.stderr)
		defer shown.end()
		for i, r := range rulings {
			answer, err := timingv1.NewTimingServiceClient(conn).RecordRuling(ctx,
				&timingv1.RecordRulingRequest{EventId: c.Event, Ruling: timinggrpc.RulingMessage(timing.RecordedRuling{Ruling: r})})
			if err != nil {
				return fmt.Errorf("ruling %s: %w", r.ID, err)
			}
			if answer.GetRecorded() {
				recorded++
			}
			shown.show("%d of %d rulings", i+1, len(rulings))
		}
		shown.end()
		fmt.Fprintf(t.stdout, "%d recorded, %d stood already\n", recorded, len(rulings)-recorded)
		return nil
	})
}
