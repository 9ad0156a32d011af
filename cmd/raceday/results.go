package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

type resultsCommand struct {
	Export      resultsExportCommand      `cmd:"" help:"Write results.csv, as score would, a workbook, or a file for each list."`
	Sheet       resultsSheetCommand       `cmd:"" help:"Print a list: a PDF of its pages."`
	Certificate resultsCertificateCommand `cmd:"" help:"Print the certificate of a finisher: a PDF."`
}

type resultsExportCommand struct {
	client
	Event  string `required:"" placeholder:"ID" help:"Event."`
	Race   string `placeholder:"ID" help:"With xlsx or --lists: this race only."`
	Format string `default:"csv" enum:"csv,json,xlsx" help:"csv, json (an object a line) or xlsx (a sheet a list)."`
	Out    string `placeholder:"FILE" help:"Where to write the results; without it the standard output."`
	Legs   string `placeholder:"FILE" help:"Where to write legs.csv."`
	Lists  string `placeholder:"DIR" help:"Write a CSV file for each list into this folder instead of the results."`
}

// Help says what stands in the files of lists.
func (c *resultsExportCommand) Help() string {
	return `
A list's file, such as marathon_age_M35-39.csv, holds everybody who belongs to the list: the ranked, then those on course by how
far they are, then all others by status. Letters that not every file system takes are underscores in its name; lists.csv says
which list each file holds (file, race, list, ranked, entrants). Files of lists that are no more are not removed. Columns:

  rank              empty without one
  bib, name         the name as it is published, empty where it is hidden; names, countries and clubs that begin like a
                    formula of a spreadsheet (= + - @) have an apostrophe before them
  country, club
  sex, age_group    F, M or X; of the first classification with ages
  status            FINISHED, STARTED, OTL, DNF, DSQ, NOT_COMPETING, DNS, WITHDRAWN or ENTERED
  gun, net          official times of a finish that counts, rounded up
  penalty           what is in ranked beside the time, empty without one
  ranked            the time that the list ranks by: its basis or a team's sum of legs, with penalties
  split:<n>:<point> official net time at the nth visit of the course, for each between start and finish
  pace:<n>:<point>  pace a kilometre to that visit from the one seen before, for the finish too; m:ss from exact times

An xlsx holds the same, with category and penalty, a sheet a list, behind a sheet that names them.`
}

// Validate refuses flags that do not go together.
func (c *resultsExportCommand) Validate() error {
	switch {
	case c.Lists != "" && (c.Format != "csv" || c.Out != ""):
		return errors.New("--lists writes CSV files into its folder: leave out --format and --out")
	case c.Race != "" && c.Lists == "" && c.Format != "xlsx":
		return errors.New("--race is for --format xlsx and --lists: results.csv is of the whole event")
	}
	return nil
}

// Run writes the results, or the lists.
func (c *resultsExportCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		if err := c.export(ctx, t, conn); err != nil || c.Legs == "" {
			return err
		}
		return writeFile(c.Legs, func(w io.Writer) error {
			return exportResults(ctx, conn, &standingsv1.ExportResultsRequest{
				EventId: c.Event, File: standingsv1.ExportFile_EXPORT_FILE_LEGS_CSV,
			}, w)
		})
	})
}

func (c *resultsExportCommand) export(ctx context.Context, t *terminal, conn *grpc.ClientConn) error {
	request := &standingsv1.ExportResultsRequest{EventId: c.Event, Race: c.Race}
	write := func(w io.Writer) error { return exportResults(ctx, conn, request, w) }
	switch {
	case c.Lists != "":
		request.File = standingsv1.ExportFile_EXPORT_FILE_LISTS_CSV
		n, err := exportLists(ctx, conn, request, c.Lists)
		if err == nil {
			fmt.Fprintf(t.stdout, "%d files in %s\n", n, c.Lists)
		}
		return err
	case c.Format == "xlsx":
		request.File = standingsv1.ExportFile_EXPORT_FILE_RESULTS_XLSX
		return writeBinary(t, c.Out, "a workbook", write)
	case c.Format == "json":
		request.File = standingsv1.ExportFile_EXPORT_FILE_RESULTS_JSON
	default:
		request.File = standingsv1.ExportFile_EXPORT_FILE_RESULTS_CSV
	}
	if c.Out != "" {
		return writeFile(c.Out, write)
	}
	return write(t.stdout)
}

type resultsSheetCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Race  string `arg:"" help:"Race."`
	List  string `arg:"" optional:"" help:"List, such as age/M35-39; without it the race's first."`
	Out   string `placeholder:"FILE" help:"Where to write the PDF; without it the standard output, if that is no terminal."`
}

// Run writes the sheet.
func (c *resultsSheetCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		return writeBinary(t, c.Out, "a PDF", func(w io.Writer) error {
			return exportResults(ctx, conn, &standingsv1.ExportResultsRequest{
				EventId: c.Event, File: standingsv1.ExportFile_EXPORT_FILE_SHEET_PDF, Race: c.Race, List: c.List,
			}, w)
		})
	})
}

type resultsCertificateCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Bib   string `arg:"" help:"Bib of the finisher; of a relay the team's."`
	Out   string `placeholder:"FILE" help:"Where to write the PDF; without it the standard output, if that is no terminal."`
}

// Run writes the certificate.
func (c *resultsCertificateCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		return writeBinary(t, c.Out, "a PDF", func(w io.Writer) error {
			return exportResults(ctx, conn, &standingsv1.ExportResultsRequest{
				EventId: c.Event, File: standingsv1.ExportFile_EXPORT_FILE_CERTIFICATE_PDF, Bib: c.Bib,
			}, w)
		})
	})
}

// writeBinary writes what no terminal can show to a file, or to a standard output that is none.
func writeBinary(t *terminal, path, what string, write func(io.Writer) error) error {
	switch {
	case path != "":
		return writeFile(path, write)
	case isTerminal(t.stdout):
		return fmt.Errorf("%s is not for a terminal: say where to write it with --out", what)
	}
	return write(t.stdout)
}

func exportResults(
	ctx context.Context, conn grpc.ClientConnInterface, request *standingsv1.ExportResultsRequest, w io.Writer,
) error {
	stream, err := standingsv1.NewStandingsServiceClient(conn).ExportResults(ctx, request)
	if err != nil {
		return err
	}
	return receive(stream, func(piece *standingsv1.ExportResultsResponse) error {
		_, err := w.Write(piece.GetChunk())
		return err
	})
}

// exportLists writes the files of an export into a folder and returns how many; files of an earlier one are replaced when
// all have come, and not before.
func exportLists(
	ctx context.Context, conn grpc.ClientConnInterface, request *standingsv1.ExportResultsRequest, dir string,
) (int, error) {
	files := incoming{dir: dir}
	stream, err := standingsv1.NewStandingsServiceClient(conn).ExportResults(ctx, request)
	if err == nil {
		err = receive(stream, func(piece *standingsv1.ExportResultsResponse) error {
			return files.take(piece.GetFile(), piece.GetChunk())
		})
	}
	return len(files.names), files.end(err)
}

// incoming are files that come one after another in pieces, under other names until all are there.
type incoming struct {
	dir   string
	names []string
	open  *os.File
}

const partSuffix = ".part"

// take writes the next piece of a file; the first of another file ends the one before.
func (f *incoming) take(name string, chunk []byte) error {
	if n := len(f.names); n == 0 || f.names[n-1] != name {
		if err := f.begin(name); err != nil {
			return err
		}
	}
	_, err := f.open.Write(chunk)
	return err
}

func (f *incoming) begin(name string) error {
	if filepath.Base(name) != name || !filepath.IsLocal(name) || strings.HasPrefix(name, ".") || filepath.Ext(name) != ".csv" {
		return fmt.Errorf("the server sent a file %q that is not the name of a list's file", name)
	}
	if err := f.close(); err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(f.dir, name+partSuffix))
	if err != nil {
		return err
	}
	f.open, f.names = file, append(f.names, name)
	return nil
}

func (f *incoming) close() error {
	if f.open == nil {
		return nil
	}
	file := f.open
	f.open = nil
	return file.Close()
}

// end gives the files their names, or removes them where something failed.
func (f *incoming) end(err error) error {
	if closing := f.close(); err == nil {
		err = closing
	}
	for _, name := range f.names {
		path := filepath.Join(f.dir, name)
		if err == nil {
			err = os.Rename(path+partSuffix, path)
		}
		if err != nil {
			_ = os.Remove(path + partSuffix)
		}
	}
	return err
}
