package standingspdf_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/civil"
	"raceday/services/rules/official"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
	"raceday/services/standings/standingspdf"
)

var gun = racetime.At(time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC))

// printedAt is when the papers of these tests are written: 12:00:05 in Almaty.
var printedAt = gun.Add(5*time.Hour + 5*time.Second).Time()

// names have all letters that Kazakh has beside Russian, in both cases; the last one is hidden.
var names = []string{
	"Әлия Ғабитқызы", "Қуаныш Өтегенұлы", "Төлеу Үңгіров", "Һәкім Ілияс", "Ұлан Ыңғай", "ӘҒҚҢӨҰҮҺІ әғқңөұүһі", "Ёжик Щукин-Ъ", "",
}

// marathon is a marathon with so many finishers, the last of whom is disqualified.
func marathon(finishers int) (*race.Event, []result.Result) {
	r := race.New(race.Marathon)
	r.ID, r.Name, r.DistanceMillimetres = "marathon", "Марафон", 42_195_000
	r.Course = []race.Visit{
		{Point: "line"}, {Point: "k10", AtMillimetres: 10_000_000}, {Point: "half", AtMillimetres: 21_097_500},
		{Point: "line", AtMillimetres: 42_195_000},
	}
	r.Classifications = []race.Classification{{ID: "overall"}, {ID: "sex", By: []race.By{race.BySex}, Basis: race.Net}}
	event := &race.Event{ID: "almaty-2025", Name: "Алматы марафоны", Day: civil.Day{Year: 2025, Month: 9, Day: 28}, TimeZone: "Asia/Almaty"}
	event.Races = []race.Race{r}
	results := make([]result.Result, finishers)
	for i := range results {
		start := gun.Add(time.Duration(i%600) * time.Second)
		at := func(kilometres float64) racetime.Instant {
			return start.Add(time.Duration(kilometres * float64(180*time.Second+time.Duration(i)*7*time.Millisecond)))
		}
		results[i] = result.Result{
			Entrant: race.EntrantID(i + 1), Race: "marathon", Bib: race.Bib(strconv.Itoa(i + 1)), Name: names[i%len(names)],
			Sex: race.Male, Country: "KAZ", Club: "Жүйрік", AgeGroup: "M18-34", Status: result.Finished, GunAt: gun,
			Passings: []passing.Passing{
				{Visit: 0, At: start}, {Visit: 1, At: at(10)}, {Visit: 2, At: at(21.0975)}, {Visit: 3, At: at(42.195)},
			},
			Gun: racetime.Known(at(42.195).Sub(gun)), Net: racetime.Known(at(42.195).Sub(start)),
			Lists: []string{"overall", "sex/M"},
		}
	}
	out := &results[finishers-1]
	out.Status, out.Rule = result.DSQ, "TR6.3"
	return event, results
}

// list returns one of an event's lists.
func list(t *testing.T, event *race.Event, results []result.Result, name string) standings.WholeList {
	t.Helper()
	l, err := standings.NewBoard(event, 7, results).WholeList("marathon", name)
	if err != nil {
		t.Fatal(err)
	}
	l.WrittenAt = printedAt
	return l
}

func newPrinter(t *testing.T) *standingspdf.Printer {
	t.Helper()
	p, err := standingspdf.NewPrinter()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sheet returns the bytes of a list's sheet.
func sheet(t *testing.T, l standings.WholeList) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := newPrinter(t).WriteSheet(&file, standings.SheetOf(l)); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// read returns the lines of each page as pdftotext reads them, with what stands apart in a line divided by two blanks or
// more; options say which pages. Without pdftotext it skips the test, or fails it where CI is true.
func read(t *testing.T, file []byte, options ...string) [][]string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is missing: install poppler-utils")
		}
		t.Skip("pdftotext is missing: install poppler-utils")
	}
	command := exec.CommandContext(t.Context(), program, append(options, "-layout", "-enc", "UTF-8", "-", "-")...)
	command.Stdin = bytes.NewReader(file)
	var text, complaints bytes.Buffer
	command.Stdout, command.Stderr = &text, &complaints
	if err := command.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("pdftotext: %v, %s", err, complaints.String())
	}
	var pages [][]string
	for page := range strings.SplitSeq(strings.TrimSuffix(text.String(), "\f"), "\f") {
		var lines []string
		for line := range strings.Lines(page) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
		pages = append(pages, lines)
	}
	return pages
}

// words returns a line with single blanks.
func words(line string) string { return strings.Join(strings.Fields(line), " ") }

// wantLine returns what a row of a sheet shows.
func wantLine(row standings.Row) string {
	r, rank, last := row.Result, "", row.Ranked()
	if row.Rank > 0 {
		rank = strconv.Itoa(row.Rank)
	}
	if r.Status == result.DSQ {
		last = "DSQ TR6.3"
	}
	fields := []string{rank, string(r.Bib), r.Name, r.Country, r.Club, r.AgeGroup, row.Gun(), row.Net(), last}
	return words(strings.Join(fields, " "))
}

// checkSheet compares the last pages of a sheet, from a page on, with its list.
func checkSheet(t *testing.T, l standings.WholeList, pages [][]string, from, of int) {
	t.Helper()
	if len(pages) != of-from+1 {
		t.Fatalf("%d pages, want %d to %d", len(pages), from, of)
	}
	var got []string
	for i, page := range pages {
		const head, foot = 4, 1
		if len(page) < head+foot {
			t.Fatalf("page %d has the lines %q", i+1, page)
		}
		frame := []string{}
		for _, line := range append(page[:head:head], page[len(page)-foot:]...) {
			frame = append(frame, words(line))
		}
		want := []string{
			"Алматы марафоны 2025-09-28", "Марафон", fmt.Sprintf("List %s %d ranked of %d", l.Title(), l.Ranked, len(l.Rows)),
			"Rank Bib Name Country Club Group Gun Net Time",
			fmt.Sprintf("Not official. Version 7, printed at 2025-09-28 12:00:05 +05:00 Page %d of %d", from+i, of),
		}
		if diff := cmp.Diff(want, frame); diff != "" {
			t.Fatalf("page %d (-want +got)\n%s", i+1, diff)
		}
		for _, line := range page[head : len(page)-foot] {
			got = append(got, words(line))
		}
	}
	var want []string
	for _, row := range l.Rows[len(l.Rows)-min(len(got), len(l.Rows)):] {
		want = append(want, wantLine(row))
	}
	if from == 1 && len(got) != len(l.Rows) {
		t.Errorf("%d rows, want %d", len(got), len(l.Rows))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-list +sheet)\n%.3000s", diff)
	}
}

func TestASheetIsTheList(t *testing.T) {
	t.Parallel()
	event, results := marathon(120)
	for _, name := range []string{"overall", "sex/M"} {
		l := list(t, event, results, name)
		checkSheet(t, l, read(t, sheet(t, l)), 1, 3)
	}
}

func TestASheetOfNobodyIsOnePage(t *testing.T) {
	t.Parallel()
	event, results := marathon(1)
	l := list(t, event, results, "sex/F")
	checkSheet(t, l, read(t, sheet(t, l)), 1, 1)
}

func TestASheetOfAWholeField(t *testing.T) {
	t.Parallel()
	event, results := marathon(17_000)
	l := list(t, event, results, "overall")
	began := time.Now()
	file := sheet(t, l)
	t.Logf("%d rows in %d bytes, %v", len(l.Rows), len(file), time.Since(began).Round(time.Millisecond))
	const pages, from = 347, 330
	checkSheet(t, l, read(t, file, "-f", strconv.Itoa(from)), from, pages)
}

func TestASheetOfAPublishedListSaysSo(t *testing.T) {
	t.Parallel()
	event, results := marathon(2)
	s := standings.SheetOf(list(t, event, results, "overall"))
	s.Published = &standings.OfficialList{
		Number: 12, State: official.Provisional, PublishedAt: racetime.At(printedAt), ProtestsUntil: racetime.At(printedAt.Add(time.Hour)),
		Reason: "the gun was corrected", SignedBy: "Referee of the marathon",
	}
	var file bytes.Buffer
	if err := newPrinter(t).WriteSheet(&file, s); err != nil {
		t.Fatal(err)
	}
	page := read(t, file.Bytes())[0]
	const foot = "Provisional, version 12, published at 2025-09-28 12:00:05 +05:00, signed by Referee of the marathon, " +
		"protests until 2025-09-28 13:00:05 +05:00 Page 1 of 1"
	if got := words(page[1]); got != "Марафон Reason: the gun was corrected" {
		t.Errorf("head %q", got)
	}
	if got := words(page[len(page)-1]); got != foot {
		t.Errorf("foot %q, want %q", got, foot)
	}
}

// The same list gives the same bytes, written by many at once: they share the font.
func TestSheetsAreWrittenSideBySide(t *testing.T) {
	t.Parallel()
	event, results := marathon(60)
	l, p := list(t, event, results, "overall"), newPrinter(t)
	var files [8]bytes.Buffer
	var writers sync.WaitGroup
	for i := range files {
		writers.Go(func() {
			if err := p.WriteSheet(&files[i], standings.SheetOf(l)); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	for i := range files[1:] {
		if !bytes.Equal(files[0].Bytes(), files[i+1].Bytes()) {
			t.Errorf("sheet %d of the same list has other bytes", i+1)
		}
	}
}

func TestNamesAreWrittenAsTheFontCan(t *testing.T) {
	t.Parallel()
	event, results := marathon(2)
	for _, c := range []struct{ name, given, want string }{
		{"decomposed", "И\u0306огини", "Йогини"},
		{"letters that the font lacks", "王 Wang 𐐀", "□ Wang □"},
		{"brackets and a backslash", `O(pen) \ "q"`, `O(pen) \ "q"`},
		{"too long for its column", strings.Repeat("Құдайберген", 8), "…"},
	} {
		results[0].Name = c.given
		pages := read(t, sheet(t, list(t, event, results, "overall")))
		if line := words(pages[0][4]); !strings.Contains(line, c.want) || !strings.HasSuffix(line, "2:06:36") {
			t.Errorf("%s: the line %q does not hold %q and the time", c.name, line, c.want)
		}
	}
}
