package standings

import (
	"context"
	"fmt"
	"io"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Facts writes the facts that everything is derived from.
type Facts interface {
	// Files writes the facts of an event as of one moment, now where it is the zero FactsAt. It calls file with the name of
	// each file in turn and writes the file to what file returns.
	Files(ctx context.Context, event race.EventID, at FactsAt, file func(name string) io.Writer) error
	// Digest returns the digest of the facts of an event as of a moment.
	Digest(ctx context.Context, event race.EventID, at FactsAt) (Digest, error)
}

// Rebuilder computes everything anew.
type Rebuilder interface {
	// Rebuild computes an event from its facts, calls each with whatever is stored otherwise, and stores what it computed.
	Rebuild(ctx context.Context, event race.EventID, each func(Difference) error) (RebuildSummary, error)
}

// Difference is something derived that is stored otherwise than computed.
type Difference struct {
	// Table is passings, results, legs, anomalies or ranks.
	Table string
	Race  race.ID
	Bib   race.Bib
	// Item is a visit, a leg, the number of an anomaly, a list or a column.
	Item             string
	Stored, Computed string
}

// RebuildSummary counts what a rebuild compared.
type RebuildSummary struct {
	Reads, Entrants, Differences int64
	// Version is the event's after the rebuild.
	Version int64
}

// Dependencies are what the service is made of.
type Dependencies struct {
	Boards    *Boards
	Store     Store
	Events    Events
	Facts     Facts
	Rebuilder Rebuilder
	Anomalies Anomalies
	Conflicts Conflicts
	Official  Official
	Prizes    Prizes
	Courses   Courses
	Workbooks Workbooks
	Papers    Papers
	// Now is the clock by which entrants are overdue, estimates have passed, lists are too old to page on in, and papers written.
	Now func() time.Time
}

// Service answers what officials, screens and the web ask.
type Service struct {
	deps         Dependencies
	anomalyLists anomalyLists
	// rendering holds who makes a file.
	rendering chan struct{}
}

// NewService returns the service. Its live answers need Boards to run.
func NewService(deps Dependencies) *Service {
	return &Service{deps: deps, rendering: make(chan struct{}, maxRenders)}
}

// Order is that of the rows of a list.
type Order int

// The orders of a list.
const (
	// RankedFirst has the ranked first, then those on course by furthest visit and time there.
	RankedFirst Order = iota
	// Live has finishers by their time and those on course by their estimated one together.
	Live
)

// orderNames name the orders in page tokens.
var orderNames = [...]string{RankedFirst: "ranked first", Live: "live"}

// Query names a page of a list.
type Query struct {
	Event race.EventID
	Race  race.ID
	// List is empty for the race's first list.
	List  string
	Order Order
	// Around is a bib: the page is the rows around it, with no other behind it. Empty for the list from its top.
	Around race.Bib
	// PageSize is 1 to 1000, or 0 for 50.
	PageSize int
	// PageToken is that of the page before; empty for the first page.
	PageToken string
}

const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// Standings returns a page of a live list and the token of the next one, empty on the last. Pages follow one another by
// place: who overtakes between two calls may be on both or on neither. Faults: one that says that there
// is no such event, ErrRaceNotFound, ErrListNotFound, ErrEntrantNotFound (around a bib), ErrPageTokenInvalid,
// ErrPageSizeInvalid, ErrStopping.
func (s *Service) Standings(ctx context.Context, q Query) (Page, string, error) {
	size, err := pageSize(q.PageSize)
	if err != nil {
		return Page{}, "", err
	}
	if q.Around != "" && q.PageToken != "" {
		return Page{}, "", ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	order := orderNames[q.Order]
	list, offset, err := readPageToken(q.PageToken, q.Race, order, q.List)
	if err != nil {
		return Page{}, "", err
	}
	var page Page
	at := racetime.At(s.deps.Now())
	err = s.deps.Boards.Use(ctx, q.Event, func(b *Board) error {
		var err error
		switch {
		case q.Around != "":
			page, err = b.Window(Watching{
				Race: q.Race, List: list, Order: q.Order, Top: size, Around: q.Around, Now: s.deps.Now,
			})
		case q.Order == Live:
			page, err = b.Live(q.Race, list, offset, size, at)
		default:
			page, err = b.Page(q.Race, list, offset, size)
		}
		return err
	})
	if err != nil {
		return Page{}, "", err
	}
	page.At = at
	next := ""
	if end := offset + len(page.Rows); end < page.Ranked+page.OnCourse && q.Around == "" {
		next = pageToken(q.Race, order, page.List, end)
	}
	return page, next, nil
}

// pageSize returns the size of a page of a list. Fault: ErrPageSizeInvalid.
func pageSize(asked int) (int, error) {
	switch {
	case asked < 0 || asked > maxPageSize:
		return 0, ErrPageSizeInvalid.With(ErrPageSizeInvalid.At("page_size"))
	case asked == 0:
		return defaultPageSize, nil
	}
	return asked, nil
}

// Watch calls send with the watched rows of a live list and then with their changes, until ctx ends, send fails or the
// boards stop. Faults: one that says that there is no such event, ErrRaceNotFound, ErrListNotFound, ErrEntrantNotFound
// (around a bib), ErrTopInvalid, ErrStopping.
func (s *Service) Watch(ctx context.Context, event race.EventID, w Watching, send func(Update) error) error {
	if w.Top < 0 {
		return ErrTopInvalid.With(ErrTopInvalid.At("top"))
	}
	w.Now = s.deps.Now
	return s.deps.Boards.Use(ctx, event, func(b *Board) error { return b.Watch(ctx, w, send) })
}

// Entrant returns one entrant's live result. Faults: one that says that there is no such event, ErrEntrantNotFound,
// ErrStopping.
func (s *Service) Entrant(ctx context.Context, event race.EventID, bib race.Bib) (EntrantResult, error) {
	var entrant EntrantResult
	err := s.deps.Boards.Use(ctx, event, func(b *Board) error {
		var err error
		entrant, err = b.Entrant(bib)
		return err
	})
	entrant.At = racetime.At(s.deps.Now())
	return entrant, err
}

// WatchEntrant calls send with one entrant's live result and then with each change of it, until ctx ends, send fails, nobody
// wears the bib any more or the boards stop. Faults: one that says that there is no such event, ErrEntrantNotFound,
// ErrStopping.
func (s *Service) WatchEntrant(ctx context.Context, event race.EventID, bib race.Bib, send func(EntrantResult) error) error {
	sendNow := func(e EntrantResult) error {
		e.At = racetime.At(s.deps.Now())
		return send(e)
	}
	return s.deps.Boards.Use(ctx, event, func(b *Board) error { return b.WatchEntrant(ctx, bib, sendNow) })
}

// Progress counts the entrants of a race, or of all races where the id is empty, at a version. Faults: one that
// says that there is no such event, ErrRaceNotFound, ErrStopping.
func (s *Service) Progress(ctx context.Context, event race.EventID, raceID race.ID) ([]Progress, int64, error) {
	var counts []Progress
	var version int64
	err := s.deps.Boards.Use(ctx, event, func(b *Board) error {
		var err error
		counts, version, err = b.Progress(raceID)
		return err
	})
	return counts, version, err
}

// Lists returns the lists of a race by name. Faults: one that says that there is no such event, ErrRaceNotFound,
// ErrStopping.
func (s *Service) Lists(ctx context.Context, event race.EventID, raceID race.ID) ([]ListSummary, error) {
	var summaries []ListSummary
	err := s.deps.Boards.Use(ctx, event, func(b *Board) error {
		var err error
		summaries, err = b.Lists(raceID)
		return err
	})
	return summaries, err
}

// ExportFacts writes the files of an event's facts, as of now or where at is set as of that moment, each to what file returns
// for its name. Fault: one that says that there is no such event.
func (s *Service) ExportFacts(ctx context.Context, event race.EventID, at FactsAt, file func(name string) io.Writer) error {
	if err := s.deps.Facts.Files(ctx, event, at, file); err != nil {
		return fmt.Errorf("export the facts of %s: %w", event, err)
	}
	return nil
}

// Rebuild computes an event from its facts, calls each with every difference to what is stored, and stores what it
// computed. Fault: one that says that there is no such event.
func (s *Service) Rebuild(
	ctx context.Context, event race.EventID, each func(Difference) error,
) (RebuildSummary, error) {
	if _, err := s.deps.Events.EventAt(ctx, event, 0); err != nil {
		return RebuildSummary{}, fmt.Errorf("read the event %s: %w", event, err)
	}
	summary, err := s.deps.Rebuilder.Rebuild(ctx, event, each)
	if err != nil {
		return RebuildSummary{}, fmt.Errorf("rebuild %s: %w", event, err)
	}
	return summary, nil
}
