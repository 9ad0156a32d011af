package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/standings"
)

type editionsCommand struct {
	Show   editionsShowCommand   `cmd:"" default:"withargs" help:"Show who won the past editions of the courses of an event (the default)."`
	Import editionsImportCommand `cmd:"" help:"Enter the winners of a file, all or none; the same file again changes nothing."`
}

type editionsShowCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" optional:"" help:"Race; without it all races."`
}

// Run shows the winners, a line each.
func (c *editionsShowCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		found, err := standingsv1.NewStandingsServiceClient(conn).ListEditions(ctx, &standingsv1.ListEditionsRequest{
			EventId: c.Event, Race: c.Race,
		})
		if err != nil {
			return err
		}
		return printEditions(t.stdout, found.GetEditions())
	})
}

func printEditions(w io.Writer, editions []*standingsv1.Edition) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "YEAR\tCOURSE\tMETRES\tSEX\tNAME\tCOUNTRY\tBIB\tTIME")
	for _, edition := range editions {
		for _, won := range edition.GetWinners() {
			fmt.Fprintf(table, "%d\t%s\t%v\t%s\t%s\t%s\t%s\t%s\n", won.GetYear(), won.GetCourse(), won.GetDistanceMetres(), won.GetSex(),
				won.GetName(), won.GetCountry(), won.GetBib(), officialTime(won.GetTime()))
		}
	}
	return table.Flush()
}

type editionsImportCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event, in whose audit the entries stand."`
	File  string `arg:"" help:"Winners (editions.csv)."`
}

// Help describes the file.
func (*editionsImportCommand) Help() string {
	return `The first line names the columns, in any order; country, bib and reason may be left out:

  year             of the edition
  course           the record_course of a race in the event file, or the race's
                   id where it has none
  distance_metres  that of the race, 21097.5
  sex              F, M or X
  name             of who won, as it is shown
  country          of who won
  bib              of who won
  time             official time in whole seconds, 2:21:27
  reason           why; needed where the line replaces another winner

Entries are never changed: the last one of a course, distance, year and sex stands. For example:

  year,course,distance_metres,sex,name,country,time
  2022,marathon,42195,M,NAME,KAZ,2:21:27
`
}

// Run enters the file's winners. A file with a bad line enters none.
func (c *editionsImportCommand) Run(t *terminal) error {
	var lines []standings.WinnerLine
	err := fileSource(c.File).read(func(r io.Reader) (err error) {
		lines, err = standings.ParseEditions(c.File, r)
		return err
	})
	if err != nil {
		return err
	}
	request := &standingsv1.ImportEditionsRequest{EventId: c.Event}
	numbers := make([]int, len(lines))
	for i, l := range lines {
		numbers[i] = l.Number
		request.Winners = append(request.Winners, &standingsv1.PastWinner{
			Year: int32(l.Year), Course: string(l.Course), DistanceMetres: float64(l.DistanceMillimetres) / 1000, Sex: l.Sex.String(),
			Name: l.Name, Country: l.Country, Bib: string(l.Bib), Time: durationpb.New(l.Time), Reason: l.Reason,
		})
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		done, err := standingsv1.NewStandingsServiceClient(conn).ImportEditions(ctx, request)
		if err != nil {
			return atLines(err, c.File, "winners", numbers, columnOf)
		}
		printImport(t, done.GetAdded(), done.GetStood(), done.GetUnused())
		return nil
	})
}
