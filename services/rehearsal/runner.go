package rehearsal

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// seen is a runner at a point of the course, whether or not a mat reads it.
type seen struct {
	point race.PointID
	visit int
	at    racetime.Instant
	// chip is the index of the chip among the entrant's.
	chip int
	kind seenKind
	// stay is for how long the runner stays on the mats; zero for those who run on.
	stay time.Duration
}

type seenKind int

const (
	onCourse seenKind = iota
	atStart
	beforeGun
	// again is over the finish once more; stray is not on any course.
	again
	stray
)

// runner moves one entrant over its course.
type runner struct {
	rng        *rand.Rand
	conditions *Conditions
	event      *race.Event
	race       *race.Race
	entrant    *race.Entrant
	gun        racetime.Instant
}

// newRunner draws from the entrant's first chip, so that its race does not depend on who else runs. It is false for who is
// not there: without a chip, without a gun, or not come.
func newRunner(seed uint64, c *Conditions, event *race.Event, e *race.Entrant) (runner, bool) {
	r := event.Race(e.Race)
	if r == nil || len(e.Chips) == 0 || e.Gone {
		return runner{}, false
	}
	wave := r.WaveOf(e.Wave, e.Bib)
	if wave == nil || wave.Gun == 0 {
		return runner{}, false
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(e.Chips[0])) // It never fails; see hash.Hash.
	rng := rand.New(rand.NewPCG(seed^h.Sum64(), runnerStream))
	if happens(rng, c.NoShow) {
		return runner{}, false
	}
	return runner{rng: rng, conditions: c, event: event, race: r, entrant: e, gun: wave.Gun}, true
}

func happens(rng *rand.Rand, share float64) bool { return rng.Float64() < share }

// uniform draws a time between two others, in whole microseconds.
func uniform(rng *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(rng.Int64N(max(1, int64((to-from)/time.Microsecond))))*time.Microsecond
}

// run returns the points that the runner comes by, with the instants, in order.
func (r *runner) run() []seen {
	visits := make([]seen, 0, len(r.race.Course)+1)
	line := r.race.Course[0].Point
	if happens(r.rng, r.conditions.BeforeGun) {
		visits = append(visits, seen{point: line, at: r.gun.Add(-uniform(r.rng, time.Minute, 8*time.Minute)), kind: beforeGun})
	}
	start := r.start()
	if !happens(r.rng, r.conditions.MissedStart) {
		visits = append(visits, seen{point: line, at: start, kind: atStart, stay: r.stay()})
	}
	stopsAt := int64(math.MaxInt64)
	if happens(r.rng, r.conditions.DropOut) {
		stopsAt = int64(float64(r.race.DistanceMillimetres) * (0.2 + 0.75*r.rng.Float64()))
	}
	if r.race.Team != nil {
		return r.relay(visits, stopsAt)
	}
	at, pace, fade := start, r.pace(r.entrant.Person), 0.1*math.Abs(r.rng.NormFloat64())
	for i := 1; i < len(r.race.Course); i++ {
		visit := &r.race.Course[i]
		gone := float64(visit.AtMillimetres) / float64(r.race.DistanceMillimetres)
		at = at.Add(r.stretch(visit.AtMillimetres-r.race.Course[i-1].AtMillimetres, pace*(1+fade*gone*gone)))
		if visit.AtMillimetres > stopsAt || r.swept(visit, start, at) {
			break
		}
		here := seen{point: visit.Point, visit: i, at: at, stay: r.stay()}
		visits = append(visits, here)
		at = at.Add(longestOf(here.stay))
	}
	return visits
}

// again returns another crossing of the finish by a runner whose finish was read.
func (r *runner) again(finish seen) (seen, bool) {
	if r.conditions.Again == 0 || finish.visit != len(r.race.Course)-1 || !happens(r.rng, r.conditions.Again) {
		return seen{}, false
	}
	finish.at = finish.at.Add(longestOf(finish.stay) + uniform(r.rng, 5*time.Minute, time.Hour))
	finish.kind, finish.stay = again, 0
	return finish, true
}

// A runner who loiters stays on a mat between these times.
const (
	shortestStay = 20 * time.Second
	longestStay  = 4 * time.Minute
)

// stay draws for how long a runner alone stays on the mats of a point. Whoever waits at a start has run nowhere yet, so that
// the stay lies before the crossing there.
func (r *runner) stay() time.Duration {
	if r.conditions.Loiter == 0 || r.race.Team != nil || !happens(r.rng, r.conditions.Loiter) {
		return 0
	}
	return uniform(r.rng, shortestStay, longestStay)
}

// longestOf bounds what the reads of a stay may come to: their gaps are random.
func longestOf(stay time.Duration) time.Duration { return 2 * stay }

// start is when the runner leaves: the first row at once, the last within some minutes, a few much later.
func (r *runner) start() racetime.Instant {
	switch {
	case r.race.Team != nil:
		return r.gun.Add(uniform(r.rng, time.Second, 15*time.Second))
	case happens(r.rng, r.conditions.LateStart):
		return r.gun.Add(uniform(r.rng, 5*time.Minute, 25*time.Minute))
	}
	return r.gun.Add(uniform(r.rng, 500*time.Millisecond, 3*time.Minute))
}

// relay runs the legs; the next one leaves when the chip comes in, or at the forced start with the team's other chip.
func (r *runner) relay(visits []seen, stopsAt int64) []seen {
	ends, ok := r.race.LegEnds()
	if !ok {
		return visits
	}
	departure, chip, from := r.gun, 0, 0
	for leg, end := range ends {
		member := r.entrant.Person
		if leg < len(r.entrant.Members) {
			member = r.entrant.Members[leg].Person
		}
		at, pace := departure, r.pace(member)
		for visit := from + 1; visit <= end; visit++ {
			v := &r.race.Course[visit]
			at = at.Add(r.stretch(v.AtMillimetres-r.race.Course[visit-1].AtMillimetres, pace))
			if v.AtMillimetres > stopsAt || r.swept(v, r.gun, at) {
				return visits
			}
			visits = append(visits, seen{point: v.Point, visit: visit, at: at, chip: chip})
		}
		departure, from = at, end
		forced := r.race.Team.Legs[leg].ForcedStart
		if forced != 0 && forced < at && chip+1 < len(r.entrant.Chips) {
			departure, chip = forced, chip+1
		}
	}
	return visits
}

// sweepTime is how long after a cut-off the last runner is taken off the course.
const sweepTime = 8 * time.Minute

func (r *runner) swept(visit *race.Visit, start, at racetime.Instant) bool {
	limit := visit.CutOff
	return limit.AfterGun != 0 && at.Sub(r.gun) > limit.AfterGun+sweepTime ||
		limit.AfterStart != 0 && at.Sub(start) > limit.AfterStart+sweepTime ||
		limit.Clock != 0 && at > limit.Clock.Add(sweepTime)
}

// stretch is the time over a length at a pace, never faster than the race allows.
func (r *runner) stretch(millimetres int64, secondsPerKm float64) time.Duration {
	secondsPerKm *= 1 + 0.02*r.rng.NormFloat64()
	secondsPerKm = max(secondsPerKm, r.race.FastestPace.Seconds()+1)
	return time.Duration(secondsPerKm*float64(millimetres)) * time.Microsecond
}

// level is how fast a format is gone, in seconds per kilometre.
type level struct {
	best, median float64
}

var levels = map[race.Format]level{
	race.Marathon: {181, 345}, race.HalfMarathon: {176, 330}, race.TenKm: {171, 330}, race.NordicWalking: {390, 505},
	race.Ekiden: {172, 310}, race.Other: {180, 340},
}

// Few are near the best and a long tail is far behind.
const (
	paceSpread    = 0.38
	eliteShare    = 0.004
	womenFactor   = 1.11
	slowerPerYear = 0.006
	primeFrom     = 22
	primeTo       = 36
)

// pace draws the seconds per kilometre of a person by format, age and sex.
func (r *runner) pace(p race.Person) float64 {
	l := levels[r.race.Format]
	behind := (l.median - l.best) * math.Exp(paceSpread*r.rng.NormFloat64())
	if happens(r.rng, eliteShare) || p.Country == "KEN" {
		behind *= 0.15
	}
	pace := l.best + behind
	if p.Sex == race.Female {
		pace *= womenFactor
	}
	if years, known := r.race.Years(p, r.event.Day); known {
		pace *= 1 + slowerPerYear*float64(max(0, primeFrom-years, years-primeTo))
	}
	return pace
}
