package standings

import (
	"cmp"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// list is one list of a race, kept in order while results change. A classification that divides has one of its own id as
// well, without members ever: it stands for its lists as long as they are not there, and changes when one comes to be.
type list struct {
	terms    *terms
	ranked   *ranking.List
	onCourse onCourse
	// members counts all who belong to the list, wherever they are.
	members int
	// permanent lists exist without members: those of classifications that divide by nothing.
	permanent bool
	// version is the event's from which on the list is known to be as it is; revision counts the changes.
	version, revision int64
	// pages are of the list as it is.
	pages *pages
}

func newList(r *race.Race, classification *race.Classification, marked *marks, version int64) *list {
	l := &list{
		terms:     &terms{race: r, classification: classification},
		ranked:    ranking.NewList(),
		permanent: len(classification.By) == 0,
		version:   version,
		pages:     &pages{},
	}
	l.terms.marks.Store(marked)
	return l
}

func (l *list) put(r *result.Result) {
	l.members++
	if e, ok := rankedEntry(r, l.terms.classification); ok {
		l.ranked.Put(e.Entry, e.before...)
	}
	if r.Status == result.Started {
		l.onCourse.put(r, l.terms)
	}
}

func (l *list) take(r *result.Result) {
	l.members--
	l.ranked.Remove(r.Entrant)
	if r.Status == result.Started {
		l.onCourse.take(r, l.terms)
	}
}

// standsIn reports whether the list only stands for those of its classification that are not there.
func (l *list) standsIn(name string) bool {
	return !l.permanent && name == string(l.terms.classification.ID)
}

// touch ends a change of the list.
func (l *list) touch(version int64) {
	settle(l.ranked)
	l.version = version
	l.revision++
	l.pages = &pages{}
}

// settle makes a ranking compute what it would else compute, and keep, at its first question: questions come from many
// readers at once.
func settle(ranked *ranking.List) {
	if ranked.Len() > 0 {
		ranked.At(0)
	}
}

// rows returns n rows from an offset on, the ranked before those on course; n of 0 is all.
func rows(
	ranked *ranking.List, course onCourse, t *terms, entrants map[race.EntrantID]*result.Result, offset, n int,
) []Row {
	total := ranked.Len() + len(course)
	if n == 0 || n > total-offset {
		n = max(0, total-offset)
	}
	page := make([]Row, 0, n)
	marked := t.marks.Load()
	for i := offset; i < offset+n; i++ {
		if i >= ranked.Len() {
			page = append(page, Row{Result: course[i-ranked.Len()], terms: t})
			continue
		}
		e, rank := ranked.At(i)
		res := entrants[e.Entrant]
		page = append(page, Row{Rank: rank, Result: res, Mark: marked.of(res, t.race), terms: t})
	}
	return page
}

// span returns the offset of n rows around an entrant, which is in the middle of them or nearer to an end of the list. They
// are none while it is neither ranked nor on course.
func span(ranked *ranking.List, course onCourse, t *terms, r *result.Result, n int) (offset int) {
	total := ranked.Len() + len(course)
	if r == nil {
		return total
	}
	if rank, ok := ranked.Rank(r.Entrant); ok {
		for i := rank - 1; i < ranked.Len(); i++ { // equal ranks come one after another
			if e, _ := ranked.At(i); e.Entrant == r.Entrant {
				return centred(i, n, total)
			}
		}
	}
	if i, ok := slices.BinarySearchFunc(course, r, t.compareOnCourse); ok {
		return centred(ranked.Len()+i, n, total)
	}
	return total
}

// centred returns the offset of n of so many rows with the ith in the middle.
func centred(i, n, total int) int { return max(0, min(i-n/2, total-n)) }

// onCourse holds the STARTED entrants of a list: the furthest visit first, there the shorter time by the list's basis,
// then the bib.
type onCourse []*result.Result

func (c *onCourse) put(r *result.Result, t *terms) {
	i, _ := slices.BinarySearchFunc(*c, r, t.compareOnCourse)
	*c = slices.Insert(*c, i, r)
}

func (c *onCourse) take(r *result.Result, t *terms) {
	if i, ok := slices.BinarySearchFunc(*c, r, t.compareOnCourse); ok {
		*c = slices.Delete(*c, i, i+1)
	}
}

func (t *terms) compareOnCourse(a, b *result.Result) int {
	visitA, timeA := t.furthest(a)
	visitB, timeB := t.furthest(b)
	if order := cmp.Compare(visitB, visitA); order != 0 {
		return order
	}
	if timeA.Known != timeB.Known {
		if timeA.Known {
			return -1
		}
		return 1
	}
	if order := cmp.Compare(timeA.Time, timeB.Time); order != 0 {
		return order
	}
	return cmp.Or(race.CompareBibs(a.Bib, b.Bib), cmp.Compare(a.Entrant, b.Entrant))
}

// furthest returns the last visit that was passed and the time there; -1 before the start.
func (t *terms) furthest(r *result.Result) (int, racetime.Optional) {
	if len(r.Passings) == 0 {
		return -1, racetime.Optional{}
	}
	last := r.Passings[len(r.Passings)-1]
	if t.classification.Basis == race.Net {
		return last.Visit, r.NetTimeAt(last.At, t.race)
	}
	return last.Visit, r.GunTimeAt(last.At)
}
