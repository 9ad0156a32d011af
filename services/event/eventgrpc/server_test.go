package eventgrpc_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/access"
	"raceday/services/event"
	"raceday/services/event/eventgrpc"
	"raceday/services/event/eventpg"
	"raceday/services/fault"
	"raceday/services/grpcserver"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

const file = `id: almaty-2025
name: Almaty Marathon 2025
day: 2025-09-28
time_zone: Asia/Almaty
points: [{id: line}]
races:
  - id: 10km
    format: TEN_KM
    waves: [{id: A}]
    course: [{point: line}, {point: line, at_metres: 10000}]
`

func TestEventsAreAppliedAndShown(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), connect(t)
	fromFile := &eventv1.ApplyEventRequest{Source: &eventv1.ApplyEventRequest_File{File: []byte(file)}}
	applied, err := client.ApplyEvent(ctx, fromFile)
	if err != nil {
		t.Fatal(err)
	}
	wantApplied := &eventv1.ApplyEventResponse{EventId: "almaty-2025", Version: 1, Changed: true}
	if diff := cmp.Diff(wantApplied, applied, protocmp.Transform()); diff != "" {
		t.Errorf("applied (-want +got):\n%s", diff)
	}

	shown, err := client.GetEvent(ctx, &eventv1.GetEventRequest{EventId: "almaty-2025"})
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	wantShown := &eventv1.GetEventResponse{Event: event.ToMessage(e), Version: 1, AppliedAt: timestamppb.New(now())}
	if diff := cmp.Diff(wantShown, shown, protocmp.Transform()); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}

	again := &eventv1.ApplyEventRequest{Source: &eventv1.ApplyEventRequest_Event{Event: shown.GetEvent()}}
	applied, err = client.ApplyEvent(ctx, again)
	if err != nil || applied.GetChanged() || applied.GetVersion() != 1 {
		t.Errorf("applied what was shown: %v, %v, want no change", applied, err)
	}

	list, err := client.ListEvents(ctx, &eventv1.ListEventsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	wantList := &eventv1.ListEventsResponse{Events: []*eventv1.EventSummary{{
		EventId: "almaty-2025", Name: "Almaty Marathon 2025", Day: "2025-09-28", Version: 1, Races: []string{"10km"},
	}}}
	if diff := cmp.Diff(wantList, list, protocmp.Transform()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

func TestMisfitsAreKeptWhereTheRequestSaysSo(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), connect(t)
	older := []byte(file + "    min_age: 16\n")
	e, err := event.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name    string
		request *eventv1.ApplyEventRequest
		version int64
		code    codes.Code
	}{
		{"first", &eventv1.ApplyEventRequest{Source: &eventv1.ApplyEventRequest_File{File: []byte(file)}}, 1, codes.OK},
		{"older", &eventv1.ApplyEventRequest{Source: &eventv1.ApplyEventRequest_File{File: older}}, 0, codes.FailedPrecondition},
		{"older, kept", &eventv1.ApplyEventRequest{
			Source: &eventv1.ApplyEventRequest_File{File: older}, KeepMisfits: true,
		}, 2, codes.OK},
		{"back", &eventv1.ApplyEventRequest{
			Source: &eventv1.ApplyEventRequest_Event{Event: event.ToMessage(e)},
		}, 0, codes.FailedPrecondition},
		{"back, kept", &eventv1.ApplyEventRequest{
			Source: &eventv1.ApplyEventRequest_Event{Event: event.ToMessage(e)}, KeepMisfits: true,
		}, 3, codes.OK},
	} {
		applied, err := client.ApplyEvent(ctx, step.request)
		if status.Code(err) != step.code || applied.GetVersion() != step.version {
			t.Errorf("%s: version %d, %v, want version %d and %s", step.name, applied.GetVersion(), err, step.version, step.code)
		}
	}
}

func TestFaultsHaveTheirReasonAndFields(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), connect(t)
	apply := func(request *eventv1.ApplyEventRequest) error {
		_, err := client.ApplyEvent(ctx, request)
		return err
	}
	tests := map[string]struct {
		call   func() error
		code   codes.Code
		reason string
		fields []*errdetails.BadRequest_FieldViolation
	}{
		"file with faults": {
			func() error {
				return apply(&eventv1.ApplyEventRequest{
					Source: &eventv1.ApplyEventRequest_File{File: []byte(file + "    min_age: 14\n    speed: high\n")},
				})
			}, codes.InvalidArgument, "EVENT_INVALID", []*errdetails.BadRequest_FieldViolation{
				{
					Field: "races[0].min_age", Reason: "FIELD_INVALID", Description: "line 11: 14 is below the format's 15",
				},
				{Field: "races[0].speed", Reason: "FIELD_INVALID", Description: "line 12: is unknown"},
			},
		},
		"message with faults": {
			func() error {
				return apply(&eventv1.ApplyEventRequest{Source: &eventv1.ApplyEventRequest_Event{Event: &eventv1.Event{
					Id: "a", Day: "2025-09-28", TimeZone: "Asia/Almaty", Races: []*eventv1.Race{{Id: "b", Format: 99}},
				}}})
			}, codes.InvalidArgument, "EVENT_INVALID", []*errdetails.BadRequest_FieldViolation{
				{Field: "races[0].format", Reason: "FIELD_INVALID", Description: "99 is unknown"},
			},
		},
		"nothing to apply": {
			func() error { return apply(&eventv1.ApplyEventRequest{}) }, codes.InvalidArgument, "EVENT_INVALID",
			[]*errdetails.BadRequest_FieldViolation{{
				Field: "event", Reason: "SOURCE_MISSING", Description: "is missing, and there is no file either",
			}},
		},
		"unknown event": {
			func() error {
				_, err := client.GetEvent(ctx, &eventv1.GetEventRequest{EventId: "no\x00such"})
				return err
			}, codes.NotFound, "EVENT_NOT_FOUND", nil,
		},
		"page of a thousand": {
			func() error {
				_, err := client.ListEvents(ctx, &eventv1.ListEventsRequest{PageSize: 1000})
				return err
			}, codes.InvalidArgument, "PAGE_SIZE_INVALID", []*errdetails.BadRequest_FieldViolation{{
				Field: "page_size", Reason: "PAGE_SIZE_INVALID", Description: "page_size is 1 to 100, or 0 for 50",
			}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := status.Convert(test.call())
			if got.Code() != test.code {
				t.Fatalf("code %s, want %s: %v", got.Code(), test.code, got)
			}
			var reason string
			var fields []*errdetails.BadRequest_FieldViolation
			for _, detail := range got.Details() {
				switch d := detail.(type) {
				case *errdetails.ErrorInfo:
					reason = d.GetReason()
				case *errdetails.BadRequest:
					fields = d.GetFieldViolations()
				}
			}
			if reason != test.reason {
				t.Errorf("reason %q, want %q", reason, test.reason)
			}
			if diff := cmp.Diff(test.fields, fields, protocmp.Transform()); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

// connect returns a client of a server on a database of the test's own.
func connect(t *testing.T) eventv1.EventServiceClient {
	t.Helper()
	const service = "/raceday.event.v1.EventService/"
	admins := []access.Role{access.Admin}
	server := grpcserver.New(grpcserver.Options{
		Log:           slog.New(slog.DiscardHandler),
		Authenticator: admin{},
		Roles: map[string][]access.Role{
			service + "ApplyEvent": admins, service + "GetEvent": admins, service + "ListEvents": admins,
		},
	})
	store := eventpg.New(postgrestest.Pool(t))
	eventv1.RegisterEventServiceServer(server, eventgrpc.New(event.New(store, streams{}, misfit{}, now)))
	listener := bufconn.Listen(1 << 20)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	conn, err := grpc.NewClient("passthrough:///bufconn",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return eventv1.NewEventServiceClient(conn)
}

func now() time.Time { return time.Date(2025, 9, 1, 10, 0, 0, 0, time.UTC) }

type admin struct{}

func (admin) Authenticate(context.Context, string) (access.Actor, error) {
	return access.Actor{Name: "chief", Role: access.Admin}, nil
}

// misfit is an entry that fits no other version.
type misfit struct{}

func (misfit) Breaks(_ context.Context, _ int64, _, _ *race.Event, keepMisfits bool) ([]fault.Violation, error) {
	if keepMisfits {
		return nil, nil
	}
	return []fault.Violation{{Path: "races[0].min_age", Reason: "AGE_BELOW_MINIMUM", Message: "1 entries would be below it"}}, nil
}

type streams struct{}

func (streams) Ensure(context.Context, race.EventID) error { return nil }
