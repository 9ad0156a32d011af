package passing

import (
	"slices"
	"time"

	"raceday/services/rules/racetime"
)

// Oddity is something in the reads of an entrant that an official should look at. Nothing follows from it by itself.
type Oddity struct {
	Kind OddityKind
	// From and To are the ends of an impossible segment or the two places at once; From is the start or gun that To is not
	// after. Of the other kinds To is where and when it was seen, and From is nothing.
	From, To Passing
	// Leg is the member's own, where one was seen on another's leg.
	Leg int
}

// OddityKind says what is odd.
type OddityKind int

// The kinds.
const (
	// ImpossibleSegment: a crossing counts nowhere because a stretch would be faster than the fastest pace. (Rule 5)
	ImpossibleSegment OddityKind = iota + 1
	// TwoPlaces: within one crossing gap the entrant was at two points that lie too far apart.
	TwoPlaces
	// OnOthersLeg: a member was seen where only another one runs.
	OnOthersLeg
	// EarlyStart: the start was read before the own gun and not after it.
	EarlyStart
	// NotAfterStart: what an official entered counts nowhere because it is not after the start and the gun.
	NotAfterStart
)

// Oddities returns what is odd in the reads that Find was last called with; at most one of each kind at a visit. As long as
// the gun is not known nothing is.
func (f *Finder) Oddities(passings []Passing, reads []Read, gun racetime.Instant, manual []Manual) []Oddity {
	if gun == 0 {
		return nil
	}
	var odd []Oddity
	if at, early := f.earlyStart(reads, gun); early {
		odd = append(odd, Oddity{Kind: EarlyStart, To: Passing{0, at}})
	}
	for _, m := range manual {
		if before := (Passing{0, f.after()}); m.Visit > 0 && m.At <= before.At {
			odd = append(odd, Oddity{Kind: NotAfterStart, From: before, To: Passing(m)})
		}
	}
	odd = f.addTwoPlaces(odd)
	if len(f.way) == len(f.crossings) && !slices.ContainsFunc(f.way, func(n int) bool { return f.nodes[n].manual() }) {
		return odd // every crossing counts
	}
	j := judge{Finder: f, gun: gun, passings: passings, manual: f.manual}
	j.judgeCrossings()
	for i := range j.judged {
		if o, is := j.oddity(&f.crossings[i], j.judged[i].Judgement); is && !slices.ContainsFunc(odd, o.like) {
			odd = append(odd, o)
		}
	}
	return odd
}

func (o Oddity) like(other Oddity) bool { return o.Kind == other.Kind && o.To.Visit == other.To.Visit }

// oddity returns what is odd in a crossing that was judged.
func (j *judge) oddity(c *crossing, judged Judgement) (Oddity, bool) {
	switch judged.Verdict {
	case TooFast:
		visits, _ := j.visitsOf(c)
		a := j.keptOut(c, visits)
		return Oddity{Kind: ImpossibleSegment, From: a.from, To: a.to}, true
	case OthersLeg:
		visit := slices.IndexFunc(j.stations, func(s station) bool { return s.point == c.point })
		return Oddity{Kind: OnOthersLeg, To: Passing{visit, c.first}, Leg: int(c.leg)}, true
	}
	return Oddity{}, false
}

// earlyStart returns the last read at the start before the gun, where no start was seen.
func (f *Finder) earlyStart(reads []Read, gun racetime.Instant) (racetime.Instant, bool) {
	if f.opening.seen || f.opening.manual {
		return 0, false
	}
	line := f.stations[0]
	for _, r := range slices.Backward(reads) {
		if r.Point == line.point && r.At < gun && wears(r.Leg, line.leg) {
			return r.At, true
		}
	}
	return 0, false
}

// addTwoPlaces compares each crossing with those that begin within a gap of its end.
func (f *Finder) addTwoPlaces(odd []Oddity) []Oddity {
	for i := range f.crossings {
		a := &f.crossings[i]
		for k := i + 1; k < len(f.crossings); k++ {
			b := &f.crossings[k]
			if b.first.Sub(a.last) >= f.gap {
				break
			}
			from, to, apart := f.apart(a.point, b.point)
			if !apart || !f.sameRunner(a, b) {
				continue
			}
			o := Oddity{Kind: TwoPlaces, From: Passing{from, a.last}, To: Passing{to, b.first}}
			if !slices.ContainsFunc(odd, o.like) {
				odd = append(odd, o)
			}
		}
	}
	return odd
}

// sameRunner reports whether one runner made both crossings. Members are in many places, and where a leg has a forced
// start, so are the chips of a team.
func (f *Finder) sameRunner(a, b *crossing) bool {
	return a.leg == b.leg && (a.leg != 0 || !f.forced)
}

// apart reports whether nobody gets from one point to another within a crossing gap, and by which two visits of them, the
// nearest on the course.
func (f *Finder) apart(p, q int32) (from, to int, is bool) {
	nearest := int64(-1)
	for v, a := range f.stations {
		for w, b := range f.stations {
			if a.point != p || b.point != q {
				continue
			}
			length := max(a.atMillimetres-b.atMillimetres, b.atMillimetres-a.atMillimetres)
			if nearest < 0 || length < nearest {
				nearest, from, to = length, v, w
			}
		}
	}
	fastest := time.Duration(f.pace*nearest/1_000_000) * time.Microsecond
	return from, to, nearest > 0 && fastest >= f.gap
}
