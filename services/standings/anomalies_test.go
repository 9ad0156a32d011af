package standings_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
	"raceday/services/standings"
)

// reviewDay is what there is to look at on a day of two races: passings of the city and the ten, and conflicts of chips.
type reviewDay struct {
	*backend
	found     []standings.Anomaly
	conflicts []standings.ReadConflict
	wearers   map[race.Chip]standings.Wearer
	rulings   []ruling.Ruling
	// asked counts the questions for conflicts; later is by how much the clock went on.
	asked int
	later time.Duration
}

func (d *reviewDay) Anomalies(
	_ context.Context, _ race.EventID, raceID race.ID, kind anomaly.Kind,
) (version, change int64, found []standings.Anomaly, err error) {
	for _, a := range d.found {
		if (raceID == "" || a.Race == raceID) && (kind == "" || a.Kind == kind) {
			found = append(found, a)
		}
	}
	return d.version, d.change, found, nil
}

func (d *reviewDay) Conflicts(context.Context, race.EventID) ([]standings.ReadConflict, error) {
	d.asked++
	return d.conflicts, nil
}

func (d *reviewDay) Wearers(
	_ context.Context, _ race.EventID, chips []race.Chip,
) (map[race.Chip]standings.Wearer, error) {
	worn := map[race.Chip]standings.Wearer{}
	for _, chip := range chips {
		if w, is := d.wearers[chip]; is {
			worn[chip] = w
		}
	}
	return worn, nil
}

func (d *reviewDay) Rulings(context.Context, race.EventID) ([]ruling.Ruling, error) {
	return d.rulings, nil
}

func (d *reviewDay) service() *standings.Service {
	return standings.NewService(standings.Dependencies{
		Events: d, Anomalies: d, Conflicts: d, Now: func() time.Time { return gun.Add(d.later).Time() },
	})
}

func newReviewDay() *reviewDay {
	of := func(raceID race.ID, bib race.Bib, a anomaly.Anomaly) standings.Anomaly {
		return standings.Anomaly{Race: raceID, Bib: bib, Anomaly: a}
	}
	conflict := func(seq uint64, chips ...race.Chip) standings.ReadConflict {
		c := standings.ReadConflict{Mat: "line-a", Boot: "1", Seq: seq}
		for i, chip := range chips {
			c.Reads = append(c.Reads, standings.ConflictingRead{Chip: chip, At: gun.Add(time.Duration(i) * second)})
		}
		return c
	}
	return &reviewDay{
		backend: &backend{event: twoRaces(), version: 4, change: 2},
		found: []standings.Anomaly{
			of("ten", "5", anomaly.Anomaly{Kind: anomaly.FalseStart, FromVisit: anomaly.Nowhere, Time: second}),
			of("city", "100", anomaly.Anomaly{Kind: anomaly.MissingPoints, Visit: 2, FromVisit: 1}),
			of("city", "100", anomaly.Anomaly{Kind: anomaly.FinishWithoutStart, Visit: 3, At: gun, FromVisit: anomaly.Nowhere, DealtBy: "r1"}),
			of("city", "20", anomaly.Anomaly{Kind: anomaly.MissingPoint, Visit: 1, FromVisit: anomaly.Nowhere}),
		},
		conflicts: []standings.ReadConflict{
			conflict(1, "C100", "C20"), conflict(2, "C5", "C5"), conflict(3, "TEST", "C100"), conflict(4, "TEST", "TEST2"),
		},
		wearers: map[race.Chip]standings.Wearer{
			"C100": {Race: "city", Bib: "100"}, "C20": {Race: "city", Bib: "20"}, "C5": {Race: "ten", Bib: "5"},
		},
	}
}

// saidOf puts an anomaly into one line: race, bib, kind, where, and the number of the reads of a conflict.
func saidOf(a standings.Anomaly) string {
	text := fmt.Sprintf("%s %s %s", a.Race, a.Bib, a.Kind)
	if a.FromPoint != "" {
		text += " " + a.FromPoint
	}
	if a.Point != "" {
		text += " " + a.Point
	}
	if a.Conflict != nil {
		text += fmt.Sprint(" ", a.Conflict.Seq)
	}
	return text
}

func listAnomalies(t *testing.T, d *reviewDay, q standings.AnomalyQuery) (said []string, open int) {
	t.Helper()
	q.Event = d.event.ID
	for more := true; more; more = q.PageToken != "" {
		page, next, err := d.service().ListAnomalies(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if page.Version != 4 {
			t.Errorf("version %d, want 4", page.Version)
		}
		for _, a := range page.Anomalies {
			said = append(said, saidOf(a))
		}
		q.PageToken, open = next, page.Open
		if next == "" && page.Total != len(said) {
			t.Errorf("got %d of %d", len(said), page.Total)
		}
	}
	return said, open
}

func TestAnomaliesAreListedByRaceBibAndCourse(t *testing.T) {
	t.Parallel()
	all := []string{
		"city 20 MISSING_POINT k5", "city 20 IDENTITY_CONFLICT 1",
		"city 100 MISSING_POINTS k5 k10", "city 100 FINISH_WITHOUT_START line#2",
		"city 100 IDENTITY_CONFLICT 1", "city 100 IDENTITY_CONFLICT 3",
		"ten 5 FALSE_START line#1", "ten 5 IDENTITY_CONFLICT 2",
		"  IDENTITY_CONFLICT 4",
	}
	for _, c := range []struct {
		name string
		q    standings.AnomalyQuery
		want []string
		open int
	}{
		{"all", standings.AnomalyQuery{}, all, 7},
		{"page by page", standings.AnomalyQuery{PageSize: 2}, all, 7},
		{"a race, without the chips that nobody wears", standings.AnomalyQuery{Race: "city"}, all[:6], 4},
		{
			"open ones, without information", standings.AnomalyQuery{Race: "city", OpenOnly: true, PageSize: 1},
			[]string{all[1], all[2], all[4], all[5]}, 4,
		},
		{"a kind", standings.AnomalyQuery{Kind: anomaly.FalseStart}, all[6:7], 1},
		{"conflicts", standings.AnomalyQuery{Kind: anomaly.IdentityConflict, PageSize: 4}, []string{all[1], all[4], all[5], all[7], all[8]}, 5},
		{"a kind that nobody has", standings.AnomalyQuery{Kind: anomaly.OverTime}, nil, 0},
	} {
		said, open := listAnomalies(t, newReviewDay(), c.q)
		if diff := gocmp.Diff(c.want, said); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
		if open != c.open {
			t.Errorf("%s: %d open, want %d", c.name, open, c.open)
		}
	}
}

// Officials deal with what is on a page before they ask for the next one.
func TestNoAnomalyIsLostWhileOthersAreDealtWith(t *testing.T) {
	t.Parallel()
	all := []string{
		"city 20 IDENTITY_CONFLICT 1", "city 100 MISSING_POINTS k5 k10", "city 100 IDENTITY_CONFLICT 1",
		"city 100 IDENTITY_CONFLICT 3", "ten 5 FALSE_START line#1", "ten 5 IDENTITY_CONFLICT 2", "  IDENTITY_CONFLICT 4",
	}
	decided := func(bib race.Bib) ruling.Ruling {
		return ruling.Ruling{ID: "d" + ruling.ID(bib), Race: "city", Bib: bib, Kind: ruling.NotCompeting}
	}
	for _, c := range []struct {
		name string
		// between happens after the first page, which holds two of all.
		between func(d *reviewDay)
		later   time.Duration
		want    []string
		// asked is how often the conflicts are looked for.
		asked int
	}{
		{"nothing happens", func(*reviewDay) {}, 0, all[2:], 1},
		{"both are dealt with: the pages are of one moment", func(d *reviewDay) {
			d.rulings, d.found[1].DealtBy = []ruling.Ruling{decided("20")}, "r2"
		}, 10 * time.Second, all[2:], 1},
		{"both are dealt with, and the next page is asked for late", func(d *reviewDay) {
			d.rulings, d.found[1].DealtBy = []ruling.Ruling{decided("20")}, "r2"
		}, 11 * time.Second, all[2:], 2},
		{"the next is dealt with too, late", func(d *reviewDay) {
			d.rulings = []ruling.Ruling{decided("20"), decided("100")}
		}, 11 * time.Second, all[4:], 2},
		{"the race of the first page is no longer run, late", func(d *reviewDay) {
			d.event.Races = d.event.Races[1:]
			d.found, d.wearers = d.found[:1], map[race.Chip]standings.Wearer{"C5": {Race: "ten", Bib: "5"}}
			d.conflicts = d.conflicts[1:]
		}, 11 * time.Second, []string{all[4], all[5], "  IDENTITY_CONFLICT 3", all[6]}, 2},
	} {
		d := newReviewDay()
		service := d.service()
		var got []string
		q := standings.AnomalyQuery{Event: d.event.ID, OpenOnly: true, PageSize: 2}
		for first := true; first || q.PageToken != ""; first = false {
			page, next, err := service.ListAnomalies(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Anomalies {
				got = append(got, saidOf(a))
			}
			if q.PageToken = next; first {
				c.between(d)
				d.later = c.later
			}
		}
		if diff := gocmp.Diff(append(slices.Clone(all[:2]), c.want...), got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
		if d.asked != c.asked {
			t.Errorf("%s: conflicts were looked for %d times, want %d", c.name, d.asked, c.asked)
		}
	}
}

// Whoever asks ever other questions makes the server forget lists, never a place in one.
func TestOnlyAFewListsOfAnomaliesAreKept(t *testing.T) {
	t.Parallel()
	d := newReviewDay()
	service := d.service()
	first := standings.AnomalyQuery{Event: d.event.ID, PageSize: 1}
	_, next, err := service.ListAnomalies(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []standings.AnomalyQuery{{Race: "city"}, {Race: "ten"}, {Race: "city", OpenOnly: true}, {OpenOnly: true}} {
		q.Event, q.PageSize = d.event.ID, 1
		if _, _, err := service.ListAnomalies(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	first.PageToken = next
	page, _, err := service.ListAnomalies(t.Context(), first)
	if err != nil || len(page.Anomalies) != 1 || saidOf(page.Anomalies[0]) != "city 20 IDENTITY_CONFLICT 1" {
		t.Errorf("the second page is %+v, %v", page.Anomalies, err)
	}
	if d.asked != 6 {
		t.Errorf("conflicts were looked for %d times, want 6", d.asked)
	}
}

func TestWhatDealsWithAConflict(t *testing.T) {
	t.Parallel()
	const first = "IDENTITY_CONFLICT line-a 1 1"
	review := func(id ruling.ID, raceID race.ID, bib race.Bib, target string) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: raceID, Bib: bib, Kind: ruling.Reviewed, Target: target}
	}
	ofBib := review("r1", "city", "100", first)
	dsq := ruling.Ruling{ID: "d1", Race: "city", Bib: "100", Kind: ruling.DSQ}
	for _, c := range []struct {
		name    string
		rulings []ruling.Ruling
		// want is what deals with which conflict of whom.
		want []string
	}{
		{"nothing", nil, nil},
		{"reviewed for a bib, and only this one", []ruling.Ruling{ofBib}, []string{"100 1 r1"}},
		{"reviewed twice: the first deals with it", []ruling.Ruling{ofBib, review("r2", "city", "100", first)}, []string{"100 1 r1"}},
		{"reviewed, and that revoked", []ruling.Ruling{ofBib, {ID: "r9", Kind: ruling.Revoke, Target: "r1"}}, nil},
		{"another number reviewed", []ruling.Ruling{review("r1", "city", "100", "IDENTITY_CONFLICT line-a 1 2")}, nil},
		{"the number of another boot reviewed", []ruling.Ruling{review("r1", "city", "100", "IDENTITY_CONFLICT line-a 2 1")}, nil},
		{"the number of another mat reviewed", []ruling.Ruling{review("r1", "city", "100", "IDENTITY_CONFLICT line-b 1 1")}, nil},
		{"another kind reviewed", []ruling.Ruling{review("r1", "city", "100", "FALSE_START")}, nil},
		{"the bib in another race reviewed", []ruling.Ruling{review("r1", "ten", "100", first)}, nil},
		{"reviewed for all", []ruling.Ruling{review("r1", "", "", first)}, []string{"20 1 r1", "100 1 r1"}},
		{"reviewed for all of a race", []ruling.Ruling{review("r1", "city", "", first)}, []string{"20 1 r1", "100 1 r1"}},
		{"reviewed for all of another race", []ruling.Ruling{review("r1", "ten", "", first)}, nil},
		{"reviewed for all, then for a bib", []ruling.Ruling{review("r1", "", "", first), review("r2", "city", "20", first)},
			[]string{"20 1 r1", "100 1 r1"}},
		{"of chips that nobody wears", []ruling.Ruling{review("r1", "", "", "IDENTITY_CONFLICT line-a 1 4")}, []string{" 4 r1"}},
		{"disqualified", []ruling.Ruling{ofBib, dsq}, []string{"100 1 d1", "100 3 d1"}},
		{"the race is closed", []ruling.Ruling{{ID: "c1", Race: "city", Kind: ruling.Close}}, nil},
	} {
		d := newReviewDay()
		d.rulings = c.rulings
		page, _, err := d.service().ListAnomalies(t.Context(), standings.AnomalyQuery{
			Event: d.event.ID, Kind: anomaly.IdentityConflict,
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range page.Anomalies {
			if a.DealtBy != "" {
				got = append(got, fmt.Sprintf("%s %d %s", a.Bib, a.Conflict.Seq, a.DealtBy))
			}
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestAnomaliesThatCannotBeListed(t *testing.T) {
	t.Parallel()
	d := newReviewDay()
	_, next, err := d.service().ListAnomalies(t.Context(), standings.AnomalyQuery{Event: d.event.ID, Race: "city", PageSize: 1})
	if err != nil || next == "" {
		t.Fatalf("token %q, %v", next, err)
	}
	for _, c := range []struct {
		name string
		q    standings.AnomalyQuery
		want error
	}{
		{"no such event", standings.AnomalyQuery{Event: "none"}, errEventNotFound},
		{"no event could be called so", standings.AnomalyQuery{Event: "\x00"}, errEventNotFound},
		{"no such race", standings.AnomalyQuery{Event: d.event.ID, Race: "walk"}, standings.ErrRaceNotFound},
		{"no race could be called so", standings.AnomalyQuery{Event: d.event.ID, Race: "\x00"}, standings.ErrRaceNotFound},
		{"a page of less than nothing", standings.AnomalyQuery{Event: d.event.ID, PageSize: -1}, standings.ErrPageSizeInvalid},
		{"a page that is too large", standings.AnomalyQuery{Event: d.event.ID, PageSize: 1001}, standings.ErrPageSizeInvalid},
		{"no token", standings.AnomalyQuery{Event: d.event.ID, PageToken: "x"}, standings.ErrPageTokenInvalid},
		{"the token of another race", standings.AnomalyQuery{Event: d.event.ID, Race: "ten", PageToken: next}, standings.ErrPageTokenInvalid},
		{"the token of another question", standings.AnomalyQuery{Event: d.event.ID, Race: "city", OpenOnly: true, PageToken: next}, standings.ErrPageTokenInvalid},
	} {
		if _, _, err := d.service().ListAnomalies(t.Context(), c.q); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// A board is led on by notices, which tell no anomalies: what it reads from the store is no change for its watchers.
func TestAnomaliesAloneAreNoChangeOfABoard(t *testing.T) {
	t.Parallel()
	told := runner(1, "city", "100", result.Started, second, 20*time.Minute)
	told.Lists = []string{"sex", "", ""}
	event := twoRaces()
	board := standings.NewBoard(event, 4, nil)
	board.Apply(5, []result.Result{told}, nil)
	row := func(version int64) standings.Row {
		page, err := board.Page("city", "sex", 0, 1)
		if err != nil || len(page.Rows) != 1 || page.Version != version {
			t.Fatalf("page %+v, %v, want a row of version %d", page, err, version)
		}
		return page.Rows[0]
	}
	before := row(5) // a watcher is sent the rows that are no longer the same
	stored := told
	stored.Anomalies = []anomaly.Anomaly{{Kind: anomaly.MissingPoint, Visit: 1, FromVisit: anomaly.Nowhere}}
	board.Reload(event, 6, []result.Result{stored})
	if row(6) != before {
		t.Error("watchers are sent a row in which nothing changed")
	}
	stored.Passings = append(slices.Clone(stored.Passings), passing.Passing{Visit: 2, At: gun.Add(40 * time.Minute)})
	board.Reload(event, 7, []result.Result{stored})
	if row(7) == before {
		t.Error("watchers are not sent a row that changed")
	}
}
