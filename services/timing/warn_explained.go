package timing

import (
	"context"
	"slices"
	"time"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/explanation"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// mostExplained bounds how many entrants are looked up for the warnings of one call: each is a look through the event's reads.
const mostExplained = 20

// explain looks up what follows for the entrants whose results say whether a ruling may be a slip. It is asked once the
// rulings are recorded. Who cannot be explained gives no warnings.
func (s *Service) explain(ctx context.Context, w *warner) {
	w.explained = map[race.Bib]*explanation.Explanation{}
	for i := range w.fresh {
		r := &w.fresh[i]
		if _, ok := w.entrant(r); !ok {
			continue
		}
		bibs := []race.Bib{r.Bib}
		switch r.Kind {
		case ruling.ManualTime, ruling.DNS, ruling.DNF, ruling.Withdrawn, ruling.Reviewed:
		case ruling.RankBefore:
			bibs = append(bibs, race.Bib(r.Target))
		default:
			continue
		}
		for _, bib := range bibs {
			if _, asked := w.explained[bib]; asked || len(w.explained) == mostExplained || ctx.Err() != nil {
				continue
			}
			explained, err := s.explainer.Explain(ctx, w.event.ID, bib)
			if err != nil {
				explained = nil
			}
			w.explained[bib] = explained
		}
	}
}

// warnOfResult warns of a ruling that the result of its entrant speaks against.
func (w *warner) warnOfResult(r *ruling.Ruling) {
	x := w.explained[r.Bib]
	if x == nil || x.Race == nil || x.Race.ID != r.Race {
		return
	}
	switch r.Kind {
	case ruling.ManualTime:
		w.warnOfPassing(r, x)
	case ruling.DNS, ruling.DNF, ruling.Withdrawn:
		w.warnOfLeaving(r, x)
	case ruling.RankBefore:
		w.warnOfRank(r, x, w.explained[race.Bib(r.Target)])
	case ruling.Reviewed:
		w.warnOfReview(r, x)
	}
}

// warnOfLeaving warns of a DNS of who has started and of a DNF or WITHDRAWN of who has finished.
func (w *warner) warnOfLeaving(r *ruling.Ruling, x *explanation.Explanation) {
	if len(x.Passings) == 0 || r.Point != "" {
		return
	}
	last := x.Passings[len(x.Passings)-1]
	if r.Kind == ruling.DNS || last.Visit == len(x.Race.Course)-1 {
		w.add(r, "kind", "STATUS_AGAINST_PASSINGS", "bib %s passed %s at %s, and is %s all the same",
			r.Bib, x.Race.VisitName(last.Visit), w.clock(last.At), r.Kind)
	}
}

// sameFinish is how far apart the times of two are at most of whom a judge may see another order than the chips.
const sameFinish = 3 * time.Second

// warnOfRank warns where one of two has no rank, and where no judge takes one for the other.
func (w *warner) warnOfRank(r *ruling.Ruling, x, other *explanation.Explanation) {
	if other == nil {
		return
	}
	for _, of := range []struct {
		field string
		*explanation.Explanation
	}{{"bib", x}, {"target", other}} {
		if of.Result.Status != result.Finished {
			w.add(r, of.field, "NOT_RANKED", "bib %s is %s and has no rank", of.Result.Bib, of.Result.Status)
			return
		}
	}
	if by := (x.Ranked.Time - other.Ranked.Time).Abs(); x.Ranked.Known && other.Ranked.Known && by > sameFinish {
		w.add(r, "target", "TIMES_APART", "the times of bib %s and bib %s are %s apart", r.Bib, r.Target, long(by))
	}
}

// warnOfReview warns of a review of what is not there. Conflicts are found among the reads, and not looked for.
func (w *warner) warnOfReview(r *ruling.Ruling, x *explanation.Explanation) {
	review := r.Review()
	if review.Kind == anomaly.IdentityConflict || slices.ContainsFunc(x.Result.Anomalies, func(a anomaly.Anomaly) bool {
		return review.Of(&a, x.Race)
	}) {
		return
	}
	where := ""
	if r.Point != "" {
		where = " at " + r.Point
	}
	w.add(r, "target", "ANOMALY_NOT_THERE", "bib %s has no %s%s to look at", r.Bib, review.Kind, where)
}

// warnOfPassing warns of a manual time that the reads and the other passings of the entrant speak against.
func (w *warner) warnOfPassing(r *ruling.Ruling, x *explanation.Explanation) {
	visit, ok := x.Race.VisitAt(r.Point)
	if !ok {
		return
	}
	start := x.Result.GunAt
	if at, ok := x.Result.StartAt(); ok {
		start = at
	}
	gun := x.Result.GunAt
	if visit > 0 && gun <= r.At && r.At <= start {
		w.add(r, "at", "TIME_BEFORE_START", "%s is not after the start of bib %s at %s, and counts nowhere", w.clock(r.At), r.Bib, w.clock(start))
		return
	}
	i := slices.IndexFunc(x.Passings, func(p explanation.Passing) bool { return p.Visit == visit && p.Ruling == r.ID })
	if i < 0 { // revoked, or another one stands
		return
	}
	if late := r.At.Sub(gun); gun != 0 && late > longestOf(x.Race) {
		w.add(r, "at", "TIME_LONG_AFTER_GUN", "%s is %s after the gun", w.clock(r.At), long(late))
	}
	w.warnOfReads(r, x, visit)
	before := explanation.Passing{Passing: passing.Passing{At: gun}}
	if i > 0 {
		before = x.Passings[i-1]
	}
	if visit > 0 {
		w.warnOfStretch(r, x, before, x.Passings[i])
	}
	if i+1 < len(x.Passings) {
		w.warnOfStretch(r, x, x.Passings[i], x.Passings[i+1])
	}
}

// warnOfReads warns of reads that lie in another order than the course, if the manual time holds.
func (w *warner) warnOfReads(r *ruling.Ruling, x *explanation.Explanation, visit int) {
	var against []*explanation.Read
	for i := range x.Reads {
		read := &x.Reads[i]
		away := read.Point != x.Race.Course[visit].Point
		switch {
		case read.Verdict == passing.AfterFinish && visit == len(x.Race.Course)-1 && away,
			read.Verdict == passing.BeforeStart && visit == 0 && away,
			read.Visit > visit && read.CorrectedAt <= r.At,
			read.Visit > 0 && read.Visit < visit && read.CorrectedAt >= r.At:
			against = append(against, read)
		}
	}
	if len(against) == 0 {
		return
	}
	order := "after"
	if against[0].CorrectedAt <= r.At {
		order = "before"
	}
	w.add(r, "at", "TIME_AGAINST_READS", "%s: reads of bib %s contradict it and count nowhere, %d in all, the first at %s at %s, %s it",
		w.clock(r.At), r.Bib, len(against), against[0].Point, w.clock(against[0].CorrectedAt), order)
}

// warnOfStretch warns of a stretch that nobody runs. Behind a forced start a leg begins before the leg ahead of it ends.
func (w *warner) warnOfStretch(r *ruling.Ruling, x *explanation.Explanation, from, to explanation.Passing) {
	if of := x.Race.Team; of != nil && slices.ContainsFunc(of.Legs, func(l race.Leg) bool { return l.ForcedStart != 0 }) {
		return
	}
	here, there := x.Race.VisitName(from.Visit), x.Race.VisitName(to.Visit)
	took := to.At.Sub(from.At)
	if took <= 0 {
		w.add(r, "at", "TIME_OUT_OF_ORDER", "%s at %s is not after %s at %s", there, w.clock(to.At), here, w.clock(from.At))
		return
	}
	length := x.Race.Course[to.Visit].AtMillimetres - x.Race.Course[from.Visit].AtMillimetres
	if pace := racetime.Pace(took, length); pace.Known && pace.Time < x.Race.FastestPace {
		w.add(r, "at", "TIME_TOO_FAST", "%s to %s in %s is %s a kilometre, faster than the %s that is taken for possible; it stands all the same",
			here, there, long(took), racetime.FormatPace(pace), racetime.FormatPace(racetime.Known(x.Race.FastestPace)))
	}
}
