package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

type chipsReadsCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Chip  string `arg:"" help:"Chip, worn or not."`
}

// Run shows the reads of a chip.
func (c *chipsReadsCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		stream, err := timingv1.NewTimingServiceClient(conn).ExplainChip(ctx,
			&timingv1.ExplainChipRequest{EventId: c.Event, Chip: c.Chip})
		if err != nil {
			return err
		}
		x := &timingv1.Explanation{}
		err = receive(stream, func(some *timingv1.ExplainChipResponse) error {
			x.Race, x.Bib, x.Reads = some.GetRace(), some.GetBib(), append(x.Reads, some.GetReads()...)
			return nil
		})
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(definition.TimeZone)
		if err != nil { // this machine does not know the zone
			zone = time.UTC
		}
		s := sheet{
			w: t.stdout, x: x, event: definition, race: cmp.Or(definition.Race(race.ID(x.GetRace())), &race.Race{}), zone: zone,
			everyRead: true,
		}
		if x.GetBib() == "" {
			fmt.Fprintf(t.stdout, "chip %s: nobody wears it, %s\n", c.Chip, counted(len(x.GetReads())))
		} else {
			fmt.Fprintf(t.stdout, "chip %s: bib %s in race %s, %s; raceday explain %s %s --event %s says more\n",
				c.Chip, x.GetBib(), x.GetRace(), counted(len(x.GetReads())), x.GetRace(), x.GetBib(), c.Event)
		}
		return s.reads().print(t.stdout)
	})
}
