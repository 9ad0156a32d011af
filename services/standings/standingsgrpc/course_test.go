package standingsgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/fault"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/record"
	"raceday/services/standings"
	"raceday/services/standings/standingsgrpc"
)

// courses keeps entries in memory.
type courses struct {
	records []standings.CourseRecord
	winners []record.Winner
}

func (c *courses) CourseRecords(_ context.Context, of []race.CourseID) ([]standings.CourseRecord, error) {
	return slices.DeleteFunc(slices.Clone(c.records), func(r standings.CourseRecord) bool { return !slices.Contains(of, r.Course) }), nil
}

func (c *courses) AddCourseRecords(
	ctx context.Context, by standings.Entering, of []race.CourseID, add func([]record.Record) ([]record.Record, error),
) (added []standings.CourseRecord, err error) {
	var before []record.Record
	entries, _ := c.CourseRecords(ctx, of)
	for _, r := range entries {
		before = append(before, r.Record)
	}
	records, err := add(before)
	for i, r := range records {
		number := int64(len(c.records) + i + 1)
		added = append(added, standings.CourseRecord{Record: r, Entered: standings.Entered{Number: number, Actor: by.Actor, At: by.At}})
	}
	c.records = append(c.records, added...)
	return added, err
}

func (c *courses) PastWinners(context.Context, []race.CourseID) ([]record.Winner, error) {
	return c.winners, nil
}

func (c *courses) AddPastWinners(
	_ context.Context, _ standings.Entering, _ []race.CourseID, add func([]record.Winner) ([]record.Winner, error),
) (int, error) {
	added, err := add(c.winners)
	c.winners = append(c.winners, added...)
	return len(added), err
}

// direct answers without a transport, so that faults come as they are.
func direct() *standingsgrpc.Server {
	b := tenKm()
	b.event.Day = civil.Day{Year: 2025, Month: 9, Day: 28}
	return standingsgrpc.New(standings.NewService(standings.Dependencies{
		Events: b, Courses: &courses{}, Now: func() time.Time { return gun.Time() },
	}))
}

func at(err error) []string {
	var paths []string
	for _, v := range fault.Violations(err) {
		paths = append(paths, v.Path+" "+v.Reason)
	}
	return paths
}

func TestRecordCourseRecord(t *testing.T) {
	t.Parallel()
	server := direct()
	enter := func(change func(*standingsv1.RecordCourseRecordRequest)) (*standingsv1.RecordCourseRecordResponse, error) {
		request := &standingsv1.RecordCourseRecordRequest{
			EventId: "almaty-2025", Race: "ten", Sex: "F", Time: durationpb.New(1801 * time.Second), Holder: "Aru", Country: "KAZ",
		}
		change(request)
		return server.RecordCourseRecord(t.Context(), request)
	}
	const set = `{"record": {"course": "ten", "distanceMetres": 10000, "sex": "F", "time": "1801s", "holder": "Aru", "country": "KAZ",
		"year": 2025, "setIn": "almaty-2025", "number": "1", "recordedAt": "2025-09-28T02:00:00Z"}}`
	for range 2 { // the second time it stands already
		got, err := enter(func(*standingsv1.RecordCourseRecordRequest) {})
		if err != nil {
			t.Fatal(err)
		}
		want(t, set, got)
	}
	got, err := enter(func(r *standingsv1.RecordCourseRecordRequest) {
		r.Year, r.Time = 2022, durationpb.New(1800*time.Second)
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"record": {"course": "ten", "distanceMetres": 10000, "sex": "F", "time": "1800s", "holder": "Aru", "country": "KAZ",
		"year": 2022, "number": "2", "recordedAt": "2025-09-28T02:00:00Z"}}`, got)

	_, err = enter(func(r *standingsv1.RecordCourseRecordRequest) {
		r.Sex, r.Time, r.Holder, r.Year = "W", nil, "", 2026
	})
	wantAt := []string{"records[0].sex SEX_INVALID", "records[0].year YEAR_INVALID", "records[0].time TIME_INVALID", "records[0].holder NAME_MISSING"}
	if diff := cmp.Diff(wantAt, at(err)); !errors.Is(err, standings.ErrRecordsInvalid) || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	_, err = enter(func(r *standingsv1.RecordCourseRecordRequest) { r.Time = durationpb.New(1802 * time.Second) })
	if diff := cmp.Diff([]string{"records[0].reason REASON_MISSING"}, at(err)); diff != "" {
		t.Errorf("slower without a reason: %v (-want +got):\n%s", err, diff)
	}
	for _, raceID := range []string{"", "half"} {
		if _, err = enter(func(r *standingsv1.RecordCourseRecordRequest) { r.Race = raceID }); !errors.Is(err, standings.ErrRaceNotFound) {
			t.Errorf("of the race %q: %v", raceID, err)
		}
	}
}

func TestImportCourseRecords(t *testing.T) {
	t.Parallel()
	server := direct()
	imported := func(records ...*standingsv1.CourseRecord) (*standingsv1.ImportCourseRecordsResponse, error) {
		return server.ImportCourseRecords(t.Context(), &standingsv1.ImportCourseRecordsRequest{EventId: "almaty-2025", Records: records})
	}
	line := func(course string, metres float64) *standingsv1.CourseRecord {
		return &standingsv1.CourseRecord{
			Course: course, DistanceMetres: metres, Sex: "M", Time: durationpb.New(1700 * time.Second), Holder: "Dias", Year: 2022,
		}
	}
	got, err := imported(line("ten", 10_000), line("ten", 21_097.5), line("tenn", 10_000), line("ten", 10_000))
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"added": 3, "stood": 1, "unused": [{"course": "ten", "distanceMetres": 21097.5}, {"course": "tenn", "distanceMetres": 10000}]}`, got)
	list, err := server.ListCourseRecords(t.Context(), &standingsv1.ListCourseRecordsRequest{EventId: "almaty-2025"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"records": [{"course": "ten", "distanceMetres": 10000, "sex": "M", "time": "1700s", "holder": "Dias", "year": 2022,
		"number": "1", "recordedAt": "2025-09-28T02:00:00Z"}]}`, list)
	for _, metres := range []float64{0, -1, 0.0004, 1e9, math.NaN(), math.Inf(1), 10_000.00001} {
		_, err := imported(line("ten", metres))
		if diff := cmp.Diff([]string{"records[0].distance_metres DISTANCE_INVALID"}, at(err)); diff != "" {
			t.Errorf("%v m: %v (-want +got):\n%s", metres, err, diff)
		}
	}
	if _, err := imported(make([]*standingsv1.CourseRecord, standings.MaxEntries+1)...); !errors.Is(err, standings.ErrEntriesTooMany) {
		t.Errorf("too many: %v", err)
	}
}

func TestImportAndListEditions(t *testing.T) {
	t.Parallel()
	server := direct()
	won := func(year int32, sex, name, bib string) *standingsv1.PastWinner {
		return &standingsv1.PastWinner{
			Year: year, Course: "ten", DistanceMetres: 10_000, Sex: sex, Name: name, Bib: bib, Time: durationpb.New(1900 * time.Second),
		}
	}
	imported, err := server.ImportEditions(t.Context(), &standingsv1.ImportEditionsRequest{
		EventId: "almaty-2025", Winners: []*standingsv1.PastWinner{won(2013, "M", "Erlan", "7"), won(2014, "M", "Dias", ""), won(2013, "F", "Aru", "")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"added": 3}`, imported)
	_, err = server.ImportEditions(t.Context(), &standingsv1.ImportEditionsRequest{
		EventId: "almaty-2025", Winners: []*standingsv1.PastWinner{won(2014, "M", "", "")},
	})
	if diff := cmp.Diff([]string{"winners[0].name NAME_MISSING", "winners[0].reason REASON_MISSING"}, at(err)); diff != "" ||
		!errors.Is(err, standings.ErrEditionsInvalid) {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	list, err := server.ListEditions(t.Context(), &standingsv1.ListEditionsRequest{EventId: "almaty-2025", Race: "ten"})
	if err != nil {
		t.Fatal(err)
	}
	winner := func(year int, rest string) string {
		return fmt.Sprintf(`{"year": %d, "course": "ten", "distanceMetres": 10000, "time": "1900s", %s}`, year, rest)
	}
	want(t, `{"editions": [
		{"year": 2014, "course": "ten", "distanceMetres": 10000, "winners": [`+winner(2014, `"sex": "M", "name": "Dias"`)+`]},
		{"year": 2013, "course": "ten", "distanceMetres": 10000, "winners": [
			`+winner(2013, `"sex": "F", "name": "Aru"`)+`, `+winner(2013, `"sex": "M", "name": "Erlan", "bib": "7"`)+`]}]}`, list)
}

func TestRowsCarryTheMarkOfTheirFinish(t *testing.T) {
	t.Parallel()
	b := tenKm(winner()) // 0:30:02 from the gun with the penalty
	b.event.Day = civil.Day{Year: 2025, Month: 9, Day: 28}
	for _, c := range []struct {
		seconds int
		want    string
	}{
		{1803, `{"kind": "RECORD_KIND_BEATS", "record": "0:30:03", "holder": "Aru", "year": 2022}`},
		{1802, `{"kind": "RECORD_KIND_EQUALS", "record": "0:30:02", "holder": "Aru", "year": 2022}`},
	} {
		key := record.Key{Course: "ten", DistanceMillimetres: 10_000_000, Sex: race.Female}
		b.records = []standings.CourseRecord{{Record: record.Record{
			Run: record.Run{Key: key, Year: 2022, Time: time.Duration(c.seconds) * time.Second, Name: "Aru"},
		}}}
		client := dial(t, b)
		page, err := client.GetStandings(t.Context(), &standingsv1.GetStandingsRequest{EventId: "almaty-2025", Race: "ten"})
		if err != nil {
			t.Fatal(err)
		}
		want(t, c.want, page.GetRows()[0].GetRecord())
		entrant, err := client.GetResult(t.Context(), &standingsv1.GetResultRequest{EventId: "almaty-2025", Bib: "7"})
		if err != nil {
			t.Fatal(err)
		}
		want(t, c.want, entrant.GetStanding().GetRecord())
	}
}

// A record of a leg is entered, imported and listed beside that of the course, and marks the leg wherever it is shown.
func TestRecordsOfLegs(t *testing.T) {
	t.Parallel()
	team := pairOf(1, "1", 1000*time.Second, 1500*time.Second)
	team.Sex = race.X
	b := pair(team)
	b.event.Day, b.event.Races[0].DistanceMillimetres = civil.Day{Year: 2025, Month: 9, Day: 28}, 12_195_000
	server := standingsgrpc.New(standings.NewService(standings.Dependencies{
		Events: b, Courses: &courses{}, Now: func() time.Time { return gun.Time() },
	}))
	enter := func(leg int32) (*standingsv1.RecordCourseRecordResponse, error) {
		return server.RecordCourseRecord(t.Context(), &standingsv1.RecordCourseRecordRequest{
			EventId: "almaty-2025", Race: "pair", Leg: leg, Sex: "X", Time: durationpb.New(1499 * time.Second), Holder: "Tulpar", Year: 2022,
		})
	}
	for _, leg := range []int32{-1, 3} {
		if got, err := enter(leg); !errors.Is(err, standings.ErrLegNotFound) {
			t.Errorf("leg %d: %v, %v", leg, got, err)
		}
	}
	got, err := enter(2)
	if err != nil {
		t.Fatal(err)
	}
	const record2 = `{"course": "pair", "leg": 2, "distanceMetres": 7195, "sex": "X", "time": "1499s", "holder": "Tulpar", "year": 2022,
		"number": "1", "recordedAt": "2025-09-28T02:00:00Z"}`
	want(t, `{"record": `+record2+`}`, got)
	line := func(leg int32, metres float64) *standingsv1.CourseRecord {
		return &standingsv1.CourseRecord{
			Course: "pair", Leg: leg, DistanceMetres: metres, Sex: "X", Time: durationpb.New(1499 * time.Second), Holder: "Tulpar", Year: 2022,
		}
	}
	imported, err := server.ImportCourseRecords(t.Context(), &standingsv1.ImportCourseRecordsRequest{
		EventId: "almaty-2025", Records: []*standingsv1.CourseRecord{line(2, 7195), line(1, 7195), line(0, 12_195)},
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"added": 2, "stood": 1, "unused": [{"course": "pair", "leg": 1, "distanceMetres": 7195}]}`, imported)
	list, err := server.ListCourseRecords(t.Context(), &standingsv1.ListCourseRecordsRequest{EventId: "almaty-2025", Race: "pair"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"records": [{"course": "pair", "distanceMetres": 12195, "sex": "X", "time": "1499s", "holder": "Tulpar", "year": 2022,
		"number": "3", "recordedAt": "2025-09-28T02:00:00Z"}, `+record2+`]}`, list)

	key, _ := record.LegKeyOf(&b.event.Races[0], 2, race.X)
	b.records = []standings.CourseRecord{{Record: record.Record{
		Run: record.Run{Key: key, Year: 2022, Time: 1501 * time.Second, Name: "Tulpar"},
	}}}
	client := dial(t, b)
	const mark = `{"kind": "RECORD_KIND_BEATS", "record": "0:25:01", "holder": "Tulpar", "year": 2022}`
	page, err := client.GetLegStandings(t.Context(), &standingsv1.GetLegStandingsRequest{EventId: "almaty-2025", Race: "pair", Leg: 2})
	if err != nil {
		t.Fatal(err)
	}
	want(t, mark, page.GetRows()[0].GetLeg().GetRecord())
	want(t, mark, page.GetFastest()[0].GetLeg().GetRecord())
	entrant, err := client.GetResult(t.Context(), &standingsv1.GetResultRequest{EventId: "almaty-2025", Bib: "1"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, mark, entrant.GetLegs()[1].GetRecord())
	if other := entrant.GetLegs()[0].GetRecord(); other != nil || entrant.GetStanding().GetRecord() != nil {
		t.Errorf("marked as well: the first leg %v, the finish %v", other, entrant.GetStanding().GetRecord())
	}
}
