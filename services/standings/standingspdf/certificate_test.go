package standingspdf_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// certificate returns the lines of the certificate of a bib.
func certificate(t *testing.T, event *race.Event, results []result.Result, bib race.Bib) []string {
	t.Helper()
	c, err := standings.NewBoard(event, 7, results).Certificate(bib)
	if err != nil {
		t.Fatal(err)
	}
	c.WrittenAt = printedAt
	return printed(t, c)
}

// printed returns the lines of a certificate, which is one page.
func printed(t *testing.T, c standings.Certificate) []string {
	t.Helper()
	var file bytes.Buffer
	if err := newPrinter(t).WriteCertificate(&file, c); err != nil {
		t.Fatal(err)
	}
	pages := read(t, file.Bytes())
	if len(pages) != 1 {
		t.Fatalf("%d pages, want 1", len(pages))
	}
	var lines []string
	for _, line := range pages[0] {
		lines = append(lines, words(line))
	}
	return lines
}

func TestACertificateSaysWhatTheFinisherRan(t *testing.T) {
	t.Parallel()
	event, results := marathon(20)
	results[1].Penalty = 90 * time.Second
	want := []string{
		"Алматы марафоны", "2025-09-28", "Finisher certificate",
		"Қуаныш Өтегенұлы", "Bib 2 · KAZ · Жүйрік · M18-34", "Марафон, 42.195 km",
		"2:08:07", "Gun 2:06:37 · Net 2:06:36 · Penalty 0:01:30",
		"List Rank Of Published", "overall 19 19", "sex/M 19 19",
		"Point Distance Net Pace a km", "k10 10 km 0:30:01 3:01", "half 21.0975 km 1:03:18 3:01", "Finish 42.195 km 2:06:36 3:01",
		"Not official. Version 7, printed at 2025-09-28 12:00:05 +05:00",
	}
	if diff := cmp.Diff(want, certificate(t, event, results, "2")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAnOfficialCertificateNamesTheLists(t *testing.T) {
	t.Parallel()
	event, results := marathon(20)
	c, err := standings.NewBoard(event, 7, results).Certificate("2")
	if err != nil {
		t.Fatal(err)
	}
	c.WrittenAt = printedAt
	c.Published[0] = &standings.PublishedRow{Number: 2, State: official.Official}
	c.Published[1] = &standings.PublishedRow{Number: 13, State: official.Amended}
	got := printed(t, c)
	for _, want := range []string{
		"overall 2 19 Official, version 2", "sex/M 2 19 Official, amended, version 13", "Official. Printed at 2025-09-28 12:00:05 +05:00",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want the line %q", got, want)
		}
	}
}

func TestACertificateWithAHiddenNameIsByBib(t *testing.T) {
	t.Parallel()
	event, results := marathon(20)
	got := certificate(t, event, results, "8")
	if diff := cmp.Diff([]string{"Finisher certificate", "Bib 8", "Марафон, 42.195 km"}, got[2:5]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestACertificateOfATeamHoldsItsLegs(t *testing.T) {
	t.Parallel()
	event, results := marathon(2)
	event.Races[0].Team = &race.Team{Size: 2, Legs: []race.Leg{{To: "half"}, {To: "line"}}}
	event.Races[0].Classifications = event.Races[0].Classifications[:1]
	team := &results[0]
	team.Lists, team.Category, team.AgeGroup = []string{"overall"}, "MIXED", ""
	hour, rest := racetime.Known(time.Hour), racetime.Known(66*time.Minute)
	team.Legs = []result.Leg{
		{Number: 1, MemberBib: "1-1", MemberName: "Ғани Һамзин", Time: hour, Cumulative: hour, Ranked: true},
		{Number: 2, MemberBib: "1-2", Time: rest, Cumulative: racetime.Known(hour.Time + rest.Time), Ranked: true},
	}
	team.LegsTotal = team.Legs[1].Cumulative
	got := certificate(t, event, results[:1], "1")
	want := []string{
		"Leg Runner Time Rank Total Rank after", "1 Ғани Һамзин 1:00:00 1 1:00:00 1", "2 1-2 1:06:00 1 2:06:00 1",
	}
	if i := slices.Index(got, want[0]); i < 0 || !cmp.Equal(got[i:i+3], want) {
		t.Errorf("got %q, want the lines %q", got, want)
	}
}

// A course with a mat every kilometre and many classifications leave the certificate one page.
func TestACertificateOfManySplitsIsOnePage(t *testing.T) {
	t.Parallel()
	event, results := marathon(1)
	r := &event.Races[0]
	results[0].Status, results[0].Rule = result.Finished, ""
	for i := range 12 {
		r.Classifications = append(r.Classifications, race.Classification{ID: race.ClassificationID(fmt.Sprint("list", i))})
		results[0].Lists = append(results[0].Lists, fmt.Sprint("list", i))
	}
	course := []race.Visit{r.Course[0]}
	finish := results[0].Passings[3]
	results[0].Passings = results[0].Passings[:1]
	for i := range 42 {
		course = append(course, race.Visit{Point: race.PointID(fmt.Sprint("k", i+1)), AtMillimetres: int64(i+1) * 1_000_000})
		p := finish
		p.Visit, p.At = i+1, gun.Add(time.Duration(i+1)*180*time.Second)
		results[0].Passings = append(results[0].Passings, p)
	}
	finish.Visit = len(course)
	r.Course = append(course, r.Course[3])
	results[0].Passings = append(results[0].Passings, finish)
	got := certificate(t, event, results, "1")
	splits := 0
	for _, line := range got {
		if strings.HasPrefix(line, "k") && strings.HasSuffix(line, " 3:00") {
			splits++
		}
	}
	if splits != 42 {
		t.Errorf("%d splits, want 42:\n%s", splits, strings.Join(got, "\n"))
	}
}
