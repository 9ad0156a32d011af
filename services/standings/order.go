package standings

import (
	"context"
	"slices"
	"sync"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
	"raceday/services/rules/split"
)

// orders are lists in another order than that of the board, made when somebody asks and kept as long as they hold: any
// number of people look at the same few.
type orders struct {
	mu   sync.Mutex
	kept map[orderKey]*order
}

// keptOrders bounds the memory of orders; when one more is asked for, all are made anew.
const keptOrders = 16

// orderKey names an order: of those who passed a visit, or at live the live one.
type orderKey struct {
	race  race.ID
	list  string
	visit int
}

const live = -1

// order is exact while the list is unchanged and, of the live one, the clock between from and until.
type order struct {
	list        *list
	revision    int64
	version     int64
	from, until racetime.Instant
	rows        []orderRow
	// ranked counts the rows that the list ranks.
	ranked int
	// places are the indices of the live rows by bib.
	places map[race.Bib]int
	// pages are those of the live order.
	pages *pages
}

// orderRow is a row of the list with its rank in another order.
type orderRow struct {
	row  Row
	rank int
}

func (o *order) holds(l *list, now racetime.Instant) bool {
	return o.list == l && o.revision == l.revision && o.from <= now && (o.until == 0 || now <= o.until)
}

// same reports whether two live orders were made as one.
func (o *order) same(other *order) bool {
	return o.list == other.list && o.revision == other.revision && o.from == other.from
}

// members is a list at one moment.
type members struct {
	name     string
	list     *list
	terms    *terms
	revision int64
	version  int64
	// rows are all of the list in its own order; others belong to it and are neither ranked nor on course.
	rows   []Row
	others []*result.Result
}

// members returns the list, or the order that was kept of it where that still holds.
func (b *Board) members(key orderKey, kept *order, now racetime.Instant) (members, bool, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	name, l, err := b.list(key.race, key.list)
	if err != nil {
		return members{}, false, err
	}
	m := members{name: name, list: l, terms: l.terms, revision: l.revision, version: b.version}
	if kept != nil && kept.holds(l, now) {
		return m, true, nil
	}
	m.rows = rows(l.ranked, l.onCourse, l.terms, b.entrants, 0, 0)
	if key.visit == live {
		return m, false, nil
	}
	for _, r := range b.entrants {
		if r.Race == key.race && r.Status != result.Finished && r.Status != result.Started && slices.Contains(r.Lists, name) {
			m.others = append(m.others, r)
		}
	}
	return m, false, nil
}

// order returns a list in another order, and its name.
func (b *Board) order(key orderKey, now racetime.Instant) (string, *order, error) {
	b.orders.mu.Lock()
	defer b.orders.mu.Unlock()
	kept := b.orders.kept[key]
	m, same, err := b.members(key, kept, now)
	if err != nil {
		return "", nil, err
	}
	if same {
		// Others may have it: it is not changed but replaced.
		again := *kept
		again.version = m.version
		b.orders.kept[key] = &again
		return m.name, &again, nil
	}
	made := &order{list: m.list, revision: m.revision, version: m.version, pages: &pages{}}
	if key.visit == live {
		m.live(made, now)
	} else {
		m.split(made, key.visit)
	}
	if b.orders.kept == nil || kept == nil && len(b.orders.kept) == keptOrders {
		b.orders.kept = map[orderKey]*order{}
	}
	b.orders.kept[key] = made
	return m.name, made, nil
}

// live puts the rows into the live order; those that it does not rank come last, as they are.
func (m *members) live(o *order, now racetime.Instant) {
	results := make([]*result.Result, len(m.rows))
	byID := make(map[race.EntrantID]Row, len(m.rows))
	for i, row := range m.rows {
		results[i], byID[row.Result.Entrant] = row.Result, row
	}
	order := oncourse.Live(m.terms.race, m.terms.classification, results, now)
	o.from, o.until = now, order.Until
	o.ranked = len(m.rows)
	o.rows = make([]orderRow, 0, len(m.rows))
	o.add(order.Ranked, byID)
	for _, row := range m.rows {
		if row.Rank == 0 {
			o.ranked--
		}
		if _, ranked := order.Ranked.Rank(row.Result.Entrant); !ranked {
			o.rows = append(o.rows, orderRow{row: row})
		}
	}
	o.places = make(map[race.Bib]int, len(o.rows))
	for i, row := range o.rows {
		o.places[row.row.Result.Bib] = i
	}
}

// split puts those who passed a visit in order.
func (m *members) split(o *order, visit int) {
	byID := make(map[race.EntrantID]Row, len(m.rows)+len(m.others))
	for _, r := range m.others {
		byID[r.Entrant] = Row{Result: r, terms: m.terms}
	}
	for _, row := range m.rows {
		byID[row.Result.Entrant] = row
	}
	results := make([]*result.Result, 0, len(byID))
	for _, row := range byID {
		results = append(results, row.Result)
	}
	o.add(split.Rank(m.terms.race, m.terms.classification, visit, results), byID)
}

func (o *order) add(ranked *ranking.List, rows map[race.EntrantID]Row) {
	for rank, e := range ranked.All() {
		o.rows = append(o.rows, orderRow{rows[e.Entrant], rank})
	}
}

// page returns n of the rows from an offset on.
func (o *order) page(offset, n int) []orderRow {
	begin := min(offset, len(o.rows))
	return o.rows[begin : begin+min(n, len(o.rows)-begin)]
}

// Live returns n rows of a list from an offset on, as it is run at an instant: finishers by their time and those on course
// by their estimated one together, then those on course without an estimate in the order of Page. Faults: ErrRaceNotFound,
// ErrListNotFound.
func (b *Board) Live(raceID race.ID, name string, offset, n int, now racetime.Instant) (Page, error) {
	name, o, err := b.order(orderKey{raceID, name, live}, now)
	if err != nil {
		return Page{}, err
	}
	p := o.pages.part(stretch{offset, n}, func() []Row { return liveRows(o.page(offset, n)) })
	return p.page(name, o.version, o.ranked, len(o.rows)-o.ranked), nil
}

// liveRows returns rows of the live order with their ranks in it.
func liveRows(page []orderRow) []Row {
	rows := make([]Row, len(page))
	for i, row := range page {
		rows[i] = row.row
		rows[i].LiveRank = row.rank
	}
	return rows
}

// window returns the rows of the live order that are watched.
func (o *order) window(key windowKey) []orderRow {
	n, offset := key.top, 0
	if n == 0 {
		n = len(o.rows)
	}
	if key.around != "" {
		place, ok := o.places[key.around]
		if !ok {
			return nil
		}
		offset = centred(place, n, len(o.rows))
	}
	return o.page(offset, n)
}

// SplitPage is a part of those who passed a visit, in their order there.
type SplitPage struct {
	List    string
	Version int64
	// Visit is the index in the course; Point names it, line#2 being the second visit of a point that has several.
	Visit         int
	Point         string
	AtMillimetres int64
	Rows          []SplitRow
	// Total counts those of all pages.
	Total int
	// At is the instant of the answer.
	At racetime.Instant
}

// SplitRow is one who passed a visit.
type SplitRow struct {
	// Rank is that at the visit. Equal exact times share it.
	Rank int
	At   racetime.Instant
	// Time is the exact time there by the list's basis, of a team from the gun; Shown is the official one.
	Time  racetime.Optional
	Shown string
	// Behind is the difference of the shown time to that of the first; empty for the first.
	Behind string
	// Row is the entrant's in the list as it stands now.
	Row Row
}

// Split returns n rows from an offset on of those of a list who passed a visit and hold a rank there. Faults:
// ErrRaceNotFound, ErrListNotFound, ErrPointNotFound.
func (b *Board) Split(raceID race.ID, name, point string, offset, n int) (SplitPage, error) {
	event := b.Event()
	r := event.Race(raceID)
	if r == nil {
		return SplitPage{}, noRace(event)
	}
	visit, ok := r.VisitAt(point)
	if !ok {
		return SplitPage{}, ErrPointNotFound.With(ErrPointNotFound.At("point"))
	}
	list, o, err := b.order(orderKey{raceID, name, visit}, 0)
	if err != nil {
		return SplitPage{}, err
	}
	if o.list.terms.race != r { // the event became another one meanwhile
		return b.Split(raceID, name, point, offset, n)
	}
	page := SplitPage{
		List: list, Version: o.version, Visit: visit, Point: r.VisitName(visit), AtMillimetres: r.Course[visit].AtMillimetres,
		Total: len(o.rows),
	}
	for _, row := range o.page(offset, n) {
		page.Rows = append(page.Rows, newSplitRow(row, visit, o.rows[0]))
	}
	return page, nil
}

func newSplitRow(row orderRow, visit int, first orderRow) SplitRow {
	s := SplitRow{Rank: row.rank, Row: row.row, Time: row.row.timeAt(visit)}
	s.At, _ = split.At(row.row.Result, visit)
	rounding := row.row.terms.race.Rounding
	s.Shown = racetime.Official(s.Time.Time, rounding)
	if row.rank > 1 {
		behind := racetime.RoundUp(s.Time.Time, rounding) - racetime.RoundUp(first.row.timeAt(visit).Time, rounding)
		s.Behind = racetime.Format(behind, rounding)
	}
	return s
}

func (r Row) timeAt(visit int) racetime.Optional {
	return split.Time(r.terms.race, r.terms.classification, visit, r.Result)
}

// SplitQuery names a page of those who passed a visit.
type SplitQuery struct {
	Event race.EventID
	Race  race.ID
	// List is empty for the race's first list.
	List string
	// Point is k25, or line#2 for a later visit of a point.
	Point string
	// PageSize is 1 to 1000, or 0 for 50.
	PageSize int
	// PageToken is that of the page before; empty for the first page.
	PageToken string
}

// Split returns a page of those of a list who passed a visit, and the token of the next one, empty on the last. Pages follow
// one another by place, as those of Standings do. Faults: one that says that there is no such event, ErrRaceNotFound,
// ErrListNotFound, ErrPointNotFound, ErrPageTokenInvalid, ErrPageSizeInvalid, ErrStopping.
func (s *Service) Split(ctx context.Context, q SplitQuery) (SplitPage, string, error) {
	size, err := pageSize(q.PageSize)
	if err != nil {
		return SplitPage{}, "", err
	}
	question := "at " + q.Point
	list, offset, err := readPageToken(q.PageToken, q.Race, question, q.List)
	if err != nil {
		return SplitPage{}, "", err
	}
	var page SplitPage
	err = s.deps.Boards.Use(ctx, q.Event, func(b *Board) error {
		var err error
		page, err = b.Split(q.Race, list, q.Point, offset, size)
		return err
	})
	if err != nil {
		return SplitPage{}, "", err
	}
	page.At = racetime.At(s.deps.Now())
	next := ""
	if end := offset + len(page.Rows); end < page.Total {
		next = pageToken(q.Race, question, page.List, end)
	}
	return page, next, nil
}
