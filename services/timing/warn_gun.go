package timing

import (
	"fmt"
	"strings"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// planOff is how far from the planned gun one is fired late, and no slip.
const planOff = 10 * time.Minute

// warnOfPlan warns of a gun far from the one that the event names.
func (w *warner) warnOfPlan(r *ruling.Ruling) {
	of := w.event.Race(r.Race)
	var off []string
	for _, id := range wavesOfGun(of, r) {
		wave := of.Wave(id)
		if wave == nil || wave.Gun == 0 || r.At.Sub(wave.Gun).Abs() <= planOff {
			continue
		}
		off = append(off, fmt.Sprintf("%s the planned gun of wave %s at %s", apart(r.At, wave.Gun), wave.ID, w.clock(wave.Gun)))
	}
	if len(off) > 0 {
		w.add(r, "at", "GUN_OFF_PLAN", "%s is %s", w.clock(r.At), strings.Join(off, ", "))
	}
}

// warnOfStarts warns of a gun before which entrants have started.
func (w *warner) warnOfStarts(r *ruling.Ruling) {
	who := "of wave " + r.Target
	if r.Target == "" {
		who = "of race " + string(r.Race)
	}
	switch count := w.startsBefore[r.ID]; count {
	case 0:
	case 1:
		w.add(r, "at", "STARTS_BEFORE_GUN", "1 start %s is before it, and is none unless it is read again after it", who)
	default:
		w.add(r, "at", "STARTS_BEFORE_GUN", "%d starts %s are before it, and are none unless they are read again after it", count, who)
	}
}

// apart writes how long before or after another instant one is.
func apart(at, other racetime.Instant) string {
	if at < other {
		return long(other.Sub(at)) + " before"
	}
	return long(at.Sub(other)) + " after"
}

// long writes a time as times are written, rounded up to a second.
func long(d time.Duration) string { return racetime.Official(d, time.Second) }

// longest is how long after the gun an instant may be without a warning, where no cut-off is later.
const longest = 24 * time.Hour

// longestOf returns it for a race.
func longestOf(of *race.Race) time.Duration {
	most := longest
	for i := range of.Course {
		most = max(most, of.Course[i].CutOff.AfterGun, of.Course[i].CutOff.AfterStart)
	}
	return most
}
