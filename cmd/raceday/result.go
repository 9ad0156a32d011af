package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

type resultCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Bib   string `arg:"" help:"Bib, of a team for a relay."`
	Watch bool   `help:"Go on with what changes, until interrupted."`
}

// Run shows the result of one entrant.
func (c *resultCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		stream, err := standingsv1.NewStandingsServiceClient(conn).WatchResult(ctx, &standingsv1.WatchResultRequest{
			EventId: c.Event, Bib: c.Bib})
		if err != nil {
			return err
		}
		for first := true; ; first = false {
			update, err := stream.Recv()
			if c.Watch && ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			switch {
			case isTerminal(t.stdout) && c.Watch:
				fmt.Fprint(t.stdout, "\x1b[H\x1b[2J")
			case !first:
				fmt.Fprintln(t.stdout)
			}
			if err := printResult(t.stdout, definition, update.GetResult()); err != nil || !c.Watch {
				return err
			}
		}
	})
}

// printResult writes all that is shown of an entrant: times, splits with the pace of the stretch before, ranks and legs.
func printResult(w io.Writer, definition *race.Event, r *standingsv1.GetResultResponse) error {
	s := r.GetStanding()
	facts := []string{"bib " + s.GetBib()}
	for _, fact := range []string{s.GetName(), groupOf(s), s.GetCountry(), s.GetClub()} {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	fmt.Fprintf(w, "%s: %s\n", r.GetRace(), strings.Join(facts, ", "))
	fmt.Fprintln(w, resultTimes(s, definition))
	if mark := s.GetRecord(); mark != nil {
		fmt.Fprintf(w, "%s, of %s\n", markText(mark, "course"), mark.GetHolder())
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(r.GetSplits()) > 0 {
		of := cmp.Or(definition.Race(race.ID(r.GetRace())), &race.Race{})
		fmt.Fprintln(table, "SPLIT\tKM\tAT\tNET\tGUN\tPACE/KM")
		for _, split := range r.GetSplits() {
			// A visit of a later version of the event than the answer's may have no name here.
			name := cmp.Or(of.VisitName(int(split.GetVisit())), split.GetPoint())
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", name, kilometres(split.GetAtMetres()), clock(split.GetAt(), definition),
				split.GetNet(), split.GetGun(), perKm(split.GetPace()))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(r.GetRanks()) > 0 {
		fmt.Fprintln(table, "LIST\tRANK\tOF")
		for _, rank := range r.GetRanks() {
			fmt.Fprintf(table, "%s\t%s\t%d\n", rank.GetList(), rankIn(rank.GetRank()), rank.GetOf())
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(r.GetLegs()) > 0 {
		return printLegs(w, r.GetLegs())
	}
	return nil
}

// resultTimes writes the status of an entrant and its times, or those that it is estimated to have.
func resultTimes(s *standingsv1.Standing, definition *race.Event) string {
	texts := []string{strings.TrimPrefix(s.GetStatus().String(), "STATUS_")}
	if s.GetRule() != "" {
		texts[0] += " by rule " + s.GetRule()
	}
	for _, t := range []struct{ name, text string }{
		{"ranked", s.GetRanked()}, {"gun", s.GetGun()}, {"net", s.GetNet()}, {"penalty", s.GetPenalty()},
	} {
		if t.text != "" {
			texts = append(texts, t.name+" "+t.text)
		}
	}
	if s.GetEstimatedFinishAt() != nil {
		text := "estimated to finish at " + clock(s.GetEstimatedFinishAt(), definition)
		if s.GetEstimatedTime() != "" {
			text += " in " + s.GetEstimatedTime()
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

// rankIn writes a rank; nothing where there is none.
func rankIn(rank int32) string {
	if rank == 0 {
		return ""
	}
	return fmt.Sprint(rank)
}

// kilometres writes metres as 21.0975.
func kilometres(metres float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.6f", metres/1000), "0"), ".")
}

// perKm writes a pace as 4:32; nothing where there is none.
func perKm(exact *durationpb.Duration) string {
	if exact == nil {
		return ""
	}
	return racetime.FormatPace(racetime.Known(exact.AsDuration()))
}
