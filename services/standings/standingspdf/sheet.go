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
	text  func(*standings.OfficialRow) string
}

// sheetColumns fill the width between the margins.
var sheetColumns = []sheetColumn{
	{"Rank", 11, "R", func(r *standings.OfficialRow) string { return number(r.Rank) }},
	{"Bib", 14, "R", func(r *standings.OfficialRow) string { return string(r.Bib) }},
	{"Name", 55, "L", func(r *standings.OfficialRow) string { return r.Name }},
	{"Country", 13, "L", func(r *standings.OfficialRow) string { return r.Country }},
	{"Club", 34, "L", func(r *standings.OfficialRow) string { return r.Club }},
	{"Group", 15, "L", group},
	{"Gun", 15, "R", func(r *standings.OfficialRow) string { return r.Gun }},
	{"Net", 15, "R", func(r *standings.OfficialRow) string { return r.Net }},
	{"Time", 18, "R", timeOrStatus},
}

// WriteSheet writes a list: on every page its event, race and name, the number of the page, and what the list is: not
// official, with its version and when it was written, or published, when and by whom. Below a team are its legs.
func (p *Printer) WriteSheet(w io.Writer, s standings.Sheet) error {
	d := p.newDocument(s.Event.Name + ", " + standings.RaceName(s.Race) + ", " + s.Title)
	d.SetCreationDate(s.WrittenAt)
	d.SetModificationDate(s.WrittenAt)
	high := 1 + linesOfLegs(s.Legs())
	onPage := max(1, rowsOnPage/high)
	pages := max(1, (len(s.Rows)+onPage-1)/onPage)
	for page := range pages {
		d.AddPage()
		d.sheetFrame(&s, page+1, pages)
		rows := s.Rows[page*onPage : min((page+1)*onPage, len(s.Rows))]
		for i := range rows {
			y := margin + headerHeight + float64(i*high)*rowHeight
			d.sheetRow(y, "", func(c sheetColumn) string { return c.text(&rows[i]) })
			d.legLines(y+rowHeight, rows[i].Legs)
		}
	}
	if err := d.Output(w); err != nil {
		return fmt.Errorf("write the sheet: %w", err)
	}
	return nil
}

// sheetFrame writes what stands on every page.
func (d *document) sheetFrame(s *standings.Sheet, page, pages int) {
	const width = pageWidth - 2*margin
	d.cell(margin, margin, 140, 7, "B", 13, "L", s.Event.Name)
	d.cell(margin+140, margin, width-140, 7, "", 9, "R", s.Event.Day.String())
	d.cell(margin, margin+7, 95, 5.5, "B", 10, "L", standings.RaceName(s.Race))
	d.cell(margin+95, margin+7, width-95, 5.5, "", 9, "R", s.Reason())
	d.cell(margin, margin+12.5, 140, 5, "", 9, "L", "List "+s.Title)
	d.cell(margin+140, margin+12.5, width-140, 5, "", 9, "R", fmt.Sprintf("%d ranked of %d", s.Ranked(), len(s.Rows)))
	d.sheetRow(margin+headerHeight-rowHeight, "B", func(c sheetColumn) string { return c.name })
	d.Line(margin, margin+headerHeight, pageWidth-margin, margin+headerHeight)

	bottom := pageHeight - margin - 5
	d.Line(margin, bottom, pageWidth-margin, bottom)
	d.cell(margin, bottom, 165, 5, "", rowPoints, "L", s.Legend())
	d.cell(margin+165, bottom, width-165, 5, "", rowPoints, "R", fmt.Sprintf("Page %d of %d", page, pages))
}

func (d *document) sheetRow(y float64, style string, text func(sheetColumn) string) {
	x := margin
	for _, c := range sheetColumns {
		d.cell(x, y, c.width, rowHeight, style, rowPoints, c.align, text(c))
		x += c.width
	}
}

// timeOrStatus returns the time that a row ranks by, else its status, with the rule of a disqualification.
func timeOrStatus(row *standings.OfficialRow) string {
	if row.Ranked != "" {
		return row.Ranked
	}
	text := row.Status.String()
	if row.Rule != "" {
		text += " " + row.Rule
	}
	return text
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
