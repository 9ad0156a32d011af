package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/racetime"
	"raceday/services/standings"
)

type recordsCommand struct {
	Show   recordsShowCommand   `cmd:"" default:"withargs" help:"Show the records of the courses of an event (the default)."`
	Enter  recordsEnterCommand  `cmd:"" help:"Enter a record of the course of a race."`
	Import recordsImportCommand `cmd:"" help:"Enter the records of a file, all or none; the same file again changes nothing."`
}

type recordsShowCommand struct {
	client
	Event   string `required:"" placeholder:"ID" help:"Event."`
	Race    string `arg:"" optional:"" help:"Race; without it all races."`
	History bool   `help:"All entries, in their order."`
}

// Run shows the records, a line each.
func (c *recordsShowCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		found, err := standingsv1.NewStandingsServiceClient(conn).ListCourseRecords(ctx, &standingsv1.ListCourseRecordsRequest{
			EventId: c.Event, Race: c.Race, History: c.History,
		})
		if err != nil {
			return err
		}
		return printRecords(t.stdout, found.GetRecords())
	})
}

func printRecords(w io.Writer, records []*standingsv1.CourseRecord) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "COURSE\tLEG\tMETRES\tSEX\tTIME\tHOLDER\tCOUNTRY\tYEAR\tSET IN\tREASON")
	for _, r := range records {
		fmt.Fprintf(table, "%s\t%s\t%v\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r.GetCourse(), legNumber(r.GetLeg()), r.GetDistanceMetres(),
			r.GetSex(), officialTime(r.GetTime()), r.GetHolder(), r.GetCountry(), r.GetYear(), r.GetSetIn(), r.GetReason())
	}
	return table.Flush()
}

func officialTime(t *durationpb.Duration) string { return racetime.Format(t.AsDuration(), time.Second) }

// legNumber writes the leg of a record; nothing for the whole course.
func legNumber(leg int32) string {
	if leg == 0 {
		return ""
	}
	return fmt.Sprint(leg)
}

// markText says how a finish compares with the course record, a leg with the leg record.
func markText(mark *standingsv1.RecordMark, of string) string {
	verb, state := "equals", "unofficial"
	if mark.GetKind() == standingsv1.RecordKind_RECORD_KIND_BEATS {
		verb = "beats"
	}
	if mark.GetOfficial() {
		state = "official"
	}
	return fmt.Sprintf("%s the %s record %s (%d), %s", verb, of, mark.GetRecord(), mark.GetYear(), state)
}

type recordsEnterCommand struct {
	client
	Event   string    `required:"" placeholder:"ID" help:"Event, in whose audit the entry stands."`
	Race    string    `arg:"" help:"Race, whose course it is."`
	Leg     int32     `placeholder:"N" help:"Leg of a relay, from 1; without it the whole course."`
	Sex     string    `required:"" enum:"F,M,X" help:"F, M or X; that of the team for a relay and its legs."`
	Time    shownTime `required:"" placeholder:"H:MM:SS" help:"Official time."`
	Holder  string    `required:"" placeholder:"NAME" help:"Who holds it."`
	Country string    `help:"Country of the holder."`
	Year    int32     `placeholder:"YEAR" help:"Year; without it, it was set in this event, whose finishes are then compared with the record before."`
	Reason  string    `placeholder:"TEXT" help:"Why; needed where the record that stands is not slower."`
}

// shownTime is an official time on the command line.
type shownTime time.Duration

// UnmarshalText reads h:mm:ss.
func (s *shownTime) UnmarshalText(text []byte) error {
	t, err := racetime.ParseOfficial(string(text))
	*s = shownTime(t)
	return err
}

// Run enters the record.
func (c *recordsEnterCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		entered, err := standingsv1.NewStandingsServiceClient(conn).RecordCourseRecord(ctx, &standingsv1.RecordCourseRecordRequest{
			EventId: c.Event, Race: c.Race, Sex: c.Sex, Time: durationpb.New(time.Duration(c.Time)), Holder: c.Holder,
			Country: c.Country, Year: c.Year, Reason: c.Reason, Leg: c.Leg,
		})
		if err != nil {
			return err
		}
		return printRecords(t.stdout, []*standingsv1.CourseRecord{entered.GetRecord()})
	})
}

type recordsImportCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event, in whose audit the entries stand."`
	File  string `arg:"" help:"Records (records.csv)."`
}

// Help describes the file.
func (*recordsImportCommand) Help() string {
	return `The first line names the columns, in any order; leg, country and reason may be left out:

  course           the record_course of a race in the event file, or the race's
                   id where it has none
  leg              of a relay, from 1; empty for the whole course
  distance_metres  that of the race, 21097.5, or of the leg
  sex              F, M or X; that of the team for a relay and its legs
  time             official time in whole seconds, 2:21:27
  holder           as it is shown
  country          of the holder
  year             when it was run
  reason           why; needed where the line replaces a record that is not slower

Entries are never changed: the last one of a course, leg, distance and sex stands. For example:

  course,distance_metres,sex,time,holder,year
  marathon,42195,M,2:21:27,NAME,2022
  half,21097.5,F,1:12:49,NAME,2022
`
}

// Run enters the file's records. A file with a bad line enters none.
func (c *recordsImportCommand) Run(t *terminal) error {
	var lines []standings.RecordLine
	err := fileSource(c.File).read(func(r io.Reader) (err error) {
		lines, err = standings.ParseRecords(c.File, r)
		return err
	})
	if err != nil {
		return err
	}
	request := &standingsv1.ImportCourseRecordsRequest{EventId: c.Event}
	numbers := make([]int, len(lines))
	for i, l := range lines {
		numbers[i] = l.Number
		request.Records = append(request.Records, &standingsv1.CourseRecord{
			Course: string(l.Course), DistanceMetres: float64(l.DistanceMillimetres) / 1000, Sex: l.Sex.String(),
			Time: durationpb.New(l.Time), Holder: l.Name, Country: l.Country, Year: int32(l.Year), Reason: l.Reason,
			Leg: int32(l.Leg),
		})
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		done, err := standingsv1.NewStandingsServiceClient(conn).ImportCourseRecords(ctx, request)
		if err != nil {
			return atLines(err, c.File, "records", numbers, columnOf)
		}
		printImport(t, done.GetAdded(), done.GetStood(), done.GetUnused())
		return nil
	})
}

func printImport(t *terminal, added, stood int32, unused []*standingsv1.RecordedCourse) {
	fmt.Fprintf(t.stdout, "%d entered, %d stood already\n", added, stood)
	for _, of := range unused {
		course := "the course " + of.GetCourse()
		if of.GetLeg() != 0 {
			course = fmt.Sprintf("leg %d of %s", of.GetLeg(), course)
		}
		fmt.Fprintf(t.stderr, "warning: no race of the event goes by %s of %v m\n", course, of.GetDistanceMetres())
	}
}

// columnOf names the column of a field of an entry, which is called the same.
func columnOf(field string) string { return field }
