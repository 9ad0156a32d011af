package rehearsal

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// swapChips returns the entrants, of whom some pairs of one race wear each other's chips.
func swapChips(entrants []race.Entrant, pairs int, rng *rand.Rand) []race.Entrant {
	worn := slices.Clone(entrants)
	swapped := map[int]bool{}
	for try := 0; len(swapped) < 2*pairs && try < 100*pairs && len(worn) > 1; try++ {
		a, b := rng.IntN(len(worn)), rng.IntN(len(worn))
		alone := len(worn[a].Chips) == 1 && len(worn[b].Chips) == 1 && len(worn[a].Members)+len(worn[b].Members) == 0
		if a == b || swapped[a] || swapped[b] || worn[a].Race != worn[b].Race || !alone || worn[a].Gone || worn[b].Gone {
			continue
		}
		worn[a].Chips, worn[b].Chips = worn[b].Chips, worn[a].Chips
		swapped[a], swapped[b] = true, true
	}
	return worn
}

// unregistered returns runners without an entry, with chips that are on nobody's roster.
func (d *day) unregistered() []race.Entrant {
	var alone []*race.Race
	for i := range d.event.Races {
		if r := &d.event.Races[i]; r.Team == nil && len(r.Waves) > 0 {
			alone = append(alone, r)
		}
	}
	var runners []race.Entrant
	rng := rand.New(rand.NewPCG(d.seed, strayStream))
	for i := range d.conditions.Unregistered {
		if len(alone) == 0 {
			break
		}
		r := pick(rng, alone)
		runners = append(runners, race.Entrant{
			Race: r.ID, Wave: pick(rng, r.Waves).ID, Chips: []string{fmt.Sprintf("UNREG%03d", i+1)},
		})
	}
	return runners
}

// firstTestChip is the first of the chips that timers wear themselves.
const firstTestChip = 99990

// addTestChips lets the timers walk over every mat, before the race and during it.
func (d *day) addTestChips() {
	rng := rand.New(rand.NewPCG(d.seed, writeStream))
	onRoster := map[race.Chip]bool{}
	for _, written := range d.recording.chips {
		chip, _ := race.ParseChip(written) // The roster's keeper refuses what is none.
		onRoster[chip] = true
	}
	given := 0
	for number := firstTestChip; given < d.conditions.TestChips; number++ {
		code := fmt.Sprint(number)
		if onRoster[race.Chip(code)] {
			continue
		}
		given++
		chip := uint32(len(d.recording.chips))
		d.recording.chips = append(d.recording.chips, code)
		for _, point := range d.event.Points {
			for range 1 + rng.IntN(3) {
				at := d.recording.FirstGun.Add(uniform(rng, -time.Hour, 4*time.Hour))
				d.pass(rng, seen{point: point, at: at, kind: stray}, chip, &Crossing{})
			}
		}
	}
}

// write puts the reads of each mat into the order in which it wrote them down: that of their instants, but for those that
// it held back. No line goes back by more than it held one.
func (d *day) write() {
	rng := rand.New(rand.NewPCG(d.seed, writeStream+1))
	for i := range d.recording.mats {
		m := &d.recording.mats[i]
		slices.SortFunc(m.rows, compareRows)
		m.restart = len(m.rows)
		d.recording.reads += len(m.rows)
		if d.conditions.Backwards > 0 {
			holdBack(m.rows, rng, d.conditions.Backwards, d.conditions.BackwardsBy)
		}
	}
}

func holdBack(rows []row, rng *rand.Rand, share float64, by time.Duration) {
	type held struct {
		row
		until racetime.Instant
	}
	lines := make([]held, len(rows))
	for i, r := range rows {
		lines[i] = held{r, r.at}
		if happens(rng, share) {
			lines[i].until = r.at.Add(uniform(rng, 0, by))
		}
	}
	slices.SortStableFunc(lines, func(a, b held) int { return cmp.Compare(a.until, b.until) })
	for i, line := range lines {
		rows[i] = line.row
	}
}
