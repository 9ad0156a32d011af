package standingsxlsx_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/thedatashed/xlsxreader"

	"raceday/services/rules/civil"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
	"raceday/services/standings/standingsxlsx"
)

var gun = racetime.At(time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC))

// names are such as entrants have them: Kazakh ones, one that Excel might take for a formula, a hidden one.
var names = []string{"Әлия Ғабитқызы", "Қуаныш Өтегенұлы", "Төлеу Үңгіров", "Һәкім Ілияс", "=1+1", "A & <B>", " Blank ", ""}

// marathon is a marathon with so many finishers, and behind them a disqualified one, by overall, sex and club.
func marathon(finishers int) (*race.Event, []result.Result) {
	r := race.New(race.Marathon)
	r.ID, r.Name = "marathon", "Marathon"
	r.Course = []race.Visit{
		{Point: "line"}, {Point: "k10", AtMillimetres: 10_000_000}, {Point: "half", AtMillimetres: 21_097_500},
		{Point: "line", AtMillimetres: 42_195_000},
	}
	r.Classifications = []race.Classification{
		{ID: "overall"}, {ID: "sex", By: []race.By{race.BySex}, Basis: race.Net}, {ID: "club", By: []race.By{race.ByClub}},
	}
	event := &race.Event{ID: "almaty-2025", Name: "Almaty Marathon", Day: civil.Day{Year: 2025, Month: 9, Day: 28}, TimeZone: "Asia/Almaty"}
	event.Races = []race.Race{r}
	results := make([]result.Result, finishers+1)
	for i := range results {
		start := gun.Add(time.Duration(i%600) * time.Second)
		at := func(kilometres float64) racetime.Instant {
			return start.Add(time.Duration(kilometres * float64(180*time.Second+time.Duration(i)*7*time.Millisecond)))
		}
		results[i] = result.Result{
			Entrant: race.EntrantID(i + 1), Race: "marathon", Bib: race.Bib(strconv.Itoa(i + 1)), Name: names[i%len(names)],
			Sex: race.Male, Country: "KAZ", Club: "Жүйрік", AgeGroup: "M18-34", Category: "Open", Status: result.Finished, GunAt: gun,
			Passings: []passing.Passing{
				{Visit: 0, At: start}, {Visit: 1, At: at(10)}, {Visit: 2, At: at(21.0975)}, {Visit: 3, At: at(42.195)},
			},
			Gun: racetime.Known(at(42.195).Sub(gun)), Net: racetime.Known(at(42.195).Sub(start)),
			Lists: []string{"overall", "sex/M", "club/Жүйрік"},
		}
	}
	out := &results[finishers]
	out.Bib, out.Status, out.Rule, out.Penalty = "F-007", result.DSQ, "TR6.3", time.Minute
	return event, results
}

// lists returns all lists of an event.
func lists(t *testing.T, event *race.Event, results []result.Result) []standings.WholeList {
	t.Helper()
	all, _, err := standings.NewBoard(event, 7, results).WholeLists("")
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].WrittenAt = gun.Add(5 * time.Hour).Time()
	}
	return all
}

// written returns the bytes of a workbook, and the workbook opened again by a library that only reads.
func written(t *testing.T, all []standings.WholeList) ([]byte, *xlsxreader.XlsxFile) {
	t.Helper()
	var file bytes.Buffer
	if err := (standingsxlsx.Writer{}).WriteWorkbook(&file, all); err != nil {
		t.Fatal(err)
	}
	book, err := xlsxreader.NewReader(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), book
}

// rowsOf returns the rows of a sheet by column, a number with a # before it.
func rowsOf(t *testing.T, book *xlsxreader.XlsxFile, sheet string) []map[string]string {
	t.Helper()
	var rows []map[string]string
	for row := range book.ReadRows(sheet) {
		if row.Error != nil {
			t.Fatalf("%s, row %d: %v", sheet, row.Index, row.Error)
		}
		cells := map[string]string{}
		for _, c := range row.Cells {
			if cells[c.Column] = c.Value; c.Type == xlsxreader.TypeNumerical {
				cells[c.Column] = "#" + c.Value
			}
		}
		rows = append(rows, cells)
	}
	return rows
}

// wantRow returns what a row of the marathon's lists shows.
func wantRow(row standings.Row) map[string]string {
	r, cells := row.Result, map[string]string{}
	put := func(column, value string) {
		if value != "" && value != "#0" {
			cells[column] = value
		}
	}
	put("A", fmt.Sprint("#", row.Rank))
	put("B", "#"+string(r.Bib))
	if r.Bib == "F-007" {
		cells["B"] = "F-007"
	}
	put("C", r.Name)
	for column, value := range map[string]string{
		"D": "M", "E": r.AgeGroup, "F": r.Country, "G": r.Club, "H": r.Category, "I": r.Status.String(),
		"J": row.Gun(), "K": row.Net(), "L": row.Penalty(), "M": row.Ranked(),
	} {
		put(column, value)
	}
	for visit, columns := range [][]string{1: {"N", "O"}, 2: {"P", "Q"}, 3: {"", "R"}} {
		if split, ok := row.SplitAt(visit); ok && visit > 0 {
			if columns[0] != "" {
				put(columns[0], split.Net)
			}
			put(columns[1], split.Pace)
		}
	}
	return cells
}

func TestTheWorkbookHoldsEveryList(t *testing.T) {
	t.Parallel()
	event, results := marathon(20)
	all := lists(t, event, results)
	file, book := written(t, all)
	sheets := []string{"Lists", "club Жүйрік", "overall", "sex M"}
	if diff := cmp.Diff(sheets, book.Sheets); diff != "" {
		t.Fatalf("sheets (-want +got)\n%s", diff)
	}
	for i, list := range all {
		got := rowsOf(t, book, sheets[i+1])
		want := []map[string]string{{
			"A": "Rank", "B": "Bib", "C": "Name", "D": "Sex", "E": "Age group", "F": "Country", "G": "Club", "H": "Category", "I": "Status",
			"J": "Gun", "K": "Net", "L": "Penalty", "M": "Time", "N": "k10 (10 km)", "O": "Pace to k10 (10 km)",
			"P": "half (21.0975 km)", "Q": "Pace to half (21.0975 km)", "R": "Pace to finish (42.195 km)",
		}}
		for _, row := range list.Rows {
			want = append(want, wantRow(row))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-list +sheet)\n%s", list.Name, diff)
		}
	}
	contents := rowsOf(t, book, "Lists")
	want := map[string]string{
		"A": "sex M", "B": "Marathon", "C": "sex/M, by net time", "D": "#20", "E": "#21", "F": "Almaty Marathon", "G": "#7",
		"H": "2025-09-28 12:00:00 +05:00",
	}
	if diff := cmp.Diff(want, contents[3]); diff != "" {
		t.Errorf("contents (-want +got)\n%s", diff)
	}
	if n := strings.Count(part(t, file, "xl/worksheets/"), `state="frozen"`); n != 4 {
		t.Errorf("%d headers are frozen, want 4", n)
	}
	if strings.Contains(part(t, file, "xl/worksheets/"), "<f>") {
		t.Error("a name became a formula")
	}
}

// part returns what the files of a workbook hold whose names begin so.
func part(t *testing.T, file []byte, prefix string) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range archive.File {
		if !strings.HasPrefix(f.Name, prefix) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&text, r); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

func TestAWorkbookOfAWholeField(t *testing.T) {
	t.Parallel()
	event, results := marathon(17_000)
	event.Races[0].Classifications = event.Races[0].Classifications[:1]
	for i := range results {
		results[i].Lists = results[i].Lists[:1]
	}
	all := lists(t, event, results)
	began := time.Now()
	file, _ := written(t, all)
	t.Logf("%d rows in %d bytes, %v", len(all[0].Rows), len(file), time.Since(began).Round(time.Millisecond))
	text := part(t, file, "xl/worksheets/sheet2.xml")
	if n := strings.Count(text, "<row "); n != 17_002 {
		t.Errorf("%d rows, want 17 001 and a header", n)
	}
	end := text[strings.LastIndex(text, "<row "):]
	if !strings.Contains(end, "F-007") || !strings.Contains(end, "DSQ") || !strings.Contains(end, all[0].Rows[17_000].Gun()) {
		t.Errorf("the last row is %s", end)
	}
}

func TestSheetsHaveNamesThatExcelTakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		lists []string
		want  []string
	}{
		{"as they are", []string{"overall", "age/M35-39", "c/F|Open"}, []string{"overall", "age M35-39", "c F|Open"}},
		{"what Excel does not take", []string{`club/a[b]c:d*e?f\g`}, []string{"club a_b_c_d_e_f_g"}},
		{"the same but for case", []string{"club/Tengri", "club/TENGRI", "club/tengri"},
			[]string{"club Tengri", "club TENGRI (2)", "club tengri (3)"}},
		{"taken names", []string{"history", "lists"}, []string{"history (2)", "lists (2)"}},
		{"the same in 31 letters", []string{"club/" + strings.Repeat("ә", 40) + "1", "club/" + strings.Repeat("ә", 40) + "2"},
			[]string{"club " + strings.Repeat("ә", 26), "club " + strings.Repeat("ә", 22) + " (2)"}},
		{"letters of two units", []string{"club/" + strings.Repeat("𐐀", 20)}, []string{"club " + strings.Repeat("𐐀", 13)}},
		{"an apostrophe at the end", []string{"club/Runners'"}, []string{"club Runners_"}},
		{"a line break", []string{"club/a\nb"}, []string{"club a b"}},
	} {
		var all []standings.WholeList
		for _, name := range c.lists {
			all = append(all, standings.WholeList{
				Event: &race.Event{}, Race: &race.Race{ID: "ten"}, Classification: &race.Classification{}, Name: name,
			})
		}
		_, book := written(t, all)
		if diff := cmp.Diff(append([]string{"Lists"}, c.want...), book.Sheets); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
		for _, name := range book.Sheets {
			if n := len(utf16.Encode([]rune(name))); n > 31 {
				t.Errorf("%s: %q has %d units", c.name, name, n)
			}
		}
	}
}

func TestSheetsOfSeveralRacesSayWhich(t *testing.T) {
	t.Parallel()
	var all []standings.WholeList
	for _, id := range []race.ID{"half", "ten"} {
		all = append(all, standings.WholeList{
			Event: &race.Event{}, Race: &race.Race{ID: id}, Classification: &race.Classification{}, Name: "overall",
		})
	}
	_, book := written(t, all)
	if diff := cmp.Diff([]string{"Lists", "half overall", "ten overall"}, book.Sheets); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTheWorkbookOfARelayHasItsLegs(t *testing.T) {
	t.Parallel()
	r := race.New(race.Other)
	r.ID = "pair"
	r.Course = []race.Visit{{Point: "line"}, {Point: "x1", AtMillimetres: 5_000_000}, {Point: "line", AtMillimetres: 12_195_000}}
	r.Team = &race.Team{Size: 2, Legs: []race.Leg{{To: "x1", LengthMillimetres: 5_000_000}, {To: "line", LengthMillimetres: 7_195_000}}}
	r.Classifications = []race.Classification{{ID: "overall"}}
	event := &race.Event{ID: "almaty-2025", Races: []race.Race{r}}
	team := func(id race.EntrantID, bib race.Bib, status result.Status, legs ...result.Leg) result.Result {
		return result.Result{Entrant: id, Race: "pair", Bib: bib, Status: status, GunAt: gun, Lists: []string{"overall"}, Legs: legs}
	}
	const second = time.Second
	finished := team(1, "1", result.Finished, result.Leg{Time: racetime.Known(1000 * second), Cumulative: racetime.Known(1000 * second)},
		result.Leg{Time: racetime.Known(1500 * second), Cumulative: racetime.Known(2500 * second)})
	finished.LegsTotal = racetime.Known(2500 * second)
	_, book := written(t, lists(t, event, []result.Result{
		finished, team(2, "2", result.DNF, result.Leg{NotCompleted: true}, result.Leg{Time: racetime.Known(1600 * second)}),
		team(3, "3", result.DSQ, result.Leg{Time: racetime.Known(900 * second)}), // a leg less, of an earlier version of the event
	}))
	var got []string
	for _, row := range rowsOf(t, book, "overall") {
		got = append(got, row["B"]+" | "+row["Q"]+" | "+row["R"]+row["S"])
	}
	want := []string{"Bib | Leg 1 (5 km) | Leg 2 (7.195 km)", "#1 | 0:16:40 | 0:25:00", "#2 | not completed | 0:26:40", "#3 | 0:15:00 | "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
