package timing

import (
	"slices"
	"strings"
	"time"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// states returns how all mats do: those that the event names in its order, then the others that sent something by name.
func (t *tally) states(now racetime.Instant) []MatState {
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
	states := make([]MatState, 0, len(named)+len(strangers))
	for _, m := range append(named, strangers...) {
		states = append(states, t.state(m, now))
	}
	return states
}

func (t *tally) state(m *matTally, now racetime.Instant) MatState {
	s := MatState{
		Mat: m.id, Reads: m.reads, ReadsPerMinute: len(m.minute), Chips: m.chipCount,
		LastReadAt: m.lastAt, LastArrivedAt: m.lastArrivedAt, Lag: m.lag,
		Rejected: len(m.rejected), Conflicts: m.conflicts,
	}
	for _, b := range m.boots {
		s.Boots = append(s.Boots, b.state())
	}
	if period := m.periodNow(now); period != nil {
		s.Point, s.Backup = period.Point, period.Backup
		s.Clock = t.clock(m, period.Point)
		seen, missed := t.seenSince(m, period.Point)
		s.Silent, s.MissedSince = matcheck.Silent(seen, missed), missed
	}
	return s
}

// clock compares the crossings of a mat at a point with those of the same chips at the other mats there.
func (t *tally) clock(m *matTally, point race.PointID) matcheck.Clock {
	own := m.stations[point]
	if own == nil {
		return matcheck.Clock{}
	}
	var others []*station
	for _, other := range t.mats {
		if s := other.stations[point]; s != nil && other != m {
			others = append(others, s)
		}
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

// seenSince counts the chips that others saw since a mat's last read at its point, or behind it on their course, and those
// of them that the mat missed.
func (t *tally) seenSince(m *matTally, point race.PointID) (seen, missed int) {
	verdicts := make([]byte, len(t.races))
	own := m.stations[point]
	if own == nil {
		own = &station{}
	}
	for _, other := range t.mats {
		for at, s := range other.stations {
			switch {
			case other == m || s.last <= m.heardUntil:
			case at == point:
				t.judgeBeside(m, point, own, s, verdicts)
			default:
				t.judgeBehind(m, own, s, t.racesThrough(m, point, at), verdicts)
			}
		}
	}
	for _, v := range verdicts {
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
func (t *tally) judgeBeside(m *matTally, point race.PointID, own, other *station, verdicts []byte) {
	for chip := range other.firsts {
		for _, crossing := range other.of(int32(chip)) {
			if crossing.First <= m.heardUntil || !m.layAt(point, crossing.First) {
				continue
			}
			verdict := missedChip
			if _, saw := matcheck.Nearest(crossing.First, own.of(int32(chip))); saw {
				verdict = sawChip
			}
			verdicts[chip] = max(verdicts[chip], verdict)
		}
	}
}

// layAt reports whether the mat lay at a point at a corrected instant.
func (m *matTally) layAt(point race.PointID, at racetime.Instant) bool {
	return slices.ContainsFunc(m.periods, func(p race.Mat) bool { return p.Point == point && p.Holds(at.Add(p.ClockOffset)) })
}

// judgeBehind judges by a mat that entrants of some races come to only behind this one: who was seen there has passed here.
func (t *tally) judgeBehind(m *matTally, own, other *station, through []bool, verdicts []byte) {
	if through == nil {
		return
	}
	for chip := range other.firsts {
		if r := t.races[chip]; r < 0 || !through[r] {
			continue
		}
		crossings := other.of(int32(chip))
		if len(crossings) == 0 || crossings[len(crossings)-1].Last <= m.heardUntil {
			continue
		}
		verdict := missedChip
		if len(own.of(int32(chip))) > 0 {
			verdict = sawChip
		}
		verdicts[chip] = max(verdicts[chip], verdict)
	}
}

// racesThrough returns, by their index, the races whose entrants come to a point before they come to another one for the
// first time; nil where that says nothing of a mat: it did not lie at the point all day. The member of a team who is seen
// at one point need not have been at the other.
func (t *tally) racesThrough(m *matTally, point, behind race.PointID) []bool {
	for _, p := range m.periods {
		if p.Point == point && (p.From != 0 || p.Until != 0) {
			return nil
		}
	}
	through := make([]bool, len(t.event.Races))
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
