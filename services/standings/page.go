package standings

import (
	"sync"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Page is a part of a list. It is shared with others who ask for the same, and nobody may change it.
type Page struct {
	List    string
	Version int64
	Rows    []Row
	// At is the instant of the answer, by which estimates have passed or not.
	At racetime.Instant
	// Ranked and OnCourse count all rows of the list.
	Ranked, OnCourse int
	part             *part
}

// Page returns n rows of a list from an offset on, the ranked first, then those on course by furthest visit and time
// there. An empty name is the race's first list; the id of its first classification names it where that has no entrant
// yet. A list that a classification of the race might have is empty until it has one. Faults: ErrRaceNotFound,
// ErrListNotFound.
func (b *Board) Page(raceID race.ID, name string, offset, n int) (Page, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	name, l, err := b.list(raceID, name)
	if err != nil {
		return Page{}, err
	}
	p := l.pages.part(stretch{offset, n}, func() []Row { return rows(l.ranked, l.onCourse, l.terms, b.entrants, offset, n) })
	return p.page(name, b.version, l.ranked.Len(), len(l.onCourse)), nil
}

// Shared returns what encode makes of the page, made once for all who are to be shown the same. Of the version, which every
// commit of the event changes, encode is told nothing.
func (p Page) Shared(encode func(Page) any) any {
	p.Version = 0
	return p.part.shared(p, encode)
}

// pages are the parts of a list, or of an order of it, that were asked for while it is as it is: any number of people look
// at the same few. Whoever changes a list leaves it new ones.
type pages struct {
	mu   sync.Mutex
	kept map[stretch]*part
	// rows counts those of all parts.
	rows int
}

// stretch is n rows from an offset on; n of 0 is all.
type stretch struct{ offset, n int }

// keptRows bounds the memory of pages, which is about 200 bytes a row, encoded; when more are asked for, all are made anew.
const keptRows = 1000

// part returns a part, made where it is new.
func (ps *pages) part(of stretch, read func() []Row) *part {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p, ok := ps.kept[of]; ok {
		return p
	}
	p := &part{rows: read()}
	n := len(p.rows)
	if n == 0 || n > keptRows {
		return p
	}
	if ps.kept == nil || ps.rows+n > keptRows {
		ps.kept, ps.rows = map[stretch]*part{}, 0
	}
	ps.kept[of] = p
	ps.rows += n
	return p
}

// part is rows that stay as they are, and what they are sent as.
type part struct {
	rows []Row

	mu      sync.Mutex
	encoded any
	// from and until bound the instants at which the same estimates have passed; until is 0 where none is left to pass.
	from, until racetime.Instant
}

func (p *part) page(list string, version int64, ranked, onCourse int) Page {
	return Page{List: list, Version: version, Rows: p.rows, Ranked: ranked, OnCourse: onCourse, part: p}
}

func (p *part) shared(page Page, encode func(Page) any) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.encoded == nil || page.At < p.from || p.until != 0 && page.At > p.until {
		p.encoded, p.from, p.until = encode(page), page.At, nextToPass(page.Rows, page.At)
	}
	return p.encoded
}

// nextToPass returns the first instant at which an estimate in rows finishes, as it is at an instant; 0 where there is none.
func nextToPass(rows []Row, now racetime.Instant) racetime.Instant {
	var next racetime.Instant
	for _, row := range rows {
		if finishAt, _, ok := row.Estimate(now); ok && (next == 0 || finishAt < next) {
			next = finishAt
		}
	}
	return next
}
