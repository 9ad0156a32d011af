package relay

import (
	"math"
	"slices"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Runners tells from the chips of a team's members who ran its legs, where that is evidently not the order in which they are
// registered: for each leg the one, from 1, that its runner is registered for. It is nil where they ran as registered, where
// no member wears a chip, and where the chips leave a doubt: whether members ran in another order or wore each other's
// chips is for an official to find out, and no time follows from it.
//
// A member ran another leg than its own if it was seen at two or more of that leg's visits, in their order and during the
// leg, and so fits this leg alone. Of all others nothing says that they did not run their own; if a leg would then have two
// runners there is a doubt.
func Runners(r *race.Race, arrivals []Arrival, gun racetime.Instant, seen []passing.Sighting) []int {
	if len(seen) == 0 {
		return nil
	}
	windows := legWindows(r, arrivals, gun)
	runners := make([]int, len(windows))
	swapped := false
	for member := range windows {
		leg := member
		own := slices.DeleteFunc(slices.Clone(seen), func(s passing.Sighting) bool { return s.Leg != member+1 })
		if other, evident := ranOther(r, windows, own, member); evident {
			leg, swapped = other, true
		}
		if runners[leg] != 0 {
			return nil
		}
		runners[leg] = member + 1
	}
	if !swapped {
		return nil
	}
	return runners
}

// legWindow is the visits of a leg, and from when until when it was run as far as that is known.
type legWindow struct {
	begin, end  int
	from, until racetime.Instant
}

func legWindows(r *race.Race, arrivals []Arrival, gun racetime.Instant) []legWindow {
	ends, _ := r.LegEnds()
	windows := make([]legWindow, len(ends))
	begin, from := 0, gun
	for i, end := range ends {
		windows[i] = legWindow{begin: begin, end: end, from: from, until: math.MaxInt64}
		begin = end
		if arrivals[i].Seen {
			from = arrivals[i].At
		}
		if forced := r.Team.Legs[i].ForcedStart; forced != 0 {
			from = min(from, forced)
		}
	}
	until := racetime.Instant(math.MaxInt64)
	for i, arrival := range slices.Backward(arrivals) {
		if arrival.Seen {
			until = arrival.At
		}
		windows[i].until = until
	}
	return windows
}

// ranOther returns the one leg that a member's sightings fit, from 0; false where they fit its own too, none or several.
func ranOther(r *race.Race, windows []legWindow, own []passing.Sighting, registered int) (leg int, evident bool) {
	if len(own) < 2 {
		return 0, false
	}
	for i := range windows {
		switch fits := windows[i].fits(r, own); {
		case fits && (evident || i == registered):
			return 0, false
		case fits:
			leg, evident = i, true
		}
	}
	return leg, evident
}

// fits reports whether all sightings of a member, in the order of time, are of visits of the leg, of two at least, and the
// middle of the run lies in the leg's time: at its ends members wait, and what counts there may be another's crossing.
func (w *legWindow) fits(r *race.Race, own []passing.Sighting) bool {
	visit, first := w.begin, -1
	var left racetime.Instant
	for i, s := range own {
		point, next := r.Course[s.Visit].Point, visit
		for next <= w.end && r.Course[next].Point != point {
			next++
		}
		if i == len(own)-1 { // a leg may end where it began
			for last := next + 1; last <= w.end; last++ {
				if r.Course[last].Point == point {
					next = last
				}
			}
		}
		if next > w.end {
			return false
		}
		if first < 0 {
			first = next
		}
		if next == first {
			left = s.LeftAt
		}
		visit = next
	}
	middle := left + (own[len(own)-1].ArrivedAt-left)/2
	return visit > first && w.from <= middle && middle <= w.until
}
