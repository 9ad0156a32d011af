package timinggrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/access"
	"raceday/services/fault"
	"raceday/services/grpcserver"
	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
	"raceday/services/timing/timingpg"
)

const event race.EventID = "almaty-2025"

func TestMain(m *testing.M) { postgrestest.Main(m) }

type events struct{}

func (events) Event(context.Context, race.EventID) (*race.Event, error) {
	return &race.Event{ID: event, Day: civil.Day{Year: 2025, Month: time.September, Day: 28}, Races: []race.Race{{ID: "marathon", Waves: []race.Wave{{ID: "A"}}}}}, nil
}

// everybody is a roster on which every bib runs the marathon.
type everybody struct{}

func (everybody) Lines(_ context.Context, _ race.EventID, bibs []race.Bib) (map[race.Bib]timing.RosterLine, error) {
	lines := map[race.Bib]timing.RosterLine{}
	for _, bib := range bibs {
		lines[bib] = timing.RosterLine{Race: "marathon", Bib: bib}
	}
	return lines, nil
}

type nobodyStarted struct{}

func (nobodyStarted) StartsBefore(
	context.Context, race.EventID, race.ID, []race.WaveID, racetime.Instant,
) (int, error) {
	return 0, nil
}

// testServer is a server and what is behind it.
type testServer struct {
	*Server
	store *timingpg.Store
}

// newServer returns a server whose store holds two reads of one identity and a rejected message.
func newServer(t *testing.T) testServer {
	t.Helper()
	pool := postgrestest.Pool(t)
	const insertEvent = `INSERT INTO event.events (id, version, name, day, races) VALUES ($1, 1, 'Almaty', '2025-09-28', '{}')`
	if _, err := pool.Exec(t.Context(), insertEvent, string(event)); err != nil {
		t.Fatal(err)
	}
	store := timingpg.New(pool)
	from, err := store.CreatePosition(t.Context(), event, time.UnixMicro(1).UTC())
	if err != nil {
		t.Fatal(err)
	}
	to := from
	to.Sequence, to.Version = 1, 1
	batch := &timing.Batch{
		StreamCreated: from.StreamCreated, First: 1, Last: 1,
		Reads: []timing.Read{
			{Mat: "line-a", Boot: "7", Seq: 1, Chip: "C1", At: 5, ArrivedAt: 6, RSSIDBm: -58, HasRSSI: true},
			{Mat: "line-a", Boot: "7", Seq: 1, Chip: "C2", At: 5, ArrivedAt: 6},
		},
		Rejected: []timing.Rejected{{Subject: "reads.x.y", Sequence: 1, Index: -1, Reason: "garbage", Data: []byte{0}, ArrivedAt: 6}},
	}
	err = postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
		return store.Append(ctx, tx, nil, batch, from, to)
	})
	if err != nil {
		t.Fatal(err)
	}
	return testServer{New(timing.New(timing.Dependencies{
		Store: store, Events: events{}, Roster: everybody{}, Starts: nobodyStarted{}, ChipReads: store, Now: func() time.Time { return time.UnixMicro(1_759_000_000_000_000) },
	})), store}
}

func TestRulingsOverGRPC(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	ctx := grpcserver.WithActor(t.Context(), access.Actor{Name: "referee"})
	gun, err := server.FireGun(ctx, &timingv1.FireGunRequest{EventId: string(event), Race: "marathon", Wave: "A", RequestId: "g-1"})
	if err != nil {
		t.Fatal(err)
	}
	now := timestamppb.New(time.UnixMicro(1_759_000_000_000_000))
	want := &timingv1.Ruling{
		Id: "g-1", Race: "marathon", Kind: timingv1.RulingKind_RULING_KIND_GUN, Target: "A", At: now, By: "referee",
		RecordedAt: now, Change: 1,
	}
	if diff := cmp.Diff(want, gun.GetRuling(), protocmp.Transform()); diff != "" {
		t.Errorf("gun (-want +got):\n%s", diff)
	}
	request := &timingv1.RecordRulingRequest{EventId: string(event), Ruling: &timingv1.Ruling{
		Id: "r-1", Race: "marathon", Bib: "7", Kind: timingv1.RulingKind_RULING_KIND_DSQ, Rule: "TR6.3",
	}}
	for i, want := range []bool{true, false} {
		got, err := server.RecordRuling(ctx, request)
		if err != nil || got.GetRecorded() != want || got.GetRuling().GetChange() != 2 {
			t.Errorf("call %d: got %v, %v, want recorded %v under change 2", i, got, err, want)
		}
	}
	request.Ruling.Bib = "8"
	if _, err := server.RecordRuling(ctx, request); !errors.Is(err, timing.ErrRulingIDReused) {
		t.Errorf("another ruling of the id: got %v, want %v", err, timing.ErrRulingIDReused)
	}
	page, err := server.ListRulings(ctx, &timingv1.ListRulingsRequest{EventId: string(event), PageSize: 1})
	if err != nil || len(page.GetRulings()) != 1 || page.GetNextPageToken() == "" {
		t.Fatalf("first page: got %v, %v, want one of two", page, err)
	}
	page, err = server.ListRulings(ctx, &timingv1.ListRulingsRequest{EventId: string(event), PageSize: 1, PageToken: page.GetNextPageToken()})
	if err != nil || len(page.GetRulings()) != 1 || page.GetRulings()[0].GetId() != "r-1" || page.GetNextPageToken() != "" {
		t.Errorf("second page: got %v, %v, want the other alone", page, err)
	}
}

// sent is a stream of messages that a client has sent.
type sent struct {
	grpc.ServerStream
	ctx      context.Context
	messages []*timingv1.RecordRulingsRequest
	answer   *timingv1.RecordRulingsResponse
}

func (s *sent) Context() context.Context { return s.ctx }

func (s *sent) Recv() (*timingv1.RecordRulingsRequest, error) {
	if len(s.messages) == 0 {
		return nil, io.EOF
	}
	message := s.messages[0]
	s.messages = s.messages[1:]
	return message, nil
}

func (s *sent) SendAndClose(answer *timingv1.RecordRulingsResponse) error {
	s.answer = answer
	return nil
}

func TestRecordRulingsOverGRPC(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	record := func(messages ...*timingv1.RecordRulingsRequest) (*timingv1.RecordRulingsResponse, error) {
		messages[0].EventId = string(event)
		stream := &sent{ctx: grpcserver.WithActor(t.Context(), access.Actor{Name: "referee"}), messages: messages}
		err := server.RecordRulings(stream)
		return stream.answer, err
	}
	message := func(rulings ...*timingv1.Ruling) *timingv1.RecordRulingsRequest {
		return &timingv1.RecordRulingsRequest{Rulings: rulings}
	}
	dsq := func(id string) *timingv1.Ruling {
		return &timingv1.Ruling{Id: id, Race: "marathon", Bib: "7", Kind: timingv1.RulingKind_RULING_KIND_DSQ}
	}
	revoke := func(id, target string) *timingv1.Ruling {
		return &timingv1.Ruling{Id: id, Kind: timingv1.RulingKind_RULING_KIND_REVOKE, Target: target}
	}
	_, err := record(message(dsq("a"), dsq("b")), message(revoke("c", "nosuch")))
	if got := fault.Violations(err); len(got) != 1 || got[0].Path != "rulings[2].target" || got[0].Reason != "RULING_UNKNOWN" {
		t.Errorf("a revocation of nothing: got %v, want it refused", err)
	}
	never := dsq("b")
	never.At = &timestamppb.Timestamp{Nanos: -1}
	_, err = record(message(dsq("a")), message(never))
	if got := fault.Violations(err); len(got) != 1 || got[0].Path != "rulings[1].at" {
		t.Errorf("an instant that is none: got %v, want it refused", err)
	}
	for _, want := range []*timingv1.RecordRulingsResponse{{Recorded: 3}, {Stood: 3}} {
		got, err := record(message(revoke("c", "b"), dsq("a")), message(dsq("b")))
		if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || diff != "" {
			t.Errorf("got %v (-want +got):\n%s", err, diff)
		}
	}
	page, err := server.ListRulings(t.Context(), &timingv1.ListRulingsRequest{EventId: string(event)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range page.GetRulings() {
		got = append(got, r.GetId())
	}
	if diff := cmp.Diff([]string{"c", "a", "b"}, got); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	many := message(make([]*timingv1.Ruling, timing.MaxRulings)...)
	if _, err := record(many, message(dsq("d"))); !errors.Is(err, timing.ErrRulingsTooMany) {
		t.Errorf("too many: got %v, want %v", err, timing.ErrRulingsTooMany)
	}
}

// Two of one request at one time both look before either has recorded; each has its own now.
func TestAGunThatIsSentTwiceAtOnceIsOneGun(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	var now atomic.Int64
	server.service = timing.New(timing.Dependencies{
		Store: server.store, Events: events{}, Roster: everybody{}, Starts: nobodyStarted{}, ChipReads: server.store, Now: func() time.Time { return time.UnixMicro(1_759_000_000_000_000 + now.Add(1)) },
	})
	const pairs = 20
	var calls errgroup.Group
	guns := make([]*timingv1.FireGunResponse, 2*pairs)
	for i := range guns {
		calls.Go(func() (err error) {
			guns[i], err = server.FireGun(t.Context(), &timingv1.FireGunRequest{
				EventId: string(event), Race: "marathon", RequestId: fmt.Sprint("g-", i/2),
			})
			return err
		})
	}
	if err := calls.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range pairs {
		if diff := cmp.Diff(guns[2*i].GetRuling(), guns[2*i+1].GetRuling(), protocmp.Transform()); diff != "" {
			t.Errorf("the two answers of pair %d differ:\n%s", i, diff)
		}
	}
}

func TestReadsOverGRPC(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	reads, err := server.ListReads(t.Context(), &timingv1.ListReadsRequest{EventId: string(event), Chip: "0c1", ConflictsOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	rssi := int32(-58)
	want := []*timingv1.StoredRead{{
		Mat: "line-a", Boot: "7", Seq: 1, Chip: "C1", At: timestamppb.New(time.UnixMicro(5)), Rssi: &rssi,
		ArrivedAt: timestamppb.New(time.UnixMicro(6)),
	}}
	if diff := cmp.Diff(want, reads.GetReads(), protocmp.Transform()); diff != "" {
		t.Errorf("conflicts of a chip (-want +got):\n%s", diff)
	}
	rejected, err := server.ListRejectedMessages(t.Context(), &timingv1.ListRejectedMessagesRequest{EventId: string(event)})
	if err != nil {
		t.Fatal(err)
	}
	wantRejected := []*timingv1.RejectedMessage{{
		Subject: "reads.x.y", StreamSequence: 1, ReadIndex: -1, Reason: "garbage", Data: []byte{0},
		ArrivedAt: timestamppb.New(time.UnixMicro(6)),
	}}
	if diff := cmp.Diff(wantRejected, rejected.GetMessages(), protocmp.Transform()); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}
