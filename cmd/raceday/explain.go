package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	registrationv1 "raceday/proto/raceday/registration/v1"
	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/registration"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

type explainCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
	Bib   string `arg:"" help:"Bib, of a relay its team's."`
	Reads bool   `help:"Show every read instead of a line for each crossing."`
	All   bool   `help:"Show rulings on the whole race that do not stand as well, and what revokes them."`
}

// Run shows what a result follows from.
func (c *explainCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		answer, err := timingv1.NewTimingServiceClient(conn).ExplainResult(ctx,
			&timingv1.ExplainResultRequest{EventId: c.Event, Bib: c.Bib})
		if refusal(err) == "ENTRANT_NOT_FOUND" {
			return cmp.Or(c.memberOf(ctx, conn, definition), err)
		}
		if err != nil {
			return err
		}
		x := answer.GetExplanation()
		if x.GetRace() != c.Race {
			return c.otherRace(definition, x.GetRace())
		}
		zone, err := time.LoadLocation(definition.TimeZone)
		if err != nil { // this machine does not know the zone
			zone = time.UTC
		}
		s := sheet{t.stdout, x, definition, cmp.Or(definition.Race(race.ID(x.GetRace())), &race.Race{}), zone, c.Reads, c.All}
		return s.print()
	})
}

// otherRace says that the bib runs in another race than the one that was asked for.
func (c *explainCommand) otherRace(definition *race.Event, runs string) error {
	try := fmt.Sprintf("try: raceday explain %s %s --event %s", runs, c.Bib, c.Event)
	if definition.Race(race.ID(c.Race)) == nil {
		return fmt.Errorf("there is no race %s; bib %s runs in %s; %s", c.Race, c.Bib, runs, try)
	}
	return fmt.Errorf("bib %s runs in race %s, not in %s; %s", c.Bib, runs, c.Race, try)
}

// memberOf says of the bib of a relay's member whose team it is in, since a team has the result; nil where it is in none, or
// where the roster cannot be read.
func (c *explainCommand) memberOf(ctx context.Context, conn *grpc.ClientConn, definition *race.Event) error {
	for i := range definition.Races {
		of := &definition.Races[i]
		if of.Team == nil {
			continue
		}
		var roster bytes.Buffer
		if err := exportRoster(ctx, conn, &registrationv1.ExportRosterRequest{EventId: c.Event, Race: string(of.ID)}, &roster); err != nil {
			return nil
		}
		teams, err := registration.ParseRoster("roster.csv", &roster, definition)
		if err != nil {
			return nil
		}
		for _, team := range teams {
			for _, member := range team.Members {
				if member.Bib != race.Bib(c.Bib) {
					continue
				}
				runs := "is a reserve"
				if member.Leg > 0 {
					runs = fmt.Sprintf("runs leg %d", member.Leg)
				}
				return fmt.Errorf("bib %s %s of team %s, and the team has the result; try: raceday explain %s %s --event %s",
					c.Bib, runs, team.Bib, of.ID, team.Bib, c.Event)
			}
		}
	}
	return nil
}

// sheet is an explanation as an official reads it.
type sheet struct {
	w     io.Writer
	x     *timingv1.Explanation
	event *race.Event
	race  *race.Race
	zone  *time.Location
	// everyRead shows reads instead of crossings, everyRuling those on the whole race that do not stand as well.
	everyRead, everyRuling bool
}

// section is a part of a sheet: a table, and what is to be said below it.
type section struct {
	heading string
	// lines begin with the names of the columns.
	lines [][]string
	notes []string
}

func (s *sheet) print() error {
	s.head()
	for _, part := range []section{s.course(), s.reads(), s.rulings(), s.anomalies(), s.legs()} {
		if err := part.print(s.w); err != nil {
			return err
		}
	}
	return nil
}

// print writes a section, nothing where it says nothing.
func (p section) print(w io.Writer) error {
	if len(p.lines) <= 1 && len(p.notes) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n%s\n", p.heading)
	if len(p.lines) > 1 {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, line := range p.lines {
			fmt.Fprintln(table, strings.Join(line, "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	for _, note := range p.notes {
		fmt.Fprintln(w, note)
	}
	return nil
}

func (s *sheet) head() {
	status := strings.TrimPrefix(s.x.GetStatus().String(), "STATUS_")
	if rule := s.x.GetRule(); rule != "" {
		status += " by rule " + rule
	}
	for _, a := range s.x.GetAnomalies() {
		if kindOf(a) == anomaly.OverTime {
			status += fmt.Sprintf(", at %s %s", placeOf(a), overLimit(a, s.event))
		}
	}
	wave := ""
	if s.x.GetWave() != "" {
		wave = ", wave " + s.x.GetWave()
	}
	fmt.Fprintf(s.w, "bib %s, %s, %s%s: %s\n", s.x.GetBib(), cmp.Or(s.x.GetName(), "name not shown"),
		cmp.Or(s.race.Name, s.x.GetRace()), wave, status)
	fmt.Fprintf(s.w, "gun:   %s\n", s.gun())
	fmt.Fprintf(s.w, "chips: %s\n", s.chips())
	if times := s.times(); times != "" {
		fmt.Fprintf(s.w, "times: %s\n", times)
	}
	if ranks := s.ranks(); ranks != "" {
		fmt.Fprintf(s.w, "ranks: %s\n", ranks)
	}
}

func (s *sheet) gun() string {
	switch {
	case s.x.GetGunAt() == nil:
		return "not fired yet"
	case s.x.GetGunRulingId() == "":
		return s.clock(s.x.GetGunAt()) + " by the event"
	}
	return fmt.Sprintf("%s %s", s.clock(s.x.GetGunAt()), s.decision(s.x.GetGunRulingId(), "recorded"))
}

// decision writes who did something by which ruling, and why.
func (s *sheet) decision(id, did string) string {
	for _, r := range s.x.GetRulings() {
		if r.GetRuling().GetId() != id {
			continue
		}
		text := fmt.Sprintf("%s by %s", did, cmp.Or(r.GetRuling().GetBy(), "an official"))
		if reason := r.GetRuling().GetReason(); reason != "" {
			text += " because " + reason
		}
		return fmt.Sprintf("%s (ruling %s)", text, id)
	}
	return fmt.Sprintf("%s by ruling %s", did, id)
}

func (s *sheet) chips() string {
	var chips []string
	for _, chip := range s.x.GetChips() {
		leg := ""
		if chip.GetLeg() > 0 {
			leg = fmt.Sprintf(" of leg %d", chip.GetLeg())
		}
		chips = append(chips, fmt.Sprintf("%s%s with %s", chip.GetChip(), leg, counted(int(chip.GetReads()))))
	}
	return cmp.Or(strings.Join(chips, ", "), "none")
}

func (s *sheet) times() string {
	var times []string
	add := func(name, shown string) {
		if shown != "" {
			times = append(times, name+" "+shown)
		}
	}
	add("gun", s.x.GetGun())
	add("net", s.x.GetNet())
	if penalty := s.x.GetPenalty(); penalty != nil {
		add("penalty", racetime.Official(penalty.AsDuration(), s.rounding()))
	}
	add("ranked", s.x.GetRanked())
	return strings.Join(times, ", ")
}

func (s *sheet) rounding() time.Duration { return cmp.Or(s.race.Rounding, time.Second) }

func (s *sheet) ranks() string {
	var ranks []string
	for _, r := range s.x.GetRanks() {
		rank := "no rank"
		if r.GetRank() > 0 {
			rank = fmt.Sprintf("%d of %d", r.GetRank(), r.GetOf())
		}
		ranks = append(ranks, r.GetList()+" "+rank)
	}
	return strings.Join(ranks, ", ")
}

func (s *sheet) course() section {
	lines := [][]string{{"VISIT", "POINT", "KM", "CLOCK", "GUN", "NET", "BY"}}
	for visit := range s.race.Course {
		km := fmt.Sprintf("%.3f", float64(s.race.Course[visit].AtMillimetres)/1e6)
		line := []string{fmt.Sprint(visit + 1), s.race.VisitName(visit), km, "not seen", "", "", ""}
		for _, p := range s.x.GetPassings() {
			if int(p.GetVisit()) == visit {
				line = []string{line[0], line[1], km, s.clock(p.GetAt()), p.GetGun(), p.GetNet(), s.by(p)}
			}
		}
		lines = append(lines, line)
	}
	return section{"COURSE", lines, nil}
}

func (s *sheet) by(p *timingv1.ExplainedPassing) string {
	if p.Read == nil {
		return s.decision(p.GetRulingId(), "entered")
	}
	if !s.everyRead {
		return "mat " + s.x.GetReads()[p.GetRead()].GetRead().GetMat()
	}
	return fmt.Sprintf("read %d of mat %s", p.GetRead()+1, s.x.GetReads()[p.GetRead()].GetRead().GetMat())
}

func (s *sheet) anomalies() section {
	lines := [][]string{{"KIND", "WHERE", "WHAT", "DEALT WITH"}}
	for _, a := range s.x.GetAnomalies() {
		lines = append(lines, []string{string(kindOf(a)), placeOf(a), describe(a, s.event), cmp.Or(dealtOf(a), "not yet")})
	}
	return section{"TO LOOK AT", lines, nil}
}

func (s *sheet) legs() section {
	lines := [][]string{{"LEG", "BIB", "NAME", "TIME", "RANK", "SO FAR", "RANK SO FAR"}}
	rank := func(n int32) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprint(n)
	}
	for _, leg := range s.x.GetLegs() {
		bib, name := ran(leg)
		lines = append(lines, []string{fmt.Sprint(leg.GetLeg()), cmp.Or(bib, "-"), cmp.Or(name, "-"),
			legTime(leg), rank(leg.GetLegRank()), cmp.Or(leg.GetCumulative(), "-"), rank(leg.GetRankAfter())})
	}
	return section{"LEGS", lines, nil}
}

func legTime(leg *standingsv1.LegResult) string {
	if leg.GetNotCompleted() {
		return "not completed"
	}
	return cmp.Or(leg.GetLegTime(), "not known")
}

// clock writes an instant by the clock where the event is, to the millisecond or as finely as it is known, with the day
// where that is another one.
func (s *sheet) clock(at *timestamppb.Timestamp) string {
	layout := "15:04:05.000"
	if at.AsTime().Nanosecond()%int(time.Millisecond) != 0 {
		layout = "15:04:05.000000"
	}
	local := at.AsTime().In(s.zone)
	if local.Format(time.DateOnly) != s.event.Day.String() {
		layout = time.DateOnly + " " + layout
	}
	return local.Format(layout)
}
