package standings

import (
	"context"
	"fmt"
	"slices"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// Anomaly is something for officials to look at.
type Anomaly struct {
	// Race and Bib are empty for a conflict of reads of chips that nobody wears.
	Race race.ID
	Bib  race.Bib
	// Visit is Nowhere for a conflict.
	anomaly.Anomaly
	// Point and FromPoint are the two visits as a ruling names them; empty where there are none.
	Point, FromPoint string
	// Conflict is set for conflicts alone.
	Conflict *ReadConflict
}

// Open reports whether somebody should still deal with it.
func (a *Anomaly) Open() bool { return a.DealtBy == "" && !a.Kind.Information() }

// ReadConflict is an identity that a mat used for reads of different content.
type ReadConflict struct {
	Mat  race.MatID
	Boot string
	Seq  uint64
	// Reads are two or more.
	Reads []ConflictingRead
}

// ConflictingRead is the content of one of them.
type ConflictingRead struct {
	Chip race.Chip
	// At is as the mat wrote it.
	At racetime.Instant
}

// Wearer is who wears a chip, a team for its members.
type Wearer struct {
	Race race.ID
	Bib  race.Bib
}

// Anomalies are those that the scorer found in passings.
type Anomalies interface {
	// Anomalies returns those of a race, or of all where it is empty, and of a kind, or of all where it is empty, in no order
	// of races and bibs but each entrant's in the order of the course; the version that they are exact for, and the last
	// change of the event that is in them: all of one moment. Points are not named.
	Anomalies(ctx context.Context, event race.EventID, raceID race.ID, kind anomaly.Kind) (
		version, change int64, found []Anomaly, err error)
}

// Conflicts know the reads that mats gave one identity, and what that is judged by. Each answer is of its own moment.
type Conflicts interface {
	// Conflicts returns those of an event by mat, boot and seq, their reads by chip and instant.
	Conflicts(ctx context.Context, event race.EventID) ([]ReadConflict, error)
	// Wearers returns who wears which of these chips; chips that nobody wears are left out.
	Wearers(ctx context.Context, event race.EventID, chips []race.Chip) (map[race.Chip]Wearer, error)
	// Rulings returns all rulings of an event in the order of recording.
	Rulings(ctx context.Context, event race.EventID) ([]ruling.Ruling, error)
}

// AnomalyQuery names a page of anomalies.
type AnomalyQuery struct {
	Event race.EventID
	// Race is empty for all races, and for conflicts of chips that nobody wears.
	Race race.ID
	// Kind is empty for all kinds.
	Kind anomaly.Kind
	// OpenOnly leaves out what was dealt with, and what is information only.
	OpenOnly bool
	// PageSize is 1 to 1000, or 0 for 100.
	PageSize int
	// PageToken is that of the page before; empty for the first page.
	PageToken string
}

// AnomalyPage is a page of anomalies.
type AnomalyPage struct {
	Anomalies []Anomaly
	// Total counts those of all pages, and Open those of them that somebody should deal with.
	Total, Open int
	Version     int64
}

// defaultAnomalyPage is the size of a page where the caller names none.
const defaultAnomalyPage = 100

// ListAnomalies returns a page of anomalies by race in the order of the event, bib and course, and the token of the next
// one, empty on the last. An entrant's conflicts follow its others, and those of chips that nobody wears come last. A page
// begins behind the last anomaly of the one before, which is of the same moment if it was asked for within pagingTime.
// Faults: one that says that there is no such event, ErrRaceNotFound, ErrPageTokenInvalid, ErrPageSizeInvalid.
func (s *Service) ListAnomalies(ctx context.Context, q AnomalyQuery) (AnomalyPage, string, error) {
	if q.PageSize < 0 || q.PageSize > maxPageSize {
		return AnomalyPage{}, "", ErrPageSizeInvalid.With(ErrPageSizeInvalid.At("page_size"))
	}
	if q.PageSize == 0 {
		q.PageSize = defaultAnomalyPage
	}
	question := fmt.Sprintf("anomalies/%s/%s/%s/%t", q.Event, q.Race, q.Kind, q.OpenOnly)
	before, err := readCursor[anomalyPlace](q.PageToken, question)
	if err != nil {
		return AnomalyPage{}, "", err
	}
	list, err := s.listFor(ctx, q, question, before)
	if err != nil {
		return AnomalyPage{}, "", err
	}
	begin := 0
	if before != nil {
		begin = list.behind(before.Last)
	}
	page := list.whole
	end := min(begin+q.PageSize, page.Total)
	page.Anomalies = page.Anomalies[begin:end]
	if end == page.Total {
		return page, "", nil
	}
	next := cursor[anomalyPlace]{question, page.Version, list.listedAt, placeOf(&list.whole.Anomalies[end-1])}
	return page, next.token(), nil
}

// listFor returns what answers a question: for a page behind another one the list of that, as long as it is fresh.
func (s *Service) listFor(
	ctx context.Context, q AnomalyQuery, question string, before *cursor[anomalyPlace],
) (*anomalyList, error) {
	now := racetime.At(s.deps.Now())
	if before != nil && before.fresh(now) {
		if list := s.anomalyLists.find(question, before.ListedAt, now); list != nil {
			return list, nil
		}
	}
	whole, order, err := s.anomalies(ctx, q)
	if err != nil {
		return nil, err
	}
	list := &anomalyList{question: question, listedAt: now, whole: whole, order: order}
	if whole.Total > q.PageSize {
		s.anomalyLists.keep(list)
	}
	return list, nil
}

// anomalies returns those of all pages, and the order of the races by which they are sorted.
func (s *Service) anomalies(ctx context.Context, q AnomalyQuery) (AnomalyPage, raceOrder, error) {
	if !race.IsID(string(q.Event)) || q.Race != "" && !race.IsID(string(q.Race)) { // no store can be asked for it
		event, err := s.deps.Events.EventAt(ctx, q.Event, 0)
		if err != nil {
			return AnomalyPage{}, nil, fmt.Errorf("read the event %s: %w", q.Event, err)
		}
		return AnomalyPage{}, nil, noRace(event)
	}
	version, change, found, err := s.deps.Anomalies.Anomalies(ctx, q.Event, q.Race, q.Kind)
	if err != nil {
		return AnomalyPage{}, nil, fmt.Errorf("read the anomalies of %s: %w", q.Event, err)
	}
	event, err := s.deps.Events.EventAt(ctx, q.Event, change)
	if err != nil {
		return AnomalyPage{}, nil, fmt.Errorf("read the event %s: %w", q.Event, err)
	}
	if q.Race != "" && event.Race(q.Race) == nil {
		return AnomalyPage{}, nil, noRace(event)
	}
	for i := range found {
		a := &found[i]
		if r := event.Race(a.Race); r != nil {
			a.Point, a.FromPoint = r.VisitName(a.Visit), r.VisitName(a.FromVisit)
		}
	}
	if q.Kind == "" || q.Kind == anomaly.IdentityConflict {
		conflicts, err := s.conflicts(ctx, q)
		if err != nil {
			return AnomalyPage{}, nil, err
		}
		found = append(found, conflicts...)
	}
	if q.OpenOnly {
		found = slices.DeleteFunc(found, func(a Anomaly) bool { return !a.Open() })
	}
	order := newRaceOrder(event)
	slices.SortStableFunc(found, func(a, b Anomaly) int { return order.compare(placeOf(&a), placeOf(&b)) })
	page := AnomalyPage{Anomalies: found, Total: len(found), Version: version}
	for i := range found {
		if found[i].Open() {
			page.Open++
		}
	}
	return page, order, nil
}

// conflicts returns an anomaly for each conflict of reads and each entrant that wears one of its chips; for a conflict of
// chips that nobody wears one without an entrant, where no race is asked for.
func (s *Service) conflicts(ctx context.Context, q AnomalyQuery) ([]Anomaly, error) {
	conflicts, err := s.deps.Conflicts.Conflicts(ctx, q.Event)
	if err != nil {
		return nil, fmt.Errorf("read the conflicts of %s: %w", q.Event, err)
	}
	if len(conflicts) == 0 {
		return nil, nil
	}
	var chips []race.Chip
	for i := range conflicts {
		for _, read := range conflicts[i].Reads {
			chips = append(chips, read.Chip)
		}
	}
	slices.Sort(chips)
	wearers, err := s.deps.Conflicts.Wearers(ctx, q.Event, slices.Compact(chips))
	if err != nil {
		return nil, fmt.Errorf("read who wears the chips of %s: %w", q.Event, err)
	}
	rulings, err := s.deps.Conflicts.Rulings(ctx, q.Event)
	if err != nil {
		return nil, fmt.Errorf("read the rulings of %s: %w", q.Event, err)
	}
	dealt := newDealtConflicts(rulings)
	var found []Anomaly
	for i := range conflicts {
		c := &conflicts[i]
		concerned := wearersOf(c, wearers)
		if len(concerned) == 0 {
			concerned = []Wearer{{}}
		}
		for _, w := range concerned {
			if q.Race == "" || w.Race == q.Race {
				a := anomaly.Anomaly{
					Kind: anomaly.IdentityConflict, Visit: anomaly.Nowhere, FromVisit: anomaly.Nowhere,
					DealtBy: dealt.by(anomaly.Identity{Mat: c.Mat, Boot: c.Boot, Seq: c.Seq}, w),
				}
				found = append(found, Anomaly{Race: w.Race, Bib: w.Bib, Anomaly: a, Conflict: c})
			}
		}
	}
	return found, nil
}

// wearersOf returns those of the chips of a conflict, each once.
func wearersOf(conflict *ReadConflict, wearers map[race.Chip]Wearer) []Wearer {
	var concerned []Wearer
	for _, read := range conflict.Reads {
		if w, worn := wearers[read.Chip]; worn && !slices.Contains(concerned, w) {
			concerned = append(concerned, w)
		}
	}
	return concerned
}

// dealtConflicts tell what deals with the conflicts of an entrant: a ruling on its status, else the first review.
type dealtConflicts struct {
	rulings  []ruling.Ruling
	statusBy map[Wearer]string
	// first are the indexes of the first reviews.
	first map[reviewedConflict]int
}

// reviewedConflict is a conflict that was looked at: for one entrant, all of a race, or, the Wearer being empty, for all.
type reviewedConflict struct {
	anomaly.Identity
	Wearer
}

func newDealtConflicts(rulings []ruling.Ruling) dealtConflicts {
	d := dealtConflicts{
		rulings: ruling.Standing(rulings), statusBy: map[Wearer]string{}, first: map[reviewedConflict]int{},
	}
	byEntrant := map[Wearer][]ruling.Ruling{}
	for i := range d.rulings {
		r := &d.rulings[i]
		w := Wearer{r.Race, r.Bib}
		if r.Bib != "" {
			byEntrant[w] = append(byEntrant[w], *r)
		}
		if r.Kind != ruling.Reviewed {
			continue
		}
		review := r.Review()
		key := reviewedConflict{review.Conflict, w}
		if _, before := d.first[key]; !before && review.Kind == anomaly.IdentityConflict {
			d.first[key] = i
		}
	}
	for w, own := range byEntrant {
		decided := ruling.ForEntrant(own)
		d.statusBy[w] = string(decided.StatusBy)
	}
	return d
}

// by returns the id of the ruling that deals with a conflict for an entrant, the empty Wearer being nobody; empty where
// there is none.
func (d *dealtConflicts) by(conflict anomaly.Identity, w Wearer) string {
	if by := d.statusBy[w]; by != "" {
		return by
	}
	first := len(d.rulings)
	for _, reviewed := range []Wearer{w, {Race: w.Race}, {}} {
		if i, ok := d.first[reviewedConflict{conflict, reviewed}]; ok {
			first = min(first, i)
		}
	}
	if first == len(d.rulings) {
		return ""
	}
	return string(d.rulings[first].ID)
}
