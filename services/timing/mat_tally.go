package timing

import (
	"hash/maphash"
	"slices"
	"time"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// matTally counts what one mat sent. Nothing of it depends on the order in which that came, and repeats change nothing.
type matTally struct {
	id      race.MatID
	periods []race.Mat

	boots  []*bootTally
	byBoot map[string]*bootTally
	// conflicts counts identities; rejected holds digests of what was rejected, so that sent again it counts once.
	conflicts int
	rejected  map[uint64]struct{}

	reads     int
	chips     []bool
	chipCount int
	minute    matMinute
	// lastAt is the latest read as the mat wrote it, arrivedLastAt the latest of those that arrived last.
	lastAt, lastArrivedAt, arrivedLastAt racetime.Instant
	// heardUntil is the corrected instant of the last read; of a clock that runs ahead no later than its arrival.
	heardUntil racetime.Instant
	stations   map[race.PointID]*station

	// touched counts what came of this mat and at its point.
	touched int
	judged  judgement
}

// tally counts what all mats of an event sent, by one version of the event.
type tally struct {
	event *race.Event
	seed  maphash.Seed
	mats  map[race.MatID]*matTally
	// indexes number the chips in the order in which they came; races has the index of the race of each, -1 unknown.
	indexes map[race.Chip]int32
	races   []int
	// roster has the race of each chip; rosters counts how often it was set.
	roster  map[race.Chip]race.ID
	rosters int
	// stations are those of each point, touched counts the reads there, and related are the points that share a course with
	// each, itself among them.
	stations map[race.PointID][]*station
	touched  map[race.PointID]int
	related  map[race.PointID][]race.PointID
	// verdicts is scratch for judging.
	verdicts []byte
}

func newTally(event *race.Event, roster map[race.Chip]race.ID) *tally {
	t := &tally{
		event: event, seed: maphash.MakeSeed(), mats: map[race.MatID]*matTally{}, indexes: map[race.Chip]int32{}, roster: roster,
		stations: map[race.PointID][]*station{}, touched: map[race.PointID]int{}, related: map[race.PointID][]race.PointID{},
	}
	for i := range event.Mats {
		m := t.mat(event.Mats[i].ID)
		m.periods = append(m.periods, event.Mats[i])
		point := event.Mats[i].Point
		t.related[point] = []race.PointID{point}
	}
	for point := range t.related {
		t.related[point] = related(event, point)
	}
	return t
}

// related returns a point and those that share a course with it.
func related(event *race.Event, point race.PointID) []race.PointID {
	points := []race.PointID{point}
	for i := range event.Races {
		course := event.Races[i].Course
		if !slices.ContainsFunc(course, func(v race.Visit) bool { return v.Point == point }) {
			continue
		}
		for _, v := range course {
			if !slices.Contains(points, v.Point) {
				points = append(points, v.Point)
			}
		}
	}
	return points
}

func (t *tally) mat(id race.MatID) *matTally {
	m := t.mats[id]
	if m == nil {
		m = &matTally{
			id: id, byBoot: map[string]*bootTally{}, rejected: map[uint64]struct{}{}, stations: map[race.PointID]*station{},
		}
		t.mats[id] = m
	}
	return m
}

// setRoster takes a new roster; what was counted stays, with the crossing gaps by which it was.
func (t *tally) setRoster(roster map[race.Chip]race.ID) {
	t.roster = roster
	t.rosters++
	for chip, index := range t.indexes {
		t.races[index] = t.raceOf(chip)
	}
}

func (t *tally) raceOf(chip race.Chip) int {
	id, ok := t.roster[chip]
	if !ok {
		return -1
	}
	return slices.IndexFunc(t.event.Races, func(r race.Race) bool { return r.ID == id })
}

func (t *tally) index(chip race.Chip) int32 {
	index, ok := t.indexes[chip]
	if !ok {
		index = int32(len(t.races))
		t.indexes[chip] = index
		t.races = append(t.races, t.raceOf(chip))
	}
	return index
}

// take counts a batch.
func (t *tally) take(b *Batch) {
	for i := range b.Reads {
		t.takeRead(&b.Reads[i])
	}
	for i := range b.Rejected {
		t.takeRejected(&b.Rejected[i])
	}
}

func (t *tally) takeRejected(r *Rejected) {
	// What came under no mat's subject is no mat's.
	if _, id, err := splitSubject(r.Subject); err == nil {
		m := t.mat(id)
		m.rejected[maphash.Bytes(t.seed, r.Data)] = struct{}{}
		m.touched++
	}
}

// content is what tells two reads of one identity apart.
type content struct {
	chip race.Chip
	at   racetime.Instant
}

func (t *tally) takeRead(r *Read) {
	m := t.mat(r.Mat)
	boot := m.byBoot[r.Boot]
	if boot == nil {
		boot = newBootTally(r.Boot, r.Seq)
		boot.firstArrivedAt = r.ArrivedAt
		m.byBoot[r.Boot] = boot
		m.boots = append(m.boots, boot)
	}
	switch boot.add(r.Seq, max(1, maphash.Comparable(t.seed, content{r.Chip, r.At}))) {
	case repeated:
		return
	case conflicting:
		m.conflicts++
	}
	boot.firstArrivedAt = min(boot.firstArrivedAt, r.ArrivedAt)
	m.touched++
	chip := t.index(r.Chip)
	m.count(chip, r)
	at, point := r.At, race.PointID("")
	if period := t.event.MatAt(r.Mat, r.At); period != nil {
		at, point = r.At.Add(-period.ClockOffset), period.Point
	}
	m.heardUntil = max(m.heardUntil, min(at, r.ArrivedAt))
	if point == "" {
		return
	}
	t.touched[point]++
	s := m.stations[point]
	if s == nil {
		s = &station{mat: m, others: map[int32][]matcheck.Crossing{}}
		m.stations[point] = s
		t.stations[point] = append(t.stations[point], s)
	}
	s.add(chip, at, t.gapOf(chip))
}

// unknownGap parts the crossings of a chip of which nobody knows the race.
const unknownGap = 30 * time.Second

func (t *tally) gapOf(chip int32) time.Duration {
	if r := t.races[chip]; r >= 0 {
		return t.event.Races[r].CrossingGap
	}
	return unknownGap
}

// count takes a read that the mat did not send before.
func (m *matTally) count(chip int32, r *Read) {
	m.reads++
	m.chips = grown(m.chips, chip)
	if !m.chips[chip] {
		m.chips[chip] = true
		m.chipCount++
	}
	switch {
	case m.reads == 1 || r.ArrivedAt > m.lastArrivedAt:
		m.lastArrivedAt, m.arrivedLastAt = r.ArrivedAt, r.At
	case r.ArrivedAt == m.lastArrivedAt:
		m.arrivedLastAt = max(m.arrivedLastAt, r.At)
	}
	if m.reads == 1 || r.At > m.lastAt {
		m.lastAt = r.At
	}
	m.minute.add(r.ArrivedAt)
}

// periodNow returns where the mat lies by its own clock, else where it lay last, else where it will lie first; nil where
// the event does not name it. It changes next at an instant that may be zero, which is never.
func (m *matTally) periodNow(now racetime.Instant) (period *race.Mat, next racetime.Instant) {
	var holds, lay, lies *race.Mat
	for i := range m.periods {
		p := &m.periods[i]
		own := now.Add(p.ClockOffset)
		for _, bound := range []racetime.Instant{p.From, p.Until} {
			if bound > own {
				next = earlier(next, bound.Add(-p.ClockOffset))
			}
		}
		switch {
		case p.Holds(own):
			if holds == nil {
				holds = p
			}
		case p.Until != 0 && p.Until <= own:
			if lay == nil || p.Until > lay.Until {
				lay = p
			}
		case lies == nil || p.From < lies.From:
			lies = p
		}
	}
	for _, period := range []*race.Mat{holds, lay} {
		if period != nil {
			return period, next
		}
	}
	return lies, next
}
