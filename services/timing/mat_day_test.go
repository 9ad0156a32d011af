package timing

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"raceday/services/rules/race"
)

// marathonMats is a day of a marathon with a mat at each of its points, and two at the finish.
func marathonMats() *race.Event {
	event := &race.Event{ID: "almaty-2025"}
	r := race.Race{ID: "ten", CrossingGap: 30 * time.Second, Waves: []race.Wave{{ID: "A", Gun: gunAt}}}
	for _, km := range []int64{0, 5, 10, 21, 30, 35, 42} {
		point := race.PointID(fmt.Sprint("k", km))
		r.Course = append(r.Course, race.Visit{Point: point, AtMillimetres: km * 1_000_000})
		event.Mats = append(event.Mats, race.Mat{ID: race.MatID(point + "-a"), Point: point})
	}
	event.Mats = append(event.Mats, race.Mat{ID: "k42-b", Point: "k42", Backup: true})
	event.Races = []race.Race{r}
	return event
}

// marathonReads are those of a field by its chips' numbers, in order of time: all start within 20 minutes, slow down by up to
// a third, are missed by a mat in 50, one in 25 gives up somewhere, and the last in a hundred are taken off the course at
// 35 km.
func marathonReads(event *race.Event, entrants int) []Read {
	random := rand.New(rand.NewPCG(7, 8))
	var p tape
	for i := range entrants {
		pace := time.Duration(float64(3*time.Minute) + 5*float64(time.Minute)*min(1, max(0, 0.5+random.NormFloat64()/5)))
		start := time.Duration(float64(pace-3*time.Minute) / float64(5*time.Minute) * float64(20*time.Minute))
		slower, gaveUp := random.Float64()/3, 1000
		if random.IntN(25) == 0 {
			gaveUp = 1 + random.IntN(6)
		}
		if pace > 3*time.Minute+5*time.Minute*96/100 {
			gaveUp = 6
		}
		for n, visit := range event.Races[0].Course {
			km := float64(visit.AtMillimetres) / 1_000_000
			at := start + time.Duration(km*float64(pace)*(1+slower*km/42))
			for _, mat := range event.Mats {
				if mat.Point == visit.Point && n < gaveUp && random.IntN(50) > 0 {
					p.see(mat.ID, chipOf(i), at)
				}
			}
		}
	}
	slices.SortStableFunc(p.batch.Reads, func(a, b Read) int { return cmp.Compare(a.ArrivedAt, b.ArrivedAt) })
	return p.batch.Reads
}

func TestADayOfAMarathon(t *testing.T) {
	t.Parallel()
	event := marathonMats()
	reads := marathonReads(event, 1500)
	for _, c := range []struct {
		name string
		// dead are mats that stop seeing so long after the gun.
		dead map[race.MatID]time.Duration
		// silent is within how many minutes after that each of them is silent; others never are.
		within time.Duration
	}{
		{"nothing is wrong", nil, 0},
		{"the mat at km 30 stops", map[race.MatID]time.Duration{"k30-a": 3 * time.Hour}, 25 * time.Minute},
		{"both mats of the finish stop in the middle of the field",
			map[race.MatID]time.Duration{"k42-a": 4*time.Hour + 10*time.Minute, "k42-b": 4*time.Hour + 10*time.Minute}, 25 * time.Minute},
		{"both mats of the finish stop for the last hour",
			map[race.MatID]time.Duration{"k42-a": 5*time.Hour + 30*time.Minute, "k42-b": 5*time.Hour + 30*time.Minute}, 40 * time.Minute},
		{"the second mat of the finish stops", map[race.MatID]time.Duration{"k42-b": 4 * time.Hour}, 4 * time.Minute},
	} {
		tally, next := newTally(event, wornChips(1500)), 0
		silent := map[race.MatID]time.Duration{}
		for now := time.Duration(0); now < 9*time.Hour; now += time.Minute {
			for ; next < len(reads) && reads[next].ArrivedAt <= gunAt.Add(now); next++ {
				if died, ok := c.dead[reads[next].Mat]; !ok || reads[next].At < gunAt.Add(died) {
					tally.takeRead(&reads[next])
				}
			}
			states, _ := tally.states(gunAt.Add(now))
			for _, s := range states {
				if _, ok := silent[s.Mat]; !ok && s.Silent {
					silent[s.Mat] = now
					if _, dead := c.dead[s.Mat]; !dead {
						t.Errorf("%s: %s is silent after %v, missed %d, overdue %d", c.name, s.Mat, now, s.MissedSince, s.Overdue)
					}
				}
			}
		}
		for mat, died := range c.dead {
			if at, ok := silent[mat]; !ok || at-died > c.within {
				t.Errorf("%s: %s is silent after %v (%v), want it within %v of %v", c.name, mat, at, ok, c.within, died)
			}
		}
	}
}
