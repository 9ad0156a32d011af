package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
)

type awardsCommand struct {
	Show     awardsShowCommand     `cmd:"" default:"withargs" help:"Show who wins as the lists stand now, and what changed since it was announced; so does raceday awards RACE."`
	Announce awardsAnnounceCommand `cmd:"" help:"Record that the prizes were announced as they stand now."`
	HandOver awardsHandOverCommand `cmd:"" help:"Record that a prize was handed over."`
	TakeBack awardsTakeBackCommand `cmd:"" help:"Record that a prize was taken back."`
	History  awardsHistoryCommand  `cmd:"" help:"Show all that was announced, handed over and taken back."`
}

type awardsShowCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
}

// Run shows the prizes by list, then what changed since they were announced, then what is in wrong hands.
func (c *awardsShowCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		now, err := standingsv1.NewStandingsServiceClient(conn).ListAwards(ctx, &standingsv1.ListAwardsRequest{
			EventId: c.Event, Race: c.Race,
		})
		if err != nil {
			return err
		}
		if len(now.GetPrizes()) == 0 {
			fmt.Fprintf(t.stdout, "%s: nobody has won a prize yet\n", c.Race)
		} else if err := printPrizes(t.stdout, now.GetPrizes()); err != nil {
			return err
		}
		if err := printChanges(t.stdout, now, definition); err != nil {
			return err
		}
		for _, h := range now.GetWrongHands() {
			fmt.Fprintf(t.stdout, "TAKE BACK from %s: the prize of place %d of %s, handed over %s by %s, is not theirs\n",
				worn(h.GetBib(), h.GetName()), h.GetPlace(), h.GetList(), clock(h.GetAt(), definition), h.GetBy())
		}
		return nil
	})
}

func printPrizes(w io.Writer, prizes []*standingsv1.Prize) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LIST\tPLACE\tBIB\tNAME\tCOUNTRY\tCLUB\tTIME\tRANK\tHOLDS")
	for _, p := range prizes {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", p.GetList(), p.GetPlace(), p.GetBib(), p.GetName(), p.GetCountry(),
			p.GetClub(), p.GetTime(), p.GetRank(), holds(p.GetHeldPlace()))
	}
	return table.Flush()
}

// printChanges says what is other than announced: who wins anew, who moves, and who loses.
func printChanges(w io.Writer, now *standingsv1.ListAwardsResponse, definition *race.Event) error {
	if now.GetAnnounced() == nil {
		fmt.Fprintln(w, "nothing was announced yet")
		return nil
	}
	head := announcementHead(now.GetAnnounced(), definition)
	if len(now.GetChanges()) == 0 {
		fmt.Fprintf(w, "as %s\n", head)
		return nil
	}
	fmt.Fprintf(w, "changed since %s:\n", head)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LIST\tBIB\tNAME\tPLACE\tHOLDS")
	for _, c := range now.GetChanges() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s -> %s\t%s\n", c.GetList(), c.GetBib(), c.GetName(), placeText(c.GetPlaceBefore()),
			placeText(c.GetPlaceAfter()), holds(c.GetHeldPlace()))
	}
	return table.Flush()
}

func announcementHead(a *standingsv1.AwardAnnouncement, definition *race.Event) string {
	return fmt.Sprintf("announcement %d, %s, signed by %s", a.GetNumber(), clock(a.GetAnnouncedAt(), definition), a.GetSignedBy())
}

func placeText(place int32) string {
	if place == 0 {
		return "none"
	}
	return strconv.Itoa(int(place))
}

// holds names the prize that somebody has in their hands.
func holds(place int32) string {
	if place == 0 {
		return "-"
	}
	return fmt.Sprintf("place %d", place)
}

// worn is a bib with the name of who wears it.
func worn(bib, name string) string {
	if name == "" {
		return bib
	}
	return bib + " " + name
}

type awardsHistoryCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
}

// Run shows each announcement with its prizes, then the hand-overs.
func (c *awardsHistoryCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		all, err := standingsv1.NewStandingsServiceClient(conn).GetAwardHistory(ctx, &standingsv1.GetAwardHistoryRequest{
			EventId: c.Event, Race: c.Race,
		})
		if err != nil {
			return err
		}
		for _, a := range all.GetAnnouncements() {
			if err := printAnnouncement(t.stdout, a, definition); err != nil {
				return err
			}
		}
		for _, h := range all.GetHandOvers() {
			fmt.Fprintf(t.stdout, "%s %s\n", clock(h.GetAt(), definition), handOverText(h))
		}
		return nil
	})
}

func printAnnouncement(w io.Writer, a *standingsv1.AwardAnnouncement, definition *race.Event) error {
	fmt.Fprintln(w, announcementHead(a, definition))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LIST\tPLACE\tBIB\tTIME\tRANK")
	for _, p := range a.GetPrizes() {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%d\n", p.GetList(), p.GetPlace(), p.GetBib(), p.GetTime(), p.GetRank())
	}
	return table.Flush()
}

func handOverText(h *standingsv1.PrizeHandOver) string {
	verb := "handed over to"
	if h.GetTakenBack() {
		verb = "taken back from"
	}
	return fmt.Sprintf("%s, place %d: %s %s by %s", h.GetList(), h.GetPlace(), verb, worn(h.GetBib(), h.GetName()),
		h.GetBy())
}
