package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

type awardsCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
}

// Run shows the prizes by list.
func (c *awardsCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		won, err := standingsv1.NewStandingsServiceClient(conn).ListAwards(ctx, &standingsv1.ListAwardsRequest{
			EventId: c.Event, Race: c.Race,
		})
		if err != nil {
			return err
		}
		if len(won.GetPrizes()) == 0 {
			fmt.Fprintf(t.stdout, "%s: nobody has won a prize yet\n", c.Race)
			return nil
		}
		return printPrizes(t.stdout, won.GetPrizes())
	})
}

func printPrizes(w io.Writer, prizes []*standingsv1.Prize) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LIST\tPLACE\tBIB\tNAME\tCOUNTRY\tCLUB\tTIME\tRANK")
	for _, p := range prizes {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\n", p.GetList(), p.GetPlace(), p.GetBib(), p.GetName(), p.GetCountry(),
			p.GetClub(), p.GetTime(), p.GetRank())
	}
	return table.Flush()
}
