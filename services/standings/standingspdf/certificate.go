package standingspdf

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"raceday/services/rules/race"
	"raceday/services/standings"
)

// The tables of a certificate lie between these heights, their lines no higher than this, lower where they are many.
const (
	tablesTop    = 138.0
	tablesBottom = pageHeight - margin - 14
	lineHeight   = 5.5
	headerGap    = 0.5
)

// WriteCertificate writes the certificate of a finisher: one page with the times, the rank in every list, and the splits with
// their paces, or a team's legs. Who shows no name stands there by bib.
func (p *Printer) WriteCertificate(w io.Writer, c standings.Certificate) error {
	d := p.newDocument(c.Event.Name + ", bib " + string(c.Row.Result.Bib))
	d.SetCreationDate(c.WrittenAt)
	d.SetModificationDate(c.WrittenAt)
	d.AddPage()
	d.SetLineWidth(1)
	d.Rect(margin, margin, pageWidth-2*margin, pageHeight-2*margin, "D")
	d.SetLineWidth(0.2)

	r := c.Row.AsPublished()
	d.centred(24, 10, "B", 24, c.Event.Name)
	d.centred(36, 6, "", 12, c.Event.Day.String())
	d.centred(50, 8, "", 16, "Finisher certificate")
	bib := "Bib " + string(r.Bib)
	if r.Name == "" {
		d.centred(66, 14, "B", 30, bib)
	} else {
		d.centred(66, 14, "B", 30, r.Name)
		d.centred(81, 6, "", 12, joined(bib, r.Country, r.Club, group(&r)))
	}
	d.centred(92, 8, "", 15, raceAndDistance(c.Race))
	d.centred(106, 16, "B", 36, r.Ranked)
	times := []string{labelled("Gun", r.Gun), labelled("Net", r.Net), labelled("Penalty", r.Penalty)}
	d.centred(122, 7, "", 12, joined(times...))

	tables := []certificateTable{rankTable(c), splitTable(c)}
	if len(c.Legs) > 0 {
		tables[1] = legTable(c)
	}
	d.tables(tables)
	d.centred(pageHeight-margin-10, 5, "", rowPoints, c.Legend())
	if err := d.Output(w); err != nil {
		return fmt.Errorf("write the certificate: %w", err)
	}
	return nil
}

// certificateTable is a table with a header.
type certificateTable struct {
	columns []certificateColumn
	lines   [][]string
}

type certificateColumn struct {
	name  string
	width float64
	align string
}

func rankTable(c standings.Certificate) certificateTable {
	t := certificateTable{columns: []certificateColumn{{"List", 80, "L"}, {"Rank", 18, "R"}, {"Of", 18, "R"}, {"Published", 42, "L"}}}
	for i, r := range c.Ranks {
		published := ""
		if p := c.Published[i]; p != nil {
			published = p.String()
		}
		t.lines = append(t.lines, []string{r.List, number(r.Rank), strconv.Itoa(r.Of), published})
	}
	return t
}

func splitTable(c standings.Certificate) certificateTable {
	t := certificateTable{columns: []certificateColumn{
		{"Point", 50, "L"}, {"Distance", 30, "R"}, {"Net", 28, "R"}, {"Pace a km", 26, "R"},
	}}
	for _, s := range c.Splits {
		if s.Visit > 0 {
			point := c.Race.VisitName(s.Visit)
			if s.Visit == len(c.Race.Course)-1 {
				point = "Finish"
			}
			t.lines = append(t.lines, []string{point, kilometres(s.AtMillimetres), s.Net, s.Pace})
		}
	}
	return t
}

func legTable(c standings.Certificate) certificateTable {
	t := certificateTable{columns: []certificateColumn{
		{"Leg", 12, "R"}, {"Runner", 58, "L"}, {"Time", 22, "R"}, {"Rank", 14, "R"}, {"Total", 22, "R"}, {"Rank after", 22, "R"},
	}}
	for _, l := range c.Legs {
		runner := cmp.Or(l.MemberName, string(l.MemberBib))
		t.lines = append(t.lines, []string{
			strconv.Itoa(l.Number), runner, l.ShownTime, number(l.Rank), l.ShownCumulative, number(l.RankAfter),
		})
	}
	return t
}

// tables writes tables below one another.
func (d *document) tables(tables []certificateTable) {
	lines := -1 // a table's header, and a gap between two
	for _, t := range tables {
		lines += len(t.lines) + 2
	}
	height := min(lineHeight, (tablesBottom-tablesTop)/float64(lines))
	y := tablesTop
	for _, t := range tables {
		width := 0.0
		for _, c := range t.columns {
			width += c.width
		}
		left := (pageWidth - width) / 2
		x := left
		for _, c := range t.columns {
			d.cell(x, y, c.width, height, "B", linePoints(height), c.align, c.name)
			x += c.width
		}
		y += height
		d.Line(left, y-headerGap, left+width, y-headerGap)
		for _, line := range t.lines {
			x := left
			for i, c := range t.columns {
				d.cell(x, y, c.width, height, "", linePoints(height), c.align, line[i])
				x += c.width
			}
			y += height
		}
		y += height
	}
}

// linePoints returns the size of letters in a line of a height in millimetres.
func linePoints(height float64) float64 { return height / lineHeight * 9.5 }

// raceAndDistance names a race with its distance, once where that is its name.
func raceAndDistance(r *race.Race) string {
	name, distance := standings.RaceName(r), kilometres(r.DistanceMillimetres)
	if name == distance {
		return name
	}
	return name + ", " + distance
}

func kilometres(millimetres int64) string {
	return strconv.FormatFloat(float64(millimetres)/1e6, 'f', -1, 64) + " km"
}

// labelled returns a value behind its name; nothing without a value.
func labelled(name, value string) string {
	if value == "" {
		return ""
	}
	return name + " " + value
}

// joined returns what is there of the parts.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " · ")
}

func (d *document) centred(y, height float64, style string, points float64, text string) {
	d.cell(margin+5, y, pageWidth-2*margin-10, height, style, points, "C", text)
}
