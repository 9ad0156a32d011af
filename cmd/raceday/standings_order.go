package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

// orderPage is how many rows a page of a list has.
const orderPage = 1000

// nextPageSize returns the size of the page after so many rows of those that are wanted, 0 for all.
func nextPageSize(top int32, rows int) int32 {
	if top == 0 {
		return orderPage
	}
	return min(orderPage, top-int32(rows))
}

// showLive shows finishers and those on course in one order.
func (c *standingsCommand) showLive(ctx context.Context, conn *grpc.ClientConn, w io.Writer) error {
	request := &standingsv1.GetStandingsRequest{
		EventId: c.Event, Race: c.Race, List: c.List, Order: standingsv1.StandingsOrder_STANDINGS_ORDER_LIVE,
	}
	var rows []*standingsv1.Standing
	for {
		request.PageSize = nextPageSize(c.top(), len(rows))
		page, err := standingsv1.NewStandingsServiceClient(conn).GetStandings(ctx, request)
		if err != nil {
			return err
		}
		rows = append(rows, page.GetRows()...)
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" || c.top() > 0 && len(rows) >= int(c.top()) {
			fmt.Fprintf(w, "%s, %s: %d ranked and %d on course together; ~ is an estimate\n",
				c.Race, page.GetList(), page.GetRanked(), page.GetOnCourse())
			return printRows(w, "LIVE", rows)
		}
	}
}

// showSplit shows who passed a visit.
func (c *standingsCommand) showSplit(ctx context.Context, conn *grpc.ClientConn, w io.Writer) error {
	request := &standingsv1.GetSplitStandingsRequest{EventId: c.Event, Race: c.Race, List: c.List, Point: c.At}
	var rows []*standingsv1.SplitStanding
	for {
		request.PageSize = nextPageSize(c.top(), len(rows))
		page, err := standingsv1.NewStandingsServiceClient(conn).GetSplitStandings(ctx, request)
		if err != nil {
			return err
		}
		rows = append(rows, page.GetRows()...)
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" || c.top() > 0 && len(rows) >= int(c.top()) {
			fmt.Fprintf(w, "%s, %s: %d passed %s at %s km\n",
				c.Race, page.GetList(), page.GetTotal(), page.GetPoint(), kilometres(page.GetAtMetres()))
			return printSplit(w, rows)
		}
	}
}

func printSplit(w io.Writer, rows []*standingsv1.SplitStanding) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RANK\tBIB\tNAME\tGROUP\tCOUNTRY\tTIME\tBEHIND\tSTATUS\tRANK NOW")
	for _, row := range rows {
		s := row.GetStanding()
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.GetRank(), s.GetBib(), s.GetName(), groupOf(s), s.GetCountry(),
			row.GetTime(), row.GetBehind(), strings.TrimPrefix(s.GetStatus().String(), "STATUS_"), rankIn(s.GetRank()))
	}
	return table.Flush()
}
