package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
)

type onCourseCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
}

// Run shows who is on the course.
func (c *onCourseCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		entrants, err := listOnCourse(ctx, conn, c.Event, c.Race)
		if err != nil {
			return err
		}
		return printOnCourse(t.stdout, definition, c.Race, entrants)
	})
}

// coursePage is how many entrants a page of those on the course has.
const coursePage = 1000

// courseTries is how often the list is asked for again where it changed between two of its pages.
const courseTries = 3

// listOnCourse returns all who are out on the course of a race, as a rule of one version.
func listOnCourse(
	ctx context.Context, conn *grpc.ClientConn, event, raceID string,
) (entrants []*standingsv1.OnCourse, err error) {
	for range courseTries {
		var whole bool
		if entrants, whole, err = listOnCourseOnce(ctx, conn, event, raceID); err != nil || whole {
			return entrants, err
		}
	}
	return entrants, nil
}

// listOnCourseOnce is not whole where the pages are of different versions.
func listOnCourseOnce(
	ctx context.Context, conn *grpc.ClientConn, event, raceID string,
) (entrants []*standingsv1.OnCourse, whole bool, err error) {
	version := int64(-1)
	whole = true
	at := map[string]int{} // the index of each bib
	for request := (&standingsv1.ListOnCourseRequest{EventId: event, Race: raceID, PageSize: coursePage}); ; {
		page, err := standingsv1.NewStandingsServiceClient(conn).ListOnCourse(ctx, request)
		if err != nil {
			return nil, false, err
		}
		whole = whole && (version < 0 || page.GetVersion() == version)
		version = page.GetVersion()
		for _, e := range page.GetEntrants() {
			if i, again := at[e.GetBib()]; again { // seen between two pages, and expected later
				entrants[i] = nil
			}
			at[e.GetBib()] = len(entrants)
			entrants = append(entrants, e)
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return slices.DeleteFunc(entrants, func(e *standingsv1.OnCourse) bool { return e == nil }), whole, nil
		}
	}
}

// printOnCourse writes how many are on the course, and each with where it was seen and is expected, by the event's clock.
func printOnCourse(w io.Writer, definition *race.Event, raceID string, entrants []*standingsv1.OnCourse) error {
	if len(entrants) == 0 {
		fmt.Fprintf(w, "%s: nobody is on the course\n", raceID)
		return nil
	}
	overdue := 0
	for _, e := range entrants {
		if e.GetOverdue() != nil {
			overdue++
		}
	}
	fmt.Fprintf(w, "%s: %d on the course, %d of them overdue\n", raceID, len(entrants), overdue)
	r := cmp.Or(definition.Race(race.ID(raceID)), &race.Race{})
	// A visit of a later version of the event than the answer's may have no name here.
	name := func(visit int32, point string) string { return cmp.Or(r.VisitName(int(visit)), point) }
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OVERDUE\tBIB\tNAME\tWAVE\tSTATUS\tLAST SEEN\tAT\tNEXT\tEXPECTED")
	for _, e := range entrants {
		next := "no mat ahead"
		if e.GetNextPoint() != "" {
			next = name(e.GetNextVisit(), e.GetNextPoint())
		}
		late := ""
		if e.GetOverdue() != nil {
			late = longTime(e.GetOverdue().AsDuration())
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", late, e.GetBib(), e.GetName(), e.GetWave(), statusOf(e),
			name(e.GetLastVisit(), e.GetLastPoint()), clock(e.GetLastAt(), definition), next, clock(e.GetExpectedAt(), definition))
	}
	return table.Flush()
}

// longestInHours is the longest duration that people read in hours.
const longestInHours = 48 * time.Hour

// statusOf returns the status of an entrant as results.csv writes it; empty where the server does not say.
func statusOf(e *standingsv1.OnCourse) string {
	if e.GetStatus() == standingsv1.Status_STATUS_UNSPECIFIED {
		return ""
	}
	return strings.TrimPrefix(e.GetStatus().String(), "STATUS_")
}

// longTime writes a duration as hours does, or as days and hours beyond what people read in hours.
func longTime(d time.Duration) string {
	if d <= longestInHours {
		return hours(d)
	}
	return days(d)
}

// days writes a duration as 60 d 13 h, cut to whole hours.
func days(d time.Duration) string {
	whole := int64(d.Abs() / time.Hour)
	text := fmt.Sprintf("%d d %d h", whole/24, whole%24)
	if d < 0 {
		return "-" + text
	}
	return text
}

// hours writes a duration as 1:02:03, cut to whole seconds.
func hours(d time.Duration) string {
	seconds := int64(d / time.Second)
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// clock writes an instant as the time of day where the event is, with the day where that is another one; unknown where
// there is none.
func clock(at *timestamppb.Timestamp, definition *race.Event) string {
	if at == nil {
		return "unknown"
	}
	zone, err := time.LoadLocation(definition.TimeZone)
	if err != nil { // this machine does not know the zone
		return at.AsTime().Format(time.RFC3339)
	}
	local := at.AsTime().In(zone)
	if local.Format(time.DateOnly) != definition.Day.String() {
		return local.Format(time.DateTime)
	}
	return local.Format(time.TimeOnly)
}
