package standingspg_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
	"raceday/services/rules/result"
	"raceday/services/standings"
	"raceday/services/standings/standingspg"
)

func courseRecord(course race.CourseID, year int, t time.Duration) record.Record {
	return record.Record{
		Run: record.Run{
			Key: record.Key{Course: course, DistanceMillimetres: 21_097_500, Sex: race.Female}, Year: year, Time: t,
			Name: "Әсел Қуатқызы", Country: "KAZ",
		},
		SetIn: "almaty-2022", Reason: "protest",
	}
}

var entering = standings.Entering{Event: "e", Actor: "key of the jury", At: 1_000_000}

// What was entered comes back as it was, in its order, and nobody changes it.
func TestCourses(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	courses := standingspg.NewCourses(pool)
	old, half, other := courseRecord("half", 2019, time.Hour), courseRecord("half", 2022, time.Hour-time.Second), courseRecord("ten", 2022, time.Hour)
	enter := func(want []record.Record, entries ...record.Record) []standings.CourseRecord {
		t.Helper()
		added, err := courses.AddCourseRecords(t.Context(), entering, []race.CourseID{"half"},
			func(before []record.Record) ([]record.Record, error) {
				if diff := cmp.Diff(want, before); diff != "" {
					t.Errorf("before (-want +got):\n%s", diff)
				}
				return entries, nil
			})
		if err != nil {
			t.Fatal(err)
		}
		return added
	}
	leg := courseRecord("ten", 2022, time.Hour)
	leg.Leg = 2
	first := enter([]record.Record{}, old, other, leg)
	second := enter([]record.Record{old}, half)
	enter([]record.Record{old, half})
	errRefused := errors.New("refused")
	if _, err := courses.AddCourseRecords(t.Context(), entering, nil, func([]record.Record) ([]record.Record, error) {
		return nil, errRefused
	}); !errors.Is(err, errRefused) {
		t.Errorf("a refusal: %v", err)
	}
	want := []standings.CourseRecord{
		{Record: old, Entered: standings.Entered{Number: 1, Actor: "key of the jury", At: 1_000_000}},
		{Record: other, Entered: standings.Entered{Number: 2, Actor: "key of the jury", At: 1_000_000}},
		{Record: leg, Entered: standings.Entered{Number: 3, Actor: "key of the jury", At: 1_000_000}},
		{Record: half, Entered: standings.Entered{Number: 4, Actor: "key of the jury", At: 1_000_000}},
	}
	if diff := cmp.Diff(want, slices.Concat(first, second)); diff != "" {
		t.Errorf("as they were entered (-want +got):\n%s", diff)
	}
	got, err := courses.CourseRecords(t.Context(), []race.CourseID{"half", "ten"})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("all: %v (-want +got):\n%s", err, diff)
	}
	got, err = standingspg.New(pool, nil).CourseRecords(t.Context(), []race.CourseID{"half"})
	if diff := cmp.Diff([]standings.CourseRecord{want[0], want[3]}, got); err != nil || diff != "" {
		t.Errorf("of one course, as boards read them: %v (-want +got):\n%s", err, diff)
	}

	won := []record.Winner{{Run: old.Run, Bib: "F7", Reason: "protest"}, {Run: half.Run}}
	for _, before := range [][]record.Winner{{}, won} {
		stored, err := courses.AddPastWinners(t.Context(), entering, []race.CourseID{"half"},
			func(of []record.Winner) ([]record.Winner, error) {
				if diff := cmp.Diff(before, of); diff != "" {
					t.Errorf("winners before (-want +got):\n%s", diff)
				}
				return won[len(of):], nil
			})
		if err != nil || stored != len(won)-len(before) {
			t.Errorf("%d winners stored, %v", stored, err)
		}
	}
	winners, err := courses.PastWinners(t.Context(), []race.CourseID{"half"})
	if diff := cmp.Diff(won, winners); err != nil || diff != "" {
		t.Errorf("winners: %v (-want +got):\n%s", err, diff)
	}
	for _, statement := range []string{
		`UPDATE standings.course_records SET holder = ''`, `DELETE FROM standings.past_winners`, `TRUNCATE standings.course_records`,
	} {
		if _, err := pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s: got no error", statement)
		}
	}
	rows, err := pool.Query(t.Context(), `SELECT action || ': ' || detail FROM audit.actions WHERE event = 'e' ORDER BY number`)
	if err != nil {
		t.Fatal(err)
	}
	audited, err := pgx.CollectRows(rows, pgx.RowTo[string])
	wantAudited := []string{
		"COURSE_RECORD_ENTERED: half, 21097.5 m, F, 2019, 1:00:00, protest",
		"COURSE_RECORD_ENTERED: ten, 21097.5 m, F, 2022, 1:00:00, protest",
		"COURSE_RECORD_ENTERED: ten, leg 2, 21097.5 m, F, 2022, 1:00:00, protest",
		"COURSE_RECORD_ENTERED: half, 21097.5 m, F, 2022, 0:59:59, protest",
		"PAST_WINNER_ENTERED: half, 21097.5 m, F, 2019, 1:00:00, protest",
		"PAST_WINNER_ENTERED: half, 21097.5 m, F, 2022, 0:59:59",
	}
	if diff := cmp.Diff(wantAudited, audited); err != nil || diff != "" {
		t.Errorf("the audit: %v (-want +got):\n%s", err, diff)
	}
}

// Two officials who enter the same at once enter it once, and whoever came second sees the first.
func TestRecordsEnteredAtOnce(t *testing.T) {
	t.Parallel()
	courses := standingspg.NewCourses(postgrestest.Pool(t))
	group, ctx := errgroup.WithContext(t.Context())
	for range 8 {
		group.Go(func() error {
			_, err := courses.AddCourseRecords(ctx, entering, []race.CourseID{"half"}, func(before []record.Record) ([]record.Record, error) {
				added, _ := record.AddRecords(before, []record.Record{courseRecord("half", 2022, time.Hour)}, 2026)
				return added, nil
			})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	all, err := courses.CourseRecords(t.Context(), []race.CourseID{"half"})
	if err != nil || len(all) != 1 {
		t.Errorf("%d entries, %v, want one", len(all), err)
	}
}

func TestPublishedFinishes(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store, lists := standingspg.New(pool, nil), standingspg.NewOfficialLists(pool)
	stamp := func() int64 {
		t.Helper()
		stamp, err := store.MarkStamp(t.Context(), "e")
		if err != nil {
			t.Fatal(err)
		}
		return stamp
	}
	row := func(rank int, bib race.Bib, gun string) standings.OfficialRow {
		return standings.OfficialRow{Rank: rank, Bib: bib, Status: result.Finished, Gun: gun, Ranked: gun, Penalty: "0:00:30"}
	}
	publish := func(raceID race.ID, list string, number int, state official.State, rows ...standings.OfficialRow) {
		t.Helper()
		before := stamp()
		if err := lists.AddOfficial(t.Context(), standings.OfficialList{
			Event: "e", Race: raceID, List: list, Number: number, State: state, PublishedAt: 1_000_000, ProtestsUntil: 1_000_000, Rows: rows,
		}); err != nil {
			t.Fatal(err)
		}
		if after := stamp(); after <= before {
			t.Errorf("%s@%d: the stamp goes from %d to %d", list, number, before, after)
		}
	}
	asked := []standings.FasterThan{{Race: "ten", Time: 40 * time.Minute}, {Race: "half", Time: time.Hour}}
	want := func(name string, want ...string) {
		t.Helper()
		published, err := store.PublishedFinishes(t.Context(), "e", asked)
		var got []string
		for _, p := range published {
			got = append(got, string(p.Race)+" "+string(p.Bib)+" "+p.Gun+" "+p.Penalty+" "+p.Ranked)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	want("nothing published")
	fast, slow, out := row(1, "1", "0:40:00"), row(2, "2", "0:40:01"), row(0, "3", "0:39:00")
	publish("ten", "overall", 1, official.Provisional, fast, slow, out, row(4, "4", ""))
	want("announced")
	publish("ten", "overall", 2, official.Official, fast, slow, out, row(4, "4", ""))
	want("official", "ten 1 0:40:00 0:00:30 0:40:00")
	publish("ten", "sex/F", 1, official.Provisional, row(1, "9", "0:30:00"))
	publish("half", "overall", 1, official.Official, row(1, "5", "0:59:59"), fast)
	publish("full", "overall", 1, official.Official, row(1, "6", "0:20:00"))
	want("of two races, twice in lists of one", "half 1 0:40:00 0:00:30 0:40:00", "half 5 0:59:59 0:00:30 0:59:59",
		"ten 1 0:40:00 0:00:30 0:40:00")
	publish("ten", "overall", 3, official.Amended, row(1, "1", "0:39:59"))
	want("amended", "half 1 0:40:00 0:00:30 0:40:00", "half 5 0:59:59 0:00:30 0:59:59", "ten 1 0:39:59 0:00:30 0:39:59")

	before := stamp()
	if _, err := standingspg.NewCourses(pool).AddCourseRecords(t.Context(), entering, nil,
		func([]record.Record) ([]record.Record, error) {
			return []record.Record{courseRecord("half", 2022, time.Hour)}, nil
		}); err != nil || stamp() <= before {
		t.Errorf("a record is entered: %v, and the stamp goes from %d to %d", err, before, stamp())
	}
	if other, err := store.MarkStamp(t.Context(), "another"); err != nil || other >= stamp() {
		t.Errorf("the stamp of another event counts the lists of this one: %d, %v", other, err)
	}
}

func TestPublishedLegs(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store, lists := standingspg.New(pool, nil), standingspg.NewOfficialLists(pool)
	leg := func(rank int, t time.Duration) standings.OfficialLeg {
		return standings.OfficialLeg{Rank: rank, ExactTime: racetime.Optional{Time: t, Known: t > 0}}
	}
	// Of a team that did not finish the legs that it completed count.
	rows := []standings.OfficialRow{
		{Rank: 1, Bib: "1", Status: result.Finished, Legs: []standings.OfficialLeg{leg(2, 20*time.Minute), leg(1, 30*time.Minute)}},
		{Rank: 2, Bib: "2", Status: result.Finished, Legs: []standings.OfficialLeg{leg(3, 20*time.Minute+time.Microsecond), leg(2, 10*time.Hour)}},
		{Bib: "3", Status: result.DNF, Legs: []standings.OfficialLeg{leg(1, 19*time.Minute), leg(0, 0)}},
		{Bib: "4", Status: result.DSQ, Legs: []standings.OfficialLeg{leg(0, 18*time.Minute), leg(0, 29*time.Minute)}},
	}
	publish := func(raceID race.ID, list string, number int, state official.State, rows ...standings.OfficialRow) {
		t.Helper()
		if err := lists.AddOfficial(t.Context(), standings.OfficialList{
			Event: "e", Race: raceID, List: list, Number: number, State: state, PublishedAt: 1_000_000, ProtestsUntil: 1_000_000, Rows: rows,
		}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(name string, want ...standings.PublishedLeg) {
		t.Helper()
		got, err := store.PublishedLegs(t.Context(), "e", []standings.FasterThan{
			{Race: "ekiden", Leg: 1, Time: 20 * time.Minute}, {Race: "ekiden", Leg: 2, Time: 30 * time.Minute},
		})
		slices.SortFunc(got, func(a, b standings.PublishedLeg) int {
			return strings.Compare(string(a.Bib), string(b.Bib))*10 + a.Leg - b.Leg
		})
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	want("nothing published")
	publish("ekiden", "overall", 1, official.Provisional, rows...)
	publish("another", "overall", 1, official.Official, rows...)
	want("announced")
	publish("ekiden", "overall", 2, official.Official, rows...)
	publish("ekiden", "category/Mixed", 1, official.Official, rows[0])
	first := standings.PublishedLeg{Race: "ekiden", Bib: "1", Leg: 1, Time: 20 * time.Minute}
	second := standings.PublishedLeg{Race: "ekiden", Bib: "1", Leg: 2, Time: 30 * time.Minute}
	third := standings.PublishedLeg{Race: "ekiden", Bib: "3", Leg: 1, Time: 19 * time.Minute}
	want("official, one in two lists", first, second, third)
	publish("ekiden", "overall", 3, official.Amended, rows[1])
	want("amended without them, and still in the other list", first, second)
}
