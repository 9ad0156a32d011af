package standingspdf

import (
	"fmt"
	"io"
	"strconv"

	"raceday/services/standings"
)

// The layout of a sheet, in millimetres and points.
const (
	margin       = 10.0
	headerHeight = 24.0
	footerHeight = 8.0
	rowHeight    = 5.0
	rowPoints    = 7.5
	rowsOnPage   = int((pageHeight - 2*margin - headerHeight - footerHeight) / rowHeight)
)

// sheetColumn is a column of a sheet.
type sheetColumn struct {
	name  string
	width float64
	align string
	text  func(standings.Row) string
}

// sheetColumns fill the width between the margins.
var sheetColumns = []sheetColumn{
	{"Rank", 11, "R", func(r standings.Row) string { return number(r.Rank) }},
	{"Bib", 14, "R", func(r standings.Row) string { return string(r.Result.Bib) }},
	{"Name", 55, "L", func(r standings.Row) string { return r.Result.Name }},
	{"Country", 13, "L", func(r standings.Row) string { return r.Result.Country }},
	{"Club", 34, "L", func(r standings.Row) string { return r.Result.Club }},
	{"Group", 15, "L", group},
	{"Gun", 15, "R", standings.Row.Gun},
	{"Net", 15, "R", standings.Row.Net},
	{"Time", 18, "R", timeOrStatus},
}

// WriteSheet writes a list: on every page its event, race, name and version, when it was written, and the number of the page.
// The list is not official: that is said on every page as well.
func (p *Printer) WriteSheet(w io.Writer, list standings.WholeList) error {
	d := p.newDocument(list.Event.Name + ", " + standings.RaceName(list.Race) + ", " + list.Name)
	d.SetCreationDate(list.WrittenAt)
	d.SetModificationDate(list.WrittenAt)
	pages := max(1, (len(list.Rows)+rowsOnPage-1)/rowsOnPage)
	for page := range pages {
		d.AddPage()
		d.sheetFrame(list, page+1, pages)
		for i, row := range list.Rows[page*rowsOnPage : min((page+1)*rowsOnPage, len(list.Rows))] {
			d.sheetRow(margin+headerHeight+float64(i)*rowHeight, "", func(c sheetColumn) string { return c.text(row) })
		}
	}
	if err := d.Output(w); err != nil {
		return fmt.Errorf("write the sheet: %w", err)
	}
	return nil
}

// sheetFrame writes what stands on every page.
func (d *document) sheetFrame(list standings.WholeList, page, pages int) {
	const width = pageWidth - 2*margin
	d.cell(margin, margin, 140, 7, "B", 13, "L", list.Event.Name)
	d.cell(margin+140, margin, width-140, 7, "", 9, "R", list.Event.Day.String())
	d.cell(margin, margin+7, width, 5.5, "B", 10, "L", standings.RaceName(list.Race))
	d.cell(margin, margin+12.5, 140, 5, "", 9, "L", "List "+list.Title())
	d.cell(margin+140, margin+12.5, width-140, 5, "", 9, "R", fmt.Sprintf("%d ranked of %d", list.Ranked, len(list.Rows)))
	d.sheetRow(margin+headerHeight-rowHeight, "B", func(c sheetColumn) string { return c.name })
	d.Line(margin, margin+headerHeight, pageWidth-margin, margin+headerHeight)

	bottom := pageHeight - margin - 5
	d.Line(margin, bottom, pageWidth-margin, bottom)
	d.cell(margin, bottom, 140, 5, "", rowPoints, "L",
		fmt.Sprintf("Not official. Version %d, printed at %s", list.Version, list.Local(list.WrittenAt)))
	d.cell(margin+140, bottom, width-140, 5, "", rowPoints, "R", fmt.Sprintf("Page %d of %d", page, pages))
}

func (d *document) sheetRow(y float64, style string, text func(sheetColumn) string) {
	x := margin
	for _, c := range sheetColumns {
		d.cell(x, y, c.width, rowHeight, style, rowPoints, c.align, text(c))
		x += c.width
	}
}

// timeOrStatus returns the time that a row ranks by, else its status, with the rule of a disqualification.
func timeOrStatus(row standings.Row) string {
	if row.Ranked() != "" {
		return row.Ranked()
	}
	text := row.Result.Status.String()
	if row.Result.Rule != "" {
		text += " " + row.Result.Rule
	}
	return text
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
