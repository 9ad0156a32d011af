package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

type explainCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
	Bib   string `arg:"" help:"Bib."`
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
		if err != nil {
			return err
		}
		x := answer.GetExplanation()
		if x.GetRace() != c.Race {
			return fmt.Errorf("bib %s runs in race %s, not in %s; try: raceday explain %s %s --event %s",
				c.Bib, x.GetRace(), c.Race, x.GetRace(), c.Bib, c.Event)
		}
		zone, err := time.LoadLocation(definition.TimeZone)
		if err != nil { // this machine does not know the zone
			zone = time.UTC
		}
		s := sheet{t.stdout, x, definition, cmp.Or(definition.Race(race.ID(x.GetRace())), &race.Race{}), zone}
		return s.print()
	})
}

// sheet is an explanation as an official reads it.
type sheet struct {
	w     io.Writer
	x     *timingv1.Explanation
	event *race.Event
	race  *race.Race
	zone  *time.Location
}

func (s *sheet) print() error {
	s.head()
	for _, part := range []struct {
		heading string
		lines   [][]string
	}{
		{"COURSE", s.course()}, {"READS", s.reads()}, {"RULINGS", s.rulings()}, {"TO LOOK AT", s.anomalies()}, {"LEGS", s.legs()},
	} {
		if len(part.lines) <= 1 { // the names of the columns alone
			continue
		}
		fmt.Fprintf(s.w, "\n%s\n", part.heading)
		table := tabwriter.NewWriter(s.w, 0, 0, 2, ' ', 0)
		for _, line := range part.lines {
			fmt.Fprintln(table, strings.Join(line, "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) head() {
	status := strings.TrimPrefix(s.x.GetStatus().String(), "STATUS_")
	if rule := s.x.GetRule(); rule != "" {
		status += " by rule " + rule
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
			rank = fmt.Sprint(r.GetRank())
		}
		ranks = append(ranks, fmt.Sprintf("%s %s of %d", r.GetList(), rank, r.GetOf()))
	}
	return strings.Join(ranks, ", ")
}

func (s *sheet) course() [][]string {
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
	return lines
}

func (s *sheet) by(p *timingv1.ExplainedPassing) string {
	if p.Read == nil {
		return s.decision(p.GetRulingId(), "entered")
	}
	return fmt.Sprintf("read %d of mat %s", p.GetRead()+1, s.x.GetReads()[p.GetRead()].GetRead().GetMat())
}

func (s *sheet) reads() [][]string {
	lines := [][]string{{"READ", "CLOCK", "POINT", "MAT", "BOOT", "NUMBER", "CHIP", "WHAT BECAME OF IT"}}
	for i, r := range s.x.GetReads() {
		raw := r.GetRead()
		mat := raw.GetMat()
		if r.GetBackup() {
			mat += " (backup)"
		}
		lines = append(lines, []string{fmt.Sprint(i + 1), s.clock(r.GetAt()), cmp.Or(r.GetPoint(), "-"), mat,
			cmp.Or(raw.GetBoot(), "-"), fmt.Sprint(raw.GetSeq()), raw.GetChip(), s.sentence(r)})
	}
	return lines
}

// sentences say of each verdict to an official what it means. What counts instead follows.
var sentences = map[timingv1.Verdict]string{
	timingv1.Verdict_VERDICT_COUNTED:              "counts",
	timingv1.Verdict_VERDICT_SAME_INSTANT:         "at the same instant as another read here",
	timingv1.Verdict_VERDICT_SAME_CROSSING:        "another read of this crossing counts",
	timingv1.Verdict_VERDICT_BACKUP_NOT_NEEDED:    "backup not needed, the main mat saw this crossing",
	timingv1.Verdict_VERDICT_GUN_UNKNOWN:          "the gun of the wave is not known",
	timingv1.Verdict_VERDICT_BEFORE_GUN:           "before the gun",
	timingv1.Verdict_VERDICT_BEFORE_START:         "before the own start",
	timingv1.Verdict_VERDICT_OUTSIDE_START_WINDOW: "too late after the gun to be a start",
	timingv1.Verdict_VERDICT_AFTER_FINISH:         "after the finish",
	timingv1.Verdict_VERDICT_TOO_FAST:             "faster than anybody runs",
	timingv1.Verdict_VERDICT_OUT_OF_ORDER:         "against the order of the course, more would be left out if it counted",
	timingv1.Verdict_VERDICT_ANOTHER_CROSSING:     "another crossing counts",
	timingv1.Verdict_VERDICT_MANUAL_TIME:          "an official entered the time",
	timingv1.Verdict_VERDICT_OTHERS_LEG:           "this member does not run here",
	timingv1.Verdict_VERDICT_POINT_NOT_ON_COURSE:  "the race does not come by this point",
	timingv1.Verdict_VERDICT_NO_LEG:               "a reserve's chip, who runs no leg",
	timingv1.Verdict_VERDICT_NO_POINT:             "the mat lay at no point then",
	timingv1.Verdict_VERDICT_VOID:                 "void by ruling",
	timingv1.Verdict_VERDICT_UNKNOWN_CHIP:         "nobody wears this chip",
}

func (s *sheet) sentence(r *timingv1.JudgedRead) string {
	text := cmp.Or(sentences[r.GetVerdict()], r.GetVerdict().String())
	switch {
	case r.GetVerdict() == timingv1.Verdict_VERDICT_COUNTED:
		text += " for " + s.race.VisitName(int(r.GetVisit()))
	case r.GetCountsAt() != nil:
		text += fmt.Sprintf("; %s counts at %s", s.race.VisitName(int(r.GetVisit())), s.clock(r.GetCountsAt()))
	}
	if wrote := r.GetRead().GetAt(); !wrote.AsTime().Equal(r.GetAt().AsTime()) {
		text += fmt.Sprintf(" (the mat wrote %s)", s.clock(wrote))
	}
	if r.GetConflict() {
		text += " (the mat used this number for another read too)"
	}
	return text
}

func (s *sheet) rulings() [][]string {
	lines := [][]string{{"RULING", "KIND", "BIB", "WHAT", "BY", "BECAUSE", "STANDS"}}
	for _, explained := range s.x.GetRulings() {
		r := explained.GetRuling()
		stands := "yes"
		switch {
		case explained.GetRevokedBy() != "":
			stands = "no, revoked by " + explained.GetRevokedBy()
		case !explained.GetStands():
			stands = "no, a later one does"
		}
		lines = append(lines, []string{r.GetId(), strings.TrimPrefix(r.GetKind().String(), "RULING_KIND_"), cmp.Or(r.GetBib(), "-"),
			cmp.Or(s.what(r), "-"), cmp.Or(r.GetBy(), "-"), cmp.Or(r.GetReason(), "-"), stands})
	}
	return lines
}

// what writes what a ruling is about: its target, point, instant, time and rule.
func (s *sheet) what(r *timingv1.Ruling) string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	add(r.GetTarget())
	add(r.GetPoint())
	if r.GetAt() != nil {
		add(s.clock(r.GetAt()))
	}
	if r.GetDuration() != nil {
		add(racetime.Official(r.GetDuration().AsDuration(), s.rounding()))
	}
	if r.GetRule() != "" {
		add("rule " + r.GetRule())
	}
	return strings.Join(parts, " ")
}

func (s *sheet) anomalies() [][]string {
	lines := [][]string{{"WHAT", "POINT", "CLOCK", "FROM", "CLOCK", "TIME", "DEALT WITH"}}
	for _, a := range s.x.GetAnomalies() {
		dealt := "not yet"
		switch {
		case a.GetDealtBy() != "":
			dealt = "by ruling " + a.GetDealtBy()
		case a.GetInformation():
			dealt = "need not be"
		}
		what := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(a.GetKind().String(), "ANOMALY_KIND_"), "_", " "))
		if a.GetLeg() > 0 {
			what += fmt.Sprintf(", leg %d", a.GetLeg())
		}
		took := "-"
		if a.GetTime() != nil {
			took = racetime.Official(a.GetTime().AsDuration(), s.rounding())
		}
		lines = append(lines, []string{what, cmp.Or(a.GetPoint(), "-"), s.seen(a.GetAt()), cmp.Or(a.GetFromPoint(), "-"),
			s.seen(a.GetFromAt()), took, dealt})
	}
	return lines
}

func (s *sheet) legs() [][]string {
	lines := [][]string{{"LEG", "BIB", "NAME", "TIME", "RANK", "SO FAR", "RANK SO FAR"}}
	rank := func(n int32) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprint(n)
	}
	for _, leg := range s.x.GetLegs() {
		lines = append(lines, []string{fmt.Sprint(leg.GetLeg()), cmp.Or(leg.GetMemberBib(), "-"), cmp.Or(leg.GetMemberName(), "-"),
			legTime(leg), rank(leg.GetLegRank()), cmp.Or(leg.GetCumulative(), "-"), rank(leg.GetRankAfter())})
	}
	return lines
}

func legTime(leg *standingsv1.LegResult) string {
	if leg.GetNotCompleted() {
		return "not completed"
	}
	return cmp.Or(leg.GetLegTime(), "not known")
}

// seen is clock, or a dash where there is no instant.
func (s *sheet) seen(at *timestamppb.Timestamp) string {
	if at == nil {
		return "-"
	}
	return s.clock(at)
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
