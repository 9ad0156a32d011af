package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	timingv1 "raceday/proto/raceday/timing/v1"
)

func (s *sheet) reads() section {
	reads := s.x.GetReads()
	var lines [][]string
	var notes []string
	if s.everyRead {
		lines = s.readLines()
	} else if lines = s.crossingLines(); len(lines)-1 < len(reads) {
		notes = append(notes, fmt.Sprintf("--reads shows all %d reads of these crossings", len(reads)))
	}
	if slices.ContainsFunc(reads, wroteAnother) {
		notes = append(notes, "VOID_READ takes the instant that the mat wrote")
	}
	return section{"READS", lines, notes}
}

func (s *sheet) readLines() [][]string {
	lines := [][]string{{"READ", "CLOCK", "POINT", "MAT", "BOOT", "NUMBER", "CHIP", "WHAT BECAME OF IT"}}
	for i, r := range s.x.GetReads() {
		raw := r.GetRead()
		became := s.became(r)
		if r.GetVerdict() == timingv1.Verdict_VERDICT_COUNTED {
			became += " for " + s.race.VisitName(int(r.GetVisit()))
		}
		lines = append(lines, []string{fmt.Sprint(i + 1), s.clock(r.GetAt()), cmp.Or(r.GetPoint(), "-"), matOf(r),
			cmp.Or(raw.GetBoot(), "-"), fmt.Sprint(raw.GetSeq()), raw.GetChip(), became + s.remarks(r, r.GetConflict())})
	}
	return lines
}

func matOf(r *timingv1.JudgedRead) string {
	if r.GetBackup() {
		return r.GetRead().GetMat() + " (backup)"
	}
	return r.GetRead().GetMat()
}

// crossingLines writes a line for each crossing.
func (s *sheet) crossingLines() [][]string {
	lines := [][]string{{"FIRST READ", "POINT", "MATS", "READS", "WHAT BECAME OF IT"}}
	for _, reads := range s.crossings() {
		first, decides, conflict := reads[0], reads[0], false
		var mats []string
		for _, r := range reads {
			if r.GetVerdict() == timingv1.Verdict_VERDICT_COUNTED {
				decides = r
			}
			if !slices.Contains(mats, matOf(r)) {
				mats = append(mats, matOf(r))
			}
			conflict = conflict || r.GetConflict()
		}
		became := s.became(decides)
		if decides.GetVerdict() == timingv1.Verdict_VERDICT_COUNTED {
			became += " for " + s.race.VisitName(int(decides.GetVisit()))
			if !decides.GetAt().AsTime().Equal(first.GetAt().AsTime()) {
				became += " at " + s.clock(decides.GetAt())
			}
		}
		lines = append(lines, []string{s.clock(first.GetAt()), cmp.Or(first.GetPoint(), "-"), strings.Join(mats, ", "),
			fmt.Sprint(len(reads)), became + s.remarks(first, conflict)})
	}
	return lines
}

// sighting is what the reads of a crossing have in common.
type sighting struct {
	// point, or the mat that lay at none.
	point, mat string
	// leg of the member; 0 in a crossing that counts, which may be of several members at the start.
	leg     int32
	visit   int32
	verdict timingv1.Verdict
	// void is the ruling by which it is void.
	void string
}

// crossings puts together the reads that became the same in one go.
func (s *sheet) crossings() [][]*timingv1.JudgedRead {
	var crossings [][]*timingv1.JudgedRead
	newest := map[sighting]int{}
	for _, r := range s.x.GetReads() {
		if twin := twinOf(crossings, r); r.GetVerdict() == timingv1.Verdict_VERDICT_SAME_INSTANT && twin >= 0 {
			crossings[twin] = append(crossings[twin], r)
			continue
		}
		seen := s.sighting(r)
		n, ok := newest[seen]
		if ok {
			last := crossings[n][len(crossings[n])-1]
			ok = r.GetAt().AsTime().Sub(last.GetAt().AsTime()) < s.race.CrossingGap
		}
		if !ok {
			n = len(crossings)
			newest[seen], crossings = n, append(crossings, nil)
		}
		crossings[n] = append(crossings[n], r)
	}
	return crossings
}

// twinOf returns the crossing with a read at the same point and instant, -1 where there is none.
func twinOf(crossings [][]*timingv1.JudgedRead, r *timingv1.JudgedRead) int {
	return slices.IndexFunc(crossings, func(reads []*timingv1.JudgedRead) bool {
		return slices.ContainsFunc(reads, func(of *timingv1.JudgedRead) bool {
			return of.GetVerdict() != timingv1.Verdict_VERDICT_VOID && of.GetPoint() == r.GetPoint() &&
				of.GetAt().AsTime().Equal(r.GetAt().AsTime())
		})
	})
}

func (s *sheet) sighting(r *timingv1.JudgedRead) sighting {
	seen := sighting{point: r.GetPoint(), leg: r.GetLeg(), visit: -1, verdict: r.GetVerdict()}
	if r.Visit != nil {
		seen.visit = r.GetVisit()
	}
	if seen.point == "" {
		seen.mat = r.GetRead().GetMat()
	}
	switch r.GetVerdict() {
	case timingv1.Verdict_VERDICT_SAME_CROSSING, timingv1.Verdict_VERDICT_BACKUP_NOT_NEEDED, timingv1.Verdict_VERDICT_COUNTED:
		seen.verdict, seen.leg = timingv1.Verdict_VERDICT_COUNTED, 0
	case timingv1.Verdict_VERDICT_VOID:
		seen.void = s.voidBy(r)
	}
	return seen
}

// sentences say of each verdict to an official what it means.
var sentences = map[timingv1.Verdict]string{
	timingv1.Verdict_VERDICT_COUNTED:              "counts",
	timingv1.Verdict_VERDICT_SAME_INSTANT:         "same instant as another read",
	timingv1.Verdict_VERDICT_SAME_CROSSING:        "same crossing",
	timingv1.Verdict_VERDICT_BACKUP_NOT_NEEDED:    "backup not needed",
	timingv1.Verdict_VERDICT_GUN_UNKNOWN:          "the gun of the wave is not known",
	timingv1.Verdict_VERDICT_BEFORE_GUN:           "before the gun",
	timingv1.Verdict_VERDICT_BEFORE_START:         "before the own start",
	timingv1.Verdict_VERDICT_OUTSIDE_START_WINDOW: "too late after the gun to be a start",
	timingv1.Verdict_VERDICT_AFTER_FINISH:         "after the finish",
	timingv1.Verdict_VERDICT_TOO_FAST:             "faster than anybody runs",
	timingv1.Verdict_VERDICT_OUT_OF_ORDER:         "against the order of the course",
	timingv1.Verdict_VERDICT_ANOTHER_CROSSING:     "another crossing counts",
	timingv1.Verdict_VERDICT_MANUAL_TIME:          "an official entered the time",
	timingv1.Verdict_VERDICT_OTHERS_LEG:           "this member does not run here",
	timingv1.Verdict_VERDICT_POINT_NOT_ON_COURSE:  "the race does not come by this point",
	timingv1.Verdict_VERDICT_NO_LEG:               "a reserve's chip, who runs no leg",
	timingv1.Verdict_VERDICT_NO_POINT:             "the mat lay at no point then",
	timingv1.Verdict_VERDICT_VOID:                 "void",
	timingv1.Verdict_VERDICT_UNKNOWN_CHIP:         "nobody wears this chip",
}

// became says what became of a read, and what counts in its place unless that goes without saying.
func (s *sheet) became(r *timingv1.JudgedRead) string {
	text := cmp.Or(sentences[r.GetVerdict()], r.GetVerdict().String())
	switch r.GetVerdict() {
	case timingv1.Verdict_VERDICT_COUNTED, timingv1.Verdict_VERDICT_AFTER_FINISH:
		return text
	case timingv1.Verdict_VERDICT_VOID:
		if id := s.voidBy(r); id != "" {
			return s.decision(id, text)
		}
		return text
	}
	if r.GetCountsAt() == nil {
		return text
	}
	at := s.clock(r.GetCountsAt())
	switch r.GetVerdict() {
	case timingv1.Verdict_VERDICT_SAME_INSTANT, timingv1.Verdict_VERDICT_SAME_CROSSING, timingv1.Verdict_VERDICT_BACKUP_NOT_NEEDED:
		return fmt.Sprintf("%s, %s counts", text, at)
	case timingv1.Verdict_VERDICT_ANOTHER_CROSSING, timingv1.Verdict_VERDICT_MANUAL_TIME:
		return fmt.Sprintf("%s for %s, %s", text, s.race.VisitName(int(r.GetVisit())), at)
	}
	return fmt.Sprintf("%s; %s counts at %s", text, s.race.VisitName(int(r.GetVisit())), at)
}

// remarks are what the mat of a read did out of the ordinary.
func (s *sheet) remarks(r *timingv1.JudgedRead, conflict bool) string {
	text := ""
	if wroteAnother(r) {
		text += fmt.Sprintf(" (the mat wrote %s)", s.clock(r.GetRead().GetAt()))
	}
	if conflict {
		text += " (the mat used this number for another read too)"
	}
	return text
}

// wroteAnother reports whether the clock offset of its mat applies to a read.
func wroteAnother(r *timingv1.JudgedRead) bool {
	return !r.GetRead().GetAt().AsTime().Equal(r.GetAt().AsTime())
}

// voidBy returns the ruling by which a read is void; it names the point and the instant that the mat wrote.
func (s *sheet) voidBy(r *timingv1.JudgedRead) string {
	for _, explained := range s.x.GetRulings() {
		v := explained.GetRuling()
		if v.GetKind() == timingv1.RulingKind_RULING_KIND_VOID_READ && explained.GetStands() && v.GetPoint() == r.GetPoint() &&
			v.GetAt().AsTime().Equal(r.GetRead().GetAt().AsTime()) {
			return v.GetId()
		}
	}
	return ""
}
