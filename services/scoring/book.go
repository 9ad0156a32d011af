// Package scoring turns the facts of a race day into passings, results and ranks: in memory for whoever asks, and, as
// the scorer, in Postgres, of which it is the one writer. The rules themselves are in services/rules.
package scoring

import (
	"reflect"
	"slices"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Read is a read as far as it matters here.
type Read struct {
	Mat  race.MatID
	Chip race.Chip
	// At is as the mat wrote it.
	At racetime.Instant
}

// Book holds the facts of one event and what follows from them. Facts may become known in any order and as often as
// they like; only the entrants that they concern are computed again, at the next Settle. A Book serves one goroutine.
type Book struct {
	event *race.Event
	// periods says where each mat lay, by the mat's number in mats.
	periods [][]period
	mats    map[race.MatID]int32

	chips    map[race.Chip]*chip
	entrants map[race.EntrantID]*entrant
	bibs     map[race.Bib]*entrant
	rulings  []ruling.Ruling
	ruled    map[ruling.ID]bool
	ofRace   map[race.ID]ruling.OfRace
	ofBib    map[raceBib][]ruling.Ruling

	dirty    []*entrant
	computer *computer
	// withAnomalies is false where nobody asks for them.
	withAnomalies bool
}

// period is where a mat lay from when until when.
type period struct {
	race.Mat
	point int32
}

// chip is all that mats saw of a chip, whether anybody wears it or not.
type chip struct {
	reads sightings
	// wearer is nil as long as the roster does not name the chip.
	wearer *entrant
	// leg is the wearer's leg in a team; reserve for who runs none, 0 for a person's or team's own chip.
	leg int16
}

const reserve = -1

type entrant struct {
	*race.Entrant
	worn []*chip
	// result is what Settle told last; nil where it told none.
	result      *result.Result
	dirty, gone bool
}

type raceBib struct {
	race race.ID
	bib  race.Bib
}

// NewBook returns a book that knows nothing.
func NewBook() *Book {
	return &Book{
		mats: map[race.MatID]int32{}, chips: map[race.Chip]*chip{},
		entrants: map[race.EntrantID]*entrant{}, bibs: map[race.Bib]*entrant{},
		ofRace: map[race.ID]ruling.OfRace{}, ofBib: map[raceBib][]ruling.Ruling{}, ruled: map[ruling.ID]bool{},
		withAnomalies: true,
	}
}

// SetEvent replaces the event by another version of it.
func (b *Book) SetEvent(event *race.Event) {
	before := b.event
	b.event = event
	b.computer = newComputer(b)
	for id, mat := range b.mats {
		b.periods[mat] = b.periodsOf(id)
	}
	b.judgeRulings()
	everywhere := before == nil || before.Day != event.Day || !slices.Equal(before.Points, event.Points) ||
		!slices.Equal(before.Mats, event.Mats)
	for _, e := range b.entrants {
		if everywhere || !reflect.DeepEqual(before.Race(e.Race), event.Race(e.Race)) {
			b.touch(e)
		}
	}
}

// Event returns the event as it was last set; nil before that.
func (b *Book) Event() *race.Event { return b.event }

func (b *Book) periodsOf(id race.MatID) []period {
	var periods []period
	if b.event == nil {
		return nil
	}
	for _, mat := range b.event.Mats {
		if point := slices.Index(b.event.Points, mat.Point); mat.ID == id && point >= 0 {
			periods = append(periods, period{mat, int32(point)})
		}
	}
	return periods
}

// SetEntrants adds entrants to the roster, replaces those of the same id, and takes out those that are Gone. The book keeps
// what it is given; nobody may change it afterwards.
func (b *Book) SetEntrants(entrants []race.Entrant) {
	for i := range entrants {
		if old := b.entrants[entrants[i].ID]; old != nil {
			b.takeOff(old)
		}
	}
	if len(b.entrants) == 0 {
		b.entrants = make(map[race.EntrantID]*entrant, len(entrants))
		b.bibs = make(map[race.Bib]*entrant, len(entrants))
	}
	if len(b.chips) == 0 {
		b.chips = make(map[race.Chip]*chip, len(entrants))
	}
	for i := range entrants {
		if line := &entrants[i]; !line.Gone {
			b.putOn(line)
		}
	}
}

// takeOff removes an entrant from the roster; putOn may bring it back before the next Settle.
func (b *Book) takeOff(e *entrant) {
	for _, worn := range e.worn {
		if worn.wearer == e {
			worn.wearer = nil
		}
	}
	if b.bibs[e.Bib] == e {
		delete(b.bibs, e.Bib)
	}
	e.gone = true
	b.touch(e)
}

func (b *Book) putOn(line *race.Entrant) {
	e := b.entrants[line.ID]
	if e == nil {
		e = &entrant{}
		b.entrants[line.ID] = e
	}
	e.Entrant, e.gone, e.worn = line, false, nil
	b.bibs[line.Bib] = e
	for _, written := range line.Chips {
		b.wear(e, written, 0)
	}
	for _, member := range line.Members {
		leg := int16(member.Leg)
		if leg == 0 {
			leg = reserve
		}
		for _, written := range member.Chips {
			b.wear(e, written, leg)
		}
	}
	b.touch(e)
}

func (b *Book) wear(e *entrant, written string, leg int16) {
	code, err := race.ParseChip(written)
	if err != nil {
		return // the roster's keeper refuses such chips
	}
	worn := b.chip(code)
	worn.wearer, worn.leg = e, leg
	e.worn = append(e.worn, worn)
}

func (b *Book) chip(code race.Chip) *chip {
	c := b.chips[code]
	if c == nil {
		c = &chip{}
		b.chips[code] = c
	}
	return c
}

// AddRulings appends rulings in the order of recording; those that are known already change nothing.
func (b *Book) AddRulings(rulings []ruling.Ruling) {
	known := len(b.rulings)
	for _, r := range rulings {
		if !b.ruled[r.ID] {
			b.ruled[r.ID] = true
			b.rulings = append(b.rulings, r)
		}
	}
	if len(b.rulings) == known {
		return
	}
	b.judgeRulings()
	for _, r := range b.rulings[known:] {
		b.touchRuled(r, len(b.rulings))
	}
}

// judgeRulings finds anew which rulings stand.
func (b *Book) judgeRulings() {
	standing := ruling.Standing(b.rulings)
	clear(b.ofBib)
	for _, r := range standing {
		if r.Bib != "" {
			key := raceBib{r.Race, r.Bib}
			b.ofBib[key] = append(b.ofBib[key], r)
		}
	}
	clear(b.ofRace)
	if b.event == nil {
		return
	}
	for i := range b.event.Races {
		r := &b.event.Races[i]
		b.ofRace[r.ID] = ruling.ForRace(standing, r)
	}
}

// touchRuled marks the entrants that a ruling concerns; that of a revocation is the ruling it names. Chains of
// revocations are followed for at most the given number of steps, for they may run in a circle.
func (b *Book) touchRuled(r ruling.Ruling, steps int) {
	if r.Kind == ruling.Revoke {
		for _, target := range b.rulings {
			if string(target.ID) == r.Target && steps > 0 {
				b.touchRuled(target, steps-1)
			}
		}
		return
	}
	if r.Bib != "" {
		if e := b.bibs[r.Bib]; e != nil && e.Race == r.Race {
			b.touch(e)
		}
		return
	}
	if len(b.dirty) == len(b.entrants) {
		return // All are marked already.
	}
	for _, e := range b.entrants {
		if e.Race == r.Race {
			b.touch(e)
		}
	}
}

// AddReads adds reads of any mats and chips, known or not.
func (b *Book) AddReads(reads []Read) {
	for i := range reads {
		b.AddRead(reads[i])
	}
}

// AddRead adds one read.
func (b *Book) AddRead(read Read) {
	c := b.chip(read.Chip)
	if c.reads.add(sighting{read.At, b.mat(read.Mat)}) && c.wearer != nil {
		b.touch(c.wearer)
	}
}

func (b *Book) mat(id race.MatID) int32 {
	mat, ok := b.mats[id]
	if !ok {
		mat = int32(len(b.mats))
		b.mats[id] = mat
		b.periods = append(b.periods, b.periodsOf(id))
	}
	return mat
}

func (b *Book) touch(e *entrant) {
	if !e.dirty {
		e.dirty = true
		b.dirty = append(b.dirty, e)
	}
}
