package standings

import (
	"context"
	"fmt"
	"io"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// Workbooks writes lists as spreadsheets.
type Workbooks interface {
	// WriteWorkbook writes one workbook with a sheet for each list.
	WriteWorkbook(w io.Writer, lists []WholeList) error
}

// Papers writes what is printed.
type Papers interface {
	// WriteSheet writes the pages of a list.
	WriteSheet(w io.Writer, list WholeList) error
	// WriteCertificate writes the certificate of one finisher.
	WriteCertificate(w io.Writer, c Certificate) error
}

// Certificate is what a finisher takes home on paper.
type Certificate struct {
	Event     *race.Event
	Race      *race.Race
	WrittenAt time.Time
	EntrantResult
}

// Local returns an instant as a clock at the event shows it, with the offset from UTC.
func (c Certificate) Local(at time.Time) string { return localTime(c.Event, at) }

// File is a form in which results are exported.
type File int

// The files. [FORMATS.md, results.csv]
const (
	ResultsCSV File = iota
	LegsCSV
	ResultsJSON
	// Workbook and ListsCSV hold every list of the race, or of the event where the export names none.
	Workbook
	ListsCSV
	// SheetPDF is one list of a race, its first where the export names none; CertificatePDF is of a bib.
	SheetPDF
	CertificatePDF
)

// Export says what is exported.
type Export struct {
	Event race.EventID
	File  File
	Race  race.ID
	List  string
	Bib   race.Bib
}

// Begin is called before each file of an export with its name, which is empty but for ListsCSV, and the version; the file
// is written to what it returns.
type Begin func(name string, version int64) io.Writer

// ExportResults writes a file of an event, or several, when those who asked before have theirs made. ResultsCSV, LegsCSV and ResultsJSON are of what is stored; the others
// of the live lists. Faults: one that says that there is no such event; of the others also ErrRaceNotFound, ErrListNotFound,
// ErrEntrantNotFound, ErrNotFinished, ErrStopping.
func (s *Service) ExportResults(ctx context.Context, e Export, begin Begin) error {
	return s.rendered(ctx, begin, func(begin Begin) error { return s.export(ctx, e, begin) })
}

func (s *Service) export(ctx context.Context, e Export, begin Begin) error {
	switch e.File {
	case Workbook, ListsCSV:
		return s.exportLists(ctx, e, begin)
	case SheetPDF:
		return s.exportSheet(ctx, e, begin)
	case CertificatePDF:
		return s.exportCertificate(ctx, e, begin)
	}
	// No id that is none comes as far as the store.
	if _, err := s.deps.Events.EventAt(ctx, e.Event, 0); err != nil {
		return fmt.Errorf("read the event %s: %w", e.Event, err)
	}
	d, err := readDerived(ctx, s.deps.Store, s.deps.Events, e.Event)
	if err != nil {
		return err
	}
	return writerOf(e.File)(begin("", d.version), d.event, d.results)
}

func writerOf(file File) func(io.Writer, *race.Event, []result.Result) error {
	switch file {
	case LegsCSV:
		return WriteLegs
	case ResultsJSON:
		return WriteResultsJSON
	default:
		return WriteResults
	}
}

func (s *Service) exportLists(ctx context.Context, e Export, begin Begin) error {
	var lists []WholeList
	var version int64
	// Rows do not change any more: they are written when the board is free again.
	err := s.deps.Boards.Use(ctx, e.Event, func(b *Board) error {
		var err error
		lists, version, err = b.WholeLists(e.Race)
		return err
	})
	if err != nil {
		return err
	}
	if e.File == ListsCSV {
		return writeListFiles(lists, version, begin)
	}
	now := s.deps.Now()
	for i := range lists {
		lists[i].WrittenAt = now
	}
	if err := s.deps.Workbooks.WriteWorkbook(begin("", version), lists); err != nil {
		return fmt.Errorf("write a workbook of %s: %w", e.Event, err)
	}
	return nil
}

func (s *Service) exportSheet(ctx context.Context, e Export, begin Begin) error {
	var list WholeList
	err := s.deps.Boards.Use(ctx, e.Event, func(b *Board) error {
		var err error
		list, err = b.WholeList(e.Race, e.List)
		return err
	})
	if err != nil {
		return err
	}
	list.WrittenAt = s.deps.Now()
	if err := s.deps.Papers.WriteSheet(begin("", list.Version), list); err != nil {
		return fmt.Errorf("write a sheet of %s, race %s: %w", e.Event, e.Race, err)
	}
	return nil
}

func (s *Service) exportCertificate(ctx context.Context, e Export, begin Begin) error {
	var c Certificate
	err := s.deps.Boards.Use(ctx, e.Event, func(b *Board) error {
		var err error
		c, err = b.Certificate(e.Bib)
		return err
	})
	if err != nil {
		return err
	}
	c.WrittenAt = s.deps.Now()
	if err := s.deps.Papers.WriteCertificate(begin("", c.Version), c); err != nil {
		return fmt.Errorf("write a certificate of %s: %w", e.Event, err)
	}
	return nil
}

// Certificate returns what the certificate of the entrant with this bib says. Faults: ErrEntrantNotFound, ErrNotFinished.
func (b *Board) Certificate(bib race.Bib) (Certificate, error) {
	entrant, err := b.Entrant(bib)
	if err != nil {
		return Certificate{}, err
	}
	if entrant.Row.Result.Status != result.Finished {
		return Certificate{}, ErrNotFinished
	}
	return Certificate{Event: b.Event(), Race: entrant.Row.terms.race, EntrantResult: entrant}, nil
}
