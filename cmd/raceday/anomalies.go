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
	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

type anomaliesCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" optional:"" help:"Race; without it all races, and what is the matter with chips that nobody wears."`
	All   bool   `help:"Show what was dealt with and what is information only as well."`
	Kind  string `placeholder:"KIND" help:"One kind only, such as MISSING_POINTS."`
}

// Validate refuses a kind that is none.
func (c *anomaliesCommand) Validate() error {
	c.Kind = strings.ToUpper(c.Kind)
	if kinds := anomaly.Kinds(); c.Kind != "" && !slices.Contains(kinds, anomaly.Kind(c.Kind)) {
		names := make([]string, len(kinds))
		for i, kind := range kinds {
			names[i] = string(kind)
		}
		return fmt.Errorf("--kind %s: there are %s", c.Kind, strings.Join(names, ", "))
	}
	return nil
}

// Run shows what officials should look at.
func (c *anomaliesCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		listed, err := c.list(ctx, conn)
		if err != nil {
			return err
		}
		return c.print(t.stdout, definition, listed)
	})
}

const (
	// anomalyPage is how many anomalies a page has.
	anomalyPage = 1000
	// anomalyPrefix is what the contract writes before the name of a kind.
	anomalyPrefix = "ANOMALY_KIND_"
)

func (c *anomaliesCommand) list(ctx context.Context, conn *grpc.ClientConn) ([]*standingsv1.Anomaly, error) {
	var listed []*standingsv1.Anomaly
	request := &standingsv1.ListAnomaliesRequest{
		EventId: c.Event, Race: c.Race, PageSize: anomalyPage,
		Kind: standingsv1.AnomalyKind(standingsv1.AnomalyKind_value[anomalyPrefix+c.Kind]),
	}
	for {
		page, err := standingsv1.NewStandingsServiceClient(conn).ListAnomalies(ctx, request)
		if err != nil {
			return nil, err
		}
		listed = append(listed, page.GetAnomalies()...)
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return listed, nil
		}
	}
}

// print writes how many wait for somebody, a line for each, how to deal with the kinds among them, and how many more there
// are.
func (c *anomaliesCommand) print(w io.Writer, definition *race.Event, listed []*standingsv1.Anomaly) error {
	shown, open := []*standingsv1.Anomaly{}, []anomaly.Kind{}
	for _, a := range listed {
		waits := a.GetDealtBy() == "" && !a.GetInformation()
		if waits {
			open = append(open, kindOf(a))
		}
		if waits || c.All {
			shown = append(shown, a)
		}
	}
	where := cmp.Or(c.Race, c.Event)
	if len(open) == 0 {
		fmt.Fprintf(w, "%s: nothing to look at\n", where)
	} else {
		fmt.Fprintf(w, "%s: %d to look at\n", where, len(open))
	}
	if len(shown) > 0 {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, strings.Join(c.columns("RACE", "BIB", "KIND", "WHERE", "WHAT", "DEALT WITH"), "\t"))
		for _, a := range shown {
			fmt.Fprintln(table, strings.Join(c.columns(a.GetRace(), a.GetBib(), string(kindOf(a)), placeOf(a), describe(a, definition), dealtOf(a)), "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	if len(open) > 0 {
		if err := printRemedies(w, open); err != nil {
			return err
		}
	}
	if hidden := len(listed) - len(shown); hidden > 0 {
		fmt.Fprintf(w, "%d more were dealt with or are information only; --all shows them\n", hidden)
	}
	return nil
}

// columns leaves out the columns that say nothing.
func (c *anomaliesCommand) columns(race, bib, kind, where, what, dealt string) []string {
	columns := []string{bib, kind, where, what}
	if c.Race == "" {
		columns = slices.Insert(columns, 0, race)
	}
	if c.All {
		columns = append(columns, dealt)
	}
	return columns
}

func kindOf(a *standingsv1.Anomaly) anomaly.Kind {
	return anomaly.Kind(strings.TrimPrefix(a.GetKind().String(), anomalyPrefix))
}

func dealtOf(a *standingsv1.Anomaly) string {
	switch {
	case a.GetDealtBy() != "":
		return "ruling " + a.GetDealtBy()
	case a.GetInformation():
		return "information"
	}
	return ""
}

// placeOf names where it was: a point, a stretch, two points, or the mat, boot and number of a conflict, as rulings name it.
func placeOf(a *standingsv1.Anomaly) string {
	switch {
	case a.GetConflict() != nil:
		of := a.GetConflict()
		return anomaly.Identity{Mat: race.MatID(of.GetMat()), Boot: of.GetBoot(), Seq: of.GetSeq()}.String()
	case kindOf(a) == anomaly.TwoPlaces:
		return a.GetFromPoint() + " and " + a.GetPoint()
	case a.FromVisit != nil:
		return a.GetFromPoint() + " to " + a.GetPoint()
	}
	return a.GetPoint()
}

// describe puts the evidence into words, by the event's clock.
func describe(a *standingsv1.Anomaly, definition *race.Event) string {
	at, from, took := clock(a.GetAt(), definition), clock(a.GetFromAt(), definition), exact(a.GetTime().AsDuration())
	switch kindOf(a) {
	case anomaly.MissingPoint:
		return "no read counts there, but before and after"
	case anomaly.MissingPoints:
		return "no read counts at any of them, but after"
	case anomaly.ImpossibleSegment:
		if a.GetTime().AsDuration() <= 0 {
			return fmt.Sprintf("there at %s, which is not after the start or gun at %s: it counts nowhere", at, from)
		}
		return fmt.Sprintf("there at %s and %s: nobody is that fast (%s), so one of them counts nowhere", from, at, took)
	case anomaly.TwoPlaces:
		return fmt.Sprintf("read at %s and %s", from, at)
	case anomaly.FinishWithoutStart:
		return fmt.Sprintf("finished at %s, not read at the start", at)
	case anomaly.NothingAfterStart:
		return fmt.Sprintf("started at %s, not read again", at)
	case anomaly.EarlyWave:
		return fmt.Sprintf("started at %s, %s before the gun of the own wave", at, took)
	case anomaly.FalseStart:
		return fmt.Sprintf("started at %s, %s before the first gun", at, took)
	case anomaly.OthersLeg:
		return fmt.Sprintf("the member of leg %d was read there at %s", a.GetLeg(), at)
	case anomaly.IdentityConflict:
		return describeConflict(a.GetConflict(), definition)
	case anomaly.OverTime:
		return fmt.Sprintf("there at %s, %s", at, overLimit(a, definition))
	}
	return "" // a kind of a newer server
}

// overLimit says by how much a cut-off was missed, and which.
func overLimit(a *standingsv1.Anomaly, definition *race.Event) string {
	text := exact(a.GetTime().AsDuration()) + " over the limit"
	r := definition.Race(race.ID(a.GetRace()))
	if r == nil || int(a.GetVisit()) >= len(r.Course) { // of a later version of the event
		return text
	}
	cutOff := r.Course[a.GetVisit()].CutOff
	if limit := timestamppb.New(cutOff.Clock.Time()); cutOff.Clock != 0 &&
		a.GetAt().AsTime().Sub(limit.AsTime()) == a.GetTime().AsDuration() {
		return fmt.Sprintf("%s of %s by the clock", text, clock(limit, definition))
	}
	var limits []string
	if cutOff.AfterGun != 0 {
		limits = append(limits, hours(cutOff.AfterGun)+" from the gun")
	}
	if cutOff.AfterStart != 0 {
		limits = append(limits, hours(cutOff.AfterStart)+" from the own start")
	}
	if len(limits) == 0 {
		return text
	}
	return text + " of " + strings.Join(limits, " or ")
}

func describeConflict(conflict *standingsv1.ReadConflict, definition *race.Event) string {
	reads := make([]string, len(conflict.GetReads()))
	for i, read := range conflict.GetReads() {
		reads[i] = fmt.Sprintf("chip %s at %s", read.GetChip(), clock(read.GetAt(), definition))
	}
	return fmt.Sprintf("number %d of boot %q is %s", conflict.GetSeq(), conflict.GetBoot(), strings.Join(reads, " and "))
}

// exact writes a duration as times are written, with what officials need of its fraction.
func exact(d time.Duration) string {
	d = d.Round(time.Millisecond)
	if d%time.Second == 0 {
		return racetime.Format(d, time.Second)
	}
	return racetime.Format(d, time.Millisecond)
}

// remedies say by which rulings officials deal with what.
var remedies = map[anomaly.Kind]string{
	anomaly.MissingPoints:      "MANUAL_TIME where it was seen, DSQ where it cut the course short",
	anomaly.ImpossibleSegment:  "MANUAL_TIME lets a crossing count, VOID_READ takes it out, REVOKE a MANUAL_TIME that is not after the start",
	anomaly.TwoPlaces:          "VOID_READ where somebody carried the chip, or see whether chips were swapped",
	anomaly.FinishWithoutStart: "MANUAL_TIME at the start, DNS or DSQ where it did not start there",
	anomaly.NothingAfterStart:  "DNF, DNS where only the chip started, MANUAL_TIME where it was seen",
	anomaly.EarlyWave:          "swapped chips look like this too (raceday chips swap); START_WITH_WAVE counts it from that wave's gun",
	anomaly.FalseStart:         "MANUAL_TIME at the start, PENALTY or DSQ",
	anomaly.OthersLeg:          "see whether members swapped chips; DSQ where they swapped legs",
	anomaly.IdentityConflict:   "VOID_READ takes a wrong read out, then REVIEWED with the target IDENTITY_CONFLICT MAT BOOT NUMBER, for chips that\n\tnobody wears without race and bib; reset the numbering of the mat",
	anomaly.OverTime:           "MANUAL_TIME where the mat was wrong, else the result says it",
}

// printRemedies says how to deal with the kinds that are open.
func printRemedies(w io.Writer, open []anomaly.Kind) error {
	fmt.Fprintln(w, "To deal with them, record a ruling (raceday rulings apply):")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, kind := range anomaly.Kinds() {
		if slices.Contains(open, kind) {
			fmt.Fprintf(table, "  %s\t%s\n", kind, remedies[kind])
		}
	}
	fmt.Fprintln(table, "  any\tREVIEWED with the kind as target and a point of WHERE, or a ruling on the status (DSQ, DNF, DNS, WITHDRAWN, NOT_COMPETING)")
	return table.Flush()
}
