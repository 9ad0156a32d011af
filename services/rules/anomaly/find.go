package anomaly

import (
	"cmp"
	"slices"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Facts are what the anomalies of one entrant follow from.
type Facts struct {
	Event *race.Event
	Race  *race.Race
	// Passings are those of the entrant, counted from GunAt.
	Passings []passing.Passing
	Oddities []passing.Oddity
	GunAt    racetime.Instant
	// FirstGunAt is the earliest gun of the race; zero where none is known.
	FirstGunAt racetime.Instant
	// Closed means that the race is over.
	Closed bool
	// StatusBy is the ruling that decided the entrant's status, and so deals with all its anomalies; empty where there is
	// none.
	StatusBy string
	Reviews  []Review
}

// Find returns the anomalies of an entrant in the order of the course.
func Find(f Facts) []Anomaly {
	var found []Anomaly
	add := func(a Anomaly) {
		a.DealtBy = f.dealtBy(a)
		found = append(found, a)
	}
	f.starts(add)
	f.missing(add)
	for _, o := range f.Oddities {
		f.odd(o, add)
	}
	f.overTime(add)
	slices.SortStableFunc(found, func(a, b Anomaly) int { return cmp.Compare(a.Visit, b.Visit) })
	return found
}

// starts finds a finish without a start, and a start with nothing behind it.
func (f *Facts) starts(add func(Anomaly)) {
	if len(f.Passings) == 0 {
		return
	}
	first, last := f.Passings[0], f.Passings[len(f.Passings)-1]
	switch finish := len(f.Race.Course) - 1; {
	case first.Visit > 0 && last.Visit == finish:
		add(Anomaly{Kind: FinishWithoutStart, Visit: finish, At: last.At, FromVisit: Nowhere})
	case last.Visit == 0 && f.Closed:
		add(Anomaly{Kind: NothingAfterStart, Visit: 0, At: last.At, FromVisit: Nowhere})
	}
}

// missing finds the visits behind the start that were not read though a later one was. Where no mat lies, none is missed.
func (f *Facts) missing(add func(Anomaly)) {
	visit := 1
	for _, p := range f.Passings {
		from, to, missed := Nowhere, Nowhere, 0
		for ; visit < p.Visit; visit++ {
			if !f.hasMat(f.Race.Course[visit].Point) {
				continue
			}
			if missed++; missed == 1 {
				from = visit
			}
			to = visit
		}
		switch {
		case missed == 1:
			add(Anomaly{Kind: MissingPoint, Visit: to, FromVisit: Nowhere})
		case missed > 1:
			add(Anomaly{Kind: MissingPoints, Visit: to, FromVisit: from})
		}
		visit = max(visit, p.Visit+1)
	}
}

func (f *Facts) hasMat(point race.PointID) bool {
	for i := range f.Event.Mats {
		if f.Event.Mats[i].Point == point {
			return true
		}
	}
	return false
}

func (f *Facts) odd(o passing.Oddity, add func(Anomaly)) {
	a := Anomaly{Visit: o.To.Visit, At: o.To.At, FromVisit: o.From.Visit, FromAt: o.From.At}
	switch o.Kind {
	case passing.ImpossibleSegment, passing.NotAfterStart:
		a.Kind, a.Time = ImpossibleSegment, o.To.At.Sub(o.From.At)
	case passing.TwoPlaces:
		a.Kind = TwoPlaces
	case passing.OnOthersLeg:
		a = Anomaly{Kind: OthersLeg, Visit: o.To.Visit, At: o.To.At, FromVisit: Nowhere, Leg: o.Leg}
	case passing.EarlyStart:
		a = Anomaly{Visit: o.To.Visit, At: o.To.At, FromVisit: Nowhere}
		switch {
		case len(f.Passings) == 0 && !f.Closed:
			return // waits at the start, and may still be seen to start with the own wave
		case f.FirstGunAt == 0 || o.To.At < f.FirstGunAt.Add(-f.Race.LateStart):
			return // somebody was at the start long before: no start at all
		case o.To.At < f.FirstGunAt:
			a.Kind, a.Time = FalseStart, f.FirstGunAt.Sub(o.To.At)
		default:
			a.Kind, a.Time = EarlyWave, f.GunAt.Sub(o.To.At)
		}
	}
	add(a)
}

// overTime finds the first cut-off that was missed.
func (f *Facts) overTime(add func(Anomaly)) {
	if len(f.Passings) == 0 {
		return
	}
	start := f.GunAt
	if f.Passings[0].Visit == 0 {
		start = f.Passings[0].At
	}
	for _, p := range f.Passings {
		if over := f.Race.Course[p.Visit].CutOff.MissedBy(p.At, f.GunAt, start); over > 0 {
			add(Anomaly{Kind: OverTime, Visit: p.Visit, At: p.At, FromVisit: Nowhere, Time: over})
			return
		}
	}
}

// dealtBy returns the ruling that deals with an anomaly: one on the entrant's status, else the first review of it.
func (f *Facts) dealtBy(a Anomaly) string {
	if f.StatusBy != "" {
		return f.StatusBy
	}
	for _, r := range f.Reviews {
		if r.Of(&a, f.Race) {
			return r.By
		}
	}
	return ""
}

// Of reports whether a review is of an anomaly of an entrant of a race. One without a point is of none of a kind that may be
// at several: an official looked at one of them, and others may have come.
func (r *Review) Of(a *Anomaly, in *race.Race) bool {
	visit, ok := in.VisitAt(r.Point)
	return r.Kind == a.Kind && (r.Point == "" && !a.Kind.AtPoints() || ok && a.lies(visit))
}

// lies reports whether an anomaly is at a visit: of a row of missing points, at each of them.
func (a *Anomaly) lies(visit int) bool {
	return visit == a.Visit || a.Kind == MissingPoints && a.FromVisit <= visit && visit < a.Visit
}
