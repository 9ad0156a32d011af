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
	// Of several reads at one instant the first primary one counts.
	order := make([]int, len(reads))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(reads[a].At, reads[b].At), compareBackup(reads[a], reads[b]))
	})
	passings := f.Find(nil, slices.Clone(reads), gun, manual)
	j := judge{Finder: f, gun: gun, passings: passings, manual: manual}
	j.judgeCrossings()
	judged := make([]Judgement, len(reads))
	for n, i := range order {
		judged[i] = j.read(reads[i])
		if slices.ContainsFunc(order[:n], func(before int) bool { return sameSighting(reads[before], reads[i]) }) {
			judged[i].Verdict = SameInstant
		}
	}
	return passings, judged
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

func sameSighting(a, b Read) bool { return a.At == b.At && a.Point == b.Point && a.Leg == b.Leg }

// judge holds what the finder found of one entrant.
type judge struct {
	*Finder
	gun      racetime.Instant
	passings []Passing
	manual   []Manual
	// crossings holds a judgement for each crossing of the finder.
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
	case r.At < j.gun && (r.At <= o.reference || j.continuesStart(r)):
		return Judgement{BeforeGun, -1, 0}
	case j.continuesStart(r) && o.manual:
		return Judgement{ManualTime, 0, o.reference}
	case j.continuesStart(r):
		primary := o.primary && o.last.Sub(o.lastPrimary) < j.gap
		return ofCrossing(r, crossingJudgement{Judgement{Counted, 0, o.reference}, primary})
	case r.At <= o.reference:
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
	at := j.arriving(c)
	visits, entered := j.visitsOf(c)
	last := len(j.stations) - 1
	finish, finished := passingAt(j.passings, last)
	start := j.stations[0]
	late := at > j.gun.Add(j.lateStart)
	switch {
	case finished && c.first > finish:
		return Judgement{AfterFinish, last, finish}
	case len(visits) == 0 && entered >= 0:
		counts, _ := passingAt(j.passings, entered)
		return Judgement{ManualTime, entered, counts}
	case len(visits) == 0 && c.point == start.point && wears(c.leg, start.leg) && late:
		return Judgement{OutsideStartWindow, 0, 0}
	case len(visits) == 0 && c.point == start.point && wears(c.leg, start.leg):
		return Judgement{AnotherCrossing, 0, j.opening.reference}
	case len(visits) == 0:
		return Judgement{OthersLeg, -1, 0}
	}
	s := j.keptOut(c, visits)
	if s.verdict == TooFast && c.point == start.point && !j.opening.seen && !j.opening.manual && late {
		return Judgement{OutsideStartWindow, 0, 0}
	}
	counts, _ := passingAt(j.passings, s.visit)
	return Judgement{s.verdict, s.visit, counts}
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
		if _, ok := manualAt(j.manual, visit); !ok {
			visits = append(visits, visit)
		} else if entered < 0 {
			entered = visit
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

// keptOut tries a crossing at each of its visits, between the passings that count before and behind.
func (j *judge) keptOut(c *crossing, visits []int) attempt {
	var tooFast, disorder *attempt
	fromStart := false
	for _, visit := range visits {
		here := Passing{visit, j.arriving(c)}
		if j.handsOver(c, visit) {
			here.At = j.leaving(c)
		}
		before, behind := j.around(visit)
		to, from := j.between(before, here, j.pace), j.between(here, behind, j.pace)
		inOrder := j.between(before, here, 0) && j.between(here, behind, 0)
		switch {
		case to && from:
			return attempt{AnotherCrossing, visit, before, here}
		case inOrder && tooFast == nil && to:
			tooFast = &attempt{TooFast, visit, here, behind}
		case inOrder && tooFast == nil:
			tooFast = &attempt{TooFast, visit, before, here}
		case disorder == nil:
			disorder = &attempt{OutOfOrder, visit, Passing{0, j.opening.reference}, here}
		}
		fromStart = fromStart || j.between(Passing{0, j.opening.reference}, here, j.pace)
	}
	if tooFast == nil && !fromStart {
		disorder.verdict = TooFast
	}
	return *cmp.Or(tooFast, disorder)
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
