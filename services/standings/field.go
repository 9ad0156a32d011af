package standings

import (
	"iter"
	"slices"
	"strings"

	"raceday/services/rules/classification"
	"raceday/services/rules/race"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// field is all entrants of one race: its lists, its legs and its counts.
type field struct {
	race     *race.Race
	lists    map[string]*list
	legs     []legRanking
	progress Progress
	// marks are what finishes are marked by, since version markedAt; 0 where there never were any.
	marks    *marks
	markedAt int64
	// revision counts the changes of anything in the field. changed is closed when those who watch are told of them; touched
	// says that they have not been yet.
	revision int64
	changed  chan struct{}
	touched  bool
}

// newField puts a whole race in order at once.
func newField(r *race.Race, results []*result.Result, marked *marks, version int64) *field {
	f := &field{
		race: r, lists: map[string]*list{}, legs: rankLegs(results), progress: Progress{Race: r.ID}, marks: marked,
		changed: make(chan struct{}),
	}
	if marked != nil {
		f.markedAt = version
	}
	for i := range r.Classifications {
		c := &r.Classifications[i]
		f.lists[string(c.ID)] = newList(r, c, marked, version)
	}
	for _, res := range results {
		f.progress.count(res, 1)
		for l := range f.listsOf(res, version) {
			l.members++
			if res.Status == result.Started {
				l.onCourse = append(l.onCourse, res)
			}
		}
	}
	for name, ranked := range rankLists(r, results) {
		f.lists[name].ranked = ranked
	}
	for _, l := range f.lists {
		slices.SortFunc(l.onCourse, l.terms.compareOnCourse)
		settle(l.ranked)
	}
	return f
}

// listsOf yields the lists that a result belongs to, made where they are new.
func (f *field) listsOf(r *result.Result, version int64) iter.Seq[*list] {
	return func(yield func(*list) bool) {
		for i := range f.race.Classifications {
			name := listOf(r, i)
			if name == "" {
				continue
			}
			l, ok := f.lists[name]
			if !ok {
				l = newList(f.race, &f.race.Classifications[i], f.marks, version)
				f.lists[name] = l
			}
			if !yield(l) {
				return
			}
		}
	}
}

func (f *field) put(r *result.Result, version int64, touched map[*list]struct{}) {
	f.progress.count(r, 1)
	for l := range f.listsOf(r, version) {
		l.put(r)
		touched[l] = struct{}{}
		if l.members == 1 {
			touched[f.lists[string(l.terms.classification.ID)]] = struct{}{}
		}
	}
	for leg := range r.Legs {
		if leg == len(f.legs) {
			f.legs = append(f.legs, legRanking{times: ranking.NewList(), after: ranking.NewList()})
		}
		if e, ok := legEntry(r, leg); ok {
			f.legs[leg].times.Put(e.Entry)
		}
		if e, ok := afterEntry(r, leg); ok {
			f.legs[leg].after.Put(e.Entry)
		}
	}
}

func (f *field) take(r *result.Result, version int64, touched map[*list]struct{}) {
	f.progress.count(r, -1)
	for l := range f.listsOf(r, version) {
		l.take(r)
		touched[l] = struct{}{}
	}
	for leg := range r.Legs {
		f.legs[leg].times.Remove(r.Entrant)
		f.legs[leg].after.Remove(r.Entrant)
	}
}

// touch ends a change of something in the field.
func (f *field) touch() {
	f.revision++
	f.touched = true
}

// tell wakes who watches the field if something in it has changed.
func (f *field) tell() {
	if f.touched {
		close(f.changed)
		f.changed, f.touched = make(chan struct{}), false
	}
}

// list returns a list by its name, and the name. An empty name is the race's first list: of the first classification the
// first by name. Where there is no such list, but a classification that might have it, another list stands in for it.
// Fault: ErrListNotFound.
func (f *field) list(name string) (string, *list, error) {
	if name == "" {
		if len(f.race.Classifications) == 0 {
			return "", nil, f.noList()
		}
		name = f.firstOf(string(f.race.Classifications[0].ID))
	}
	if l, ok := f.lists[name]; ok {
		return name, l, nil
	}
	id, _, divided := strings.Cut(name, "/")
	l, ok := f.lists[id]
	if !divided || !ok || l.permanent || !classification.MayHave(l.terms.classification, name) {
		return "", nil, f.noList()
	}
	return name, l, nil
}

// firstOf returns the first list of a classification by name; its id where it divides by nothing or has no entrant yet.
func (f *field) firstOf(classification string) string {
	for _, name := range f.listNames() {
		if strings.HasPrefix(name, classification+"/") {
			return name
		}
	}
	return classification
}

// listNames returns the names of the lists that exist, sorted.
func (f *field) listNames() []string {
	var names []string
	for name, l := range f.lists {
		if l.members > 0 || l.permanent {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Progress counts the entrants of a race. Entered = NotStarted + OnCourse + Finished + Out.
type Progress struct {
	Race       race.ID
	Entered    int
	NotStarted int
	// Started counts all who were seen at the start or later, whatever became of them.
	Started  int
	OnCourse int
	Finished int
	// Out counts DNS, DNF, OTL, DSQ, NOT_COMPETING and WITHDRAWN.
	Out int
}

func (p *Progress) count(r *result.Result, by int) {
	p.Entered += by
	if len(r.Passings) > 0 {
		p.Started += by
	}
	switch r.Status {
	case result.Entered:
		p.NotStarted += by
	case result.Started:
		p.OnCourse += by
	case result.Finished:
		p.Finished += by
	default:
		p.Out += by
	}
}
