package scoring

import (
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Change is a result that is not what it was.
type Change struct {
	// Was is nil for an entrant that is new.
	Was *result.Result
	Now result.Result
}

// Changes are what one Settle found.
type Changes struct {
	Results []Change
	// Removed are the last results of entrants that are no longer on the roster.
	Removed []result.Result
}

// Empty reports whether nothing changed.
func (c *Changes) Empty() bool { return len(c.Results) == 0 && len(c.Removed) == 0 }

// Settle computes the entrants that new facts concern, on every processor where they are many, and returns those whose
// result changed.
func (b *Book) Settle() Changes {
	if b.event == nil {
		return Changes{}
	}
	return b.settleIn(partsOf(len(b.dirty)))
}

// settleIn settles in so many parts at one time.
func (b *Book) settleIn(n int) Changes {
	found := make([]Change, len(b.dirty))
	parts := make([]Changes, n)
	inParts(len(b.dirty), n, func(part, from, to int) {
		c := b.computer
		if part > 0 {
			c = newComputer(b)
		}
		parts[part] = c.settle(b.dirty[from:to], found[from:from:to])
	})
	for _, e := range b.dirty {
		if e.dirty = false; e.gone {
			delete(b.entrants, e.ID)
		}
	}
	b.dirty = b.dirty[:0]
	changes := Changes{Results: found[:0]}
	for _, part := range parts { // which move up, so that none lies between two parts
		changes.Results = append(changes.Results, part.Results...)
		changes.Removed = append(changes.Removed, part.Removed...)
	}
	return changes
}

// settle computes entrants of which no other computer computes one; what it finds goes to found, which has room for all.
func (c *computer) settle(entrants []*entrant, found []Change) Changes {
	changes := Changes{Results: found}
	for _, e := range entrants {
		r := c.book.event.Race(e.Race)
		if e.gone || r == nil { // a race that the event no longer has
			if e.result != nil {
				changes.Removed = append(changes.Removed, *e.result)
			}
			e.result = nil
			continue
		}
		now := c.compute(e, r)
		if e.result != nil && now.Equal(e.result) {
			continue
		}
		told := now // on the heap only where it changed
		changes.Results = append(changes.Results, Change{e.result, told})
		e.result = &told
	}
	return changes
}

// partWorthwhile is from how many entrants on it pays to compute them apart from others.
const partWorthwhile = 500

// partsOf returns into how many parts so many entrants are divided: one, or one for each processor.
func partsOf(n int) int { return max(1, min(runtime.GOMAXPROCS(0), n/partWorthwhile)) }

// inParts calls f with each of so many parts of n entrants, those from an index to before another, all at one time: none of
// them depends on another.
func inParts(n, parts int, f func(part, from, to int)) {
	atOnce(parts, func(part int) { f(part, n*part/parts, n*(part+1)/parts) })
}

// atOnce calls f for each of so many parts, all at one time.
func atOnce(parts int, f func(part int)) {
	var others sync.WaitGroup
	for part := 1; part < parts; part++ {
		others.Go(func() { f(part) })
	}
	f(0)
	others.Wait()
}

// runEntrants is how long a run of runsOf is: short, so that all goroutines end at about the same time.
const runEntrants = 100

// runsOf divides n entrants into runs, from an index to before another, each for one of the goroutines that range over them.
func runsOf(n int) iter.Seq2[int, int] {
	var taken atomic.Int64
	return func(yield func(from, to int) bool) {
		for {
			to := int(taken.Add(runEntrants))
			if from := to - runEntrants; from >= n || !yield(from, min(to, n)) {
				return
			}
		}
	}
}

// computer computes entrants of a book. With working memory of its own it serves one goroutine.
type computer struct {
	book    *Book
	finders map[race.ID]*passing.Finder
	reads   []passing.Read
	found   []passing.Passing
}

// newComputer returns a computer for the event that the book has now.
func newComputer(b *Book) *computer {
	c := &computer{book: b, finders: make(map[race.ID]*passing.Finder, len(b.event.Races))}
	for i := range b.event.Races {
		r := &b.event.Races[i]
		c.finders[r.ID] = passing.NewFinder(b.event, r)
	}
	return c
}

// decided is what officials decided as far as it concerns the result of one entrant.
type decided struct {
	ofRace ruling.OfRace
	ruled  ruling.OfEntrant
	gun    racetime.Instant
	manual []passing.Manual
}

func (c *computer) decided(e *entrant, r *race.Race) decided {
	d := decided{ofRace: c.book.ofRace[r.ID], ruled: ruling.ForEntrant(c.book.ofBib[raceBib{r.ID, e.Bib}])}
	d.gun, d.manual = result.GunOf(r, e.Entrant, &d.ofRace, &d.ruled), manual(r, &d.ruled)
	return d
}

// compute is the law: a result follows from event, roster line, rulings and the set of reads, and from nothing else.
func (c *computer) compute(e *entrant, r *race.Race) result.Result {
	d := c.decided(e, r)
	c.gather(e, r, &d.ruled)
	finder := c.finders[r.ID]
	c.found = finder.Find(c.found[:0], c.reads, d.gun, d.manual)
	var passings []passing.Passing
	if e.result != nil && slices.Equal(e.result.Passings, c.found) {
		passings = e.result.Passings
	} else if len(c.found) > 0 {
		passings = slices.Clone(c.found)
	}
	facts := result.Facts{
		EventDay: c.book.event.Day, Race: r, Entrant: e.Entrant, Passings: passings, Sightings: finder.Sightings(), GunAt: d.gun,
		OfRace: d.ofRace, Ruled: d.ruled,
	}
	computed := result.Compute(facts)
	if c.book.withAnomalies {
		computed.Anomalies = facts.Anomalies(c.book.event, finder.Oddities(passings, c.reads, d.gun, d.manual), computed.Legs)
	}
	return computed
}

// gather collects the entrant's reads that lie at a point and are not void, corrected by the clocks of their mats.
// (RULES.md, Passings, 1)
func (c *computer) gather(e *entrant, r *race.Race, ruled *ruling.OfEntrant) {
	c.reads = c.reads[:0]
	for _, worn := range e.worn {
		leg, runs := worn.legIn(r)
		if worn.wearer != e || !runs {
			continue
		}
		for _, s := range worn.reads.settle() {
			if read, _, out := c.book.place(s, leg, ruled); out == 0 {
				c.reads = append(c.reads, read)
			}
		}
	}
}

// legIn returns the leg that the chip's reads count on, 0 for all of them; false where its wearer runs none.
func (c *chip) legIn(r *race.Race) (leg int16, runs bool) {
	byMember := r.Team != nil && r.Team.Chip == race.MemberChip
	switch {
	case !byMember:
		return 0, true
	case c.leg == reserve:
		return 0, false
	}
	return c.leg, true
}

// place returns a read as the finder is given it, and where its mat lay; or the verdict for which the finder is not given
// it.
func (b *Book) place(s sighting, leg int16, ruled *ruling.OfEntrant) (read passing.Read, lay *period, out passing.Verdict) {
	lay = b.lay(s)
	switch {
	case lay == nil:
		return passing.Read{}, nil, passing.NoPoint
	case len(ruled.Void) > 0 && ruled.Voids(lay.Point, s.at):
		return passing.Read{}, lay, passing.Void
	}
	return passing.Read{At: s.at.Add(-lay.ClockOffset), Point: lay.point, Leg: leg, Backup: lay.Backup}, lay, 0
}

// lay returns where a mat lay when it wrote a read; nil where it lay nowhere.
func (b *Book) lay(s sighting) *period {
	periods := b.periods[s.mat]
	for i := range periods {
		if periods[i].Holds(s.at) {
			return &periods[i]
		}
	}
	return nil
}

// manual returns the passings that officials entered, of two at one visit the later.
func manual(r *race.Race, ruled *ruling.OfEntrant) []passing.Manual {
	var entered []passing.Manual
	for _, m := range slices.Backward(ruled.Manual) {
		visit, ok := r.VisitAt(m.Point)
		if !ok || slices.ContainsFunc(entered, func(e passing.Manual) bool { return e.Visit == visit }) {
			continue
		}
		entered = append(entered, passing.Manual{Visit: visit, At: m.At})
	}
	return entered
}

// Results returns all results as they were last settled, in no order.
func (b *Book) Results() []result.Result {
	results := make([]result.Result, 0, len(b.entrants))
	for _, e := range b.entrants {
		if e.result != nil {
			results = append(results, *e.result)
		}
	}
	return results
}
