package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
)

type officialCommand struct {
	Publish officialPublishCommand `cmd:"" help:"Freeze a list: announce it, make it official, amend it."`
	Open    officialOpenCommand    `cmd:"" help:"Show what must be dealt with, or waived, before a list is official."`
	List    officialListCommand    `cmd:"" help:"Show which lists were published."`
	Show    officialShowCommand    `cmd:"" help:"Show a list as it was published."`
	Sheet   officialSheetCommand   `cmd:"" help:"Print a list as it was published: a PDF of its pages."`
	Diff    officialDiffCommand    `cmd:"" help:"Show what changed between two versions of a list."`
}

type officialPublishCommand struct {
	client
	Event    string   `required:"" placeholder:"ID" help:"Event."`
	Race     string   `arg:"" help:"Race."`
	List     string   `arg:"" help:"List, such as age/M35-39."`
	As       string   `required:"" enum:"provisional,official,amended" help:"provisional opens the time for protests; official follows when they are over; amended replaces an official list."`
	SignedBy string   `required:"" placeholder:"NAME" help:"Who signs."`
	Reason   string   `placeholder:"TEXT" help:"Why; amended needs it."`
	Waive    []string `sep:"none" placeholder:"NAME" help:"Let an open matter be, by the name that official open shows; may stand several times."`
}

// Run publishes the list.
func (c *officialPublishCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		published, err := standingsv1.NewStandingsServiceClient(conn).PublishOfficialList(ctx,
			&standingsv1.PublishOfficialListRequest{
				EventId: c.Event, Race: c.Race, List: c.List, Reason: c.Reason, SignedBy: c.SignedBy, Waived: c.Waive,
				As: standingsv1.OfficialState(standingsv1.OfficialState_value[officialStatePrefix+strings.ToUpper(c.As)]),
			})
		if err != nil {
			return err
		}
		fmt.Fprintln(t.stdout, officialHead(published.GetList(), definition))
		return nil
	})
}

const officialStatePrefix = "OFFICIAL_STATE_"

// officialHead says in one line what was published.
func officialHead(l *standingsv1.OfficialList, definition *race.Event) string {
	head := fmt.Sprintf("%s %s@%d %s, published %s, signed by %s", l.GetRace(), l.GetList(), l.GetNumber(),
		strings.TrimPrefix(l.GetState().String(), officialStatePrefix), clock(l.GetPublishedAt(), definition), l.GetSignedBy())
	if l.GetState() == standingsv1.OfficialState_OFFICIAL_STATE_PROVISIONAL {
		head += ", protests until " + clock(l.GetProtestsUntil(), definition)
	}
	if l.GetReason() != "" {
		head += ", " + l.GetReason()
	}
	if len(l.GetWaived()) > 0 {
		head += ", waived " + strings.Join(l.GetWaived(), ", ")
	}
	if l.GetDiffers() {
		head += "; NO LONGER WHAT STANDS"
	}
	return head
}

type officialOpenCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
	List  string `arg:"" help:"List."`
}

// Run shows what is open, a name a line.
func (c *officialOpenCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		open, err := standingsv1.NewStandingsServiceClient(conn).ListOpenMatters(ctx, &standingsv1.ListOpenMattersRequest{
			EventId: c.Event, Race: c.Race, List: c.List,
		})
		if err != nil {
			return err
		}
		for _, matter := range open.GetMatters() {
			fmt.Fprintln(t.stdout, matter)
			if remedy, ok := matterRemedies[matter]; ok {
				fmt.Fprintf(t.stderr, "%s: %s\n", matter, remedy)
			}
		}
		if len(open.GetMatters()) == 0 {
			fmt.Fprintln(t.stderr, "nothing is open")
		} else {
			fmt.Fprintln(t.stderr, "deal with each, or let it be by official publish --waive NAME")
		}
		return nil
	})
}

// matterRemedies say how to deal with matters that are not of one bib.
var matterRemedies = map[string]string{
	"JUDGES_SHEET":            "when all judges have handed in their cards, rulings record CLOSE_SHEET",
	"RACE_NOT_CLOSED":         "somebody is on the course or was never seen; race close RACE says who",
	"CHANGED_SINCE_ANNOUNCED": "the list is not the one that was announced; publish it as provisional again, which opens the time for protests",
}

type officialListCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" optional:"" help:"Race; without it all races."`
}

// Run shows the versions, a line each.
func (c *officialListCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		all, err := standingsv1.NewStandingsServiceClient(conn).ListOfficialLists(ctx, &standingsv1.ListOfficialListsRequest{
			EventId: c.Event, Race: c.Race,
		})
		if err != nil {
			return err
		}
		for _, l := range all.GetLists() {
			fmt.Fprintln(t.stdout, officialHead(l, definition))
		}
		return nil
	})
}

type officialShowCommand struct {
	client
	Event string       `required:"" placeholder:"ID" help:"Event."`
	Race  string       `arg:"" help:"Race."`
	List  listAtNumber `arg:"" placeholder:"LIST[@VERSION]" help:"List, perhaps with a version, such as sex/F@2; without it the newest."`
}

// listAtNumber is a list and perhaps a version of it: sex/F@2.
type listAtNumber string

func (l listAtNumber) parts() (list string, number int32, err error) {
	list, version, named := strings.Cut(string(l), "@")
	if !named {
		return list, 0, nil
	}
	n, err := strconv.ParseInt(version, 10, 32)
	if err != nil || n < 1 {
		return "", 0, fmt.Errorf("%s: a version is a number from 1", l)
	}
	return list, int32(n), nil
}

// Validate refuses what is no version.
func (c *officialShowCommand) Validate() error {
	_, _, err := c.List.parts()
	return err
}

// Run shows the list.
func (c *officialShowCommand) Run(t *terminal) error {
	list, number, err := c.List.parts()
	if err != nil {
		return err
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		got, err := standingsv1.NewStandingsServiceClient(conn).GetOfficialList(ctx, &standingsv1.GetOfficialListRequest{
			EventId: c.Event, Name: &standingsv1.OfficialListName{Race: c.Race, List: list, Number: number},
		})
		if err != nil {
			return err
		}
		l := got.GetList()
		fmt.Fprintf(t.stdout, "%s\ndigest %s, of the facts %s\n", officialHead(l, definition), l.GetDigest(), l.GetFactsDigest())
		if err := printOfficialRows(t.stdout, l.GetRows()); err != nil {
			return err
		}
		return printOfficialLegs(t.stdout, l.GetRows())
	})
}

type officialSheetCommand struct {
	officialShowCommand
	Out string `placeholder:"FILE" help:"Where to write the PDF; without it the standard output, if that is no terminal."`
}

// Run writes the sheet.
func (c *officialSheetCommand) Run(t *terminal) error {
	list, number, err := c.List.parts()
	if err != nil {
		return err
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		return writeBinary(t, c.Out, "a PDF", func(w io.Writer) error {
			return exportResults(ctx, conn, &standingsv1.ExportResultsRequest{
				EventId: c.Event, File: standingsv1.ExportFile_EXPORT_FILE_SHEET_PDF,
				Published: &standingsv1.OfficialListName{Race: c.Race, List: list, Number: number},
			}, w)
		})
	})
}

func printOfficialRows(w io.Writer, rows []*standingsv1.OfficialRow) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RANK\tBIB\tNAME\tSEX\tGROUP\tCOUNTRY\tTIME\tGUN\tNET\tSTATUS")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", rankText(r), r.GetBib(), r.GetName(), r.GetSex(),
			r.GetAgeGroup(), r.GetCountry(), r.GetRanked(), r.GetGun(), r.GetNet(), statusText(r))
	}
	return table.Flush()
}

// printOfficialLegs writes the legs of a relay's teams; nothing of persons.
func printOfficialLegs(w io.Writer, rows []*standingsv1.OfficialRow) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, r := range rows {
		for n, leg := range r.GetLegs() {
			if i == 0 && n == 0 {
				fmt.Fprintln(table, "TEAM\tLEG\tMEMBER\tNAME\tTIME\tRANK\tTOTAL\tAFTER")
			}
			bib, name := ran(leg)
			fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.GetBib(), leg.GetLeg(), bib, name, ranIn(leg),
				rankIn(leg.GetLegRank()), leg.GetCumulative(), rankIn(leg.GetRankAfter()))
		}
	}
	return table.Flush()
}

func rankText(r *standingsv1.OfficialRow) string {
	if r.GetRank() == 0 {
		return "-"
	}
	return strconv.Itoa(int(r.GetRank()))
}

func statusText(r *standingsv1.OfficialRow) string {
	return strings.TrimSpace(strings.TrimPrefix(r.GetStatus().String(), "STATUS_") + " " + r.GetRule())
}

type officialDiffCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
	List  string `arg:"" help:"List."`
	From  int32  `placeholder:"VERSION" help:"Without it the one before the later."`
	To    int32  `placeholder:"VERSION" help:"Without it the newest."`
}

// Validate refuses what is no version.
func (c *officialDiffCommand) Validate() error {
	if c.From < 0 || c.To < 0 {
		return errors.New("--from and --to are versions from 1")
	}
	return nil
}

// Run shows both versions and a line for each bib that changed.
func (c *officialDiffCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		diff, err := standingsv1.NewStandingsServiceClient(conn).DiffOfficialLists(ctx, &standingsv1.DiffOfficialListsRequest{
			EventId: c.Event, Race: c.Race, List: c.List, From: c.From, To: c.To,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(t.stdout, "%s\n%s\n", officialHead(diff.GetFrom(), definition), officialHead(diff.GetTo(), definition))
		table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
		relay := slices.ContainsFunc(diff.GetChanges(), func(c *standingsv1.OfficialChange) bool {
			return len(c.GetBefore().GetLegs())+len(c.GetAfter().GetLegs()) > 0
		})
		heading := "BIB\tNAME\tRANK\tTIME\tSTATUS"
		if relay {
			heading += "\tLEGS"
		}
		fmt.Fprintln(table, heading)
		for _, change := range diff.GetChanges() {
			before, after := change.GetBefore(), change.GetAfter()
			shown := after
			if shown == nil {
				shown = before
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s", shown.GetBib(), shown.GetName(),
				became(before, after, rankText), became(before, after, (*standingsv1.OfficialRow).GetRanked),
				became(before, after, statusText))
			if relay {
				fmt.Fprintf(table, "\t%s", legsThatChanged(before.GetLegs(), after.GetLegs()))
			}
			fmt.Fprintln(table)
		}
		return table.Flush()
	})
}

// legsThatChanged writes the numbers of the legs that are not what they were.
func legsThatChanged(before, after []*standingsv1.LegResult) string {
	var changed []string
	for n := range max(len(before), len(after)) {
		if n >= len(before) || n >= len(after) || !proto.Equal(before[n], after[n]) {
			changed = append(changed, strconv.Itoa(n+1))
		}
	}
	return strings.Join(changed, ", ")
}

// became writes what a column was and is, once where both are the same.
func became(before, after *standingsv1.OfficialRow, column func(*standingsv1.OfficialRow) string) string {
	was, is := "none", "none"
	if before != nil {
		was = column(before)
	}
	if after != nil {
		is = column(after)
	}
	if was == is {
		return is
	}
	return was + " -> " + is
}
