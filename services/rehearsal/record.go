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
	d := newDay(seed, event, &c)
	for i := range entrants {
		e := &entrants[i]
		runner, runs := newRunner(seed, &c, event, e)
		if !runs {
			continue
		}
		first := uint32(len(d.recording.chips))
		d.recording.chips = append(d.recording.chips, e.Chips...)
		for _, s := range runner.run() {
			d.pass(runner.rng, s, first+uint32(s.chip))
		}
	}
	d.addStrays()
	for i := range d.recording.mats {
		m := &d.recording.mats[i]
		slices.SortFunc(m.rows, compareRows)
		m.restart = len(m.rows)
		d.recording.reads += len(m.rows)
	}
	d.send()
	return d.recording
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
			d.recording.mats = append(mats, mat{id: m.ID})
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
func (d *day) pass(rng *rand.Rand, s seen, chip uint32) {
	var there [8]lyingMat
	primary, backups := there[:0], 0
	for _, p := range d.lying[s.point] {
		if !p.Holds(s.at.Add(p.ClockOffset)) {
			continue
		}
		if p.Backup {
			backups++
			d.read(rng, p, s.at.Add(uniform(rng, -d.conditions.BackupEarly, d.conditions.BackupLate)), s.kind, chip)
			continue
		}
		primary = append(primary, p)
	}
	if len(primary) > 0 {
		d.read(rng, primary[rng.IntN(len(primary))], s.at, s.kind, chip)
	}
}

// readGap bounds the time between two reads of a chip that crosses a mat.
const readGap = 400 * time.Millisecond

// read lets a mat read a chip, or miss it. At the start the last read is the crossing, elsewhere the first.
func (d *day) read(rng *rand.Rand, p lyingMat, at racetime.Instant, kind seenKind, chip uint32) {
	if happens(rng, d.missed[p.mat]) {
		return
	}
	low := max(1, d.conditions.MinReads)
	times := low + rng.IntN(max(low, d.conditions.MaxReads)-low+1)
	for i := range times {
		if i > 0 && kind == atStart {
			at = at.Add(-uniform(rng, time.Millisecond, readGap))
		} else if i > 0 {
			at = at.Add(uniform(rng, time.Millisecond, readGap))
		}
		m := &d.recording.mats[p.mat]
		m.rows = append(m.rows, row{
			at: at.Add(p.ClockOffset), chip: chip, rssi: int8(-45 - rng.IntN(30)), antenna: uint8(1 + rng.IntN(4)),
		})
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
			d.pass(rng, seen{point: pick(rng, d.event.Points), at: at}, chip)
		}
	}
}
