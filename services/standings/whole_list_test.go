package standings_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// wholeDay is the city race and the ten with one entrant of every status, and names that need care.
func wholeDay() (*race.Event, []result.Result) {
	event := twoRaces()
	city := &event.Races[0]
	for i, at := range []int64{0, 5_000_000, 10_000_000, 15_000_000} {
		city.Course[i].AtMillimetres = at
	}
	in := func(r result.Result, name string) result.Result {
		r.Name, r.Sex, r.Lists = name, race.Male, []string{"sex/M", ""}
		return r
	}
	fast := runner(1, "city", "10", result.Finished, 10*second, 1210*second, 2410*second, 3610*second+millisecond)
	winner := in(finished(fast), "Әлия Ғабитқызы")
	winner.Country, winner.Club, winner.AgeGroup = "KAZ", `Club "Жүйрік", Алматы`, "M18-39"
	results := []result.Result{
		in(finished(runner(2, "city", "9", result.OTL, 10*second, 0, 0, 9000*second)), "Late"),
		in(runner(3, "city", "4", result.DNF, 10*second, 1300*second), `=HYPERLINK("x")`),
		in(runner(4, "city", "3", result.DNF, 10*second, 1400*second), "Out too"),
		in(finished(runner(5, "city", "5", result.DSQ, 10*second, 1000*second, 2000*second, 3000*second)), "Cut"),
		in(runner(6, "city", "6", result.DNS), "Absent"),
		in(runner(7, "city", "7", result.Started, 10*second, 1200*second), "Behind"),
		in(runner(8, "city", "8", result.Started, 10*second, 0, 2500*second), "Ahead"),
		winner,
		// The name is hidden, and so was the start from the mat.
		in(finished(runner(10, "city", "11", result.Finished, 0, 1250*second, 0, 4000*second)), ""),
		finished(runner(11, "ten", "900", result.Finished, 10*second, 900*second, 0, 1800*second)),
	}
	results[9].Lists = []string{"overall", ""}
	return event, results
}

const wantWhole = `rank,bib,name,country,club,sex,age_group,status,gun,net,penalty,ranked,split:1:k5,pace:1:k5,split:2:k10,pace:2:k10,pace:3:line
1,10,Әлия Ғабитқызы,KAZ,"Club ""Жүйрік"", Алматы",M,M18-39,FINISHED,1:00:11,1:00:01,,1:00:11,0:20:00,4:00,0:40:00,4:00,4:01
2,11,,,,M,,FINISHED,1:06:40,,,1:06:40,0:20:50,4:10,,,4:35
,8,Ahead,,,M,,STARTED,,,,,,,0:41:30,4:09,
,7,Behind,,,M,,STARTED,,,,,0:19:50,3:58,,,
,9,Late,,,M,,OTL,2:30:00,2:29:50,,,,,,,10:00
,3,Out too,,,M,,DNF,,,,,0:23:10,4:38,,,
,4,"'=HYPERLINK(""x"")",,,M,,DNF,,,,,0:21:30,4:18,,,
,5,Cut,,,M,,DSQ,0:50:00,0:49:50,,,0:16:30,3:18,0:33:10,3:20,3:20
,6,Absent,,,M,,DNS,,,,,,,,,
`

func TestAWholeListHoldsEverybodyWhoBelongsToIt(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	list, err := standings.NewBoard(event, 7, results).WholeList("city", "")
	if err != nil || list.Name != "sex/M" || list.Ranked != 2 || list.Version != 7 {
		t.Fatalf("the first list is %s of version %d with %d ranked, %v", list.Name, list.Version, list.Ranked, err)
	}
	var got bytes.Buffer
	if err := standings.WriteList(&got, list); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantWhole, got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAWholeListThatNobodyIsInIsEmpty(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	list, err := standings.NewBoard(event, 7, results).WholeList("city", "age/F40+")
	if err != nil || list.Name != "age/F40+" || len(list.Rows) != 0 {
		t.Errorf("got %s with %d rows, %v", list.Name, len(list.Rows), err)
	}
}

func TestATitleSaysWhatAListRanksBy(t *testing.T) {
	t.Parallel()
	team, person := &race.Race{Team: &race.Team{Legs: []race.Leg{{To: "x1"}}}}, &race.Race{}
	for want, list := range map[string]standings.WholeList{
		"a, by gun time":    {Name: "a", Race: person, Classification: &race.Classification{}},
		"b, by net time":    {Name: "b", Race: person, Classification: &race.Classification{Basis: race.Net}},
		"c, by age grade":   {Name: "c", Race: person, Classification: &race.Classification{Score: race.ScoreAgeGrade}},
		"d, by sum of legs": {Name: "d", Race: team, Classification: &race.Classification{}},
	} {
		if got := list.Title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// exported runs an export and returns its files by name, in their order.
func exported(t *testing.T, s *standings.Service, e standings.Export) (names []string, files map[string]*bytes.Buffer, err error) {
	t.Helper()
	files = map[string]*bytes.Buffer{}
	err = s.ExportResults(t.Context(), e, func(name string, version int64) io.Writer {
		if version != 7 {
			t.Errorf("%s is of version %d, want 7", name, version)
		}
		names, files[name] = append(names, name), &bytes.Buffer{}
		return files[name]
	})
	return names, files, err
}

func TestEveryListIsAFile(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	service := serve(t, &backend{event: event, version: 7, results: results})
	names, files, err := exported(t, service, standings.Export{Event: event.ID, File: standings.ListsCSV})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"lists.csv", "city_sex_M.csv", "ten_overall.csv"}, names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want := "file,race,list,ranked,entrants\ncity_sex_M.csv,city,sex/M,2,9\nten_overall.csv,ten,overall,1,1\n"
	if diff := cmp.Diff(want, files["lists.csv"].String()); diff != "" {
		t.Errorf("lists.csv (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(wantWhole, files["city_sex_M.csv"].String()); diff != "" {
		t.Errorf("city_sex_M.csv (-want +got)\n%s", diff)
	}
	names, _, err = exported(t, service, standings.Export{Event: event.ID, File: standings.ListsCSV, Race: "ten"})
	if diff := cmp.Diff([]string{"lists.csv", "ten_overall.csv"}, names); diff != "" || err != nil {
		t.Errorf("of one race: %v (-want +got)\n%s", err, diff)
	}
}

// Clubs are what people enter: file names of their lists differ, are no paths, and are as short as file systems ask.
func TestFilesOfListsHaveNamesThatEverySystemTakes(t *testing.T) {
	t.Parallel()
	event := twoRaces()
	event.Races = event.Races[1:]
	event.Races[0].Classifications = []race.Classification{{ID: "club", By: []race.By{race.ByClub}}}
	clubs := []string{
		"..", `a\b:c*?"<>`, "Tengri", "TENGRI", "tengri_2", "Жүйрік", "Йүгір", "\u0418\u0306үгір", strings.Repeat("ү", 200), strings.Repeat("ү", 201),
	}
	b := &backend{event: event, version: 7}
	for i, club := range clubs {
		r := runner(race.EntrantID(i+1), "ten", race.Bib(fmt.Sprint(i+1)), result.Entered)
		r.Lists = []string{"club/" + club}
		b.results = append(b.results, r)
	}
	names, files, err := exported(t, serve(t, b), standings.Export{Event: event.ID, File: standings.ListsCSV})
	if err != nil || len(files) != len(clubs)+1 {
		t.Fatalf("%d files, %v, want %d", len(files), err, len(clubs)+1)
	}
	taken := map[string]bool{}
	for _, name := range names {
		if taken[strings.ToLower(name)] || !filepath.IsLocal(name) || len(name) > 255 || strings.ContainsAny(name, `\/:*?"<>| `) {
			t.Errorf("the name %q", name)
		}
		taken[strings.ToLower(name)] = true
	}
	for _, want := range []string{"ten_club___.csv", "ten_club_Жүйрік.csv", "ten_club_Йүгір.csv", "ten_club_Йүгір_2.csv"} {
		if files[want] == nil {
			t.Errorf("no file %s among %q", want, names)
		}
	}
}

func TestWhatCannotBeExportedSaysWhy(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	service := serve(t, &backend{event: event, version: 7, results: results})
	for _, c := range []struct {
		name   string
		export standings.Export
		want   error
	}{
		{"lists of an unknown race", standings.Export{File: standings.ListsCSV, Race: "x"}, standings.ErrRaceNotFound},
		{"workbook of an unknown race", standings.Export{File: standings.Workbook, Race: "x"}, standings.ErrRaceNotFound},
		{"sheet of no race", standings.Export{File: standings.SheetPDF}, standings.ErrRaceNotFound},
		{"sheet of an unknown list", standings.Export{File: standings.SheetPDF, Race: "city", List: "x"}, standings.ErrListNotFound},
		{"certificate of nobody", standings.Export{File: standings.CertificatePDF, Bib: "77"}, standings.ErrEntrantNotFound},
		{"certificate after a disqualification", standings.Export{File: standings.CertificatePDF, Bib: "5"}, standings.ErrNotFinished},
		{"certificate of one on course", standings.Export{File: standings.CertificatePDF, Bib: "8"}, standings.ErrNotFinished},
	} {
		c.export.Event = event.ID
		names, _, err := exported(t, service, c.export)
		if !errors.Is(err, c.want) || len(names) > 0 {
			t.Errorf("%s: %v and the files %q, want %v and none", c.name, err, names, c.want)
		}
	}
	_, _, err := exported(t, service, standings.Export{Event: "x", File: standings.ListsCSV})
	if !errors.Is(err, errEventNotFound) {
		t.Errorf("lists of an unknown event: %v, want %v", err, errEventNotFound)
	}
}

func TestACertificateIsOfOneFinisher(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	c, err := standings.NewBoard(event, 7, results).Certificate("10")
	if err != nil {
		t.Fatal(err)
	}
	if c.Event != event || c.Race.ID != "city" || c.Row.Ranked() != "1:00:11" || len(c.Splits) != 4 || c.Splits[2].Pace != "4:00" {
		t.Errorf("got %s, race %s, %s with %d splits", c.Event.ID, c.Race.ID, c.Row.Ranked(), len(c.Splits))
	}
	event.TimeZone, c.WrittenAt = "Asia/Almaty", time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC)
	if got := c.Legend(); got != "Not official. Version 7, printed at 2025-09-28 07:00:00 +05:00" {
		t.Errorf("legend %q", got)
	}
}
