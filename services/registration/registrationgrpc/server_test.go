package registrationgrpc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/access"
	"raceday/services/fault"
	"raceday/services/grpcserver"
	"raceday/services/registration"
	"raceday/services/registration/registrationgrpc"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// almaty has a marathon and a relay of two, each with a wave and no minimum age.
func almaty() *memory {
	waves := []race.Wave{{ID: "A"}}
	return &memory{event: race.Event{
		ID: "e", Day: civil.Day{Year: 2025, Month: time.September, Day: 28},
		Races: []race.Race{
			{ID: "marathon", Waves: waves}, {ID: "half", Waves: waves},
			{ID: "ekiden", Waves: waves, Team: &race.Team{Size: 2, Reserves: 1}},
		},
	}}
}

// ann is somebody with a bib.
func ann() registration.Entry {
	years := 44
	return registration.Entry{
		Reference: "7K3M-Q2XD", State: registration.Confirmed,
		Entrant: race.Entrant{
			Race: "marathon", Bib: "7", Chips: []string{"C7"}, Wave: "A", Tags: []string{"veteran"},
			Person: race.Person{Name: "Ann", Sex: race.X, AgeYears: &years, Country: "KAZ", Club: "Sunkar", Category: "Open"},
		},
	}
}

func newServer(store *memory) *registrationgrpc.Server {
	now := func() time.Time { return time.Date(2025, time.March, 1, 12, 0, 0, 0, time.UTC) }
	return registrationgrpc.New(registration.New(store, store, now))
}

// atDesk is a stream of calls that an official makes.
type atDesk struct{ grpc.ServerStream }

func (s atDesk) Context() context.Context { return withActor(s.ServerStream.Context()) }

func withActor(ctx context.Context) context.Context {
	return grpcserver.WithActor(ctx, access.Actor{Name: "desk 1", Role: access.Registrar})
}

func serve(t *testing.T, store *memory) registrationv1.RegistrationServiceClient {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(
		grpc.UnaryInterceptor(func(
			ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
		) (any, error) {
			return handler(withActor(ctx), request)
		}),
		grpc.StreamInterceptor(func(
			service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
		) error {
			return handler(service, atDesk{stream})
		}))
	registrationv1.RegisterRegistrationServiceServer(server, newServer(store))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///bufconn",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return registrationv1.NewRegistrationServiceClient(conn)
}

func message[M proto.Message](t *testing.T, json string, m M) M {
	t.Helper()
	if err := protojson.Unmarshal([]byte(json), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRegisterPersonConverts(t *testing.T) {
	t.Parallel()
	store := almaty()
	response, err := serve(t, store).RegisterPerson(t.Context(), message(t, `{
		"eventId": "e", "race": "marathon", "requestId": "r1", "tags": ["veteran"],
		"person": {"name": " Ann ", "sex": "SEX_F", "birthDate": "1990-02-28", "country": "KAZ", "club": "Sunkar"}
	}`, &registrationv1.RegisterPersonRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	want := race.Entrant{
		Race: "marathon", Tags: []string{"veteran"},
		Person: race.Person{
			Name: "Ann", Sex: race.Female, BirthDay: civil.Day{Year: 1990, Month: time.February, Day: 28},
			Country: "KAZ", Club: "Sunkar",
		},
	}
	made := store.entries[0]
	if diff := cmp.Diff(want, made.Entrant); diff != "" || made.RequestID != "r1" {
		t.Errorf("request %q made (-want +got):\n%s", made.RequestID, diff)
	}
	wantResponse := message(t, `{"entry": {
		"eventId": "e", "race": "marathon", "state": "ENTRY_STATE_CONFIRMED", "tags": ["veteran"],
		"person": {"name": "Ann", "sex": "SEX_F", "birthDate": "1990-02-28", "country": "KAZ", "club": "Sunkar"}
	}}`, &registrationv1.RegisterPersonResponse{})
	wantResponse.Entry.Reference = string(made.Reference)
	if diff := cmp.Diff(wantResponse, response, protocmp.Transform()); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

func TestRegisterTeamConverts(t *testing.T) {
	t.Parallel()
	store := almaty()
	_, err := serve(t, store).RegisterTeam(t.Context(), message(t, `{
		"eventId": "e", "race": "ekiden", "requestId": "r1", "team": {"name": "Team", "birthDate": "1990-01-01"},
		"members": [
			{"person": {"name": "R", "sex": "SEX_X", "birthDate": "1990-01-03"}},
			{"leg": 2, "person": {"name": "B", "sex": "SEX_M", "birthDate": "1990-01-02"}},
			{"leg": 1, "person": {"name": "A", "sex": "SEX_F", "birthDate": "1990-01-01"}}
		]
	}`, &registrationv1.RegisterTeamRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	born := func(day int) civil.Day { return civil.Day{Year: 1990, Month: time.January, Day: day} }
	want := race.Entrant{
		Race: "ekiden", Person: race.Person{Name: "Team", Sex: race.X},
		Members: []race.Member{
			{Leg: 1, Person: race.Person{Name: "A", Sex: race.Female, BirthDay: born(1)}},
			{Leg: 2, Person: race.Person{Name: "B", Sex: race.Male, BirthDay: born(2)}},
			{Person: race.Person{Name: "R", Sex: race.X, BirthDay: born(3)}},
		},
	}
	if diff := cmp.Diff(want, store.entries[0].Entrant); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	_, err = newServer(almaty()).RegisterTeam(t.Context(), message(t, `{
		"eventId": "e", "race": "ekiden", "requestId": "r2", "team": {"name": "Team"}, "members": [{"bib": "8"}, {"chips": ["C8"]}]
	}`, &registrationv1.RegisterTeamRequest{}))
	marks := []fault.Violation{
		registration.ErrFieldNotTaken.At("members[0].bib"), registration.ErrFieldNotTaken.At("members[1].chips"),
	}
	if diff := cmp.Diff(marks, fault.Violations(err)); diff != "" {
		t.Errorf("bibs and chips: got %v (-want +got):\n%s", err, diff)
	}
}

func TestCorrectEntryConverts(t *testing.T) {
	t.Parallel()
	store := almaty()
	store.entries = []registration.Entry{ann()}
	response, err := serve(t, store).CorrectEntry(t.Context(), message(t, `{
		"eventId": "e", "reference": " 7k3m-q2xd", "reason": "moved", "updateMask": "race,person.birthDate",
		"entry": {"race": "half", "bib": "9", "person": {"birthDate": "1990-01-01"}}
	}`, &registrationv1.CorrectEntryRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	want := message(t, `{"entry": {
		"eventId": "e", "reference": "7K3M-Q2XD", "race": "half", "state": "ENTRY_STATE_CONFIRMED", "bib": "7",
		"chips": ["C7"], "wave": "A", "tags": ["veteran"], "person": {
			"name": "Ann", "sex": "SEX_X", "birthDate": "1990-01-01", "country": "KAZ", "club": "Sunkar", "category": "Open"
		}
	}}`, &registrationv1.CorrectEntryResponse{})
	if diff := cmp.Diff(want, response, protocmp.Transform()); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	if store.cause.Actor != "desk 1" || store.cause.Reason != "moved" {
		t.Errorf("changed by %q because %q, want desk 1 because moved", store.cause.Actor, store.cause.Reason)
	}
}

func TestBadShapesAreRefused(t *testing.T) {
	t.Parallel()
	server := newServer(almaty())
	register := func(person string) error {
		_, err := server.RegisterPerson(t.Context(), message(t, `{"person": `+person+`}`, &registrationv1.RegisterPersonRequest{}))
		return err
	}
	_, badMember := server.RegisterTeam(t.Context(), message(t, `{"members": [{}, {"person": {"birthDate": "1990-02-30"}}]}`,
		&registrationv1.RegisterTeamRequest{}))
	correct := func(request string) error {
		_, err := server.CorrectEntry(t.Context(), message(t, request, &registrationv1.CorrectEntryRequest{}))
		return err
	}
	list := func(request *registrationv1.ListEntriesRequest) error {
		_, err := server.ListEntries(t.Context(), request)
		return err
	}
	for _, tt := range []struct {
		name, path string
		err        error
		want       *fault.Fault
	}{
		{"birth date", "person.birth_date", register(`{"birthDate": "1.2.1990"}`), registration.ErrBirthDateInvalid},
		{"sex of tomorrow", "person.sex", register(`{"sex": 9}`), registration.ErrSexMissing},
		{"age", "person.age", register(`{"age": 126}`), registration.ErrAgeInvalid},
		{"birth date of a member", "members[1].person.birth_date", badMember, registration.ErrBirthDateInvalid},
		{
			"corrected birth date", "entry.person.birth_date", correct(`{"entry": {"person": {"birthDate": "1.2.1990"}}}`),
			registration.ErrBirthDateInvalid,
		},
		{
			"unknown field", "update_mask.paths[1]", correct(`{"reason": "moved", "updateMask": "bib,reference"}`),
			registration.ErrFieldUnknown,
		},
		{
			"page token", "page_token", list(&registrationv1.ListEntriesRequest{PageToken: "?"}),
			registration.ErrPageTokenInvalid,
		},
		{
			"page too large", "page_size", list(&registrationv1.ListEntriesRequest{PageSize: 1001}),
			registration.ErrPageSizeInvalid,
		},
		{
			"page below nothing", "page_size", list(&registrationv1.ListEntriesRequest{PageSize: -1}),
			registration.ErrPageSizeInvalid,
		},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, tt.err, tt.want)
		}
		if diff := cmp.Diff([]fault.Violation{tt.want.At(tt.path)}, fault.Violations(tt.err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestGetEntryByEither(t *testing.T) {
	t.Parallel()
	store := almaty()
	store.entries = []registration.Entry{ann()}
	client := serve(t, store)
	for name, request := range map[string]*registrationv1.GetEntryRequest{
		"reference": {Key: &registrationv1.GetEntryRequest_Reference{Reference: "7k3m-q2xd "}},
		"bib":       {Key: &registrationv1.GetEntryRequest_Bib{Bib: "7"}},
	} {
		got, err := client.GetEntry(t.Context(), request)
		if err != nil || got.GetEntry().GetReference() != "7K3M-Q2XD" {
			t.Errorf("by %s: got %v, %v", name, got, err)
		}
	}
}

func TestListEntriesPages(t *testing.T) {
	t.Parallel()
	store := almaty()
	store.entries = make([]registration.Entry, 1500)
	for i := range store.entries {
		store.entries[i].ID = race.EntrantID(i + 1)
	}
	client := serve(t, store)
	for _, tt := range []struct{ size, want int }{{0, 100}, {2, 2}, {1000, 1000}} {
		response, err := client.ListEntries(t.Context(), &registrationv1.ListEntriesRequest{PageSize: int32(tt.size)})
		if err != nil {
			t.Fatal(err)
		}
		if len(response.GetEntries()) != tt.want || store.limit != tt.want+1 {
			t.Errorf("page size %d: got %d entries of %d asked for, want %d", tt.size, len(response.GetEntries()), store.limit, tt.want)
		}
		next := &registrationv1.ListEntriesRequest{PageToken: response.GetNextPageToken()}
		if _, err := client.ListEntries(t.Context(), next); err != nil || int(store.after) != tt.want {
			t.Errorf("next page begins after %d, %v, want %d", store.after, err, tt.want)
		}
	}
	store.entries = store.entries[:100]
	response, err := client.ListEntries(t.Context(), &registrationv1.ListEntriesRequest{})
	if err != nil || response.GetNextPageToken() != "" {
		t.Errorf("last page: got token %q, %v, want none", response.GetNextPageToken(), err)
	}
}

func TestAssign(t *testing.T) {
	t.Parallel()
	store := almaty()
	without := ann()
	without.Bib, without.Reference = "", "8K3M-Q2XD"
	without.Chips = nil
	store.entries = []registration.Entry{ann(), without}
	client := serve(t, store)
	bibs, err := client.AssignBibs(t.Context(), &registrationv1.AssignBibsRequest{
		EventId: "e", Race: "marathon", Ranges: []string{"1-9", "F1-F9"},
	})
	if err != nil || bibs.GetAssigned() != 1 || store.entries[1].Bib != "1" || store.cause.Actor != "desk 1" {
		t.Errorf("AssignBibs: got %v, %v, bib %q by %q", bibs, err, store.entries[1].Bib, store.cause.Actor)
	}
	store.cause = registration.Cause{}
	chips, err := client.AssignChips(t.Context(), &registrationv1.AssignChipsRequest{
		Assignments: []*registrationv1.ChipAssignment{{Bib: "7", Chips: []string{"C8", "C9"}}},
	})
	if err != nil || chips.GetChanged() != 1 || store.cause.Actor != "desk 1" {
		t.Errorf("AssignChips: got %v, %v by %q", chips, err, store.cause.Actor)
	}
	if diff := cmp.Diff([]string{"C8", "C9"}, store.entries[0].Chips); diff != "" {
		t.Errorf("chips (-want +got):\n%s", diff)
	}
}

func TestImportRosterJoinsThePieces(t *testing.T) {
	t.Parallel()
	store := almaty()
	store.entries = []registration.Entry{ann()}
	response, err := importPieces(t, store, "race,b", "", "ib\nhalf,8\n")
	if err != nil {
		t.Fatal(err)
	}
	want := &registrationv1.ImportRosterResponse{Added: 1, Withdrawn: []string{"7"}}
	if diff := cmp.Diff(want, response, protocmp.Transform()); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	if store.cause.Actor != "desk 1" {
		t.Errorf("imported by %q, want desk 1", store.cause.Actor)
	}
}

func TestImportRosterNeverTellsOfAReference(t *testing.T) {
	t.Parallel()
	store := almaty()
	store.saveErr = registration.ErrReferenceTaken
	_, err := importPieces(t, store, "race,bib\nhalf,8\n")
	if err == nil || !strings.Contains(err.Error(), registration.ErrBusy.Message) {
		t.Errorf("every reference is taken: got %v, want %v", err, registration.ErrBusy)
	}
}

// importPieces sends a file to replace the roster.
func importPieces(t *testing.T, store *memory, pieces ...string) (*registrationv1.ImportRosterResponse, error) {
	t.Helper()
	stream, err := serve(t, store).ImportRoster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, piece := range pieces {
		if err := stream.Send(&registrationv1.ImportRosterRequest{EventId: "e", Chunk: []byte(piece), Replace: i == 0}); err != nil {
			t.Fatal(err)
		}
	}
	return stream.CloseAndRecv()
}

func TestImportRosterRefusesTooMuch(t *testing.T) {
	t.Parallel()
	store := almaty()
	client := serve(t, store)
	for name, pieces := range map[string][]int{"a piece": {256<<10 + 1}, "all together": repeated(256<<10, 257)} {
		stream, err := client.ImportRoster(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range pieces {
			if err := stream.Send(&registrationv1.ImportRosterRequest{Chunk: make([]byte, size)}); err != nil {
				break // The refusal has come back; CloseAndRecv returns it.
			}
		}
		_, err = stream.CloseAndRecv()
		if err == nil || !strings.Contains(err.Error(), registration.ErrRosterTooBig.Message) {
			t.Errorf("%s: got %v, want %v", name, err, registration.ErrRosterTooBig)
		}
	}
	if len(store.entries) > 0 {
		t.Error("a file that was refused was imported")
	}
}

func repeated(n, times int) []int {
	all := make([]int, times)
	for i := range all {
		all[i] = n
	}
	return all
}
