package standings

import (
	"context"
	"fmt"
	"io"

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
	WriteSheet(w io.Writer, s Sheet) error
	// WriteCertificate writes the certificate of one finisher.
	WriteCertificate(w io.Writer, c Certificate) error
}

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
	// SheetPDF is one list of a race, its first where the export names none, or a published version; CertificatePDF is of a bib.
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
	// Published is the version that a SheetPDF is of; nil: the list as it stands.
	Published *OfficialName
	// version is the least that is to be in it.
	version int64
}

// OfficialName names a version of a published list; the number 0 is the newest.
type OfficialName struct {
	Race   race.ID
	List   string
	Number int
}

// Begin is called before each file of an export with its name, which is empty but for ListsCSV, and the version; the file
// is written to what it returns.
type Begin func(name string, version int64) io.Writer

// ExportResults writes a file of an event, or several, when those who asked before have theirs made. ResultsCSV, LegsCSV and
// ResultsJSON are of what is stored; the others of the live lists. What was recorded before the call is in them, unless the
// scorer is more than a few seconds behind. Faults: one that says that there is no such event; of the others also
// ErrRaceNotFound, ErrListNotFound, ErrOfficialNotFound, ErrEntrantNotFound, ErrNotFinished, ErrStopping.
func (s *Service) ExportResults(ctx context.Context, e Export, begin Begin) error {
	if e.Published == nil { // what was published needs no scorer; and nobody waits for one while others could make theirs
		var err error
		if e.version, err = s.deps.Boards.whenScored(ctx, e.Event); err != nil {
			return err
		}
	}
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
	err := s.deps.Boards.useFrom(ctx, e.Event, e.version, func(b *Board) error {
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
