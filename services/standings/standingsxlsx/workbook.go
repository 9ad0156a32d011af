// Package standingsxlsx writes lists as spreadsheets. What stands in them is the standings' business; how Excel wants it is
// decided here.
package standingsxlsx

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"raceday/services/rules/race"
	"raceday/services/standings"
)

// Writer writes workbooks.
type Writer struct{}

// contents is the first sheet: it says which list each other sheet holds.
const contents = "Lists"

// WriteWorkbook writes a workbook with a sheet for each list, behind a sheet that names them. Ranks, counts and bibs that
// are numbers are numbers; all else, official times included, is text. Rows go to a temporary file where they are many.
func (Writer) WriteWorkbook(w io.Writer, lists []standings.WholeList) (err error) {
	file := excelize.NewFile()
	defer func() { err = errors.Join(err, file.Close()) }()
	head, err := file.NewStyle(&excelize.Style{
		Font:   &excelize.Font{Bold: true},
		Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "000000"}},
	})
	if err != nil {
		return fmt.Errorf("make a style: %w", err)
	}
	if err := file.SetSheetName("Sheet1", contents); err != nil {
		return fmt.Errorf("name the sheet %s: %w", contents, err)
	}
	names := sheetNames(lists)
	if err := writeTable(file, head, contents, contentsTable(names, lists)); err != nil {
		return err
	}
	for i, l := range lists {
		if _, err := file.NewSheet(names[i]); err != nil {
			return fmt.Errorf("make the sheet %s: %w", names[i], err)
		}
		if err := writeTable(file, head, names[i], listTable(l)); err != nil {
			return err
		}
	}
	if err := file.Write(w); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// table is a sheet: its columns, and what calls put with the cells of each row; cells are used again for the next row.
type table struct {
	columns []column
	rows    func(put func(cells []any) error) error
}

// column is one of a sheet; the width is in letters.
type column struct {
	name  string
	width float64
}

// writeTable writes a sheet whose header stays in sight.
func writeTable(file *excelize.File, head int, sheet string, t table) error {
	stream, err := file.NewStreamWriter(sheet)
	if err != nil {
		return fmt.Errorf("begin the sheet %s: %w", sheet, err)
	}
	header := make([]any, len(t.columns))
	for i, c := range t.columns {
		header[i] = excelize.Cell{StyleID: head, Value: c.name}
		if err := stream.SetColWidth(i+1, i+1, c.width); err != nil {
			return fmt.Errorf("set the width of %s on %s: %w", c.name, sheet, err)
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("freeze the header of %s: %w", sheet, err)
	}
	n := 0
	put := func(cells []any) error {
		n++
		return stream.SetRow("A"+strconv.Itoa(n), cells)
	}
	if err := put(header); err != nil {
		return fmt.Errorf("write the header of %s: %w", sheet, err)
	}
	if err := t.rows(put); err != nil {
		return fmt.Errorf("write the sheet %s, row %d: %w", sheet, n, err)
	}
	if err := stream.Flush(); err != nil {
		return fmt.Errorf("end the sheet %s: %w", sheet, err)
	}
	return nil
}

func contentsTable(names []string, lists []standings.WholeList) table {
	return table{
		columns: []column{
			{"Sheet", 32}, {"Race", 24}, {"List", 32}, {"Ranked", 9}, {"Entrants", 9}, {"Event", 32}, {"Version", 10}, {"Written at", 27},
		},
		rows: func(put func([]any) error) error {
			for i, l := range lists {
				err := put([]any{
					names[i], standings.RaceName(l.Race), l.Title(), l.Ranked, len(l.Rows), l.Event.Name, l.Version, l.Local(l.WrittenAt),
				})
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// listTable has a column for the time at each visit between start and finish, one for the pace to each visit, and for relays one
// for each leg.
func listTable(l standings.WholeList) table {
	const timeWidth, paceWidth = 11, 9
	columns := []column{
		{"Rank", 6}, {"Bib", 8}, {"Name", 32}, {"Sex", 5}, {"Age group", 10}, {"Country", 9}, {"Club", 28}, {"Category", 16},
		{"Status", 15}, {"Gun", timeWidth}, {"Net", timeWidth}, {"Penalty", timeWidth}, {"Time", timeWidth},
	}
	finish := len(l.Race.Course) - 1
	for visit := 1; visit <= finish; visit++ {
		name := visitName(l.Race, visit)
		if visit < finish {
			columns = append(columns, column{name, timeWidth})
		}
		columns = append(columns, column{"Pace to " + name, paceWidth})
	}
	columns = append(columns, legColumns(l.Race)...)
	return table{columns: columns, rows: func(put func([]any) error) error {
		cells := make([]any, 0, len(columns))
		for _, row := range l.Rows {
			r := row.Result
			cells = append(cells[:0], rank(row.Rank), bib(r.Bib), text(r.Name), text(r.Sex.String()), text(r.AgeGroup), text(r.Country),
				text(r.Club), text(r.Category), text(r.Status.String()), text(row.Gun()), text(row.Net()), text(row.Penalty()),
				text(row.Ranked()))
			for visit := 1; visit <= finish; visit++ {
				split, _ := row.SplitAt(visit)
				if visit < finish {
					cells = append(cells, text(split.Net))
				}
				cells = append(cells, text(split.Pace))
			}
			cells = appendLegs(cells, l.Race, r)
			if err := put(cells); err != nil {
				return err
			}
		}
		return nil
	}}
}

// visitName returns a visit as a ruling names it, but the finish by that name, with its distance.
func visitName(r *race.Race, visit int) string {
	name := r.VisitName(visit)
	if visit == len(r.Course)-1 {
		name = "finish"
	}
	return name + " (" + kilometres(r.Course[visit].AtMillimetres) + " km)"
}

func kilometres(millimetres int64) string {
	return strconv.FormatFloat(float64(millimetres)/1e6, 'f', -1, 64)
}

// An empty cell is none, so that Excel counts it as blank.

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func rank(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// bib returns a number for a bib that is written like one.
func bib(b race.Bib) any {
	if n, err := strconv.Atoi(string(b)); err == nil && strconv.Itoa(n) == string(b) {
		return n
	}
	return string(b)
}
