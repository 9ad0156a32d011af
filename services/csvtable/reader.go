// Package csvtable reads CSV files with a header line: columns in any order, unknown ones refused, every bad line
// reported with its place. What the columns mean is the caller's.
package csvtable

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Fault is one thing wrong with a file.
type Fault struct {
	File string
	// Line counts from 1, the header line included; 0 means the file as a whole.
	Line int
	// Column is empty where the whole line is meant.
	Column string
	Reason string
}

// String writes the fault as file:line: column: reason.
func (f Fault) String() string {
	text := f.File
	if f.Line > 0 {
		text += fmt.Sprintf(":%d", f.Line)
	}
	if f.Column != "" {
		text += ": " + f.Column
	}
	return text + ": " + f.Reason
}

// Faults are all that is wrong with a file, in the order of its lines.
type Faults []Fault

// Error lists every fault on a line of its own.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Columns are the names that a file may have; Required ones must be in its header.
type Columns struct {
	Required, Optional []string
}

// Reader reads the lines below the header.
type Reader struct {
	file    string
	csv     *csv.Reader
	columns []string
	record  []string
	line    int
	faults  Faults
}

// NewReader reads the header of a file; gzip is recognised by its first bytes. A header that does not fit is returned
// as Faults.
func NewReader(file string, r io.Reader, columns Columns) (*Reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	var content io.Reader = buffered
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, Faults{{File: file, Reason: "gzip: " + err.Error()}}
		}
		content = unzipped
	}
	t := &Reader{file: file, csv: csv.NewReader(withoutMark(content))}
	t.csv.ReuseRecord = true
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, Faults{{File: file, Reason: "the file is empty; it needs a header line"}}
	}
	if err != nil {
		return nil, Faults{{File: file, Line: 1, Reason: err.Error()}}
	}
	t.columns = slices.Clone(header)
	t.checkHeader(columns)
	if len(t.faults) > 0 {
		return nil, t.faults
	}
	return t, nil
}

// withoutMark drops the byte order mark that spreadsheets put before UTF-8.
func withoutMark(r io.Reader) io.Reader {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if mark, _ := buffered.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = buffered.Discard(3)
	}
	return buffered
}

func (t *Reader) checkHeader(columns Columns) {
	for i, name := range t.columns {
		known := slices.Contains(columns.Required, name) || slices.Contains(columns.Optional, name)
		switch {
		case !known:
			reason := "unknown column; known are " + strings.Join(slices.Concat(columns.Required, columns.Optional), ", ")
			if strings.ContainsAny(name, ";\t") {
				reason += "; columns are parted by commas"
			}
			t.faults = append(t.faults, Fault{t.file, 1, name, reason})
		case slices.Contains(t.columns[:i], name):
			t.faults = append(t.faults, Fault{t.file, 1, name, "column stands twice"})
		}
	}
	for _, name := range columns.Required {
		if !slices.Contains(t.columns, name) {
			t.faults = append(t.faults, Fault{t.file, 1, name, "column is missing"})
		}
	}
}

// Column returns the index of a column in every line, for Field; -1 where the file does not have it.
func (t *Reader) Column(name string) int { return slices.Index(t.columns, name) }

// Next goes to the next line that can be divided into fields; lines that cannot are recorded as faults. It is false at
// the end of the file.
func (t *Reader) Next() bool {
	for {
		record, err := t.csv.Read()
		var bad *csv.ParseError
		switch {
		case err == nil:
			t.record = record
			t.line, _ = t.csv.FieldPos(0)
			return true
		case errors.Is(err, io.EOF):
			return false
		case errors.As(err, &bad):
			reason := bad.Err.Error()
			if errors.Is(bad.Err, csv.ErrFieldCount) {
				reason = fmt.Sprintf("has %d fields where the header has %d", len(record), len(t.columns))
			}
			t.faults = append(t.faults, Fault{t.file, bad.StartLine, "", reason})
		default:
			t.faults = append(t.faults, Fault{t.file, 0, "", "read: " + err.Error()})
			return false
		}
	}
}

// Line returns the number of the current line, the header being 1.
func (t *Reader) Line() int { return t.line }

// Field returns the field at a column's index without surrounding blanks, or nothing for index -1. The text is the
// caller's to keep.
func (t *Reader) Field(column int) string {
	if column < 0 {
		return ""
	}
	return strings.TrimSpace(t.record[column])
}

// Bad records a fault of the current line.
func (t *Reader) Bad(column, reason string) { t.BadLine(t.line, column, reason) }

// BadLine records a fault of an earlier line.
func (t *Reader) BadLine(line int, column, reason string) {
	t.faults = append(t.faults, Fault{t.file, line, column, reason})
}

// Faults returns all faults so far in the order of lines, or nil.
func (t *Reader) Faults() Faults {
	slices.SortStableFunc(t.faults, func(a, b Fault) int { return a.Line - b.Line })
	return t.faults
}

// Err returns Faults as an error, nil where there are none.
func (t *Reader) Err() error {
	if faults := t.Faults(); len(faults) > 0 {
		return faults
	}
	return nil
}
