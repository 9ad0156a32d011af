package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"

	registrationv1 "raceday/proto/raceday/registration/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

type chipsCommand struct {
	Reads   chipsReadsCommand   `cmd:"" help:"Show every read of a chip, and what became of it."`
	Assign  chipsAssignCommand  `cmd:"" help:"Give a bib its chips, instead of those that it has; what was read of them comes to life."`
	Swap    chipsSwapCommand    `cmd:"" help:"Exchange the chips of two bibs that run with each other's."`
	Unknown chipsUnknownCommand `cmd:"" help:"Show the chips that were read and that are on nobody's roster line."`
}

type chipsAssignCommand struct {
	client
	Event string   `required:"" placeholder:"ID" help:"Event."`
	Bib   string   `arg:"" help:"Bib; of a team whose members wear chips, the member's."`
	Chips []string `arg:"" name:"chip" help:"All chips that the bib has from now on."`
}

// Run gives the bib its chips.
func (c *chipsAssignCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		before := wearerOf(ctx, conn, c.Event, c.Bib)
		assigned, err := registrationv1.NewRegistrationServiceClient(conn).AssignChips(ctx, &registrationv1.AssignChipsRequest{
			EventId: c.Event, Assignments: []*registrationv1.ChipAssignment{{Bib: c.Bib, Chips: c.Chips}},
		})
		if err != nil {
			return err
		}
		if assigned.GetChanged() == 0 {
			fmt.Fprintf(t.stdout, "%s has these chips already; nothing changed\n", c.Bib)
			return nil
		}
		fmt.Fprintf(t.stdout, "%s: %s\n", c.Bib, strings.Join(c.Chips, " "))
		for _, gone := range before.without(c.Chips) {
			fmt.Fprintf(t.stdout, "bib %s no longer has %s%s\n", c.Bib, gone, readsText(ctx, conn, c.Event, gone))
		}
		if before.team != "" && before.teamChip(ctx, conn, c.Event) {
			fmt.Fprintf(t.stderr, "warning: bib %s is a member's of team %s, and in race %s the team has one chip: what is read of this one counts as the team's\n",
				c.Bib, before.team, before.race)
		}
		return nil
	})
}

type chipsSwapCommand struct {
	client
	Event  string `required:"" placeholder:"ID" help:"Event."`
	Bib    string `arg:"" help:"Bib."`
	Other  string `arg:"" name:"other-bib" help:"The bib that it exchanges its chips with."`
	Reason string `required:"" placeholder:"TEXT" help:"Why, for the record."`
	// A swap that is done twice is none.
	RequestID string `placeholder:"ID" help:"Names the swap: once more with the same id swaps nothing; without it one is made."`
}

// Run exchanges the chips, and shows what each bib has now.
func (c *chipsSwapCommand) Run(t *terminal) error {
	request := cmp.Or(c.RequestID, rand.Text())
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		one, other := wearerOf(ctx, conn, c.Event, c.Bib), wearerOf(ctx, conn, c.Event, c.Other)
		swapped, err := registrationv1.NewRegistrationServiceClient(conn).SwapChips(ctx, &registrationv1.SwapChipsRequest{
			EventId: c.Event, Bib: c.Bib, OtherBib: c.Other, Reason: c.Reason, RequestId: request,
		})
		if err != nil {
			sayUnknown(t.stderr, err, "--request-id "+request)
			return err
		}
		for _, now := range []*registrationv1.ChipAssignment{swapped.GetAssignment(), swapped.GetOtherAssignment()} {
			fmt.Fprintf(t.stdout, "%s: %s\n", now.GetBib(), strings.Join(now.GetChips(), " "))
		}
		if one.race != "" && other.race != "" && one.race != other.race {
			fmt.Fprintf(t.stderr, "warning: bib %s runs in race %s and bib %s in race %s; to swap back: raceday chips swap %s %s --event %s --reason TEXT\n",
				c.Bib, one.race, c.Other, other.race, c.Bib, c.Other, c.Event)
		}
		return nil
	})
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
