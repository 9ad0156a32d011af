package timing

import (
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// sought returns the chips and instants of the reads that the fresh rulings make void, or could mean: an official may have
// written the instant that lists show, which the clock offset of the mat was taken off.
func (w *warner) sought() (chips []race.Chip, ats []racetime.Instant) {
	for i := range w.fresh {
		r := &w.fresh[i]
		line, ok := w.entrant(r)
		if r.Kind != ruling.VoidRead || !ok {
			continue
		}
		chips = append(chips, line.Chips...)
		ats = append(append(ats, r.At), w.meant(r)...)
	}
	slices.Sort(chips)
	slices.Sort(ats)
	return slices.Compact(chips), slices.Compact(ats)
}

// meant returns the instants that the mats of a void read's point wrote where the ruling has them with the offset taken off.
func (w *warner) meant(r *ruling.Ruling) []racetime.Instant {
	var ats []racetime.Instant
	for i := range w.event.Mats {
		mat := &w.event.Mats[i]
		written := r.At.Add(mat.ClockOffset)
		if string(mat.Point) == r.Point && mat.ClockOffset != 0 && mat.Holds(written) && !slices.Contains(ats, written) {
			ats = append(ats, written)
		}
	}
	return ats
}

func (w *warner) warnOfVoidRead(r *ruling.Ruling) {
	line, ok := w.entrant(r)
	if !ok || len(w.readBy(line, r.Point, r.At)) > 0 {
		return
	}
	for _, written := range w.meant(r) {
		for _, mat := range w.readBy(line, r.Point, written) {
			if mat.ClockOffset == written.Sub(r.At) {
				w.add(r, "at", "READ_NOT_FOUND", "no read at %s was written with %s; mat %s, whose clock is off by %s, wrote %s",
					r.Point, w.clock(r.At), mat.ID, mat.ClockOffset, w.clock(written))
				return
			}
		}
	}
	w.add(r, "at", "READ_NOT_FOUND", "no mat at %s wrote a read of bib %s with %s", r.Point, r.Bib, w.clock(r.At))
}

// readBy returns the mats at a point that read an entrant at an instant, as they wrote it.
func (w *warner) readBy(line RosterLine, point string, written racetime.Instant) []*race.Mat {
	var mats []*race.Mat
	for _, chip := range line.Chips {
		for _, id := range w.reads[chipAt{chip, written}] {
			if mat := w.event.MatAt(id, written); mat != nil && string(mat.Point) == point {
				mats = append(mats, mat)
			}
		}
	}
	return mats
}
