package grpcserver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"raceday/services/access"
	"raceday/services/fault"
)

func TestEveryMethodByEveryRole(t *testing.T) {
	t.Parallel()
	methods := map[string][]access.Role{
		"Open":     {access.Public},
		"Register": {access.Frontend, access.Registrar, access.Admin},
		"Time":     {access.Timer, access.Admin},
		"Decide":   {access.Official},
		"Own":      {access.Admin},
	}
	roles := openRoles()
	names := make([]string, 0, len(methods))
	for name, allowed := range methods {
		roles[testService+name] = allowed
		names = append(names, name)
	}
	roles[testService+"Watch"] = []access.Role{access.Official}
	watched := make(chan access.Actor, 1)
	server := run(t, Options{Roles: roles}, &handlers{serverStream: func(stream grpc.ServerStream) error {
		watched <- ActorFrom(stream.Context())
		return nil
	}}, names...)

	for name, allowed := range methods {
		for _, role := range access.Roles() {
			key, wantActor := string(role), "the "+string(role)
			if role == access.Public {
				key, wantActor = "", ""
			}
			want := codes.PermissionDenied
			switch {
			case slices.Contains(allowed, role), slices.Contains(allowed, access.Public):
				want = codes.OK
			case role == access.Public:
				want = codes.Unauthenticated
			}
			actor, err := server.call(t, name, key)
			if got := status.Code(err); got != want {
				t.Errorf("%s by %s: got %v, want %v", name, role, got, want)
			}
			if want == codes.OK && actor != wantActor {
				t.Errorf("%s by %s: got actor %q, want %q", name, role, actor, wantActor)
			}
		}
		if _, err := server.call(t, name, "wrong"); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s with a wrong key: got %v, want %v", name, status.Code(err), codes.Unauthenticated)
		}
	}
	for _, role := range access.Roles() {
		want := codes.PermissionDenied
		switch role {
		case access.Official:
			want = codes.OK
		case access.Public:
			want = codes.Unauthenticated
		}
		if got := status.Code(watch(t, server, string(role))); got != want {
			t.Errorf("Watch by %s: got %v, want %v", role, got, want)
		}
	}
	if got, want := <-watched, (access.Actor{Name: "the official", Role: access.Official}); got != want {
		t.Errorf("got actor %v in a stream, want %v", got, want)
	}
}

// watch opens a server stream as the role and returns how it ended.
func watch(t *testing.T, server running, role string) error {
	t.Helper()
	ctx := t.Context()
	if role != string(access.Public) {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+role)
	}
	stream, err := server.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, testService+"Watch")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.SendMsg(wrapperspb.String("")), stream.CloseSend()); err != nil {
		t.Fatal(err)
	}
	for {
		if err := stream.RecvMsg(&wrapperspb.StringValue{}); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	roles := openRoles()
	roles[testService+"Own"] = []access.Role{access.Admin}
	server := run(t, Options{Roles: roles}, &handlers{}, "Own")
	for _, test := range []struct {
		name   string
		values []string
		want   string
	}{
		{"none", nil, "KEY_MISSING"},
		{"empty", []string{"Bearer "}, "KEY_MISSING"},
		{"right", []string{"Bearer admin"}, ""},
		{"scheme in lower case", []string{"bearer admin"}, ""},
		{"spaces around", []string{"Bearer   admin "}, ""},
		{"another scheme", []string{"Basic admin"}, "KEY_UNKNOWN"},
		{"no scheme", []string{"admin"}, "KEY_UNKNOWN"},
		{"two", []string{"Bearer admin", "Bearer admin"}, "KEY_UNKNOWN"},
	} {
		ctx := t.Context()
		for _, value := range test.values {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
		}
		err := server.conn.Invoke(ctx, testService+"Own", wrapperspb.String(""), &wrapperspb.StringValue{})
		if got := reasonOf(status.Convert(err)); got != test.want {
			t.Errorf("%s: got reason %q (%v), want %q", test.name, got, err, test.want)
		}
	}
}

// away is an Authenticator whose store is away.
type away struct{}

func (away) Authenticate(context.Context, string) (access.Actor, error) {
	return access.Actor{}, fault.New(fault.Unavailable, "AWAY", "the keys are away")
}

func TestHealthAndReflectionNeedNoKey(t *testing.T) {
	t.Parallel()
	server := run(t, Options{Authenticator: away{}}, &handlers{}, "Open")
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer anything")
	if _, err := server.call(t, "Open", "anything"); status.Code(err) != codes.Unavailable {
		t.Fatalf("got %v of a method with a key, want %v", err, codes.Unavailable)
	}
	if _, err := grpc_health_v1.NewHealthClient(server.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}); err != nil {
		t.Errorf("health: %v", err)
	}
	stream, err := reflectionv1.NewServerReflectionClient(server.conn).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{ListServices: "*"},
	})
	if err != nil {
		t.Fatal(err)
	}
	response, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range response.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	if !slices.Contains(names, "raceday.test.v1.TestService") {
		t.Errorf("got services %q, want the test's among them", names)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) == codes.OK {
		t.Error("got another answer, want the end")
	}
}

func TestServeRefusesAnIncompleteTable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(map[string][]access.Role)
		want  string
	}{
		{"method without an entry", func(r map[string][]access.Role) { delete(r, testService+"Open") }, "Open has no roles"},
		{"stream without an entry", func(r map[string][]access.Role) { delete(r, testService+"Watch") }, "Watch has no roles"},
		{"entry that lists nobody", func(r map[string][]access.Role) { r[testService+"Open"] = nil }, "Open has no roles"},
		{"entry without a method", func(r map[string][]access.Role) { r[testService+"Gone"] = []access.Role{access.Admin} }, "Gone has roles but is not registered"},
	} {
		roles := openRoles("Open")
		test.spoil(roles)
		server := New(Options{Log: slog.New(slog.DiscardHandler), Authenticator: keys{}, Roles: roles})
		server.RegisterService(description("Open"), &handlers{})
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Serve(t.Context(), listener); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want it to mention %q", test.name, err, test.want)
		}
	}
}
