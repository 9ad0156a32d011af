package standings_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/csvtable"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
	"raceday/services/standings"
)

// The organiser's own.
func TestParseRecords(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/records.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := standings.ParseRecords("records.csv", file)
	if err != nil {
		t.Fatal(err)
	}
	line := func(number int, course race.CourseID, millimetres int64, sex race.Sex, text string, year int) standings.RecordLine {
		exact, err := racetime.ParseOfficial(text)
		if err != nil {
			t.Fatal(err)
		}
		return standings.RecordLine{Number: number, Record: record.Record{Run: record.Run{
			Key: record.Key{Course: course, DistanceMillimetres: millimetres, Sex: sex}, Year: year, Time: exact, Name: "not published",
		}}}
	}
	want := []standings.RecordLine{
		line(2, "marathon", 42_195_000, race.Male, "2:21:27", 2022), line(3, "marathon", 42_195_000, race.Female, "2:42:44", 2019),
		line(4, "half", 21_097_500, race.Male, "1:02:54", 2022), line(5, "half", 21_097_500, race.Female, "1:12:49", 2022),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestParseEditions(t *testing.T) {
	t.Parallel()
	got, err := standings.ParseEditions("editions.csv", strings.NewReader(
		"name,sex,year,course,distance_metres,time,bib,country,reason\nAru,F,2013,ten,10000,0:40:01,F7,KAZ,A was disqualified\n"))
	want := []standings.WinnerLine{{Number: 2, Winner: record.Winner{
		Run: record.Run{
			Key: record.Key{Course: "ten", DistanceMillimetres: 10_000_000, Sex: race.Female}, Year: 2013,
			Time: 40*time.Minute + time.Second, Name: "Aru", Country: "KAZ",
		},
		Bib: "F7", Reason: "A was disqualified",
	}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestEveryBadLineIsReported(t *testing.T) {
	t.Parallel()
	const bad = "course,distance_metres,sex,time,holder,year\n" +
		"old town,1e3,,2:21,,22\n" +
		"ten,10000,M,0:40:01,Aru,2022\n" +
		"ten,0.0005,W,0:40:01.5,Aru,MMXX\n" +
		"ten,-5,m,-0:40:01,Aru,2022\n" +
		"ten,0,F,0:40:01\n"
	_, err := standings.ParseRecords("r.csv", strings.NewReader(bad))
	want := csvtable.Faults{
		{File: "r.csv", Line: 2, Column: "course", Reason: `"old town" is not 1 to 40 letters, digits and hyphens`},
		{File: "r.csv", Line: 2, Column: "distance_metres", Reason: `"1e3" is not metres with at most three decimals, such as 21097.5`},
		{File: "r.csv", Line: 2, Column: "sex", Reason: `"" is not M, F or X`},
		{File: "r.csv", Line: 2, Column: "time", Reason: `"2:21" is not a time written h:mm:ss, such as 2:09:45`},
		{File: "r.csv", Line: 2, Column: "year", Reason: `"22" is not a year such as 2022`},
		{File: "r.csv", Line: 2, Column: "holder", Reason: "is missing"},
		{File: "r.csv", Line: 4, Column: "distance_metres", Reason: `"0.0005" is not metres with at most three decimals, such as 21097.5`},
		{File: "r.csv", Line: 4, Column: "sex", Reason: `"W" is not M, F or X`},
		{File: "r.csv", Line: 4, Column: "time", Reason: `"0:40:01.5" is not a time written h:mm:ss, such as 2:09:45`},
		{File: "r.csv", Line: 4, Column: "year", Reason: `"MMXX" is not a year such as 2022`},
		{File: "r.csv", Line: 5, Column: "distance_metres", Reason: `"-5" is not metres with at most three decimals, such as 21097.5`},
		{File: "r.csv", Line: 5, Column: "sex", Reason: `"m" is not M, F or X`},
		{File: "r.csv", Line: 5, Column: "time", Reason: `"-0:40:01" is not a time written h:mm:ss, such as 2:09:45`},
		{File: "r.csv", Line: 6, Reason: "has 4 fields where the header has 6"},
	}
	var got csvtable.Faults
	if !errors.As(err, &got) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if _, err := standings.ParseEditions("e.csv", strings.NewReader("year,sex,winner\n")); err == nil ||
		!strings.Contains(err.Error(), "winner: unknown column") || !strings.Contains(err.Error(), "course: column is missing") {
		t.Errorf("a header that does not fit: %v", err)
	}
}

func TestRecordsOfLegsHaveAColumn(t *testing.T) {
	t.Parallel()
	const header = "course,leg,distance_metres,sex,time,holder,year\n"
	got, err := standings.ParseRecords("r.csv", strings.NewReader(header+"ekiden,2,10000,X,0:31:40,Tulpar,2022\nekiden,,42195,X,2:20:00,Tulpar,2022\n"))
	if err != nil || len(got) != 2 || got[0].Leg != 2 || got[0].DistanceMillimetres != 10_000_000 || got[1].Leg != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = standings.ParseRecords("r.csv", strings.NewReader(header+"ekiden,0,10000,X,0:31:40,Tulpar,2022\nekiden,second,10000,X,0:31:40,Tulpar,2022\n"))
	want := csvtable.Faults{
		{File: "r.csv", Line: 2, Column: "leg", Reason: `"0" is not a leg such as 3`},
		{File: "r.csv", Line: 3, Column: "leg", Reason: `"second" is not a leg such as 3`},
	}
	var faults csvtable.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
