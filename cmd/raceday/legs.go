package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

type legsCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race, a relay."`
	Leg   int32  `arg:"" optional:"" help:"Leg, from 1; without it every leg that some team has ended, with --watch the furthest."`
	Bib   string `placeholder:"BIB" help:"The legs of one team."`
	List  string `placeholder:"LIST" help:"Teams of this list only, ranked among themselves, such as category/Women."`
	By    string `enum:"after,time" default:"after" help:"Order: after, the standings after the leg; time, the leg alone."`
	Top   int32  `default:"50" help:"Rows of a leg to show; 0: all, with --watch 1000."`
	Watch bool   `help:"Go on with what changes, until interrupted."`
}

// Validate refuses what no leg and no table can be.
func (c *legsCommand) Validate() error {
	switch {
	case c.Top < 0:
		return fmt.Errorf("--top must not be negative")
	case c.Leg < 0:
		return fmt.Errorf("LEG must not be negative")
	case c.Bib != "" && (c.Leg != 0 || c.List != "" || c.Watch):
		return fmt.Errorf("--bib stands without LEG, --list and --watch")
	}
	return nil
}

// Run shows the legs of a relay.
func (c *legsCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		service := standingsv1.NewStandingsServiceClient(conn)
		switch {
		case c.Bib != "":
			return c.showTeam(ctx, service, t.stdout)
		case c.Watch:
			return c.watch(ctx, service, t.stdout)
		case c.Leg != 0:
			return c.showLeg(ctx, service, t.stdout, c.Leg)
		}
		furthest, err := service.GetLegStandings(ctx, &standingsv1.GetLegStandingsRequest{
			EventId: c.Event, Race: c.Race, List: c.List, PageSize: 1})
		if err != nil {
			return err
		}
		for leg := int32(1); leg <= furthest.GetLeg(); leg++ {
			if err := c.showLeg(ctx, service, t.stdout, leg); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *legsCommand) order() standingsv1.LegOrder {
	if c.By == "time" {
		return standingsv1.LegOrder_LEG_ORDER_LEG_TIME
	}
	return standingsv1.LegOrder_LEG_ORDER_AFTER
}

// showLeg shows one leg.
func (c *legsCommand) showLeg(ctx context.Context, service standingsv1.StandingsServiceClient, w io.Writer, leg int32) error {
	request := &standingsv1.GetLegStandingsRequest{EventId: c.Event, Race: c.Race, Leg: leg, Order: c.order(), List: c.List}
	var rows []*standingsv1.LegStanding
	for {
		request.PageSize = nextPageSize(c.Top, len(rows))
		page, err := service.GetLegStandings(ctx, request)
		if err != nil {
			return err
		}
		rows = append(rows, page.GetRows()...)
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" || c.Top > 0 && len(rows) >= int(c.Top) {
			page.Rows = rows
			return printLeg(w, c.Race, page)
		}
	}
}

// watch shows one leg and what becomes of it.
func (c *legsCommand) watch(ctx context.Context, service standingsv1.StandingsServiceClient, w io.Writer) error {
	stream, err := service.WatchLegStandings(ctx, &standingsv1.WatchLegStandingsRequest{
		EventId: c.Event, Race: c.Race, Leg: c.Leg, Order: c.order(), List: c.List, PageSize: nextPageSize(c.Top, 0)})
	if err != nil {
		return err
	}
	for {
		update, err := stream.Recv()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if isTerminal(w) {
			fmt.Fprint(w, "\x1b[H\x1b[2J")
		}
		if err := printLeg(w, c.Race, update.GetStandings()); err != nil {
			return err
		}
	}
}

// showTeam shows the legs of one team.
func (c *legsCommand) showTeam(ctx context.Context, service standingsv1.StandingsServiceClient, w io.Writer) error {
	result, err := service.GetResult(ctx, &standingsv1.GetResultRequest{EventId: c.Event, Bib: c.Bib})
	if err != nil {
		return err
	}
	if result.GetRace() != c.Race {
		return fmt.Errorf("bib %s is in race %s", c.Bib, result.GetRace())
	}
	if len(result.GetLegs()) == 0 {
		return fmt.Errorf("race %s has no legs", c.Race)
	}
	return printLegs(w, result.GetLegs())
}

// printLeg writes a leg: what it is, who ran it fastest, and its teams.
func printLeg(w io.Writer, race string, page *standingsv1.GetLegStandingsResponse) error {
	title := fmt.Sprintf("%s, leg %d of %d to %s, %s km: %d ranked after it", race, page.GetLeg(), page.GetLegs(), page.GetTo(),
		kilometres(page.GetMetres()), page.GetRanked())
	for i, row := range page.GetFastest() {
		leg, before := row.GetLeg(), " and "
		if i == 0 {
			before = "; fastest " + leg.GetLegTime() + " by "
		}
		title += before + runner(leg) + " of " + named(row.GetBib(), row.GetName(), "")
	}
	fmt.Fprintln(w, title)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "AFTER\tGAINED\tBIB\tTEAM\tMEMBER\tNAME\tTIME\tRANK\tTOTAL\tBEHIND\tSTATUS")
	for _, row := range page.GetRows() {
		leg := row.GetLeg()
		bib, name := ran(leg)
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s%s\n", rankIn(leg.GetRankAfter()), gained(leg), row.GetBib(),
			row.GetName(), bib, name, ranIn(leg), rankIn(leg.GetLegRank()), leg.GetCumulative(),
			row.GetBehind(), strings.TrimPrefix(row.GetStatus().String(), "STATUS_"), legMark(leg))
	}
	return table.Flush()
}

// named writes a bib and a name, which may be hidden; otherwise where there is neither.
func named(bib, name, otherwise string) string {
	return cmp.Or(strings.TrimSpace(bib+" "+name), otherwise)
}

// printLegs writes the legs of a team.
func printLegs(w io.Writer, legs []*standingsv1.LegResult) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LEG\tKM\tBIB\tNAME\tTIME\tRANK\tTOTAL\tRANK AFTER\tGAINED")
	for _, leg := range legs {
		bib, name := ran(leg)
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s%s\n", leg.GetLeg(), kilometres(leg.GetMetres()), bib, name, ranIn(leg),
			rankIn(leg.GetLegRank()), leg.GetCumulative(), rankIn(leg.GetRankAfter()), gained(leg), legMark(leg))
	}
	return table.Flush()
}

// legMark writes one more column of a leg that beats or equals its record.
func legMark(leg *standingsv1.LegResult) string {
	if leg.GetRecord() == nil {
		return ""
	}
	return "\t" + markText(leg.GetRecord(), "leg")
}

// runner writes who ran a leg.
func runner(leg *standingsv1.LegResult) string {
	bib, name := ran(leg)
	return named(bib, name, "a member")
}

// ran returns the bib and the name of who ran a leg; the bib says it where the chips tell of another than is registered.
func ran(leg *standingsv1.LegResult) (bib, name string) {
	if leg.GetRanBy() == 0 {
		return leg.GetMemberBib(), leg.GetMemberName()
	}
	bib = cmp.Or(leg.GetRanByBib(), fmt.Sprintf("that of leg %d", leg.GetRanBy()))
	return bib + " for " + cmp.Or(leg.GetMemberBib(), "the registered"), leg.GetRanByName()
}

// ranIn writes the time of a leg; nothing where it is not known.
func ranIn(leg *standingsv1.LegResult) string {
	if leg.GetNotCompleted() {
		return "not completed"
	}
	return leg.GetLegTime()
}

// gained writes the ranks gained in a leg as +2, those lost as -2.
func gained(leg *standingsv1.LegResult) string {
	switch ranks := leg.RanksGained; {
	case ranks == nil:
		return ""
	case *ranks == 0:
		return "="
	default:
		return fmt.Sprintf("%+d", *ranks)
	}
}
