package registrationgrpc_test

import (
	"context"
	"errors"
	"io"
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
	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/registration/registrationgrpc"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder answers with one entry and keeps what it was asked.
type recorder struct {
	entry   registration.Entry
	entries []registration.Entry
	err     error

	registered registration.Registration
	corrected  registration.Correction
	chips      []registration.ChipAssignment
	found      string
	after      race.EntrantID
	limit      int
	file       string
	replace    bool
	actor      string
}

func (r *recorder) RegisterPerson(_ context.Context, g registration.Registration) (registration.Entry, error) {
	r.registered = g
	return r.entry, r.err
}

func (r *recorder) RegisterTeam(_ context.Context, g registration.Registration) (registration.Entry, error) {
	r.registered = g
	return r.entry, r.err
}

func (r *recorder) CorrectEntry(_ context.Context, c registration.Correction) (registration.Entry, error) {
	r.corrected = c
	return r.entry, r.err
}

func (r *recorder) GetEntry(_ context.Context, _ race.EventID, reference registration.Reference) (registration.Entry, error) {
	r.found = "reference " + string(reference)
	return r.entry, r.err
}

func (r *recorder) GetEntryByBib(_ context.Context, _ race.EventID, bib race.Bib) (registration.Entry, error) {
	r.found = "bib " + string(bib)
	return r.entry, r.err
}

func (r *recorder) ListEntries(
	_ context.Context, _ race.EventID, _ race.ID, after race.EntrantID, limit int,
) ([]registration.Entry, error) {
	r.after, r.limit = after, limit
	return r.entries[:min(limit, len(r.entries))], r.err
}

func (r *recorder) AssignBibs(_ context.Context, _ race.EventID, _ race.ID, ranges []string, actor string) (int, error) {
	r.actor = actor
	return len(ranges), r.err
}

func (r *recorder) AssignChips(
	_ context.Context, _ race.EventID, assignments []registration.ChipAssignment, actor string,
) (int, error) {
	r.chips, r.actor = assignments, actor
	return len(assignments), r.err
}

func (r *recorder) ImportRoster(_ context.Context, file registration.RosterFile) (registration.Imported, error) {
	content, err := io.ReadAll(file.Content)
	r.file, r.replace, r.actor = string(content), file.Replace, file.Actor
	return registration.Imported{Added: 1, Changed: 2, Same: 3, Withdrawn: []race.Bib{"7"}}, errors.Join(err, r.err)
}

func serve(t *testing.T, service *recorder) registrationv1.RegistrationServiceClient {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	registrationv1.RegisterRegistrationServiceServer(server,
		registrationgrpc.New(service, func(context.Context) string { return "desk 1" }))
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
	years := 44
	service := &recorder{entry: registration.Entry{
		Reference: "7K3M-Q2XD", State: registration.Withdrawn,
		Entrant: race.Entrant{
			Race: "marathon", Bib: "7", Chips: []string{"C7"}, Wave: "A", Tags: []string{"veteran"},
			Person:  race.Person{Name: "Ann", Sex: race.X, AgeYears: &years, Country: "KAZ", Club: "Sunkar", Category: "Open"},
			Members: []race.Member{{Leg: 1, Bib: "8", Chips: []string{"C8"}, Person: race.Person{Sex: race.Male}}},
		},
	}}
	client := serve(t, service)
	response, err := client.RegisterPerson(t.Context(), message(t, `{
		"eventId": "e", "race": "marathon", "requestId": "r1", "tags": ["veteran"],
		"person": {"name": " Ann ", "sex": "SEX_F", "birthDate": "1990-02-28", "country": "KAZ", "club": "Sunkar"}
	}`, &registrationv1.RegisterPersonRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	want := registration.Registration{
		Event: "e", Race: "marathon", RequestID: "r1", Tags: []string{"veteran"},
		Person: race.Person{
			Name: "Ann", Sex: race.Female, BirthDay: civil.Day{Year: 1990, Month: time.February, Day: 28},
			Country: "KAZ", Club: "Sunkar",
		},
	}
	if diff := cmp.Diff(want, service.registered); diff != "" {
		t.Errorf("registration (-want +got):\n%s", diff)
	}
	wantResponse := message(t, `{"entry": {
		"eventId": "e", "reference": "7K3M-Q2XD", "race": "marathon", "state": "ENTRY_STATE_WITHDRAWN", "bib": "7",
		"chips": ["C7"], "wave": "A", "tags": ["veteran"],
		"person": {"name": "Ann", "sex": "SEX_X", "age": 44, "country": "KAZ", "club": "Sunkar", "category": "Open"},
		"members": [{"leg": 1, "bib": "8", "chips": ["C8"], "person": {"sex": "SEX_M"}}]
	}}`, &registrationv1.RegisterPersonResponse{})
	if diff := cmp.Diff(wantResponse, response, protocmp.Transform()); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

func TestRegisterTeamAndCorrectEntryConvert(t *testing.T) {
	t.Parallel()
	service := &recorder{}
	client := serve(t, service)
	_, err := client.RegisterTeam(t.Context(), message(t, `{
		"eventId": "e", "race": "ekiden", "requestId": "r1", "team": {"name": "Team", "birthDate": "1990-01-01"},
		"members": [{"leg": 2, "person": {"name": "B", "sex": "SEX_M"}}, {"person": {"name": "R"}}]
	}`, &registrationv1.RegisterTeamRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	members := []race.Member{{Leg: 2, Person: race.Person{Name: "B", Sex: race.Male}}, {Person: race.Person{Name: "R"}}}
	want := registration.Registration{
		Event: "e", Race: "ekiden", RequestID: "r1", Person: race.Person{Name: "Team"}, Members: members,
	}
	if diff := cmp.Diff(want, service.registered); diff != "" {
		t.Errorf("registration (-want +got):\n%s", diff)
	}

	_, err = client.CorrectEntry(t.Context(), message(t, `{
		"eventId": "e", "reference": " 7k3m-q2xd", "reason": "moved", "updateMask": "race,person.birthDate",
		"entry": {"race": "half", "person": {"birthDate": "1990-01-01"}}
	}`, &registrationv1.CorrectEntryRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	correction := registration.Correction{
		Event: "e", Reference: "7K3M-Q2XD", Fields: []string{"race", "person.birth_date"}, Reason: "moved", Actor: "desk 1",
		Value: race.Entrant{
			Race: "half", Person: race.Person{BirthDay: civil.Day{Year: 1990, Month: time.January, Day: 1}}, Members: []race.Member{},
		},
	}
	if diff := cmp.Diff(correction, service.corrected); diff != "" {
		t.Errorf("correction (-want +got):\n%s", diff)
	}
}

func TestBadShapesAreRefused(t *testing.T) {
	t.Parallel()
	server := registrationgrpc.New(&recorder{}, func(context.Context) string { return "" })
	register := func(person string) error {
		_, err := server.RegisterPerson(t.Context(), message(t, `{"person": `+person+`}`, &registrationv1.RegisterPersonRequest{}))
		return err
	}
	_, badMember := server.RegisterTeam(t.Context(), message(t, `{"members": [{}, {"person": {"birthDate": "1990-02-30"}}]}`,
		&registrationv1.RegisterTeamRequest{}))
	_, badToken := server.ListEntries(t.Context(), &registrationv1.ListEntriesRequest{PageToken: "?"})
	for _, tt := range []struct {
		name, path string
		err        error
		want       *fault.Fault
	}{
		{"birth date", "person.birth_date", register(`{"birthDate": "1.2.1990"}`), registration.ErrBirthDateInvalid},
		{"sex of tomorrow", "person.sex", register(`{"sex": 9}`), registration.ErrSexMissing},
		{"age", "person.age", register(`{"age": 126}`), registration.ErrAgeInvalid},
		{"birth date of a member", "members[1].person.birth_date", badMember, registration.ErrBirthDateInvalid},
		{"page token", "page_token", badToken, registration.ErrPageToken},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, tt.err, tt.want)
		}
		if diff := cmp.Diff([]fault.Violation{{Path: tt.path, Reason: tt.want.Reason}}, fault.Violations(tt.err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestGetEntryByEither(t *testing.T) {
	t.Parallel()
	service := &recorder{}
	client := serve(t, service)
	for want, request := range map[string]*registrationv1.GetEntryRequest{
		"reference 7K3M-Q2XD": {Key: &registrationv1.GetEntryRequest_Reference{Reference: "7k3m-q2xd "}},
		"bib F7":              {Key: &registrationv1.GetEntryRequest_Bib{Bib: "F7"}},
	} {
		if _, err := client.GetEntry(t.Context(), request); err != nil || service.found != want {
			t.Errorf("got %q, %v, want %q", service.found, err, want)
		}
	}
}

func TestListEntriesPages(t *testing.T) {
	t.Parallel()
	service := &recorder{entries: make([]registration.Entry, 1500)}
	for i := range service.entries {
		service.entries[i].ID = race.EntrantID(i + 1)
	}
	client := serve(t, service)
	for _, tt := range []struct{ size, want int }{{0, 100}, {2, 2}, {5000, 1000}} {
		response, err := client.ListEntries(t.Context(), &registrationv1.ListEntriesRequest{PageSize: int32(tt.size)})
		if err != nil {
			t.Fatal(err)
		}
		if len(response.GetEntries()) != tt.want || service.limit != tt.want+1 {
			t.Errorf("page size %d: got %d entries of %d asked for, want %d", tt.size, len(response.GetEntries()), service.limit, tt.want)
		}
		next := &registrationv1.ListEntriesRequest{PageToken: response.GetNextPageToken()}
		if _, err := client.ListEntries(t.Context(), next); err != nil || int(service.after) != tt.want {
			t.Errorf("next page begins after %d, %v, want %d", service.after, err, tt.want)
		}
	}
	service.entries = service.entries[:100]
	response, err := client.ListEntries(t.Context(), &registrationv1.ListEntriesRequest{})
	if err != nil || response.GetNextPageToken() != "" {
		t.Errorf("last page: got token %q, %v, want none", response.GetNextPageToken(), err)
	}
}

func TestAssign(t *testing.T) {
	t.Parallel()
	service := &recorder{}
	client := serve(t, service)
	bibs, err := client.AssignBibs(t.Context(), &registrationv1.AssignBibsRequest{Ranges: []string{"1-9", "F1-F9"}})
	if err != nil || bibs.GetAssigned() != 2 || service.actor != "desk 1" {
		t.Errorf("AssignBibs: got %v, %v by %q", bibs, err, service.actor)
	}
	chips, err := client.AssignChips(t.Context(), &registrationv1.AssignChipsRequest{
		Assignments: []*registrationv1.ChipAssignment{{Bib: "7", Chips: []string{"C7"}}},
	})
	if err != nil || chips.GetChanged() != 1 {
		t.Errorf("AssignChips: got %v, %v", chips, err)
	}
	if diff := cmp.Diff([]registration.ChipAssignment{{Bib: "7", Chips: []string{"C7"}}}, service.chips); diff != "" {
		t.Errorf("assignments (-want +got):\n%s", diff)
	}
}

func TestImportRosterJoinsThePieces(t *testing.T) {
	t.Parallel()
	service := &recorder{}
	client := serve(t, service)
	stream, err := client.ImportRoster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, piece := range []string{"race,b", "", "ib\nten,7\n"} {
		if err := stream.Send(&registrationv1.ImportRosterRequest{EventId: "e", Chunk: []byte(piece), Replace: i == 0}); err != nil {
			t.Fatal(err)
		}
	}
	response, err := stream.CloseAndRecv()
	if err != nil {
		t.Fatal(err)
	}
	want := &registrationv1.ImportRosterResponse{Added: 1, Changed: 2, Same: 3, Withdrawn: []string{"7"}}
	if diff := cmp.Diff(want, response, protocmp.Transform()); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	if service.file != "race,bib\nten,7\n" || !service.replace || service.actor != "desk 1" {
		t.Errorf("got file %q, replace %t, by %q", service.file, service.replace, service.actor)
	}
}

func TestImportRosterRefusesTooMuch(t *testing.T) {
	t.Parallel()
	service := &recorder{}
	client := serve(t, service)
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
	if service.file != "" {
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
