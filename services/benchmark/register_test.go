package benchmark

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	eventv1 "raceday/proto/raceday/event/v1"
	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
)

// office is a server of which the test knows what it sold.
type office struct {
	eventv1.UnimplementedEventServiceServer
	registrationv1.UnimplementedRegistrationServiceServer
	// sells is how many places it gives, whatever the event says.
	sells int
	// answer, where it is set, answers the nth registration of an event instead, unless it returns nil.
	answer func(n int) error
	// totals is what it says it has sold, where that is not what it has.
	totals int

	mu      sync.Mutex
	applied []string
	// asked counts the registrations of an event, persons and requests are those of them.
	asked             map[string]int
	persons, requests map[string]bool
	watching, calls   int
}

func refusal(reason string) error {
	s, err := status.New(codes.FailedPrecondition, "no").WithDetails(&errdetails.ErrorInfo{Reason: reason})
	if err != nil {
		return err
	}
	return s.Err()
}

func (o *office) ApplyEvent(_ context.Context, r *eventv1.ApplyEventRequest) (*eventv1.ApplyEventResponse, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.applied = append(o.applied, string(r.GetFile()))
	return &eventv1.ApplyEventResponse{}, nil
}

func (o *office) RegisterPerson(
	_ context.Context, r *registrationv1.RegisterPersonRequest,
) (*registrationv1.RegisterPersonResponse, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked[r.GetEventId()]++
	o.persons[fmt.Sprint(r.GetEventId(), r.GetPerson().GetName(), r.GetPerson().GetBirthDate())] = true
	o.requests[r.GetEventId()+r.GetRequestId()] = true
	n := o.asked[r.GetEventId()]
	if o.answer != nil {
		if err := o.answer(n); err != nil {
			return nil, err
		}
	}
	if n > o.sells {
		return nil, refusal("RACE_FULL")
	}
	return &registrationv1.RegisterPersonResponse{Entry: &registrationv1.Entry{}}, nil
}

func (o *office) GetVacancies(
	context.Context, *registrationv1.GetVacanciesRequest,
) (*registrationv1.GetVacanciesResponse, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watching++
	return &registrationv1.GetVacanciesResponse{}, nil
}

func (o *office) GetTotals(context.Context, *registrationv1.GetTotalsRequest) (*registrationv1.GetTotalsResponse, error) {
	totals := &registrationv1.Totals{Race: string(registerRace), Taken: int32(o.totals)}
	return &registrationv1.GetTotalsResponse{Totals: []*registrationv1.Totals{totals}}, nil
}

func (o *office) count(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	o.mu.Lock()
	o.calls++
	o.mu.Unlock()
	return handle(ctx, request)
}

// start is a Start with the office and a database.
func (o *office) start(t *testing.T, pool *pgxpool.Pool) Start {
	o.asked, o.persons, o.requests = map[string]int{}, map[string]bool{}, map[string]bool{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(o.count), grpc.MaxConcurrentStreams(streamsPerConnection))
	eventv1.RegisterEventServiceServer(server, o)
	registrationv1.RegisterRegistrationServiceServer(server, o)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	dial := func() (*grpc.ClientConn, error) {
		return grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	}
	return func(ctx context.Context, use func(ctx context.Context, s Server) error) error {
		conn, err := dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		return use(ctx, Server{Conn: conn, Dial: dial, Pool: pool})
	}
}

func TestAnOpeningNightIsCountedAsItWas(t *testing.T) {
	t.Parallel()
	const callers, places, refusals, runs = 130, 400, 300, 2
	o := &office{sells: places, totals: places}
	bench := RegisterBench{
		Start: o.start(t, postgrestest.Pool(t)), Formats: formats(), Callers: callers, Places: places, Refusals: refusals, Runs: runs,
		Show: func(string, ...any) {},
	}
	figures, err := bench.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if figures.Entries != places || figures.Refusals != refusals || figures.Connections != 2 || figures.Runs != runs {
		t.Errorf("got %+v, want %d entries, %d refusals, 2 connections, %d runs", figures, places, refusals, runs)
	}
	const all = (places + callers + refusals) * (runs + 1)
	if len(o.persons) != all || len(o.requests) != all {
		t.Errorf("%d persons in %d requests came, want %d of both", len(o.persons), len(o.requests), all)
	}
	// Once in each turn the event is applied, the totals are asked for, and one question is not counted.
	questions := o.watching - (runs + 1)
	if empty := o.calls - all - 3*(runs+1) - questions; empty != questions || empty < onlookers*(runs+1) {
		t.Errorf("%d empty calls beside %d questions for vacancies", empty, questions)
	}
	for _, file := range o.applied {
		event, err := formats().ParseEvent([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		if got := event.Race(registerRace).Capacity; got != places {
			t.Errorf("event %s has %d places, want %d", event.ID, got, places)
		}
	}
}

func TestAnOpeningNightThatWentWrongIsNoFigure(t *testing.T) {
	t.Parallel()
	const callers, places, refusals = 10, 40, 30
	pool := postgrestest.Pool(t)
	at := func(nth int, err error) func(int) error {
		return func(n int) error {
			if n == nth {
				return err
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		office *office
		want   string
	}{
		"one too many is told of a place": {&office{sells: places + 1, totals: places}, "41 persons"},
		"one place stays":                 {&office{sells: places - 1, totals: places}, "39 persons"},
		"nobody is refused":               {&office{sells: 1000, totals: places}, errNobodyLeft.Error()},
		"one too many is stored":          {&office{sells: places, totals: places + 1}, "41 of 40"},
		"another refusal while sold": {
			&office{sells: places, totals: places, answer: at(5, refusal("QUEUE_FULL"))}, "enter person",
		},
		"another refusal when sold out": {
			&office{sells: places, totals: places, answer: at(70, refusal("AGE_BELOW_MINIMUM"))}, "enter person",
		},
		"no reason": {
			&office{sells: places, totals: places, answer: at(5, status.Error(codes.Unavailable, "away"))}, "away",
		},
	} {
		t.Run(name, func(t *testing.T) {
			bench := RegisterBench{Formats: formats(), Callers: callers, Places: places, Refusals: refusals}
			err := c.office.start(t, pool)(t.Context(), func(ctx context.Context, s Server) error {
				_, err := bench.turn(ctx, &s, []*grpc.ClientConn{s.Conn}, people(t, &bench), "night")
				return err
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func people(t *testing.T, bench *RegisterBench) []race.Person {
	d, err := bench.day("people")
	if err != nil {
		t.Fatal(err)
	}
	return bench.people(d.event)
}

func TestAPlaceAfterTheLastIsNoRefusal(t *testing.T) {
	t.Parallel()
	enter := func(_ context.Context, _, person int) (bool, error) { return person != 7, nil }
	if _, _, err := refuse(t.Context(), 3, 10, &queue{persons: 10}, enter); err != errPlaceLeft {
		t.Errorf("got %v, want %v", err, errPlaceLeft)
	}
}

func TestTheFloorSellsExactlyItsPlaces(t *testing.T) {
	t.Parallel()
	const places = 150
	bench := RegisterBench{Formats: formats(), Callers: 1, Places: places, Refusals: floorClients}
	s := &Server{Pool: postgrestest.Pool(t)}
	floor, err := newRegisterFloor(t.Context(), s, 8, people(t, &bench))
	if err != nil {
		t.Fatal(err)
	}
	defer floor.close()
	took, err := bench.floorTurn(t.Context(), s, floor, "floor")
	if err != nil || took <= 0 {
		t.Errorf("took %v, %v", took, err)
	}
	if err := floor.check(t.Context(), "floor", places+1); err == nil {
		t.Errorf("%d entries are said to be %d", places, places+1)
	}
}
