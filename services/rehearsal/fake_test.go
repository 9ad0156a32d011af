package rehearsal_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	eventv1 "raceday/proto/raceday/event/v1"
	registrationv1 "raceday/proto/raceday/registration/v1"
	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/civil"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
)

// fakeServices answer as the services do as far as the story asks, and derive nothing.
type fakeServices struct {
	eventv1.UnimplementedEventServiceServer
	registrationv1.UnimplementedRegistrationServiceServer
	timingv1.UnimplementedTimingServiceServer
	standingsv1.UnimplementedStandingsServiceServer

	event *race.Event
	// lenient services refuse nothing.
	lenient bool

	mu        sync.Mutex
	busy      int // registrations that are turned away before the first is taken
	entries   []*registrationv1.Entry
	people    map[string]bool
	chips     int
	guns      []string
	rulings   []*timingv1.Ruling
	published []*timingv1.ReadBatch
}

func serve(t *testing.T, f *fakeServices) grpc.ClientConnInterface {
	t.Helper()
	f.people = map[string]bool{}
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	eventv1.RegisterEventServiceServer(server, f)
	registrationv1.RegisterRegistrationServiceServer(server, f)
	timingv1.RegisterTimingServiceServer(server, f)
	standingsv1.RegisterStandingsServiceServer(server, f)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///story", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return conn
}

func refused(code codes.Code, reason string) error {
	s, err := status.New(code, "it is refused").WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "raceday"})
	if err != nil {
		return err
	}
	return s.Err()
}

func (f *fakeServices) ApplyEvent(context.Context, *eventv1.ApplyEventRequest) (*eventv1.ApplyEventResponse, error) {
	return &eventv1.ApplyEventResponse{EventId: string(f.event.ID), Version: 1, Changed: true}, nil
}

func (f *fakeServices) RegisterPerson(_ context.Context, r *registrationv1.RegisterPersonRequest) (*registrationv1.RegisterPersonResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy > 0 {
		f.busy--
		return nil, refused(codes.Unavailable, "REGISTRATION_BUSY")
	}
	birthDay, err := civil.ParseDay(r.GetPerson().GetBirthDate())
	if err != nil {
		return nil, err
	}
	who := r.GetPerson().GetName() + birthDay.String()
	runner := race.Person{Name: r.GetPerson().GetName(), Sex: race.Male, BirthDay: birthDay}
	in := f.event.Race(race.ID(r.GetRace()))
	switch {
	case f.lenient:
	case len(entry.Check(in, runner, f.event.Day)) > 0:
		return nil, refused(codes.FailedPrecondition, "AGE_BELOW_MINIMUM")
	case entry.Minor(in, runner, f.event.Day) && r.GetGuardian().GetConsentVersion() == "":
		return nil, refused(codes.InvalidArgument, "GUARDIAN_MISSING")
	case f.people[who]:
		return nil, refused(codes.AlreadyExists, "ALREADY_ENTERED")
	}
	f.people[who] = true
	return &registrationv1.RegisterPersonResponse{Entry: f.enter(r.GetRace())}, nil
}

func (f *fakeServices) RegisterTeam(_ context.Context, r *registrationv1.RegisterTeamRequest) (*registrationv1.RegisterTeamResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.lenient && len(r.GetMembers()) != f.event.Race(race.ID(r.GetRace())).Team.Size {
		return nil, refused(codes.InvalidArgument, "TEAM_SIZE")
	}
	for _, m := range r.GetMembers() {
		who := m.GetPerson().GetName() + m.GetPerson().GetBirthDate()
		if f.people[who] {
			return nil, refused(codes.AlreadyExists, "MEMBER_IN_TWO_TEAMS")
		}
		f.people[who] = true
	}
	return &registrationv1.RegisterTeamResponse{Entry: f.enter(r.GetRace())}, nil
}

func (f *fakeServices) enter(r string) *registrationv1.Entry {
	e := &registrationv1.Entry{
		Reference: fmt.Sprintf("REF%d", len(f.entries)), Race: r, FeeMinor: 1_000_000, CharityMinor: 200_000,
		State: registrationv1.EntryState_ENTRY_STATE_HELD,
	}
	f.entries = append(f.entries, e)
	return proto.CloneOf(e)
}

func (f *fakeServices) ConfirmPayment(_ context.Context, r *registrationv1.ConfirmPaymentRequest) (*registrationv1.ConfirmPaymentResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		if e.GetReference() == r.GetReference() && e.GetFeeMinor() == e.GetPaidMinor()+r.GetAmountMinor() {
			e.PaidMinor, e.State = e.GetFeeMinor(), registrationv1.EntryState_ENTRY_STATE_CONFIRMED
			return &registrationv1.ConfirmPaymentResponse{Entry: proto.CloneOf(e)}, nil
		}
	}
	return nil, refused(codes.NotFound, "ENTRY_NOT_FOUND")
}

func (f *fakeServices) GetTotals(context.Context, *registrationv1.GetTotalsRequest) (*registrationv1.GetTotalsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	totals := &registrationv1.Totals{States: []*registrationv1.StateCount{
		{State: registrationv1.EntryState_ENTRY_STATE_HELD}, {State: registrationv1.EntryState_ENTRY_STATE_CONFIRMED},
	}}
	for _, e := range f.entries {
		if e.GetState() == registrationv1.EntryState_ENTRY_STATE_CONFIRMED {
			totals.States[1].Entries++
			totals.PaidMinor, totals.CharityMinor = totals.GetPaidMinor()+e.GetPaidMinor(), totals.GetCharityMinor()+e.GetCharityMinor()
		}
	}
	return &registrationv1.GetTotalsResponse{Totals: []*registrationv1.Totals{totals}, Currency: "KZT"}, nil
}

func (f *fakeServices) AssignBibs(_ context.Context, r *registrationv1.AssignBibsRequest) (*registrationv1.AssignBibsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var bibs []race.Bib
	for _, text := range r.GetRanges() {
		bibRange, err := race.ParseBibRange(text)
		if err != nil {
			return nil, err
		}
		for n := bibRange.First; n <= bibRange.Last; n++ {
			bibs = append(bibs, bibRange.Bib(n))
		}
	}
	for _, e := range f.entries {
		if e.GetRace() == r.GetRace() && e.GetState() == registrationv1.EntryState_ENTRY_STATE_CONFIRMED {
			e.Bib, bibs = string(bibs[0]), bibs[1:]
		}
	}
	return &registrationv1.AssignBibsResponse{}, nil
}

// ListEntries returns one entry a page.
func (f *fakeServices) ListEntries(_ context.Context, r *registrationv1.ListEntriesRequest) (*registrationv1.ListEntriesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	page := &registrationv1.ListEntriesResponse{}
	for _, e := range f.entries {
		switch {
		case e.GetRace() != r.GetRace() || r.GetPageToken() != "" && e.GetReference() != r.GetPageToken() && len(page.GetEntries()) == 0:
		case len(page.GetEntries()) == 1:
			page.NextPageToken = e.GetReference()
			return page, nil
		default:
			page.Entries = append(page.Entries, e)
		}
	}
	return page, nil
}

func (f *fakeServices) AssignChips(_ context.Context, r *registrationv1.AssignChipsRequest) (*registrationv1.AssignChipsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.chips += len(r.GetAssignments())
	return &registrationv1.AssignChipsResponse{}, nil
}

func (f *fakeServices) FireGun(_ context.Context, r *timingv1.FireGunRequest) (*timingv1.FireGunResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.guns = append(f.guns, r.GetRace()+"/"+r.GetWave())
	return &timingv1.FireGunResponse{}, nil
}

func (f *fakeServices) RecordRuling(_ context.Context, r *timingv1.RecordRulingRequest) (*timingv1.RecordRulingResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rulings = append(f.rulings, r.GetRuling())
	return &timingv1.RecordRulingResponse{Recorded: true}, nil
}

func (f *fakeServices) publish(_ context.Context, batch *timingv1.ReadBatch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.published = append(f.published, batch)
	return nil
}

func (f *fakeServices) ListReads(_ context.Context, r *timingv1.ListReadsRequest) (*timingv1.ListReadsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	page := &timingv1.ListReadsResponse{}
	for _, batch := range f.published {
		for i, read := range batch.GetReads() {
			if batch.GetMat() == r.GetMat() && read.GetChip() == r.GetChip() {
				page.Reads = append(page.Reads, &timingv1.StoredRead{
					Mat: batch.GetMat(), Boot: batch.GetBoot(), Seq: batch.GetFirstSeq() + uint64(i),
				})
			}
		}
	}
	return page, nil
}

func (f *fakeServices) WatchStandings(_ *standingsv1.WatchStandingsRequest, stream grpc.ServerStreamingServer[standingsv1.WatchStandingsResponse]) error {
	if err := stream.Send(&standingsv1.WatchStandingsResponse{Version: 1, Snapshot: true}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return stream.Context().Err()
}

func (f *fakeServices) GetStandings(_ context.Context, r *standingsv1.GetStandingsRequest) (*standingsv1.GetStandingsResponse, error) {
	page := &standingsv1.GetStandingsResponse{Ranked: 3, OnCourse: 1}
	for rank := range min(3, r.GetPageSize()) {
		page.Rows = append(page.Rows, &standingsv1.Standing{
			Rank: rank + 1, Bib: strings.ToUpper(r.GetRace()[:1]) + fmt.Sprint(rank+1), Name: "Aigerim Ёлкина",
			Status: standingsv1.Status_STATUS_FINISHED, Gun: "1:00:00", Net: "0:59:58", Ranked: "1:00:00",
		})
	}
	return page, nil
}

func (f *fakeServices) GetResult(context.Context, *standingsv1.GetResultRequest) (*standingsv1.GetResultResponse, error) {
	return &standingsv1.GetResultResponse{Legs: []*standingsv1.LegResult{{Leg: 1, LegTime: "0:20:00", LegRank: 2}}}, nil
}

func (f *fakeServices) GetProgress(context.Context, *standingsv1.GetProgressRequest) (*standingsv1.GetProgressResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	response := &standingsv1.GetProgressResponse{}
	for i := range f.event.Races {
		id := string(f.event.Races[i].ID)
		p := &standingsv1.RaceProgress{Race: id, Entered: 1234, NotStarted: 1}
		for _, ruling := range f.rulings {
			if ruling.GetRace() == id && ruling.GetKind() == timingv1.RulingKind_RULING_KIND_CLOSE {
				p.NotStarted, p.Out = 0, 1
			}
		}
		response.Races = append(response.Races, p)
	}
	return response, nil
}

func (f *fakeServices) ExportResults(r *standingsv1.ExportResultsRequest, stream grpc.ServerStreamingServer[standingsv1.ExportResultsResponse]) error {
	for _, chunk := range []string{r.GetFile().String(), "\nline 2\n"} {
		if err := stream.Send(&standingsv1.ExportResultsResponse{Chunk: []byte(chunk)}); err != nil {
			return err
		}
	}
	return nil
}

func (f *fakeServices) ExportFacts(_ *standingsv1.ExportFactsRequest, stream grpc.ServerStreamingServer[standingsv1.ExportFactsResponse]) error {
	for _, file := range []string{"event.yaml", "roster.csv", "reads.csv.gz", "reads.csv.gz", "rulings.csv"} {
		if err := stream.Send(&standingsv1.ExportFactsResponse{File: file, Chunk: []byte(file)}); err != nil {
			return err
		}
	}
	return nil
}
