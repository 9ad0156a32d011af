package rehearsal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Record lets the entrants run and returns what the event's mats read of them. Entrants without chip, wave or gun do not
// run. What one entrant does depends on its first chip alone.
func Record(seed uint64, event *race.Event, entrants []race.Entrant, c Conditions) *Recording {
	return newDay(seed, event, &c).record(entrants)
}

// Simulate does as Record does and keeps the truth.
func Simulate(seed uint64, event *race.Event, entrants []race.Entrant, c Conditions) *Recording {
	d := newDay(seed, event, &c)
	d.truth = &Truth{event: event}
	return d.record(entrants)
}

func (d *day) record(entrants []race.Entrant) *Recording {
	d.worn = swapChips(entrants, d.conditions.SwappedPairs, d.rng)
	for i := range d.worn {
		d.run(&d.worn[i])
	}
	for _, e := range d.unregistered() {
		d.run(&e)
	}
	d.addStrays()
	d.addTestChips()
	d.write()
	d.send()
	if d.truth != nil {
		d.truth.markOut()
		d.recording.Truth = d.truth
	}
	return d.recording
}

// run lets an entrant run.
func (d *day) run(e *race.Entrant) {
	runner, runs := newRunner(d.seed, d.conditions, d.event, e)
	if !runs {
		d.truth.stayedAway(d.event, e)
		return
	}
	first := uint32(len(d.recording.chips))
	d.recording.chips = append(d.recording.chips, e.Chips...)
	pass := func(s seen) (read bool) {
		c := Crossing{
			Race: e.Race, Bib: e.Bib, Chip: e.Chips[s.chip], Visit: s.visit, Point: s.point, At: s.at,
			gap: runner.race.CrossingGap,
		}
		if s.kind == atStart {
			c.notBefore, c.notAfter = runner.gun, runner.gun.Add(runner.race.LateStart)
		}
		d.pass(runner.rng, s, first+uint32(s.chip), &c)
		d.truth.passed(s.kind, c)
		return len(c.Mats) > 0
	}
	last, read := seen{}, false
	for _, s := range runner.run() {
		last, read = s, pass(s)
	}
	if !read {
		return // else a second crossing of the finish would be the first that anybody knows of
	}
	if more, comes := runner.again(last); comes {
		pass(more)
	}
}

// day collects the reads of a recording.
type day struct {
	seed       uint64
	rng        *rand.Rand
	event      *race.Event
	conditions *Conditions
	recording  *Recording
	lying      map[race.PointID][]lyingMat
	missed     []float64 // share of crossings that a mat does not see
	// worn are the entrants with the chips that they really wear.
	worn []race.Entrant
	// truth is nil where nobody asks for it.
	truth *Truth
}

// lyingMat is a mat at a point during a period.
type lyingMat struct {
	race.Mat
	mat int // index in the recording's mats
}

func newDay(seed uint64, event *race.Event, c *Conditions) *day {
	d := &day{
		seed: seed, rng: rand.New(rand.NewPCG(seed, matStream)), event: event, conditions: c,
		recording: &Recording{event: event.ID, FirstGun: firstGun(event)},
		lying:     map[race.PointID][]lyingMat{},
	}
	for _, m := range event.Mats {
		mats := d.recording.mats
		i := slices.IndexFunc(mats, func(have mat) bool { return have.id == m.ID })
		if i < 0 {
			i = len(mats)
			controller := mat{id: m.ID}
			if c.Spellings {
				controller.spelling = spelling(i) % spellings
			}
			if c.ClocksOff > 0 {
				controller.off = uniform(d.rng, -c.ClocksOff, c.ClocksOff)
			}
			d.recording.mats = append(mats, controller)
			d.missed = append(d.missed, c.MinMissed+(c.MaxMissed-c.MinMissed)*d.rng.Float64())
		}
		d.lying[m.Point] = append(d.lying[m.Point], lyingMat{m, i})
	}
	return d
}

func firstGun(event *race.Event) racetime.Instant {
	var first racetime.Instant
	for i := range event.Races {
		for _, wave := range event.Races[i].Waves {
			if wave.Gun != 0 && (first == 0 || wave.Gun < first) {
				first = wave.Gun
			}
		}
	}
	return first
}

// pass lets a chip pass a point: it crosses one of the primary mats, which lie side by side, and every backup.
func (d *day) pass(rng *rand.Rand, s seen, chip uint32, c *Crossing) {
	var there [8]lyingMat
	primary, backups := there[:0], 0
	for _, p := range d.lying[s.point] {
		if !p.Holds(s.at.Add(p.ClockOffset)) {
			continue
		}
		if p.Backup {
			backups++
			d.read(rng, p, s.at.Add(uniform(rng, -d.conditions.BackupEarly, d.conditions.BackupLate)), s, chip, c)
			continue
		}
		primary = append(primary, p)
	}
	if len(primary) > 0 {
		d.read(rng, primary[rng.IntN(len(primary))], s.at, s, chip, c)
	}
}

const (
	// readGap bounds the time between two reads of a chip that crosses a mat.
	readGap = 400 * time.Millisecond
	// stayReads is how often a mat reads a chip that stays on it at least.
	stayReads = 40
)

// read lets a mat read a chip, or miss it. At the start the last read is the crossing, elsewhere the first.
func (d *day) read(rng *rand.Rand, p lyingMat, at racetime.Instant, s seen, chip uint32, c *Crossing) {
	if happens(rng, d.missed[p.mat]) {
		return
	}
	low := max(1, d.conditions.MinReads)
	times, gap := low+rng.IntN(max(low, d.conditions.MaxReads)-low+1), readGap
	if s.stay > 0 {
		times = stayReads + rng.IntN(max(stayReads, d.conditions.LoiterReads)-stayReads+1)
		gap = min(2*s.stay/time.Duration(times), c.gap/2) // it is one crossing
	}
	m := &d.recording.mats[p.mat]
	for i := range times {
		if i > 0 && s.kind == atStart {
			at = at.Add(-uniform(rng, time.Millisecond, gap))
		} else if i > 0 {
			at = at.Add(uniform(rng, time.Millisecond, gap))
		}
		written := at.Add(p.ClockOffset)
		line := row{at: written.Add(m.off), chip: chip, rssi: int8(-45 - rng.IntN(30)), antenna: uint8(1 + rng.IntN(4))}
		if !p.Holds(written) {
			continue // the mat is carried away
		}
		m.rows = append(m.rows, line)
		c.readBy(p.Mat, at)
	}
}

// addStrays adds chips that are on nobody's roster: of another race, on a bicycle, in a box beside the road.
func (d *day) addStrays() {
	rng := rand.New(rand.NewPCG(d.seed, strayStream))
	for i := range d.conditions.UnknownChips {
		chip := uint32(len(d.recording.chips))
		d.recording.chips = append(d.recording.chips, fmt.Sprintf("STRAY%03d", i+1))
		for range 1 + rng.IntN(3) {
			at := d.recording.FirstGun.Add(uniform(rng, 0, 4*time.Hour))
			d.pass(rng, seen{point: pick(rng, d.event.Points), at: at, kind: stray}, chip, &Crossing{})
		}
	}
}
