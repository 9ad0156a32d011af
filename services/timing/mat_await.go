package timing

import (
	"slices"
	"time"

	"raceday/services/rules/matcheck"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// awaitPause is the least time between two looks at who is due at a mat that nothing comes from.
const awaitPause = 5 * time.Second

// passedShare is of how many who were seen at a start one must have passed a point before their times say when the others
// come: the first ones are the fastest.
const passedShare = 4

// await looks, where a mat has not been read for a while, at the runners who were seen at points before it, and returns
// when to look again if nothing comes; zero is never.
func (t *tally) await(m *matTally, point race.PointID, now racetime.Instant) (next racetime.Instant) {
	w := &m.judged.watch
	switch again := w.at.Add(awaitPause); {
	case m.heardUntil >= now.Add(-matcheck.Patience):
		// Nobody who should have passed since can be late yet.
		*w = watched{}
		return m.heardUntil.Add(matcheck.Patience) + 1
	case w.at != 0 && w.point == point && w.heardUntil == m.heardUntil && now >= w.at && now < again:
		return again
	}
	*w = watched{Watch: matcheck.NewWatch(now, m.heardUntil), at: now, heardUntil: m.heardUntil, point: point}
	t.watch(m, point, &w.Watch)
	switch next := w.Next(); {
	case next == 0:
		return 0
	case w.Overdue() >= matcheck.OverdueNeeded && !w.Silent():
		// Those who passed an hour ago count less and less.
		return now.Add(awaitPause)
	default:
		return max(next, now.Add(awaitPause))
	}
}

// watch tells of everybody who was seen before a point whether they passed it or are awaited.
func (t *tally) watch(m *matTally, point race.PointID, w *matcheck.Watch) {
	here := t.stations[point]
	ways := make([]*way, len(t.event.Races))
	for i := range t.event.Races {
		ways[i] = t.way(&t.event.Races[i], point)
	}
	for index, r := range t.races {
		if r < 0 || ways[r] == nil {
			continue
		}
		chip := int32(index)
		for i := range ways[r].stretches {
			if ways[r].look(&ways[r].stretches[i], here, chip, w, m) {
				break
			}
		}
	}
	for _, way := range ways {
		if way != nil {
			way.awaitStarted(w, m)
		}
	}
}

// way is how the entrants of a race come to a point.
type way struct {
	race  *race.Race
	point race.PointID
	// stretches begin at visits that are told apart from others of the course, the last one first.
	stretches []stretch
	// started are the starts of those who were seen at the start alone, and firsts the times from there of who passed.
	started []racetime.Instant
	ahead   int64
	firsts  []time.Duration
}

// stretch is a part of the course from a visit before a point to the next visit there.
type stretch struct {
	visit    int
	stations []*station
	ahead    int64
	// again says that the course came to the point before, so that only crossings after the visit's are of the next one.
	again bool
	// bases are visits from which the pace up to this one can be taken, the first one first.
	bases []base
}

type base struct {
	stations []*station
	covered  int64
}

// way returns nil where the race does not lead to the point, nobody was seen before it, or nobody can say where its chips
// are: the members of a team run one leg each.
func (t *tally) way(r *race.Race, point race.PointID) *way {
	if r.Team != nil && r.Team.Chip == race.MemberChip {
		return nil
	}
	w := &way{race: r, point: point}
	for q := len(r.Course) - 2; q >= 0; q-- {
		at := r.Course[q].Point
		next := slices.IndexFunc(r.Course[q:], func(v race.Visit) bool { return v.Point == point })
		if at == point || next < 0 || len(t.stations[at]) == 0 || q > 0 && visits(r.Course, at) > 1 {
			continue
		}
		s := stretch{
			visit: q, stations: t.stations[at], ahead: r.Course[q+next].AtMillimetres - r.Course[q].AtMillimetres,
			again: visits(r.Course[:q], point) > 0,
		}
		for u := range q {
			before := r.Course[u].Point
			if len(t.stations[before]) > 0 && visits(r.Course[:q], before) == 1 {
				s.bases = append(s.bases, base{t.stations[before], r.Course[q].AtMillimetres - r.Course[u].AtMillimetres})
			}
		}
		w.stretches = append(w.stretches, s)
	}
	if len(w.stretches) == 0 {
		return nil
	}
	return w
}

// visits counts how often a part of a course comes to a point.
func visits(course []race.Visit, point race.PointID) (n int) {
	for _, v := range course {
		if v.Point == point {
			n++
		}
	}
	return n
}

// look tells of a chip that was seen at the beginning of a stretch; false where it was not.
func (y *way) look(s *stretch, here []*station, chip int32, w *matcheck.Watch, m *matTally) bool {
	seen, n := last(s.stations, chip, 0)
	if n == 0 {
		return false
	}
	from := seen.First
	if !s.again {
		from = from.Add(-matcheck.PairWithin) // clocks differ
	}
	passed, didPass := firstAfter(here, chip, from)
	if didPass {
		w.Pass(passed)
	}
	if s.visit == 0 {
		// Where start and finish are one place, who was seen there twice may have run the whole course.
		if visits(y.race.Course, y.race.Course[0].Point) > 1 && n > 1 {
			return true
		}
		y.ahead = s.ahead
		switch {
		case !didPass:
			y.started = append(y.started, seen.Last)
		case passed > seen.Last:
			y.firsts = append(y.firsts, passed.Sub(seen.Last))
		}
		return true
	}
	if didPass {
		return true
	}
	if takes, ok := s.takes(chip, seen.First); ok && m.layAt(y.point, seen.First.Add(takes)) {
		w.Await(seen.First, takes)
	}
	return true
}

// takes returns how long a chip takes for a stretch that it began at an instant: at the pace from the first visit where it
// was seen, else at a walk.
func (s *stretch) takes(chip int32, at racetime.Instant) (time.Duration, bool) {
	for _, b := range s.bases {
		if seen, n := last(b.stations, chip, at); n > 0 {
			return matcheck.AtPace(at.Sub(seen.Last), b.covered, s.ahead)
		}
	}
	return matcheck.AtWalk(s.ahead)
}

// awaitStarted awaits those who were seen at the start alone: where a fair share of all has passed, as long after it as half
// of these took at the most, else at a walk, if the event says when the guns go. Whoever stood on the mat before the first
// gun is not awaited.
func (y *way) awaitStarted(w *matcheck.Watch, m *matTally) {
	gun, known := firstGun(y.race)
	takes, ok := matcheck.AtWalk(y.ahead)
	ok = ok && known
	if n := len(y.firsts); n >= matcheck.SharedNeeded && n*passedShare >= n+len(y.started) {
		slices.Sort(y.firsts)
		takes, ok = y.firsts[(len(y.firsts)-1)/2], true
	}
	if !ok {
		return
	}
	for _, at := range y.started {
		if at >= gun && m.layAt(y.point, at.Add(takes)) {
			w.Await(at, takes)
		}
	}
}

// firstGun returns the earliest gun of a race; false where the event does not name all of them.
func firstGun(r *race.Race) (gun racetime.Instant, known bool) {
	for _, wave := range r.Waves {
		if wave.Gun == 0 {
			return 0, false
		}
		gun = earlier(gun, wave.Gun)
	}
	return gun, gun != 0
}

// last returns a chip's last crossing at any of some mats that begins before an instant, zero being no bound, and how many
// the mat with the most saw.
func last(stations []*station, chip int32, before racetime.Instant) (crossing matcheck.Crossing, n int) {
	for _, s := range stations {
		seen := 0
		for _, c := range s.of(chip) {
			if before != 0 && c.First >= before {
				break
			}
			seen++
			if n == 0 && seen == 1 || c.First > crossing.First {
				crossing = c
			}
		}
		n = max(n, seen)
	}
	return crossing, n
}

// firstAfter returns when a chip's first crossing at any of some mats begins that does so after an instant.
func firstAfter(stations []*station, chip int32, at racetime.Instant) (first racetime.Instant, ok bool) {
	for _, s := range stations {
		for _, c := range s.of(chip) {
			if c.First > at && (!ok || c.First < first) {
				first, ok = c.First, true
			}
		}
	}
	return first, ok
}
