package timing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// judgement is what was found of a mat, and what that was found by.
type judgement struct {
	state MatState
	known bool
	// at is the instant of it, and next when it changes if nothing comes; zero is never.
	at, next racetime.Instant
	// touched sums what came of the mat, at the points that share a course with its own, and of rosters; atPoint is what
	// came at its own alone.
	touched, atPoint int
	// missing says that others saw many at the mat's point or behind it whom it did not.
	missing bool
	watch   watched
}

// watched is what the runners who are due at a mat say.
type watched struct {
	matcheck.Watch
	at, heardUntil racetime.Instant
	point          race.PointID
}

// states returns how all mats do: those that the event names in its order, then the others that sent something by name. Only
// mats of which something came, or is due, are judged. They change next at an instant that may be zero, which is never, or
// when something comes.
func (t *tally) states(now racetime.Instant) (states []MatState, next racetime.Instant) {
	var named, strangers []*matTally
	for i := range t.event.Mats {
		if m := t.mats[t.event.Mats[i].ID]; !slices.Contains(named, m) {
			named = append(named, m)
		}
	}
	for _, m := range t.mats {
		if len(m.periods) == 0 {
			strangers = append(strangers, m)
		}
	}
	slices.SortFunc(strangers, func(a, b *matTally) int { return strings.Compare(string(a.id), string(b.id)) })
	states = make([]MatState, 0, len(named)+len(strangers))
	for _, m := range append(named, strangers...) {
		t.judge(m, now)
		states = append(states, m.judged.state)
		next = earlier(next, m.judged.next)
	}
	return states, next
}

// judge brings what is known of a mat up to an instant.
func (t *tally) judge(m *matTally, now racetime.Instant) {
	period, next := m.periodNow(now)
	touched, atPoint := m.touched+t.rosters, 0
	if period != nil {
		for _, point := range t.related[period.Point] {
			touched += t.touched[point]
		}
		atPoint = t.touched[period.Point]
	}
	j := &m.judged
	if j.known && j.touched == touched && now >= j.at && (j.next == 0 || now < j.next) {
		return
	}
	before := *j
	perMinute, nextMinute := m.minute.reads(now)
	j.next = earlier(next, nextMinute)
	j.state = MatState{
		Mat: m.id, Reads: m.reads, ReadsPerMinute: perMinute, Chips: m.chipCount, LastReadAt: m.lastAt,
		LastArrivedAt: m.lastArrivedAt, Lag: m.lastArrivedAt.Sub(m.arrivedLastAt),
		Boots: m.bootStates(), Rejected: len(m.rejected), Conflicts: m.conflicts,
	}
	if period != nil {
		s := &j.state
		s.Point, s.Backup = period.Point, period.Backup
		if before.known && before.state.Point == s.Point && before.atPoint == atPoint {
			s.Clock = before.state.Clock
		} else {
			s.Clock = t.clock(m, period.Point)
		}
		if before.known && before.state.Point == s.Point && before.touched == touched {
			s.MissedSince = before.state.MissedSince
		} else {
			var seen int
			seen, s.MissedSince = t.seenSince(m, period.Point)
			j.missing = matcheck.Silent(seen, s.MissedSince)
		}
		j.next = earlier(j.next, t.await(m, period.Point, now))
		s.Overdue = j.watch.Overdue()
		s.Silent = j.missing || j.watch.Silent()
	}
	j.known, j.at, j.touched, j.atPoint = true, now, touched, atPoint
}

// bootStates returns the numberings in the order in which they came.
func (m *matTally) bootStates() []MatBoot {
	slices.SortFunc(m.boots, func(a, b *bootTally) int {
		return cmp.Or(cmp.Compare(a.firstArrivedAt, b.firstArrivedAt), strings.Compare(a.boot, b.boot))
	})
	var states []MatBoot
	for _, b := range m.boots {
		states = append(states, b.state())
	}
	return states
}

// clock compares the crossings of a mat at a point with those of the same chips at the other mats there.
func (t *tally) clock(m *matTally, point race.PointID) matcheck.Clock {
	own := m.stations[point]
	if own == nil {
		return matcheck.Clock{}
	}
	var others []*station
	for _, s := range t.stations[point] {
		if s != own {
			others = append(others, s)
		}
	}
	if len(others) == 0 {
		return matcheck.Clock{}
	}
	var later []time.Duration
	for chip := range own.firsts {
		for _, crossing := range own.of(int32(chip)) {
			if d, ok := nearest(crossing.First, int32(chip), others); ok {
				later = append(later, d)
			}
		}
	}
	return matcheck.Compare(later)
}

// nearest returns by how much an instant is later than the nearest crossing of a chip at any of some mats, of two as near
// the earlier one.
func nearest(at racetime.Instant, chip int32, stations []*station) (later time.Duration, ok bool) {
	for _, s := range stations {
		d, found := matcheck.Nearest(at, s.of(chip))
		if found && (!ok || d.Abs() < later.Abs() || d.Abs() == later.Abs() && d > later) {
			later, ok = d, true
		}
	}
	return later, ok
}

// What others say of a chip that a mat should have seen.
const (
	sawChip byte = iota + 1
	missedChip
)

// seenSince counts the chips that came to others since a mat's last read, at its point or behind it on their course, and
// those of them that the mat missed. It looks at what came since only.
func (t *tally) seenSince(m *matTally, point race.PointID) (seen, missed int) {
	own := m.stations[point]
	t.verdicts = slices.Grow(t.verdicts[:0], len(t.races))[:len(t.races)]
	clear(t.verdicts)
	for _, at := range t.related[point] {
		var through []bool
		for _, s := range t.stations[at] {
			came := s.since(m.heardUntil)
			switch {
			case s.mat == m || len(came) == 0:
			case at == point:
				t.judgeBeside(m, point, own, came)
			default:
				if through == nil {
					through = t.racesThrough(m, point, at)
				}
				t.judgeBehind(own, came, through)
			}
		}
	}
	for _, v := range t.verdicts {
		if v != 0 {
			seen++
		}
		if v == missedChip {
			missed++
		}
	}
	return seen, missed
}

// judgeBeside judges by another mat of the same point: a crossing while this one lay there that it saw nothing of.
func (t *tally) judgeBeside(m *matTally, point race.PointID, own *station, came []begin) {
	for _, b := range came {
		if !m.layAt(point, b.at) {
			continue
		}
		verdict := missedChip
		if _, saw := matcheck.Nearest(b.at, own.of(b.chip)); saw {
			verdict = sawChip
		}
		t.verdicts[b.chip] = max(t.verdicts[b.chip], verdict)
	}
}

// layAt reports whether the mat lay at a point at a corrected instant.
func (m *matTally) layAt(point race.PointID, at racetime.Instant) bool {
	return slices.ContainsFunc(m.periods, func(p race.Mat) bool { return p.Point == point && p.Holds(at.Add(p.ClockOffset)) })
}

// judgeBehind judges by a mat that entrants of some races come to only behind this one: who came there has passed here.
func (t *tally) judgeBehind(own *station, came []begin, through []bool) {
	for _, b := range came {
		if r := t.races[b.chip]; r < 0 || !through[r] {
			continue
		}
		verdict := missedChip
		if len(own.of(b.chip)) > 0 {
			verdict = sawChip
		}
		t.verdicts[b.chip] = max(t.verdicts[b.chip], verdict)
	}
}

// racesThrough returns, by their index, the races whose entrants come to a point before they come to another one for the
// first time; none where that says nothing of a mat: it did not lie at the point all day. The member of a team who is seen
// at one point need not have been at the other.
func (t *tally) racesThrough(m *matTally, point, behind race.PointID) []bool {
	through := make([]bool, len(t.event.Races))
	for _, p := range m.periods {
		if p.Point == point && (p.From != 0 || p.Until != 0) {
			return through
		}
	}
	for i := range t.event.Races {
		r := &t.event.Races[i]
		first := func(point race.PointID) int {
			return slices.IndexFunc(r.Course, func(v race.Visit) bool { return v.Point == point })
		}
		here, there := first(point), first(behind)
		through[i] = here >= 0 && here < there && (r.Team == nil || r.Team.Chip != race.MemberChip)
	}
	return through
}
