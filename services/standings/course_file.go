package standings

import (
	"io"
	"strconv"
	"strings"

	"raceday/services/csvtable"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
)

// RecordLine is a good line of a records.csv.
type RecordLine struct {
	// Number counts the lines, the header being 1.
	Number int
	record.Record
}

// ParseRecords reads a records.csv: course,distance_metres,sex,time,holder,year and, where they are known, leg, country and reason.
// All bad lines come back as csvtable.Faults. Whether a record may be entered beside those before is not asked.
func ParseRecords(file string, r io.Reader) ([]RecordLine, error) {
	table, err := csvtable.NewReader(file, r, csvtable.Columns{
		Required: []string{"course", "distance_metres", "sex", "time", "holder", "year"}, Optional: []string{"leg", "country", "reason"},
	})
	if err != nil {
		return nil, err
	}
	t := courseTable{table}
	var lines []RecordLine
	for table.Next() {
		of := record.Record{Run: t.run("holder"), Reason: t.field("reason")}
		of.Leg = t.leg()
		lines = append(lines, RecordLine{table.Line(), of})
	}
	if err := table.Err(); err != nil {
		return nil, err
	}
	return lines, nil
}

// WinnerLine is a good line of an editions.csv.
type WinnerLine struct {
	// Number counts the lines, the header being 1.
	Number int
	record.Winner
}

// ParseEditions reads an editions.csv: year,course,distance_metres,sex,name,time and, where they are known, country, bib and
// reason, as ParseRecords does.
func ParseEditions(file string, r io.Reader) ([]WinnerLine, error) {
	table, err := csvtable.NewReader(file, r, csvtable.Columns{
		Required: []string{"year", "course", "distance_metres", "sex", "name", "time"}, Optional: []string{"country", "bib", "reason"},
	})
	if err != nil {
		return nil, err
	}
	t := courseTable{table}
	var lines []WinnerLine
	for table.Next() {
		lines = append(lines, WinnerLine{table.Line(), record.Winner{
			Run: t.run("name"), Bib: race.Bib(t.field("bib")), Reason: t.field("reason"),
		}})
	}
	if err := table.Err(); err != nil {
		return nil, err
	}
	return lines, nil
}

// courseTable is a file of runs.
type courseTable struct{ *csvtable.Reader }

func (t courseTable) field(column string) string { return t.Field(t.Column(column)) }

// run reads the current line; what is no course, distance, sex, time or year is a fault of it.
func (t courseTable) run(name string) record.Run {
	run := record.Run{
		Key: record.Key{Course: race.CourseID(t.field("course"))}, Name: t.field(name), Country: t.field("country"),
	}
	if !race.IsID(string(run.Course)) {
		t.Bad("course", strconv.Quote(string(run.Course))+" is not 1 to 40 letters, digits and hyphens")
	}
	var ok bool
	if run.DistanceMillimetres, ok = parseMetres(t.field("distance_metres")); !ok {
		t.Bad("distance_metres", strconv.Quote(t.field("distance_metres"))+" is not metres with at most three decimals, such as 21097.5")
	}
	if run.Sex, ok = race.ParseSex(t.field("sex")); !ok || run.Sex == race.SexUnknown {
		t.Bad("sex", strconv.Quote(t.field("sex"))+" is not M, F or X")
	}
	var err error
	if run.Time, err = racetime.ParseOfficial(t.field("time")); err != nil {
		t.Bad("time", strconv.Quote(t.field("time"))+" is "+err.Error())
	}
	if run.Year, err = strconv.Atoi(t.field("year")); err != nil || len(t.field("year")) != 4 {
		t.Bad("year", strconv.Quote(t.field("year"))+" is not a year such as 2022")
	}
	if run.Name == "" {
		t.Bad(name, "is missing")
	}
	return run
}

// leg returns the leg of the current line; 0, the whole course, where it has none.
func (t courseTable) leg() int {
	text := t.field("leg")
	if text == "" {
		return 0
	}
	leg, err := strconv.Atoi(text)
	if err != nil || leg < 1 {
		t.Bad("leg", strconv.Quote(text)+" is not a leg such as 3")
	}
	return leg
}

// parseMetres reads metres as whole millimetres above zero.
func parseMetres(text string) (int64, bool) {
	whole, decimals, divided := strings.Cut(text, ".")
	if divided && (decimals == "" || len(decimals) > 3) || whole == "" || len(whole) > 9 {
		return 0, false
	}
	millimetres, err := strconv.ParseUint(whole+decimals+strings.Repeat("0", 3-len(decimals)), 10, 63)
	return int64(millimetres), err == nil && millimetres > 0
}
