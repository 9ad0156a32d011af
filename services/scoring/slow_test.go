package scoring

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// slowScorer is RULES.md, "Passings, exactly" and "Statuses", word for word and by trying everything. Of the product it
// shares the types of what is given and nothing else.
type slowScorer struct {
	event    *race.Event
	entrants []race.Entrant
	reads    []Read
	standing []ruling.Ruling
}

// slowResult is what the slow scorer says of an entrant.
type slowResult struct {
	Passings map[int]racetime.Instant // by visit
	Status   string
	Gun, Net string // in microseconds, empty where unknown
	Legs     []slowLeg
	Reads    []slowRead
}

type slowLeg struct {
	Time, Cumulative string
}

// slowRead is a read of one of the entrant's chips.
type slowRead struct {
	Read
	At      racetime.Instant
	Point   race.PointID
	Leg     int
	Backup  bool
	Verdict string
}

// leftOut stands for the verdicts that only say why a crossing was given to no visit.
const leftOut = "LEFT_OUT"

type slowCrossing struct {
	point race.PointID
	leg   int
	reads []*slowRead
}

func newSlowScorer(d drawnDay) slowScorer {
	s := slowScorer{event: d.event, entrants: d.entrants}
	for _, read := range d.reads { // the SET of reads
		if !slices.Contains(s.reads, read) {
			s.reads = append(s.reads, read)
		}
	}
	// REVOKE: that ruling never was. What revokes comes later, so that the last ones are decided first.
	never := map[string]bool{}
	for _, r := range slices.Backward(d.rulings) {
		switch {
		case never[string(r.ID)]:
		case r.Kind == ruling.Revoke:
			never[r.Target] = true
		default:
			s.standing = append([]ruling.Ruling{r}, s.standing...)
		}
	}
	return s
}

// of returns the standing rulings of a kind on a bib of a race; without a bib those on the race.
func (s slowScorer) of(r *race.Race, bib race.Bib, kinds ...ruling.Kind) []ruling.Ruling {
	var found []ruling.Ruling
	for _, d := range s.standing {
		if d.Race == r.ID && d.Bib == bib && slices.Contains(kinds, d.Kind) {
			found = append(found, d)
		}
	}
	return found
}

func (s slowScorer) score(e *race.Entrant) slowResult {
	r := s.raceOf(e)
	gun := s.gunOf(e, r)
	reads, out := s.readsOf(e, r)
	manual := s.manualOf(e, r)
	passings, start := s.passings(r, reads, gun, manual)
	res := slowResult{Passings: passings, Reads: out}
	for i, read := range reads {
		if slices.ContainsFunc(reads[:i], func(before *slowRead) bool {
			// At the start the team's chip and that of the first leg make crossings together, before and in that of the start.
			bothStart := before.Leg <= 1 && read.Leg <= 1 && len(start) > 0 && read.Point == r.Course[0].Point &&
				read.At <= start[len(start)-1].At
			return before.At == read.At && before.Point == read.Point && (before.Leg == read.Leg || bothStart)
		}) {
			read.Verdict = "SAME_INSTANT"
		}
		res.Reads = append(res.Reads, *read)
	}
	s.times(&res, e, r, gun)
	return res
}

func (s slowScorer) raceOf(e *race.Entrant) *race.Race {
	for i := range s.event.Races {
		if s.event.Races[i].ID == e.Race {
			return &s.event.Races[i]
		}
	}
	return nil
}

// gunOf: the entrant's wave is the roster's here; START_WITH_WAVE: counted from that wave's gun; the last GUN per wave
// stands, without a target for all of the race; the event's gun stands until one.
func (s slowScorer) gunOf(e *race.Entrant, r *race.Race) racetime.Instant {
	wave := e.Wave
	for _, d := range s.of(r, e.Bib, ruling.StartWithWave) {
		wave = race.WaveID(d.Target)
	}
	var gun racetime.Instant
	for _, w := range r.Waves {
		if w.ID == wave {
			gun = w.Gun
		}
	}
	for _, d := range s.of(r, "", ruling.Gun) {
		if d.Target == "" || d.Target == string(wave) {
			gun = d.At
		}
	}
	return gun
}

// readsOf is rule 1; out are the reads that count nowhere.
func (s slowScorer) readsOf(e *race.Entrant, r *race.Race) (reads []*slowRead, out []slowRead) {
	legOf := map[string]int{}
	for _, chip := range e.Chips {
		legOf[slowChip(chip)] = 0
	}
	for _, m := range e.Members {
		for _, chip := range m.Chips {
			switch {
			case r.Team.Chip == race.TeamChip:
				legOf[slowChip(chip)] = 0
			case m.Leg > 0:
				legOf[slowChip(chip)] = m.Leg
			default: // a reserve runs no leg
				legOf[slowChip(chip)] = -1
			}
		}
	}
	void := s.of(r, e.Bib, ruling.VoidRead)
	for _, read := range s.reads {
		leg, worn := legOf[slowChip(string(read.Chip))]
		if !worn {
			continue
		}
		found := &slowRead{Read: read, At: read.At, Leg: max(leg, 0), Verdict: "NO_POINT"}
		for _, m := range s.event.Mats {
			if m.ID != read.Mat || m.From != 0 && m.From > read.At || m.Until != 0 && read.At >= m.Until {
				continue
			}
			found.At = read.At - racetime.Instant(m.ClockOffset.Microseconds())
			found.Point, found.Backup, found.Verdict = m.Point, m.Backup, ""
			if slices.ContainsFunc(void, func(d ruling.Ruling) bool { return d.Point == string(m.Point) && d.At == read.At }) {
				found.Verdict = "VOID"
			}
		}
		if leg < 0 {
			found.Verdict = "NO_LEG"
		}
		if found.Verdict == "" {
			reads = append(reads, found)
		} else {
			out = append(out, *found)
		}
	}
	slices.SortFunc(reads, compareSlowReads)
	return reads, out
}

// compareSlowReads puts, at one instant, primary reads before those of backups.
func compareSlowReads(a, b *slowRead) int {
	backup := map[bool]int{true: 1}
	return cmp.Or(cmp.Compare(a.At, b.At), backup[a.Backup]-backup[b.Backup], cmp.Compare(a.Point, b.Point),
		cmp.Compare(a.Leg, b.Leg), cmp.Compare(a.Mat, b.Mat), cmp.Compare(a.Chip, b.Chip), cmp.Compare(a.Read.At, b.Read.At))
}

// slowChip: compared without leading zeros and without regard to case.
func slowChip(text string) string {
	text = strings.ToUpper(text)
	for len(text) > 1 && text[0] == '0' {
		text = text[1:]
	}
	return text
}

// manualOf: the last MANUAL_TIME at a visit stands.
func (s slowScorer) manualOf(e *race.Entrant, r *race.Race) map[int]racetime.Instant {
	manual := map[int]racetime.Instant{}
	for _, d := range s.of(r, e.Bib, ruling.ManualTime) {
		if visit, ok := slowVisit(r, d.Point); ok {
			manual[visit] = d.At
		}
	}
	return manual
}

// slowVisit: line#2 names the second visit of a point, the start being the first.
func slowVisit(r *race.Race, name string) (int, bool) {
	counts := map[race.PointID]int{}
	for i, visit := range r.Course {
		counts[visit.Point]++
		n := counts[visit.Point]
		if name == string(visit.Point)+"#"+strconv.Itoa(n) || n == 1 && name == string(visit.Point) {
			return i, true
		}
	}
	return 0, false
}

// primary: the instant is that of the primary mats if that is less than a crossing gap from the crossing's first read (at
// the start: last for first).
func (c *slowCrossing) instant(gap time.Duration, last bool) (at racetime.Instant, primary bool) {
	reads := slices.Clone(c.reads)
	if last {
		slices.Reverse(reads)
	}
	for _, read := range reads {
		if apart := read.At.Sub(reads[0].At); !read.Backup && max(apart, -apart) < gap {
			return read.At, true
		}
	}
	return reads[0].At, false
}

// judge gives the reads of a crossing that counts their verdicts.
func (c *slowCrossing) judge(at racetime.Instant, primary bool) {
	counted := false
	for _, read := range c.reads {
		switch {
		case !counted && read.At == at && read.Backup != primary:
			read.Verdict, counted = "COUNTED", true
		case primary && read.Backup:
			read.Verdict = "BACKUP_NOT_NEEDED"
		default:
			read.Verdict = "SAME_CROSSING"
		}
	}
}

func (c *slowCrossing) verdict(verdict string) {
	for _, read := range c.reads {
		read.Verdict = verdict
	}
}

// divide forms crossings per point and source: a new one begins when gap or more has passed since the read before.
func divide(reads []*slowRead, gap time.Duration) []*slowCrossing {
	var crossings []*slowCrossing
	for _, read := range reads {
		var open *slowCrossing
		for _, c := range crossings {
			if c.point == read.Point && c.leg == read.Leg {
				open = c
			}
		}
		if open != nil && read.At.Sub(open.reads[len(open.reads)-1].At) < gap {
			open.reads = append(open.reads, read)
			continue
		}
		crossings = append(crossings, &slowCrossing{read.Point, read.Leg, []*slowRead{read}})
	}
	return crossings
}

// passings returns them by visit, and the reads of the crossing of the start, which are judged as all reads are.
func (s slowScorer) passings(
	r *race.Race, reads []*slowRead, gun racetime.Instant, manual map[int]racetime.Instant,
) (passings map[int]racetime.Instant, startReads []*slowRead) {
	onCourse := func(p race.PointID) bool {
		return slices.ContainsFunc(r.Course, func(v race.Visit) bool { return v.Point == p })
	}
	for _, read := range reads {
		read.Verdict = "POINT_NOT_ON_COURSE"
		if onCourse(read.Point) {
			read.Verdict = "GUN_UNKNOWN"
		}
	}
	passings = map[int]racetime.Instant{}
	if gun == 0 {
		return passings, nil
	}

	// Rule 2. The member of the first leg starts; a team's own chip counts on every leg.
	atStart := func(read *slowRead) bool { return read.Point == r.Course[0].Point && read.Leg <= 1 }
	start := &slowCrossing{}
	for _, read := range reads {
		if !atStart(read) || read.At < gun {
			continue
		}
		inWindow := read.At <= gun+racetime.Instant(r.LateStart.Microseconds())
		n := len(start.reads)
		if n == 0 && inWindow || n > 0 && read.At.Sub(start.reads[n-1].At) < r.CrossingGap {
			start.reads = append(start.reads, read) // also what continues it behind the window
			continue
		}
		break
	}
	reference := gun
	if len(start.reads) > 0 {
		within := slices.DeleteFunc(slices.Clone(start.reads), func(read *slowRead) bool {
			return read.At > gun+racetime.Instant(r.LateStart.Microseconds())
		})
		var primary bool
		reference, primary = (&slowCrossing{reads: within}).instant(r.CrossingGap, true)
		passings[0] = reference
		start.judge(reference, primary)
	}
	if at, ok := manual[0]; ok {
		reference, passings[0] = at, at
		start.verdict(leftOut)
	}
	// Nothing behind the start is passed by the start or by the gun.
	after := max(reference, gun)
	manual = maps.Clone(manual)
	maps.DeleteFunc(manual, func(visit int, at racetime.Instant) bool { return visit > 0 && at <= after })

	// Rule 3.
	var later []*slowRead
	for _, read := range reads {
		switch {
		case !onCourse(read.Point) || slices.Contains(start.reads, read):
		case read.At > after:
			later = append(later, read)
		case read.At < gun:
			read.Verdict = "BEFORE_GUN"
		default:
			read.Verdict = "BEFORE_START"
		}
	}
	crossings := divide(later, r.CrossingGap)

	way := s.best(r, crossings, reference, manual)
	for _, step := range way {
		passings[step.visit] = step.at
	}
	finish, finished := passings[len(r.Course)-1]
	for _, c := range crossings {
		c.verdict(leftOut)
		_, entered := manual[len(r.Course)-1]
		arrives := slices.ContainsFunc(s.choices(r, len(r.Course)-1, crossings), func(a step) bool { return a.crossing == c })
		// What arrives where an official entered the finish is that finish.
		if finished && c.reads[0].At > finish && !(entered && arrives) {
			c.verdict("AFTER_FINISH")
		}
	}
	for _, step := range way {
		if step.crossing != nil {
			step.crossing.judge(step.at, step.primary)
		}
	}
	return passings, start.reads
}

// step is a visit that a way covers: by a crossing, or, without one, because an official entered it.
type step struct {
	visit    int
	at       racetime.Instant
	crossing *slowCrossing
	primary  bool
	// choice is the place among the ways to cover the visit.
	choice int
}

// best is rule 4: of all ways the one that covers most visits, among equals, at the first visit where two differ, covered
// before not covered and earlier before later.
func (s slowScorer) best(
	r *race.Race, crossings []*slowCrossing, reference racetime.Instant, manual map[int]racetime.Instant,
) []step {
	var best []step
	var try func(visit int, way []step)
	try = func(visit int, way []step) {
		if visit == len(r.Course) {
			if best == nil || betterWay(way, best) {
				best = append([]step{}, way...)
			}
			return
		}
		fixed, isFixed := manual[visit]
		for _, next := range s.choices(r, visit, crossings) {
			used := slices.ContainsFunc(way, func(w step) bool { return w.crossing == next.crossing })
			if !isFixed && !used && s.possible(r, reference, way, next) {
				try(visit+1, append(slices.Clone(way), next))
			}
		}
		switch next := (step{visit: visit, at: fixed}); {
		case !isFixed:
			try(visit+1, way)
		case len(way) == 0 || way[len(way)-1].crossing == nil || s.possible(r, reference, way, next):
			// What officials entered stands, however fast it is.
			try(visit+1, append(slices.Clone(way), next))
		}
	}
	try(1, nil)
	return best
}

func betterWay(a, b []step) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	for i := range a {
		if a[i].visit != b[i].visit {
			return a[i].visit < b[i].visit
		}
		if a[i].choice != b[i].choice {
			return a[i].choice < b[i].choice
		}
	}
	return false
}

// choices are the crossings that may be given to a visit, the preferred first. A member runs its own leg only. MEMBER chips:
// the hand-over is the incoming member's passing, else the outgoing member's last read there before leaving.
func (s slowScorer) choices(r *race.Race, visit int, crossings []*slowCrossing) []step {
	leg, last := slowLegOf(r, visit)
	var arrivals, departures []step
	for _, c := range crossings {
		switch {
		case c.point != r.Course[visit].Point:
		case leg == 0 || c.leg == 0 || c.leg == leg:
			at, primary := c.instant(r.CrossingGap, false)
			arrivals = append(arrivals, step{visit: visit, at: at, crossing: c, primary: primary})
		case last && c.leg == leg+1:
			at, primary := c.instant(r.CrossingGap, true)
			departures = append(departures, step{visit: visit, at: at, crossing: c, primary: primary})
		}
	}
	slices.SortFunc(arrivals, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.crossing.leg, b.crossing.leg))
	})
	slices.SortStableFunc(departures, func(a, b step) int { return cmp.Compare(b.at, a.at) })
	all := append(arrivals, departures...)
	for i := range all {
		all[i].choice = i
	}
	return all
}

// slowEnds are the visits that legs end at: each the next visit of its point.
func slowEnds(r *race.Race) []int {
	var ends []int
	visit := 0
	for _, leg := range r.Team.Legs {
		for visit++; r.Course[visit].Point != leg.To; visit++ {
		}
		ends = append(ends, visit)
	}
	return ends
}

// slowLegOf returns the leg that a visit belongs to where members wear chips, and whether another leg begins there.
func slowLegOf(r *race.Race, visit int) (leg int, handOver bool) {
	if r.Team == nil || r.Team.Chip == race.TeamChip {
		return 0, false
	}
	ends := slowEnds(r)
	for i, end := range ends {
		if visit <= end {
			return i + 1, visit == end && i < len(ends)-1
		}
	}
	return 0, false
}

// possible: course order is time order, and no stretch between neighbours is faster than the fastest pace. Between forced
// starts: the stretch after one is measured from it and may end before the leg ahead of it. (Rules 4 and 6)
func (s slowScorer) possible(r *race.Race, reference racetime.Instant, way []step, next step) bool {
	visit, after := 0, reference
	if len(way) > 0 {
		visit, after = way[len(way)-1].visit, way[len(way)-1].at
	}
	// In millionths of a microsecond since the first gun, so that nothing is rounded.
	exact := func(at racetime.Instant) int64 { return int64(at-gunAt) * 1_000_000 }
	leaves := exact(after)
	for ; visit < next.visit; visit++ {
		if forced := slowForced(r, visit); forced != 0 && exact(forced) < leaves {
			leaves = exact(forced)
			after = min(after, forced)
		}
		leaves += r.FastestPace.Microseconds() * (r.Course[visit+1].AtMillimetres - r.Course[visit].AtMillimetres)
	}
	return next.at > after && exact(next.at) >= leaves
}

// slowForced returns the forced start of the leg that begins at a visit; zero where there is none.
func slowForced(r *race.Race, visit int) racetime.Instant {
	if r.Team == nil {
		return 0
	}
	ends := slowEnds(r)
	for i, end := range ends[:len(ends)-1] {
		if visit == end {
			return r.Team.Legs[i].ForcedStart
		}
	}
	return 0
}
