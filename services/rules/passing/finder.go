package passing

import (
	"cmp"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Finder finds passings on the course of one race. It keeps working memory, so it serves one goroutine at a time.
type Finder struct {
	stations  []station
	lateStart time.Duration
	gap       time.Duration
	pace      int64 // microseconds per kilometre
	// forced means that a leg has a forced start, and entered that an official entered a passing of the last entrant.
	forced, entered bool
	// onCourse tells for each point of the event whether the course visits it.
	onCourse []bool

	// What was found of the last entrant; see Judge and Oddities.
	gun       racetime.Instant
	opening   opening
	manual    []Manual // those that are passings
	crossings []crossing
	nodes     []node
	from      []int // the first node of each visit, and the end of the last
	way       []int // the nodes that count
	ways      int   // how many ways were compared
}

// opening is the first crossing of the start in its window.
type opening struct {
	crossing
	// until is the last read at the start that continues the crossing, also behind the end of the window.
	until racetime.Instant
	// reference is the start, or the gun that stands in for it; manual where an official entered it.
	reference racetime.Instant
	seen      bool
	manual    bool
}

// station is a visit as the finder needs it.
type station struct {
	point         int32
	atMillimetres int64
	// leg is the leg that the visit belongs to; 0 where members wear no chips.
	leg int16
	// forced is the latest departure to the next visit; 0 where there is none.
	forced racetime.Instant
	// handOver means that the next leg begins here.
	handOver bool
}

// node is a crossing considered for a visit.
type node struct {
	visit int
	at    racetime.Instant
	// crossing is the index of the crossing; noCrossing where an official entered the passing.
	crossing int
	// covers is the number of visits that the best way from here on covers, this one included; next is its next
	// node, or -1.
	covers, next int
	// barred means that the crossing is needed for another visit.
	barred bool
}

func (n *node) manual() bool { return n.crossing == noCrossing }

const noCrossing = -1

// NewFinder prepares a race of an event.
func NewFinder(event *race.Event, r *race.Race) *Finder {
	f := &Finder{
		lateStart: r.LateStart, gap: r.CrossingGap, pace: r.FastestPace.Microseconds(),
		onCourse: make([]bool, len(event.Points)),
	}
	for _, visit := range r.Course {
		point := slices.Index(event.Points, visit.Point)
		f.stations = append(f.stations, station{point: int32(point), atMillimetres: visit.AtMillimetres})
		f.onCourse[point] = true
	}
	if r.Team != nil {
		f.addLegs(r)
	}
	return f
}

func (f *Finder) addLegs(r *race.Race) {
	ends, _ := r.LegEnds()
	visit := 1
	for i, end := range ends {
		for ; visit <= end; visit++ {
			if r.Team.Chip == race.MemberChip {
				f.stations[visit].leg = int16(i + 1)
			}
		}
		if i < len(ends)-1 {
			f.stations[end].handOver = true
			f.stations[end].forced = r.Team.Legs[i].ForcedStart
			f.forced = f.forced || r.Team.Legs[i].ForcedStart != 0
		}
	}
	if r.Team.Chip == race.MemberChip {
		f.stations[0].leg = 1
	}
}

// Find appends the passings of one entrant to found, in the order of the course. It sorts reads in place. A gun of zero
// means that it was not fired: nothing counts.
func (f *Finder) Find(found []Passing, reads []Read, gun racetime.Instant, manual []Manual) []Passing {
	f.gun, f.opening, f.crossings, f.way, f.manual = gun, opening{}, f.crossings[:0], f.way[:0], f.manual[:0]
	if gun == 0 {
		return found
	}
	slices.SortFunc(reads, inTime)
	o := &f.opening
	*o = f.open(reads, gun)
	for _, m := range manual {
		if m.Visit == 0 {
			o.reference, o.manual = m.At, true
		}
	}
	if o.seen || o.manual {
		found = append(found, Passing{0, o.reference})
	}
	for _, m := range manual {
		if m.Visit == 0 || m.At > f.after() {
			f.manual = append(f.manual, m)
		}
	}
	f.entered = len(f.manual) > 0
	f.formCrossings(reads)
	f.formNodes()
	f.way = f.appendBest(f.way)
	if _, _, found := f.twice(f.way); found {
		f.ways = 0
		f.way = f.distinct(slices.Clone(f.way), nil)
	}
	for _, n := range f.way {
		found = append(found, Passing{f.nodes[n].visit, f.nodes[n].at})
	}
	return found
}

// after returns the instant that whatever is behind the start must be after: the start and the gun, also where an official
// entered a start before that. No time of a race is nothing or less.
func (f *Finder) after() racetime.Instant { return max(f.gun, f.opening.reference) }

// inTime orders reads by instant. Those of one instant are in an order of their own, so that it says nothing in which they
// came.
func inTime(a, b Read) int {
	if a.At != b.At {
		return cmp.Compare(a.At, b.At)
	}
	return cmp.Or(cmp.Compare(a.Point, b.Point), cmp.Compare(a.Leg, b.Leg), compareBackup(a, b))
}

// open returns the first crossing of the start in its window, whose last read is the start. (Rule 2: what lies before the
// gun is left out first.)
func (f *Finder) open(reads []Read, gun racetime.Instant) opening {
	o := opening{reference: gun}
	line := f.stations[0]
	latest := gun.Add(f.lateStart)
	for _, r := range reads {
		if r.Point != line.point || r.At < gun || !wears(r.Leg, line.leg) {
			continue
		}
		switch {
		case !o.seen && r.At > latest, o.seen && r.At.Sub(o.until) >= f.gap:
			return o
		case !o.seen:
			o.crossing, o.seen = newCrossing(r), true
		case r.At <= latest:
			o.add(r)
		}
		o.until, o.reference = r.At, f.leaving(&o.crossing)
	}
	return o
}

// wears reports whether a chip worn by a member counts on a leg; chips of persons and teams count on every leg.
func wears(worn, leg int16) bool { return worn == 0 || leg == 0 || worn == leg }

// formCrossings divides the reads after the start into crossings by point and member. (Rule 3)
func (f *Finder) formCrossings(reads []Read) {
	for _, r := range reads {
		if r.At <= f.after() || !f.onCourse[r.Point] || f.continuesStart(r) {
			continue
		}
		if c := f.latest(r.Point, r.Leg); c != nil && r.At.Sub(c.last) < f.gap {
			c.add(r)
			continue
		}
		f.crossings = append(f.crossings, newCrossing(r))
	}
}

// continuesStart reports whether a read behind the start belongs to the crossing of it.
func (f *Finder) continuesStart(r Read) bool {
	line, o := f.stations[0], &f.opening
	return o.seen && r.Point == line.point && r.At <= o.until && wears(r.Leg, line.leg)
}

// latest returns the newest crossing of a point by a member, or nil.
func (f *Finder) latest(point int32, leg int16) *crossing {
	for i := len(f.crossings) - 1; i >= 0; i-- {
		if c := &f.crossings[i]; c.point == point && c.leg == leg {
			return c
		}
	}
	return nil
}

// formNodes lists for each visit the crossings that it may be given, the preferred first: the arrival of who runs the
// leg, earlier before later; then the departure of who takes over, the last before leaving.
func (f *Finder) formNodes() {
	f.nodes, f.from = f.nodes[:0], f.from[:0]
	f.from = append(f.from, 0)
	for visit := 1; visit < len(f.stations); visit++ {
		f.from = append(f.from, len(f.nodes))
		if at, ok := manualAt(f.manual, visit); ok {
			f.nodes = append(f.nodes, node{visit: visit, at: at, crossing: noCrossing})
			continue
		}
		s := f.stations[visit]
		for i := range f.crossings {
			c := &f.crossings[i]
			if c.point != s.point || !wears(c.leg, s.leg) {
				continue
			}
			f.nodes = append(f.nodes, node{visit: visit, at: f.arriving(c), crossing: i})
		}
		if s.leg != 0 {
			// Crossings of the team's chip and the member's may overlap; those of one chip are in order.
			slices.SortFunc(f.nodes[f.from[visit]:], f.compareArrivals)
		}
		if !s.handOver || s.leg == 0 {
			continue
		}
		for i := len(f.crossings) - 1; i >= 0; i-- {
			if c := &f.crossings[i]; c.point == s.point && c.leg == s.leg+1 {
				f.nodes = append(f.nodes, node{visit: visit, at: f.leaving(c), crossing: i})
			}
		}
	}
	f.from = append(f.from, len(f.nodes))
}

func (f *Finder) compareArrivals(a, b node) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(f.crossings[a.crossing].leg, f.crossings[b.crossing].leg))
}

func manualAt(manual []Manual, visit int) (racetime.Instant, bool) {
	for _, m := range manual {
		if m.Visit == visit {
			return m.At, true
		}
	}
	return 0, false
}

// appendBest finds the way through the nodes that covers most visits; among equals, at the first visit where two differ,
// covered beats not covered and the preferred node beats the later one. (Rule 4)
func (f *Finder) appendBest(way []int) []int {
	for i := len(f.nodes) - 1; i >= 0; i-- {
		n := &f.nodes[i]
		n.covers, n.next = f.onward(n.visit, n.at, n.crossing)
		n.covers++
	}
	for _, n := f.onward(0, f.opening.reference, noCrossing); n >= 0; n = f.nodes[n].next {
		way = append(way, n)
	}
	return way
}

// twice returns two nodes of a way that have the same crossing; false where there are none. Forced starts can lead there, and
// passings that officials entered: with them the order of the course need not be that of time.
func (f *Finder) twice(way []int) (first, again int, found bool) {
	if !f.forced && !f.entered {
		return 0, 0, false
	}
	for i, n := range way {
		for _, earlier := range way[:i] {
			if !f.nodes[n].manual() && f.nodes[earlier].crossing == f.nodes[n].crossing {
				return earlier, n, true
			}
		}
	}
	return 0, 0, false
}

// mostWays bounds how many ways are compared: on a ring on which many legs have a forced start long before, their number
// grows without end, and one entrant must not hold up the others. Real relays need a few.
const mostWays = 300

// distinct returns the best way on which no crossing counts twice, if it is better than the best one known, else that one.
// The given way is the best while crossings may count twice: no other can be better than it. Beyond mostWays, a crossing
// counts where it does first.
func (f *Finder) distinct(way, known []int) []int {
	if !better(way, known) {
		return known
	}
	first, again, found := f.twice(way)
	if !found {
		return way
	}
	if f.ways++; f.ways > mostWays {
		for ; found; _, again, found = f.twice(way) {
			way = slices.DeleteFunc(way, func(n int) bool { return n == again })
		}
		if better(way, known) {
			return way
		}
		return known
	}
	for _, n := range [...]int{again, first} {
		f.nodes[n].barred = true
		known = f.distinct(f.appendBest(nil), known)
		f.nodes[n].barred = false
	}
	return known
}

// better compares two ways by rule 4. Nodes are numbered by visit, the preferred of a visit first.
func better(a, b []int) bool {
	return len(a) > len(b) || len(a) == len(b) && slices.Compare(a, b) < 0
}

// nowhere is the cover of a node from which the next manual passing cannot be reached.
const nowhere = -1 << 20

// onward returns the most visits that can be covered after being at a visit, with a crossing that cannot count at once
// again, and the next node of that way.
func (f *Finder) onward(visit int, at racetime.Instant, crossing int) (covers, next int) {
	next = -1
	manual := crossing == noCrossing // a start, or the gun, counts as entered
	for to := visit + 1; to < len(f.stations); to++ {
		if covers > len(f.stations)-to-1 {
			break // no way that begins here can cover as many
		}
		entered := false // by an official: never left out
		for i := f.from[to]; i < f.from[to+1]; i++ {
			n := &f.nodes[i]
			entered = entered || n.manual()
			if n.covers <= covers || n.barred || !manual && n.crossing == crossing {
				continue
			}
			if n.manual() && manual || f.possible(visit, at, to, n.at, f.pace) {
				covers, next = n.covers, i
			}
		}
		if entered && next < 0 {
			return nowhere, -1
		}
		if entered {
			break
		}
	}
	return covers, next
}

// possible reports whether an entrant that was at a visit can be at a later one then: in the order of the course and no
// faster than a pace, in microseconds per kilometre. A forced start in between lets the next leg leave before the leg ahead
// ends. (Rule 6)
func (f *Finder) possible(visit int, at racetime.Instant, to int, then racetime.Instant, pace int64) bool {
	// The stretch is measured from leave, and rounded up once.
	leave, length := at, int64(0)
	earliest := func() racetime.Instant { return leave + racetime.Instant((pace*length+999_999)/1_000_000) }
	for v := visit; v < to; v++ {
		if forced := f.stations[v].forced; forced != 0 && forced < earliest() {
			leave, length = forced, 0
			at = min(at, forced)
		}
		length += f.stations[v+1].atMillimetres - f.stations[v].atMillimetres
	}
	return then > at && then >= earliest()
}
