package timing

import (
	"hash/maphash"
	"slices"
	"time"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// matTally counts what one mat sent.
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
	// minute is the instants of the minute before the last read, in order.
	minute                []racetime.Instant
	lastAt, lastArrivedAt racetime.Instant
	lag                   time.Duration
	// heardUntil is the corrected instant of the last read; of a clock that runs ahead no later than its arrival.
	heardUntil racetime.Instant
	stations   map[race.PointID]*station
}

// station is the crossings that one mat saw while it lay at one point, by their chips' index.
type station struct {
	// firsts are the first crossing of each chip, others all crossings of the chips that have several.
	firsts []matcheck.Crossing
	others map[int32][]matcheck.Crossing
	last   racetime.Instant
}

func (s *station) of(chip int32) []matcheck.Crossing {
	switch {
	case int(chip) >= len(s.firsts) || s.firsts[chip] == matcheck.Crossing{}:
		return nil
	case len(s.others) > 0 && s.others[chip] != nil:
		return s.others[chip]
	}
	return s.firsts[chip : chip+1]
}

func (s *station) add(chip int32, at racetime.Instant, gap time.Duration) {
	s.firsts = grown(s.firsts, chip)
	crossings := matcheck.Add(slices.Clip(s.of(chip)), at, gap)
	s.firsts[chip] = crossings[0]
	if len(crossings) > 1 {
		s.others[chip] = crossings
	} else {
		delete(s.others, chip)
	}
	s.last = max(s.last, at)
}

// grown returns a slice that has an element at an index.
func grown[Item any](all []Item, index int32) []Item {
	if int(index) < len(all) {
		return all
	}
	return append(all, make([]Item, int(index)+1-len(all))...)
}

// tally counts what all mats of an event sent, by one version of the event.
type tally struct {
	event *race.Event
	seed  maphash.Seed
	mats  map[race.MatID]*matTally
	// indexes number the chips in the order in which they came; races has the index of the race of each, -1 unknown.
	indexes map[race.Chip]int32
	races   []int
	// roster has the race of each chip.
	roster map[race.Chip]race.ID
}

func newTally(event *race.Event, roster map[race.Chip]race.ID) *tally {
	t := &tally{
		event: event, seed: maphash.MakeSeed(), mats: map[race.MatID]*matTally{}, indexes: map[race.Chip]int32{}, roster: roster,
	}
	for i := range event.Mats {
		m := t.mat(event.Mats[i].ID)
		m.periods = append(m.periods, event.Mats[i])
	}
	return t
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
		// What came under no mat's subject is no mat's.
		if _, id, err := splitSubject(b.Rejected[i].Subject); err == nil {
			m := t.mat(id)
			m.rejected[maphash.Bytes(t.seed, b.Rejected[i].Data)] = struct{}{}
			m.lastArrivedAt = b.Rejected[i].ArrivedAt
		}
	}
}

// content is what tells two reads of one identity apart.
type content struct {
	chip race.Chip
	at   racetime.Instant
}

func (t *tally) takeRead(r *Read) {
	m := t.mat(r.Mat)
	m.lastArrivedAt, m.lag = r.ArrivedAt, r.ArrivedAt.Sub(r.At)
	boot := m.byBoot[r.Boot]
	if boot == nil {
		boot = newBootTally(r.Boot, r.Seq)
		m.byBoot[r.Boot] = boot
		m.boots = append(m.boots, boot)
	}
	switch boot.add(r.Seq, max(1, maphash.Comparable(t.seed, content{r.Chip, r.At}))) {
	case repeated:
		return
	case conflicting:
		m.conflicts++
	}
	chip := t.index(r.Chip)
	m.count(chip, r.At)
	at, point := r.At, race.PointID("")
	if period := t.event.MatAt(r.Mat, r.At); period != nil {
		at, point = r.At.Add(-period.ClockOffset), period.Point
	}
	m.heardUntil = max(m.heardUntil, min(at, r.ArrivedAt))
	if point == "" {
		return
	}
	s := m.stations[point]
	if s == nil {
		s = &station{others: map[int32][]matcheck.Crossing{}}
		m.stations[point] = s
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
func (m *matTally) count(chip int32, at racetime.Instant) {
	m.reads++
	m.chips = grown(m.chips, chip)
	if !m.chips[chip] {
		m.chips[chip] = true
		m.chipCount++
	}
	if m.reads == 1 || at > m.lastAt {
		m.lastAt = at
	}
	began := m.lastAt.Add(-time.Minute)
	if at <= began {
		return
	}
	i, _ := slices.BinarySearch(m.minute, at)
	m.minute = slices.Insert(m.minute, i, at)
	old, _ := slices.BinarySearch(m.minute, began+1)
	m.minute = m.minute[old:]
}

// periodNow returns where the mat lies by its own clock, else where it lay last, else where it will lie first; nil where
// the event does not name it.
func (m *matTally) periodNow(now racetime.Instant) *race.Mat {
	var lay, lies *race.Mat
	for i := range m.periods {
		p := &m.periods[i]
		own := now.Add(p.ClockOffset)
		switch {
		case p.Holds(own):
			return p
		case p.Until != 0 && p.Until <= own:
			if lay == nil || p.Until > lay.Until {
				lay = p
			}
		case lies == nil || p.From < lies.From:
			lies = p
		}
	}
	if lay != nil {
		return lay
	}
	return lies
}
