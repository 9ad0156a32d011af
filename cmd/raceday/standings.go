package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
)

type standingsCommand struct {
	client
	Event  string `required:"" placeholder:"ID" help:"Event."`
	Race   string `arg:"" help:"Race."`
	List   string `arg:"" optional:"" help:"List, such as age/M35-39; without it the race's first."`
	Top    *int32 `help:"Rows to show, else 50, and 11 around a bib; 0: all."`
	Around string `xor:"around" placeholder:"BIB" help:"The rows around this bib, which follow it as it moves."`
	Watch  bool   `xor:"watch" help:"Go on with what changes, until interrupted."`
	At     string `xor:"around,watch,order" placeholder:"POINT" help:"Who passed there, in the order there: k25, or line#2 for the second visit of a point."`
	Live   bool   `xor:"order" help:"Finishers and those on course in one order, by the estimated time of whoever is on course."`
}

// Validate refuses a number of rows that is none.
func (c *standingsCommand) Validate() error {
	switch {
	case c.Top == nil:
		return nil
	case *c.Top < 0:
		return fmt.Errorf("--top must not be negative")
	case *c.Top == 0 && c.Around != "":
		return fmt.Errorf("--top is at least 1 with --around")
	}
	return nil
}

// top is the number of rows wanted.
func (c *standingsCommand) top() int32 {
	switch {
	case c.Top != nil:
		return *c.Top
	case c.Around != "":
		return 0 // the server's own
	}
	return 50
}

// Run shows a list.
func (c *standingsCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		switch {
		case c.Live && !c.Watch && c.Around == "":
			return c.showLive(ctx, conn, t.stdout)
		case c.At != "":
			return c.showSplit(ctx, conn, t.stdout)
		}
		heading, order := "RANK", standingsv1.StandingsOrder_STANDINGS_ORDER_RANKED_FIRST
		if c.Live {
			heading, order = "LIVE", standingsv1.StandingsOrder_STANDINGS_ORDER_LIVE
		}
		stream, err := standingsv1.NewStandingsServiceClient(conn).WatchStandings(ctx, &standingsv1.WatchStandingsRequest{
			EventId: c.Event, Race: c.Race, List: c.List, Top: c.top(), Around: c.Around, Order: order,
		})
		if err != nil {
			return err
		}
		var rows []*standingsv1.Standing
		for {
			update, err := receiveUpdate(stream)
			if c.Watch && ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			rows = updateRows(rows, update)
			switch {
			case !c.Watch:
				switch {
				case len(rows) == 0 && c.Around != "":
					fmt.Fprintf(t.stderr, "bib %s is neither ranked nor on the course in %s; raceday result %s --event %s\n",
						c.Around, update.GetList(), c.Around, c.Event)
				case len(rows) == 0:
					c.nameLists(ctx, conn, t.stderr)
				}
				return printRows(t.stdout, heading, rows)
			case isTerminal(t.stdout):
				fmt.Fprintf(t.stdout, "\x1b[H\x1b[2J%s, %s, version %d\n", c.Race, update.GetList(), update.GetVersion())
				err = printRows(t.stdout, heading, rows)
			default:
				err = printRows(t.stdout, heading, update.GetRows())
				if gone := update.GetRemoved(); len(gone) > 0 {
					fmt.Fprintf(t.stdout, "no longer in these rows: %s\n", strings.Join(gone, ", "))
				}
			}
			if err != nil {
				return err
			}
		}
	})
}

// nameLists says which lists there are under the name of a classification, of which no list itself has it.
func (c *standingsCommand) nameLists(ctx context.Context, conn *grpc.ClientConn, w io.Writer) {
	all, err := standingsv1.NewStandingsServiceClient(conn).ListLists(ctx, &standingsv1.ListListsRequest{EventId: c.Event, Race: c.Race})
	if err != nil {
		return // the empty list stands
	}
	var names []string
	for _, l := range all.GetLists() {
		if strings.HasPrefix(l.GetList(), c.List+"/") {
			names = append(names, l.GetList())
		}
	}
	if c.List != "" && len(names) > 0 {
		fmt.Fprintf(w, "%s divides into lists; name one: %s\n", c.List, strings.Join(names, ", "))
	}
}

// receiveUpdate receives a whole update: the messages that a large one is cut into, as one.
func receiveUpdate(
	stream grpc.ServerStreamingClient[standingsv1.WatchStandingsResponse],
) (*standingsv1.WatchStandingsResponse, error) {
	update, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	for update.GetMore() {
		next, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		update.Rows = append(update.Rows, next.GetRows()...)
		update.Removed = append(update.Removed, next.GetRemoved()...)
		update.More = next.GetMore()
	}
	return update, nil
}

// updateRows applies a change to the rows that are shown, and puts them in order.
func updateRows(rows []*standingsv1.Standing, update *standingsv1.WatchStandingsResponse) []*standingsv1.Standing {
	if update.GetSnapshot() {
		return update.GetRows()
	}
	changed := map[string]bool{}
	for _, row := range update.GetRows() {
		changed[row.GetBib()] = true
	}
	for _, bib := range update.GetRemoved() {
		changed[bib] = true
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(row *standingsv1.Standing) bool { return changed[row.GetBib()] })
	kept = append(kept, update.GetRows()...)
	slices.SortStableFunc(kept, compareRows)
	return kept
}

// compareRows orders rows as the server does: the ranked by rank, in the live order by that, then those on course by how far they are and by their
// time there, those without one last; then by bib.
func compareRows(a, b *standingsv1.Standing) int {
	var order int
	switch rankA, rankB := cmp.Or(a.GetLiveRank(), a.GetRank()), cmp.Or(b.GetLiveRank(), b.GetRank()); {
	case rankA > 0 && rankB > 0:
		order = cmp.Compare(rankA, rankB)
	case rankA != rankB:
		return cmp.Compare(rankB, rankA)
	case a.GetLastVisit() != b.GetLastVisit():
		return cmp.Compare(b.GetLastVisit(), a.GetLastVisit())
	default:
		order = cmp.Compare(lastTime(a), lastTime(b))
	}
	return cmp.Or(order, race.CompareBibs(race.Bib(a.GetBib()), race.Bib(b.GetBib())))
}

// lastTime is beyond every time where none is known.
func lastTime(row *standingsv1.Standing) time.Duration {
	if row.GetLastTime() == nil {
		return math.MaxInt64
	}
	return row.GetLastTime().AsDuration()
}

// printRows writes rows under a heading of their ranks; those of a live order have live ones.
func printRows(w io.Writer, heading string, rows []*standingsv1.Standing) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, heading+"\tBIB\tNAME\tGROUP\tCOUNTRY\tTIME\tGUN\tNET\tAT\tESTIMATE")
	for _, row := range rows {
		at, estimate := "", ""
		if row.GetRank() == 0 {
			at = row.GetLastPoint()
		}
		if row.GetEstimatedTime() != "" {
			estimate = "~" + row.GetEstimatedTime()
		}
		rank := rankIn(cmp.Or(row.GetLiveRank(), row.GetRank()))
		fields := []string{
			rank, row.GetBib(), row.GetName(), groupOf(row), row.GetCountry(), row.GetRanked(), row.GetGun(), row.GetNet(), at, estimate,
		}
		if mark := row.GetRecord(); mark != nil {
			fields = append(fields, markText(mark, "course"))
		}
		fmt.Fprintln(table, strings.Join(fields, "\t"))
	}
	return table.Flush()
}

// groupOf returns the age group of an entrant, or its sex where it has none.
func groupOf(row *standingsv1.Standing) string { return cmp.Or(row.GetAgeGroup(), row.GetSex()) }
