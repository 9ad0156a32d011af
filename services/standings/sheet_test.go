package standings_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/standings"
)

// press holds what was published and what was printed last.
type press struct {
	standings.Official
	lists       []standings.OfficialList
	rows        []standings.PublishedRow
	sheet       standings.Sheet
	certificate standings.Certificate
}

func (p *press) LastOfficial(
	ctx context.Context, event race.EventID, raceID race.ID, list string,
) (standings.OfficialList, bool, error) {
	return p.OfficialVersion(ctx, event, raceID, list, len(p.lists))
}

func (p *press) OfficialVersion(
	_ context.Context, event race.EventID, raceID race.ID, list string, number int,
) (standings.OfficialList, bool, error) {
	if number < 1 || number > len(p.lists) || p.lists[0].Event != event || p.lists[0].Race != raceID || p.lists[0].List != list {
		return standings.OfficialList{}, false, nil
	}
	return p.lists[number-1], true, nil
}

func (p *press) PublishedRows(context.Context, race.EventID, race.ID, race.Bib) ([]standings.PublishedRow, error) {
	return p.rows, nil
}

func (p *press) WriteSheet(w io.Writer, s standings.Sheet) error {
	p.sheet = s
	_, err := io.WriteString(w, "sheet")
	return err
}

func (p *press) WriteCertificate(w io.Writer, c standings.Certificate) error {
	p.certificate = c
	_, err := io.WriteString(w, "certificate")
	return err
}

// printing returns a service that prints at noon.
func printing(t *testing.T, b *backend, p *press) *standings.Service {
	t.Helper()
	return serveWith(t, b, standings.Dependencies{
		Official: p, Papers: p, Now: func() time.Time { return time.Date(2025, 9, 28, 7, 0, 0, 0, time.UTC) },
	})
}

// A published list is printed as it was, whatever the list is by now.
func TestASheetOfAPublishedList(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	event.TimeZone = "Asia/Almaty"
	at := racetime.At(time.Date(2025, 9, 28, 6, 0, 0, 0, time.UTC))
	list := standings.OfficialList{
		Event: event.ID, Race: "city", List: "sex/M", Number: 1, State: official.Provisional, PublishedAt: at,
		ProtestsUntil: at.Add(30 * time.Minute), SignedBy: "A. Referee", At: standings.FactsAt{Version: 7},
		Rows: []standings.OfficialRow{{Rank: 1, Bib: "77"}, {Bib: "78"}},
	}
	amended := list
	amended.Number, amended.State, amended.Reason, amended.Rows = 2, official.Amended, "78 is somebody else", list.Rows[:1]
	p := &press{lists: []standings.OfficialList{list, amended}}
	service := printing(t, &backend{event: event, version: 7, results: results}, p)
	for _, c := range []struct {
		name           string
		published      *standings.OfficialName
		rows, ranked   int
		title          string
		legend, reason string
	}{
		{"as it stands", nil, 9, 2, "sex/M, by gun time", "Not official. Version 7, printed at 2025-09-28 12:00:00 +05:00", ""},
		{"provisional", &standings.OfficialName{Race: "city", List: "sex/M", Number: 1}, 2, 1, "sex/M, by gun time",
			"Provisional, version 1, published at 2025-09-28 11:00:00 +05:00, signed by A. Referee, protests until 2025-09-28 11:30:00 +05:00", ""},
		{"the newest", &standings.OfficialName{Race: "city", List: "sex/M"}, 1, 1, "sex/M, by gun time",
			"Official, amended, version 2, published at 2025-09-28 11:00:00 +05:00, signed by A. Referee", "Reason: 78 is somebody else"},
	} {
		export := standings.Export{Event: event.ID, File: standings.SheetPDF, Race: "city", List: "sex/M", Published: c.published}
		if _, _, err := exported(t, service, export); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s := p.sheet
		got := []any{len(s.Rows), s.Ranked(), s.Title, s.Legend(), s.Reason()}
		if diff := cmp.Diff([]any{c.rows, c.ranked, c.title, c.legend, c.reason}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	_, _, err := exported(t, service, standings.Export{
		Event: event.ID, File: standings.SheetPDF, Published: &standings.OfficialName{Race: "city", List: "sex/M", Number: 3},
	})
	if !errors.Is(err, standings.ErrOfficialNotFound) {
		t.Errorf("a version that is not there: %v, want ErrOfficialNotFound", err)
	}
}

// A certificate is official where every rank on it was published as official and still stands.
func TestACertificateIsOfficialWhenItsRanksAre(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	of, err := standings.ListRows(event, results, "city", "sex/M")
	if err != nil || of[0].Bib != "10" {
		t.Fatal(of, err)
	}
	row := func(state official.State, change func(*standings.OfficialRow)) []standings.PublishedRow {
		r := standings.PublishedRow{List: "sex/M", Number: 2, State: state, Row: of[0]}
		change(&r.Row)
		return []standings.PublishedRow{{List: "age/M18-39", Number: 9, State: official.Official}, r}
	}
	same := func(*standings.OfficialRow) {}
	const no, yes = "Not official. Version 7, printed at 2025-09-28 07:00:00 +00:00", "Official. Printed at 2025-09-28 07:00:00 +00:00"
	for _, c := range []struct {
		name   string
		rows   []standings.PublishedRow
		legend string
		want   string
	}{
		{"nothing is published", nil, no, ""},
		{"announced", row(official.Provisional, same), no, "Provisional, version 2"},
		{"official", row(official.Official, same), yes, "Official, version 2"},
		{"amended", row(official.Amended, same), yes, "Official, amended, version 2"},
		{"the name was forgotten", row(official.Official, func(r *standings.OfficialRow) { r.Name = "" }), yes, "Official, version 2"},
		{"another rank then", row(official.Official, func(r *standings.OfficialRow) { r.Rank = 2 }), no, ""},
		{"another exact time then", row(official.Official, func(r *standings.OfficialRow) { r.RankedTime.Time-- }), no, ""},
	} {
		p := &press{rows: c.rows}
		service := printing(t, &backend{event: event, version: 7, results: results}, p)
		if _, _, err := exported(t, service, standings.Export{Event: event.ID, File: standings.CertificatePDF, Bib: "10"}); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := ""
		if published := p.certificate.Published; len(published) != 1 {
			t.Fatalf("%s: %d ranks", c.name, len(published))
		} else if published[0] != nil {
			got = published[0].String()
		}
		if legend := p.certificate.Legend(); legend != c.legend || got != c.want {
			t.Errorf("%s: %q and %q, want %q and %q", c.name, legend, got, c.legend, c.want)
		}
	}
}
