package standingsgrpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/grpcserver"
	"raceday/services/notice"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
	"raceday/services/standings/standingsgrpc"
	"raceday/services/standings/standingspdf"
	"raceday/services/standings/standingsxlsx"
)

var gun = racetime.At(time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC))

// backend is an event with its results, its facts and a rebuild.
type backend struct {
	event   *race.Event
	results []result.Result
	records []standings.CourseRecord
}

func (b backend) Load(context.Context, race.EventID) (version, change int64, results []result.Result, err error) {
	return 7, 3, b.results, nil
}
func (b backend) Applied(context.Context, race.EventID) (version, change int64, err error) {
	return 7, 0, nil
}

func (b backend) CurrentChange(context.Context, race.EventID) (int64, error) { return 0, nil }
func (b backend) EventAt(context.Context, race.EventID, int64) (*race.Event, error) {
	return b.event, nil
}
func (b backend) MarkStamp(context.Context, race.EventID) (int64, error) {
	return int64(len(b.records)), nil
}
func (b backend) CourseRecords(context.Context, []race.CourseID) ([]standings.CourseRecord, error) {
	return b.records, nil
}
func (b backend) PublishedFinishes(
	context.Context, race.EventID, []standings.FasterThan,
) ([]standings.PublishedFinish, error) {
	return nil, nil
}
func (b backend) PublishedLegs(context.Context, race.EventID, []standings.FasterThan) ([]standings.PublishedLeg, error) {
	return nil, nil
}
func (b backend) Subscribe(race.EventID, func(notice.Notice)) (func(), error) { return func() {}, nil }

func (b backend) Digest(context.Context, race.EventID, standings.FactsAt) (standings.Digest, error) {
	return standings.Digest{1}, nil
}

func (b backend) Files(_ context.Context, _ race.EventID, _ standings.FactsAt, file func(string) io.Writer) error {
	for _, f := range facts() {
		if _, err := file(f.name).Write([]byte(f.body)); err != nil {
			return err
		}
	}
	return nil
}

type fact struct{ name, body string }

func facts() []fact {
	return []fact{
		{"event.yaml", "id: almaty-2025\n"}, {"roster.csv", strings.Repeat("a line of a roster\n", 10_000)},
		{"reads.csv.gz", ""}, {"rulings.csv", "id\n"},
	}
}

func (b backend) Rebuild(
	_ context.Context, _ race.EventID, each func(standings.Difference) error,
) (standings.RebuildSummary, error) {
	err := each(standings.Difference{Table: "ranks", Race: "ten", Bib: "7", Item: "overall", Stored: "1", Computed: "2"})
	return standings.RebuildSummary{Reads: 5, Entrants: 4, Differences: 1, Version: 8}, err
}

// dial serves a backend until the test ends and returns a client of it.
type unpublished struct{ standings.Official }

func (unpublished) PublishedRows(context.Context, race.EventID, race.ID, race.Bib) ([]standings.PublishedRow, error) {
	return nil, nil
}

func dial(t *testing.T, b backend) standingsv1.StandingsServiceClient {
	t.Helper()
	papers, err := standingspdf.NewPrinter()
	if err != nil {
		t.Fatal(err)
	}
	boards := standings.NewBoards(b, b, b, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- boards.Run(ctx) }()
	server := grpc.NewServer(grpcserver.Codec())
	standingsgrpc.New(standings.NewService(standings.Dependencies{
		Boards: boards, Store: b, Events: b, Facts: b, Rebuilder: b, Anomalies: b, Conflicts: b, Official: unpublished{},
		Workbooks: standingsxlsx.Writer{}, Papers: papers,
		Now: func() time.Time { return gun.Add(40 * time.Minute).Time() },
	})).Register(server)
	listener := bufconn.Listen(1 << 20)
	go func() { done <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///standings", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		err := conn.Close()
		server.Stop()
		if err := errors.Join(err, <-done, <-done); err != nil {
			t.Error(err)
		}
	})
	return standingsv1.NewStandingsServiceClient(conn)
}

func tenKm(results ...result.Result) backend {
	r := race.New(race.TenKm)
	r.ID = "ten"
	r.Course = []race.Visit{{Point: "line"}, {Point: "k5", AtMillimetres: 5_000_500}, {Point: "line", AtMillimetres: 10_000_000}}
	return backend{event: &race.Event{ID: "almaty-2025", Races: []race.Race{r}}, results: results}
}

func winner() result.Result {
	return result.Result{
		Entrant: 1, Race: "ten", Bib: "7", Chip: "C7", Name: "Aru", Sex: race.Female, Country: "KAZ", Club: "Tengri",
		Category: "Elite", AgeGroup: "F18+", Wave: "A", Status: result.Finished, GunAt: gun,
		Passings: []passing.Passing{
			{Visit: 0, At: gun.Add(time.Second)}, {Visit: 1, At: gun.Add(901 * time.Second)}, {Visit: 2, At: gun.Add(1801 * time.Second)},
		},
		Gun: racetime.Known(1801 * time.Second), Net: racetime.Known(1800 * time.Second), Penalty: 500 * time.Millisecond,
		Lists: []string{"overall", "sex/F"},
	}
}

// want compares an answer with protobuf JSON.
func want(t *testing.T, text string, got proto.Message) {
	t.Helper()
	message := got.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal([]byte(text), message); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(message, got, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

const winnerRow = `{
	"rank": 1, "bib": "7", "name": "Aru", "sex": "F", "country": "KAZ", "club": "Tengri", "category": "Elite",
	"ageGroup": "F18+", "wave": "A", "status": "STATUS_FINISHED", "gun": "0:30:01", "net": "0:30:00", "ranked": "0:30:02",
	"penalty": "0:00:01", "rankedTime": "1801.500s", "lastVisit": 2, "lastPoint": "line", "lastAt": "2025-09-28T02:30:01Z",
	"lastTime": "1801s"}`

func TestGetStandings(t *testing.T) {
	t.Parallel()
	running := result.Result{Entrant: 2, Race: "ten", Bib: "8", Status: result.Started, GunAt: gun, Lists: []string{"overall", ""}}
	client := dial(t, tenKm(winner(), running))
	for range 2 { // the second is sent what was encoded for the first
		got, err := client.GetStandings(t.Context(), &standingsv1.GetStandingsRequest{EventId: "almaty-2025", Race: "ten"})
		if err != nil {
			t.Fatal(err)
		}
		want(t, `{"list": "overall", "version": 7, "ranked": 1, "onCourse": 1, "rows": [`+winnerRow+
			`, {"bib": "8", "status": "STATUS_STARTED", "lastVisit": -1}]}`, got)
	}
}

// The later wave is seen later, and is ahead by gun.
func TestTheTimeThereIsByTheBasisOfTheList(t *testing.T) {
	t.Parallel()
	onCourse := func(id race.EntrantID, gun racetime.Instant, start, there time.Duration) result.Result {
		return result.Result{
			Entrant: id, Race: "ten", Bib: race.Bib(fmt.Sprint(id)), Status: result.Started, GunAt: gun,
			Passings: []passing.Passing{{Visit: 0, At: gun.Add(start)}, {Visit: 1, At: gun.Add(there)}},
			Lists:    []string{"gun", "net"},
		}
	}
	b := tenKm(onCourse(1, gun, 20*time.Second, 920*time.Second), onCourse(2, gun.Add(10*time.Minute), time.Second, 910*time.Second))
	b.event.Races[0].Classifications = []race.Classification{{ID: "gun"}, {ID: "net", Basis: race.Net}}
	client := dial(t, b)
	for list, rows := range map[string][]string{"gun": {"2 15m10s", "1 15m20s"}, "net": {"1 15m0s", "2 15m9s"}} {
		got, err := client.GetStandings(t.Context(),
			&standingsv1.GetStandingsRequest{EventId: "almaty-2025", Race: "ten", List: list})
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, row := range got.GetRows() {
			order = append(order, fmt.Sprint(row.GetBib(), " ", row.GetLastTime().AsDuration()))
		}
		if diff := cmp.Diff(rows, order); diff != "" {
			t.Errorf("%s (-want +got)\n%s", list, diff)
		}
	}
}

func TestGetResult(t *testing.T) {
	t.Parallel()
	got, err := dial(t, tenKm(winner())).GetResult(t.Context(), &standingsv1.GetResultRequest{EventId: "almaty-2025", Bib: "7"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"race": "ten", "version": 7, "standing": `+winnerRow+`,
		"ranks": [{"list": "overall", "rank": 1, "of": 1}, {"list": "sex/F", "rank": 1, "of": 1}],
		"splits": [
			{"point": "line", "at": "2025-09-28T02:00:01Z", "net": "0:00:00", "gun": "0:00:01"},
			{"visit": 1, "point": "k5", "at": "2025-09-28T02:15:01Z", "net": "0:15:00", "gun": "0:15:01", "atMetres": 5000.5, "pace": "179.982002s"},
			{"visit": 2, "point": "line", "at": "2025-09-28T02:30:01Z", "net": "0:30:00", "gun": "0:30:01", "atMetres": 10000, "pace": "180.018002s"}]}`, got)
}

func TestGetResultOfATeam(t *testing.T) {
	t.Parallel()
	team := result.Result{
		Entrant: 1, Race: "ten", Bib: "7", Status: result.DNF, Lists: []string{"overall", ""}, Legs: []result.Leg{
			{Number: 1, MemberBib: "7-1", MemberName: "Aru", Time: racetime.Known(time.Minute),
				Cumulative: racetime.Known(time.Minute), Ranked: true},
			{Number: 2, MemberBib: "7-2", NotCompleted: true},
		},
	}
	got, err := dial(t, tenKm(team)).GetResult(t.Context(), &standingsv1.GetResultRequest{EventId: "almaty-2025", Bib: "7"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"race": "ten", "version": 7, "standing": {"bib": "7", "status": "STATUS_DNF", "lastVisit": -1},
		"ranks": [{"list": "overall"}],
		"legs": [
			{"leg": 1, "memberBib": "7-1", "memberName": "Aru", "legTime": "0:01:00", "legRank": 1, "cumulative": "0:01:00", "rankAfter": 1},
			{"leg": 2, "memberBib": "7-2", "notCompleted": true}]}`, got)
}

func TestGetProgressAndListLists(t *testing.T) {
	t.Parallel()
	client := dial(t, tenKm(winner()))
	progress, err := client.GetProgress(t.Context(), &standingsv1.GetProgressRequest{EventId: "almaty-2025"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"races": [{"race": "ten", "entered": 1, "started": 1, "finished": 1}], "version": 7}`, progress)
	lists, err := client.ListLists(t.Context(), &standingsv1.ListListsRequest{EventId: "almaty-2025", Race: "ten"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"lists": [{"list": "overall", "ranked": 1}, {"list": "sex/F", "ranked": 1}]}`, lists)
}

// field returns n finishers.
func field(n int) []result.Result {
	var results []result.Result
	for id := 1; id <= n; id++ {
		r := winner()
		r.Entrant, r.Bib = race.EntrantID(id), race.Bib(fmt.Sprint(id))
		results = append(results, r)
	}
	return results
}

func TestALargeSnapshotSaysWhetherMoreOfItFollows(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := dial(t, tenKm(field(2500)...)).WatchStandings(ctx,
		&standingsv1.WatchStandingsRequest{EventId: "almaty-2025", Race: "ten"})
	if err != nil {
		t.Fatal(err)
	}
	bibs := map[string]bool{}
	for i, more := range []bool{true, true, false} {
		message, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range message.GetRows() {
			bibs[row.GetBib()] = true
		}
		if message.GetMore() != more || message.GetSnapshot() != (i == 0) {
			t.Errorf("message %d: more %v, snapshot %v, want %v, %v", i, message.GetMore(), message.GetSnapshot(), more, i == 0)
		}
		if message.GetVersion() != 7 || message.GetList() != "overall" {
			t.Errorf("message %d is of version %d of list %s", i, message.GetVersion(), message.GetList())
		}
	}
	if len(bibs) != 2500 {
		t.Errorf("%d entrants, want 2500", len(bibs))
	}
}

func TestExportResultsStreamsTheFile(t *testing.T) {
	t.Parallel()
	b := tenKm(field(2000)...)
	var file bytes.Buffer
	if err := standings.WriteResults(&file, b.event, b.results); err != nil {
		t.Fatal(err)
	}
	stream, err := dial(t, b).ExportResults(t.Context(), &standingsv1.ExportResultsRequest{EventId: "almaty-2025"})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if message.GetVersion() != 7 || len(message.GetChunk()) > 64<<10 {
			t.Errorf("a chunk of %d bytes of version %d", len(message.GetChunk()), message.GetVersion())
		}
		got.Write(message.GetChunk())
	}
	if diff := cmp.Diff(file.String(), got.String()); diff != "" {
		t.Errorf("(-file +stream)\n%s", diff)
	}
}

func TestAnExportWithoutLinesIsOneEmptyMessage(t *testing.T) {
	t.Parallel()
	stream, err := dial(t, tenKm()).ExportResults(t.Context(), &standingsv1.ExportResultsRequest{
		EventId: "almaty-2025", File: standingsv1.ExportFile_EXPORT_FILE_RESULTS_JSON,
	})
	if err != nil {
		t.Fatal(err)
	}
	message, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"version": 7}`, message)
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end", err)
	}
}

// received returns the files of an export in their order, each behind its name.
func received(t *testing.T, b backend, request *standingsv1.ExportResultsRequest) (names []string, files map[string]string) {
	t.Helper()
	request.EventId = "almaty-2025"
	stream, err := dial(t, b).ExportResults(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return names, files
		}
		if err != nil {
			t.Fatal(err)
		}
		name := message.GetFile()
		if _, known := files[name]; !known {
			names = append(names, name)
		}
		if files[name] += string(message.GetChunk()); message.GetVersion() != 7 || len(message.GetChunk()) > 64<<10 {
			t.Errorf("a chunk of %d bytes of version %d of %q", len(message.GetChunk()), message.GetVersion(), name)
		}
	}
}

func TestExportResultsStreamsListAfterList(t *testing.T) {
	t.Parallel()
	b := tenKm(field(2000)...)
	names, files := received(t, b, &standingsv1.ExportResultsRequest{File: standingsv1.ExportFile_EXPORT_FILE_LISTS_CSV, Race: "ten"})
	list, err := standings.NewBoard(b.event, 7, b.results).WholeList("ten", "overall")
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := standings.WriteList(&want, list); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"lists.csv", "ten_overall.csv", "ten_sex_F.csv"}, names); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want.String(), files["ten_overall.csv"]); diff != "" {
		t.Errorf("(-list +stream)\n%s", diff)
	}
}

func TestExportResultsStreamsWorkbooksAndPapers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		request *standingsv1.ExportResultsRequest
		begins  string
	}{
		{&standingsv1.ExportResultsRequest{File: standingsv1.ExportFile_EXPORT_FILE_RESULTS_XLSX}, "PK\x03\x04"},
		{&standingsv1.ExportResultsRequest{File: standingsv1.ExportFile_EXPORT_FILE_SHEET_PDF, Race: "ten", List: "sex/F"}, "%PDF-"},
		{&standingsv1.ExportResultsRequest{File: standingsv1.ExportFile_EXPORT_FILE_CERTIFICATE_PDF, Bib: "7"}, "%PDF-"},
	} {
		names, files := received(t, tenKm(winner()), c.request)
		if len(names) != 1 || !strings.HasPrefix(files[""], c.begins) {
			t.Errorf("%s: the files %q, beginning with %.10q", c.request.GetFile(), names, files[""])
		}
	}
}

func TestExportFactsStreamsFileAfterFile(t *testing.T) {
	t.Parallel()
	stream, err := dial(t, tenKm()).ExportFacts(t.Context(), &standingsv1.ExportFactsRequest{EventId: "almaty-2025"})
	if err != nil {
		t.Fatal(err)
	}
	var got []fact
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 || got[len(got)-1].name != message.GetFile() {
			got = append(got, fact{name: message.GetFile()})
		}
		got[len(got)-1].body += string(message.GetChunk())
	}
	if diff := cmp.Diff(facts(), got, cmp.AllowUnexported(fact{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRebuildStreamsDifferencesAndASummary(t *testing.T) {
	t.Parallel()
	stream, err := dial(t, tenKm()).Rebuild(t.Context(), &standingsv1.RebuildRequest{EventId: "almaty-2025"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`{"difference": {"table": "ranks", "race": "ten", "bib": "7", "item": "overall", "stored": "1", "computed": "2"}}`,
		`{"summary": {"reads": 5, "entrants": 4, "differences": 1, "version": 8}}`,
	} {
		message, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		want(t, text, message)
	}
}
