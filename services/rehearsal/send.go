package rehearsal

import (
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

const usualBatchReads = 100

// send divides the reads into messages and says when each goes out.
func (d *day) send() {
	r := d.recording
	restarting, offline := d.busyMats()
	if offline < 0 {
		offline = restarting // the only mat behind the starts has both troubles
	}
	if d.conditions.Restart && restarting >= 0 {
		r.mats[restarting].restart = len(r.mats[restarting].rows) / 2
	}
	if d.conditions.Offline > 0 && offline >= 0 {
		rows := r.mats[offline].rows
		from := rows[len(rows)/3].at.Sub(r.FirstGun)
		r.Offline = Offline{r.mats[offline].id, from, from + d.conditions.Offline}
	}
	for i := range r.mats {
		d.sendMat(i)
	}
	r.sortFlow()
	d.sendAgain()
}

// busyMats returns two mats to be troubled: the busiest and the next of those that never lie where a race starts; -1 where
// there is none.
func (d *day) busyMats() (first, second int) {
	atStarts := map[int]bool{}
	for i := range d.event.Races {
		for _, p := range d.lying[d.event.Races[i].Course[0].Point] {
			atStarts[p.mat] = true
		}
	}
	first, second = -1, -1
	most, next := 0, 0
	for i := range d.recording.mats {
		switch n := len(d.recording.mats[i].rows); {
		case atStarts[i]:
		case n > most:
			first, second, most, next = i, first, n, most
		case n > next:
			second, next = i, n
		}
	}
	return first, second
}

// sendMat closes a message when it is full, when its first read has waited long enough, and before a new numbering.
func (d *day) sendMat(index int) {
	c, m := d.conditions, &d.recording.mats[index]
	full := c.BatchReads
	if full < 1 {
		full = usualBatchReads
	}
	var sent time.Duration
	for first := 0; first < len(m.rows); {
		last := first + 1
		for last < len(m.rows) && last-first < full && last != m.restart &&
			(c.BatchTime == 0 || m.rows[last].at.Sub(m.rows[first].at) < c.BatchTime) {
			last++
		}
		latest := m.rows[last-1].at
		for _, row := range m.rows[first:last] {
			latest = max(latest, row.at)
		}
		after := d.sentAfter(m.id, latest)
		if first > 0 {
			after = max(after, sent)
		}
		sent = after
		d.recording.flow = append(d.recording.flow, message{after, index, first, last})
		first = last
	}
}

// sentAfter is when a message goes out whose last read was at an instant.
func (d *day) sentAfter(id race.MatID, at racetime.Instant) time.Duration {
	after := at.Sub(d.recording.FirstGun) + uniform(d.rng, 200*time.Millisecond, 2*time.Second)
	if off := d.recording.Offline; off.Mat == id && after >= off.From && after < off.Until {
		return off.Until
	}
	return after
}

// sendAgain repeats some messages minutes later, but none at the very end, where nobody waits for repeats.
func (d *day) sendAgain() {
	r := d.recording
	end := r.End()
	for _, m := range slices.Clone(r.flow) {
		if !happens(d.rng, d.conditions.Resent) {
			continue
		}
		if m.after += uniform(d.rng, 30*time.Second, 20*time.Minute); m.after < end {
			r.flow = append(r.flow, m)
			r.resent++
		}
	}
	r.sortFlow()
}
