package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"google.golang.org/grpc"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

type chipsCommand struct {
	Reads   chipsReadsCommand   `cmd:"" help:"Show every read of a chip, and what became of it."`
	Unknown chipsUnknownCommand `cmd:"" help:"Show the chips that were read and that are on nobody's roster line."`
}

type chipsUnknownCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
}

// Run shows the chips that nobody wears.
func (c *chipsUnknownCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		chips, err := listUnknownChips(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		return printUnknownChips(t.stdout, definition, chips)
	})
}

// chipsPage is how many chips a page of those that nobody wears has.
const chipsPage = 1000

func listUnknownChips(ctx context.Context, conn *grpc.ClientConn, event string) ([]*timingv1.UnknownChip, error) {
	var chips []*timingv1.UnknownChip
	for request := (&timingv1.ListUnknownChipsRequest{EventId: event, PageSize: chipsPage}); ; {
		page, err := timingv1.NewTimingServiceClient(conn).ListUnknownChips(ctx, request)
		if err != nil {
			return nil, err
		}
		chips = append(chips, page.GetChips()...)
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return chips, nil
		}
	}
}

func printUnknownChips(w io.Writer, definition *race.Event, chips []*timingv1.UnknownChip) error {
	if len(chips) == 0 {
		fmt.Fprintln(w, "every chip that was read is on the roster")
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CHIP\tREADS\tFIRST\tLAST\tMAT\tPOINT")
	for _, chip := range chips {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\n", chip.GetChip(), chip.GetReads(), clock(chip.GetFirstAt(), definition),
			clock(chip.GetLastAt(), definition), chip.GetLastMat(), cmp.Or(chip.GetLastPoint(), "-"))
	}
	return table.Flush()
}
