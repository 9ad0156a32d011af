package passing

import (
	"cmp"
	"slices"

	"raceday/services/rules/racetime"
)

// Judgement is a verdict with what it rests on.
type Judgement struct {
	Verdict Verdict
	// Visit is the visit that the read counts for, or would; -1 where there is none.
	Visit int
	// CountsAt is the instant that counts for that visit; zero where none does.
	CountsAt racetime.Instant
}

// Judge finds the passings of one entrant as Find does, and says of each read, by its index, what became of it. One read
// has one verdict, and each passing that no official entered has exactly one read that is Counted. It leaves reads as they
// are.
func (f *Finder) Judge(reads []Read, gun racetime.Instant, manual []Manual) ([]Passing, []Judgement) {
	order := make([]int, len(reads))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareReads(reads[a], reads[b]) })
	passings := f.Find(nil, slices.Clone(reads), gun, manual)
	j := judge{Finder: f, gun: gun, passings: passings, manual: f.manual}
	j.judgeCrossings()
	judged := make([]Judgement, len(reads))
	for n, i := range order {
		judged[i] = j.read(reads[i])
		if slices.ContainsFunc(atInstant(reads, order[:n], reads[i].At), func(before int) bool {
			return j.sameSighting(reads[before], reads[i])
		}) {
			judged[i].Verdict = SameInstant
		}
	}
	return passings, judged
}

// compareReads orders reads by instant; of several at one instant the first primary one counts.
func compareReads(a, b Read) int {
	return cmp.Or(cmp.Compare(a.At, b.At), compareBackup(a, b), cmp.Compare(a.Leg, b.Leg))
}

func compareBackup(a, b Read) int {
	switch {
	case a.Backup == b.Backup:
		return 0
	case b.Backup:
		return -1
	}
	return 1
}

// atInstant returns the end of order with the reads at an instant, which is the latest there.
func atInstant(reads []Read, order []int, at racetime.Instant) []int {
	from := len(order)
	for from > 0 && reads[order[from-1]].At == at {
		from--
	}
	return order[from:]
}

// sameSighting reports whether two reads are at one point and instant, and neither is of another crossing. Chips of several
// legs may make one crossing at the start only.
func (j *judge) sameSighting(a, b Read) bool {
	return a.At == b.At && a.Point == b.Point && (a.Leg == b.Leg || j.continuesStart(a) && j.continuesStart(b))
}

// judge holds what the finder found of one entrant.
type judge struct {
	*Finder
	gun      racetime.Instant
	passings []Passing
	manual   []Manual
	// judged holds a judgement for each crossing of the finder.
	judged []crossingJudgement
}

// crossingJudgement is Counted for a crossing that counts; its reads are told apart by whether a primary mat's counts.
type crossingJudgement struct {
	Judgement
	primary bool
}

// read judges one read.
func (j *judge) read(r Read) Judgement {
	o := &j.opening
	switch {
	case !j.onCourse[r.Point]:
		return Judgement{PointNotOnCourse, -1, 0}
	case j.gun == 0:
		return Judgement{GunUnknown, -1, 0}
	case r.At < j.gun:
		return Judgement{BeforeGun, -1, 0}
	case j.continuesStart(r) && o.manual:
		return Judgement{ManualTime, 0, o.reference}
	case j.continuesStart(r):
		primary := o.primary && o.last.Sub(o.lastPrimary) < j.gap
		return ofCrossing(r, crossingJudgement{Judgement{Counted, 0, o.reference}, primary})
	case r.At <= j.after():
		return Judgement{BeforeStart, -1, 0}
	}
	// Each other read is in one crossing.
	return ofCrossing(r, j.judged[slices.IndexFunc(j.crossings, func(c crossing) bool {
		return c.point == r.Point && c.leg == r.Leg && c.first <= r.At && r.At <= c.last
	})])
}

// ofCrossing judges a read by the crossing that it belongs to.
func ofCrossing(r Read, of crossingJudgement) Judgement {
	judged := of.Judgement
	switch {
	case of.Verdict != Counted || r.At == of.CountsAt && r.Backup != of.primary:
	case of.primary && r.Backup:
		judged.Verdict = BackupNotNeeded
	default:
		judged.Verdict = SameCrossing
	}
	return judged
}

func (j *judge) judgeCrossings() {
	j.judged = make([]crossingJudgement, len(j.crossings))
	for _, n := range j.way {
		n := &j.nodes[n]
		if n.manual() {
			continue
		}
		c := &j.crossings[n.crossing]
		primary := c.primary && n.at == c.firstPrimary && c.firstPrimary.Sub(c.first) < j.gap
		if j.handsOver(c, n.visit) {
			primary = c.primary && c.last.Sub(c.lastPrimary) < j.gap
		}
		j.judged[n.crossing] = crossingJudgement{Judgement{Counted, n.visit, n.at}, primary}
	}
	for i := range j.judged {
		if j.judged[i].Verdict == 0 {
			j.judged[i].Judgement = j.leftOut(&j.crossings[i])
		}
	}
}

// handsOver reports whether a crossing would count for a visit as the departure of who takes over.
func (f *Finder) handsOver(c *crossing, visit int) bool {
	s := f.stations[visit]
	return s.handOver && s.leg != 0 && c.leg == s.leg+1
}

// leftOut says why a crossing counts for no visit.
func (j *judge) leftOut(c *crossing) Judgement {
	visits, entered := j.visitsOf(c)
	finish := len(j.stations) - 1
	finishAt, finished := passingAt(j.passings, finish)
	switch {
	case finished && c.first > finishAt && !j.enteredAt(c, finish):
		return Judgement{AfterFinish, finish, finishAt}
	case finished && c.first > finishAt:
		return Judgement{ManualTime, finish, finishAt}
	case len(visits) == 0 && entered >= 0:
		at, _ := passingAt(j.passings, entered)
		return Judgement{ManualTime, entered, at}
	case len(visits) == 0 && j.atStart(c):
		return j.noStart()
	case len(visits) == 0:
		return Judgement{OthersLeg, -1, 0}
	}
	a := j.keptOut(c, visits)
	if a.verdict != AnotherCrossing && j.atStart(c) && !j.started() && j.beforeAll(c) {
		return j.noStart() // it was a start that came too late, and not a visit that came too early
	}
	at, _ := passingAt(j.passings, a.visit)
	return Judgement{a.verdict, a.visit, at}
}

// enteredAt reports whether an official entered the passing of a visit that a crossing lies at.
func (j *judge) enteredAt(c *crossing, visit int) bool {
	_, entered := manualAt(j.manual, visit)
	return entered && c.point == j.stations[visit].point && wears(c.leg, j.stations[visit].leg)
}

// atStart reports whether a crossing is at the start, by somebody who starts there.
func (j *judge) atStart(c *crossing) bool {
	line := j.stations[0]
	return c.point == line.point && wears(c.leg, line.leg)
}

func (j *judge) started() bool { return j.opening.seen || j.opening.manual }

// beforeAll reports whether a crossing lies before everything that counts.
func (j *judge) beforeAll(c *crossing) bool {
	return !slices.ContainsFunc(j.passings, func(p Passing) bool { return p.At <= c.first })
}

// noStart judges a crossing at the start that is not the start.
func (j *judge) noStart() Judgement {
	switch {
	case j.opening.manual:
		return Judgement{ManualTime, 0, j.opening.reference}
	case j.opening.seen:
		return Judgement{AnotherCrossing, 0, j.opening.reference}
	}
	return Judgement{OutsideStartWindow, 0, 0} // inside it, it would be the start
}

// visitsOf returns the visits behind the start that a crossing may be given, without those that an official entered, of
// which it returns the first; -1 where there is none.
func (j *judge) visitsOf(c *crossing) (visits []int, entered int) {
	entered = -1
	for visit := 1; visit < len(j.stations); visit++ {
		s := j.stations[visit]
		if c.point != s.point || !wears(c.leg, s.leg) && !j.handsOver(c, visit) {
			continue
		}
		_, ok := manualAt(j.manual, visit)
		switch {
		case ok && entered < 0:
			entered = visit
		case !ok:
			visits = append(visits, visit)
		}
	}
	return visits, entered
}

func passingAt(passings []Passing, visit int) (racetime.Instant, bool) {
	for _, p := range passings {
		if p.Visit == visit {
			return p.At, true
		}
	}
	return 0, false
}

// attempt is a crossing tried at a visit: the verdict, and the stretch, between two passings of which it is one, by which it
// was given up.
type attempt struct {
	verdict  Verdict
	visit    int
	from, to Passing
}

// keptOut says why none of its visits took a crossing. It tries the crossing at each, between the passings that count
// before and behind. The first of these reasons holds:
//  1. it fits at a visit, where another crossing counts;
//  2. it is in order at a visit, where the stretch to it or from it on would be too fast;
//  3. it is in order nowhere, and nobody gets to any of the visits from the start so fast;
//  4. it is in order nowhere.
func (j *judge) keptOut(c *crossing, visits []int) attempt {
	for _, visit := range visits {
		if t := j.try(c, visit); j.possibleAll(t, j.pace) {
			return attempt{AnotherCrossing, visit, t.before, t.here}
		}
	}
	for _, visit := range visits {
		t := j.try(c, visit)
		switch {
		case !j.possibleAll(t, 0):
		case j.between(t.before, t.here, j.pace):
			return attempt{TooFast, visit, t.here, t.behind}
		default:
			return attempt{TooFast, visit, t.before, t.here}
		}
	}
	start := Passing{0, j.opening.reference}
	verdict := TooFast
	for _, visit := range visits {
		if j.between(start, j.try(c, visit).here, j.pace) {
			verdict = OutOfOrder
		}
	}
	return attempt{verdict, visits[0], start, j.try(c, visits[0]).here}
}

// trial is a crossing as the passing of a visit, with those that count before and behind; see around.
type trial struct {
	before, here, behind Passing
}

func (j *judge) try(c *crossing, visit int) trial {
	t := trial{here: Passing{visit, j.arriving(c)}}
	if j.handsOver(c, visit) {
		t.here.At = j.leaving(c)
	}
	t.before, t.behind = j.around(visit)
	return t
}

// possibleAll reports whether both stretches of a trial are possible at a pace; with a pace of 0, whether they are in order.
func (j *judge) possibleAll(t trial, pace int64) bool {
	return j.between(t.before, t.here, pace) && j.between(t.here, t.behind, pace)
}

// around returns the passings that count before a visit, the start or the gun being one, and behind it; the latter has the
// visit -1 where there is none.
func (j *judge) around(visit int) (before, behind Passing) {
	before, behind = Passing{0, j.opening.reference}, Passing{-1, 0}
	for _, p := range j.passings {
		if p.Visit < visit {
			before = p
		} else if p.Visit > visit && behind.Visit < 0 {
			behind = p
		}
	}
	return before, behind
}

// between reports whether an entrant can have been at both, at a pace in microseconds per kilometre at the fastest.
func (j *judge) between(a, b Passing, pace int64) bool {
	return b.Visit < 0 || j.possible(a.Visit, a.At, b.Visit, b.At, pace)
}
