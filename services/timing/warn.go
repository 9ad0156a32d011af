package timing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"raceday/services/rules/explanation"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// Roster knows who has a bib.
type Roster interface {
	// Lines returns the lines of an event's roster that these bibs lead to, by bib; bibs that are on none are left out.
	Lines(ctx context.Context, event race.EventID, bibs []race.Bib) (map[race.Bib]RosterLine, error)
}

// RosterLine is what a bib leads to on the roster.
type RosterLine struct {
	Race race.ID
	// Bib is the entrant's own; the bib of a member leads to its team's.
	Bib race.Bib
	// Wave is empty where the roster names none.
	Wave race.WaveID
	// Chips are the entrant's and its members'.
	Chips []race.Chip
}

// ChipReads knows what was read.
type ChipReads interface {
	// ReadsOfChipsAt returns the reads that have one of the chips and one of the instants, as the mats wrote them.
	ReadsOfChipsAt(ctx context.Context, event race.EventID, chips []race.Chip, ats []racetime.Instant) ([]Read, error)
}

// Warning is something about a new ruling that looks like a slip.
type Warning struct {
	RulingID ruling.ID
	// Field is the ruling's by its name in the contract, Reason stable and UPPER_SNAKE.
	Field, Reason string
	// Message says the same to a person.
	Message string
}

// warnTime is how long those who recorded rulings wait for warnings.
const warnTime = 5 * time.Second

// warn looks up what new rulings may have got wrong, once for all of them. They are recorded by now, unless they were only to
// be checked: what cannot be looked up in time gives no warnings, and no error.
func (s *Service) warn(ctx context.Context, event *race.Event, outcomes []outcome) []Warning {
	w := warner{event: event, zone: zoneOf(event), startsBefore: map[ruling.ID]int{}}
	for _, o := range outcomes {
		if o.isNew {
			w.fresh = append(w.fresh, o.Ruling)
			w.startsBefore[o.ID] = o.startsBefore
		}
	}
	if len(w.fresh) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, warnTime)
	defer cancel()
	if err := s.look(ctx, &w, outcomes); err != nil {
		return nil
	}
	return w.warnings()
}

// look reads the roster lines, reads and rulings that the fresh rulings are judged by.
func (s *Service) look(ctx context.Context, w *warner, outcomes []outcome) (err error) {
	if bibs := w.bibs(); len(bibs) > 0 {
		if w.lines, err = s.roster.Lines(ctx, w.event.ID, bibs); err != nil {
			return fmt.Errorf("look up roster lines: %w", err)
		}
	}
	if chips, ats := w.sought(); len(chips) > 0 {
		reads, err := s.chipReads.ReadsOfChipsAt(ctx, w.event.ID, chips, ats)
		if err != nil {
			return fmt.Errorf("look up void reads: %w", err)
		}
		w.reads = map[chipAt][]race.MatID{}
		for _, r := range reads {
			w.reads[chipAt{r.Chip, r.At}] = append(w.reads[chipAt{r.Chip, r.At}], r.Mat)
		}
	}
	if slices.ContainsFunc(w.fresh, needsOthers) {
		if err := s.lookAtOthers(ctx, w, outcomes); err != nil {
			return err
		}
	}
	s.explain(ctx, w) // last, since it may use up the time
	return nil
}

// lookAtOthers reads the rulings before the fresh ones, and these.
func (s *Service) lookAtOthers(ctx context.Context, w *warner, outcomes []outcome) error {
	recorded, err := s.store.ListRulings(ctx, w.event.ID, RulingFilter{}, 0, maxRulingsLooked)
	if err != nil {
		return fmt.Errorf("look up other rulings: %w", err)
	}
	last, unrecorded := int64(0), []ruling.Ruling(nil)
	for _, o := range outcomes {
		last = max(last, o.Change)
		if o.Change == 0 {
			unrecorded = append(unrecorded, o.Ruling)
		}
	}
	for _, r := range recorded {
		if r.Change <= last || len(unrecorded) > 0 { // what others recorded since is not what these stand on
			w.all = append(w.all, r.Ruling)
		}
	}
	w.all = append(w.all, unrecorded...)
	return nil
}

// maxRulingsLooked is above what any event has, and within what the store takes as a limit.
const maxRulingsLooked = 1 << 30

// needsOthers reports whether a ruling is judged by those before it.
func needsOthers(r ruling.Ruling) bool {
	switch r.Kind {
	case ruling.Gun, ruling.Close, ruling.Revoke, ruling.ManualTime, ruling.Penalty, ruling.RankBefore,
		ruling.YellowCard, ruling.RedCard, ruling.SplitCard, ruling.CloseSheet:
		return true
	}
	return ofStatus(&r)
}

type chipAt struct {
	chip race.Chip
	at   racetime.Instant
}

// warner judges fresh rulings by what was looked up for them.
type warner struct {
	event *race.Event
	zone  *time.Location
	fresh []ruling.Ruling
	lines map[race.Bib]RosterLine
	// reads has the mats that read a chip at an instant, as they wrote it.
	reads map[chipAt][]race.MatID
	// all are the rulings of the event up to the last fresh one, in their order.
	all []ruling.Ruling
	// explained has what follows for entrants of the fresh rulings, nil where that is not known.
	explained map[race.Bib]*explanation.Explanation
	// startsBefore counts, for guns, the starts before them.
	startsBefore map[ruling.ID]int

	found []Warning
}

// warnings returns them in the order of the rulings.
func (w *warner) warnings() []Warning {
	before := w.before()
	for i := range w.fresh {
		r := &w.fresh[i]
		w.warnOfBibs(r)
		switch r.Kind {
		case ruling.VoidRead:
			w.warnOfVoidRead(r)
		case ruling.ManualTime:
			w.warnOfVisit(r)
			w.warnOfDay(r)
			w.warnOfGun(r, before)
		case ruling.YellowCard, ruling.RedCard:
			w.warnOfCardTime(r, before)
		case ruling.Gun:
			if !w.warnOfDay(r) {
				w.warnOfPlan(r)
			}
			w.warnOfStarts(r)
		}
		for _, idle := range ruling.Idle(*r) {
			w.add(r, idle.Field, idle.Reason, "%s", idle.Message)
		}
		w.warnOfResult(r)
		w.found = append(w.found, before.warnings[r.ID]...)
	}
	return w.found
}

func (w *warner) add(r *ruling.Ruling, field, reason, format string, args ...any) {
	w.found = append(w.found, Warning{r.ID, field, reason, fmt.Sprintf(format, args...)})
}

// bibs returns those that the rulings name, each once.
func (w *warner) bibs() []race.Bib {
	var bibs []race.Bib
	for _, r := range w.fresh {
		if r.Bib != "" {
			bibs = append(bibs, r.Bib)
		}
		if r.Kind == ruling.RankBefore {
			bibs = append(bibs, race.Bib(r.Target))
		}
	}
	slices.Sort(bibs)
	return slices.Compact(bibs)
}

func (w *warner) warnOfBibs(r *ruling.Ruling) {
	if r.Bib != "" {
		w.warnOfBib(r, "bib", r.Bib)
	}
	if r.Kind == ruling.RankBefore {
		w.warnOfBib(r, "target", race.Bib(r.Target))
	}
}

func (w *warner) warnOfBib(r *ruling.Ruling, field string, bib race.Bib) {
	line, ok := w.lines[bib]
	switch {
	case !ok:
		w.add(r, field, "BIB_NOT_ON_ROSTER", "bib %s is not on the roster", bib)
	case line.Bib != bib && line.Race != r.Race:
		w.add(r, field, "BIB_OF_MEMBER", "bib %s is a member's of team %s, which runs in race %s", bib, line.Bib, line.Race)
	case line.Bib != bib:
		w.add(r, field, "BIB_OF_MEMBER", "bib %s is a member's; the team's bib is %s", bib, line.Bib)
	case line.Race != r.Race:
		w.add(r, field, "BIB_IN_ANOTHER_RACE", "bib %s runs in race %s, not in %s", bib, line.Race, r.Race)
	}
}

// entrant returns the line of the entrant that a ruling is on; false where it is on none.
func (w *warner) entrant(r *ruling.Ruling) (RosterLine, bool) {
	line, ok := w.lines[r.Bib]
	return line, ok && line.Bib == r.Bib && line.Race == r.Race
}

// warnOfVisit warns of a finish written as the point that the start is at too.
func (w *warner) warnOfVisit(r *ruling.Ruling) {
	of := w.event.Race(r.Race)
	if first, ok := of.VisitAt(r.Point); !ok || first != 0 || string(of.Course[0].Point) != r.Point {
		return
	}
	message := r.Point + " is the start"
	separator := "; "
	for visit := 1; visit < len(of.Course); visit++ {
		if of.Course[visit].Point != of.Course[0].Point {
			continue
		}
		where := "on the way"
		if visit == len(of.Course)-1 {
			where = "the finish"
		}
		message += separator + of.VisitName(visit) + " is " + where
		separator = ", "
	}
	if separator == ", " {
		w.add(r, "point", "VISIT_IS_START", "%s", message)
	}
}

// dayOff is how far from noon of the event's day an instant is none of it.
const dayOff = 48 * time.Hour

// warnOfDay reports whether it warns of an instant on another day.
func (w *warner) warnOfDay(r *ruling.Ruling) bool {
	day := w.event.Day
	noon := time.Date(day.Year, day.Month, day.Day, 12, 0, 0, 0, w.zone)
	another := r.At.Time().Sub(noon).Abs() > dayOff
	if another {
		w.add(r, "at", "TIME_ANOTHER_DAY", "%s is not about the day of the event, %s", w.clock(r.At), day)
	}
	return another
}

func (w *warner) warnOfGun(r *ruling.Ruling, before *before) {
	if wave, gun := w.gunOf(r, before); gun != 0 && r.At < gun {
		w.add(r, "at", "TIME_BEFORE_GUN", "%s is before the gun of wave %s at %s", w.clock(r.At), wave.ID, w.clock(gun))
	}
}

// clock writes an instant as rulings.csv takes it, by the event's time zone.
func (w *warner) clock(at racetime.Instant) string { return writeClock(at, w.zone) }

func writeClock(at racetime.Instant, zone *time.Location) string {
	return at.Time().In(zone).Format("2006-01-02T15:04:05.999999Z07:00")
}

// zoneOf returns the event's time zone; UTC where this machine does not know it.
func zoneOf(event *race.Event) *time.Location {
	zone, err := time.LoadLocation(event.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}
