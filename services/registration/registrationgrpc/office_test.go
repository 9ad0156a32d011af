package registrationgrpc_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/access"
	"raceday/services/fault"
	"raceday/services/grpcserver"
	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/registration"
	"raceday/services/registration/registrationgrpc"
	"raceday/services/registration/registrationpg"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// office is the registration service on a database of its own, as its callers see it.
type office struct {
	registrationv1.RegistrationServiceClient
	pool *pgxpool.Pool

	mu     sync.Mutex
	events map[race.EventID]*applied
}

type applied struct {
	event   race.Event
	version int64
}

var errNoEvent = fault.New(fault.NotFound, "EVENT_NOT_FOUND", "there is no event with this id")

// EventVersion makes the office a registration.Events.
func (o *office) EventVersion(_ context.Context, id race.EventID) (*race.Event, int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.events[id]; a != nil {
		event := a.event
		return &event, a.version, nil
	}
	return nil, 0, errNoEvent
}

// apply makes another version of an event.
func (o *office) apply(t *testing.T, event race.Event) {
	t.Helper()
	const upsertEvent = `
INSERT INTO event.events (id, version, name, day, races)
VALUES ($1, 1, 'Day', '2026-09-27', '{}')
ON CONFLICT (id) DO UPDATE
SET version = events.version + 1
RETURNING version`
	o.mu.Lock()
	defer o.mu.Unlock()
	a := &applied{event: event}
	if err := o.pool.QueryRow(t.Context(), upsertEvent, event.ID).Scan(&a.version); err != nil {
		t.Fatal(err)
	}
	o.events[event.ID] = a
}

// day is an event with a short race for a fee of 100 for two, a long one without a fee for which an identity document is
// asked, and a relay of two whose teams may be completed later.
func day(id race.EventID) race.Event {
	wave := func(id race.WaveID, first, last int) race.Wave {
		return race.Wave{ID: id, Bibs: []race.BibRange{{First: first, Last: last}}}
	}
	return race.Event{
		ID: id, Day: civil.Day{Year: 2026, Month: time.September, Day: 27}, Currency: "KZT",
		Races: []race.Race{
			{
				ID: "ten", MinAgeYears: 15, Capacity: 2, Waves: []race.Wave{wave("A", 1, 99)},
				Registration: race.Registration{Hold: 35 * time.Minute, Offer: time.Hour, Waitlist: 3},
				Fees:         []race.Fee{{AmountMinor: 10_000, CharityPercent: 20}},
			},
			{
				ID: "half", MinAgeYears: 18, Waves: []race.Wave{wave("A", 100, 199), wave("B", 200, 299)},
				Documents: []race.Document{{Type: race.Identity}},
			},
			{
				ID: "relay", MinAgeYears: 16, Waves: []race.Wave{wave("R", 900, 999)},
				Team: &race.Team{Size: 2, Reserves: 1, CompleteUntil: racetime.At(time.Now().Add(time.Hour))},
			},
		},
	}
}

// desk bears a registrar's key and knows whose it is.
type desk struct{}

func (desk) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer desk"}, nil
}

func (desk) RequireTransportSecurity() bool { return false }

func (desk) Authenticate(context.Context, string) (access.Actor, error) {
	return access.Actor{Name: "desk 1", Role: access.Registrar}, nil
}

// open serves an office of the event e.
func open(t *testing.T) *office {
	t.Helper()
	url := postgrestest.URL(t)
	pool, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	o := &office{pool: pool, events: map[race.EventID]*applied{}}
	o.apply(t, day("e"))
	store := registrationpg.New(pool)
	board := registration.NewVacancyBoard(o, store)
	log := slog.New(slog.DiscardHandler)
	server := grpcserver.New(grpcserver.Options{Log: log, Authenticator: desk{}, Roles: registrarOnly()})
	registrationv1.RegisterRegistrationServiceServer(server, registrationgrpc.New(registration.New(registration.Dependencies{
		Events: o, Store: store, Papers: registrationpg.NewPapers(pool), Census: store, Vacancies: board, Now: time.Now,
	})))
	heard := postgres.Listener{
		URL: url, Channels: []string{"raceday_entries"}, Log: log,
		Heard: func(payload string) { board.Heard(race.EventID(payload)) },
	}
	listener := bufconn.Listen(1 << 20)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running errgroup.Group
	running.Go(func() error { return server.Serve(ctx, listener) })
	running.Go(func() error { return board.Run(ctx, func(err error) { t.Error(err) }) })
	running.Go(func() error { return heard.Run(ctx) })
	conn, err := grpc.NewClient("passthrough:///office",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(desk{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		stop()
		if err := running.Wait(); err != nil {
			t.Error(err)
		}
	})
	o.RegistrationServiceClient = registrationv1.NewRegistrationServiceClient(conn)
	return o
}

func registrarOnly() map[string][]access.Role {
	roles := map[string][]access.Role{}
	service := registrationv1.RegistrationService_ServiceDesc
	for _, method := range service.Methods {
		roles["/"+service.ServiceName+"/"+method.MethodName] = []access.Role{access.Registrar}
	}
	for _, stream := range service.Streams {
		roles["/"+service.ServiceName+"/"+stream.StreamName] = []access.Role{access.Registrar}
	}
	return roles
}

// request is a pointer to a message.
type request[M any] interface {
	*M
	proto.Message
}

// message reads protobuf JSON.
func message[M any, P request[M]](t *testing.T, json string) P {
	t.Helper()
	m := P(new(M))
	if err := protojson.Unmarshal([]byte(json), m); err != nil {
		t.Fatalf("%s: %v", json, err)
	}
	return m
}

// unary is a method of the client.
type unary[Request, Response any] = func(context.Context, *Request, ...grpc.CallOption) (*Response, error)

// send calls a method for the event e, unless the request names another.
func send[Request, Response any, P request[Request]](
	t *testing.T, method unary[Request, Response], json string,
) (*Response, error) {
	t.Helper()
	m := message[Request, P](t, json)
	field := m.ProtoReflect().Descriptor().Fields().ByName("event_id")
	if field != nil && !m.ProtoReflect().Has(field) {
		m.ProtoReflect().Set(field, protoreflect.ValueOfString("e"))
	}
	return method(t.Context(), m)
}

// call calls a method that must not be refused.
func call[Request, Response any, P request[Request]](t *testing.T, method unary[Request, Response], json string) *Response {
	t.Helper()
	response, err := send[Request, Response, P](t, method, json)
	if err != nil {
		t.Fatalf("%s: %v %v", json, err, status.Convert(err).Details())
	}
	return response
}

// refused calls a method that must be refused for a reason, because of these fields.
func refused[Request, Response any, P request[Request]](
	t *testing.T, method unary[Request, Response], json, reason string, paths ...string,
) {
	t.Helper()
	_, err := send[Request, Response, P](t, method, json)
	checkReason(t, json, err, reason, paths...)
}

func checkReason(t *testing.T, what string, err error, reason string, paths ...string) {
	t.Helper()
	var got string
	var fields []string
	for _, detail := range status.Convert(err).Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			got = d.GetReason()
		case *errdetails.BadRequest:
			for _, field := range d.GetFieldViolations() {
				fields = append(fields, field.GetField())
			}
		}
	}
	if got != reason || !slices.Equal(fields, paths) {
		t.Errorf("%s: got %s of %q, %v, want %s of %q", what, got, fields, err, reason, paths)
	}
}

// differ compares a message with protobuf JSON, but for these fields of entries.
func differ[M any, P request[M]](t *testing.T, what, want string, got P, without ...protoreflect.Name) {
	t.Helper()
	ignored := protocmp.IgnoreFields(&registrationv1.Entry{}, without...)
	if diff := cmp.Diff(message[M, P](t, want), got, protocmp.Transform(), ignored); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
