package grpcserver

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"raceday/services/access"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const testService = "/raceday.test.v1.TestService/"

// handlers are what a test wants its service to do; a nil one does nothing.
type handlers struct {
	unary        func(ctx context.Context) error
	serverStream func(stream grpc.ServerStream) error
	clientStream func(stream grpc.ServerStream) error
}

// description has one unary method for each name, a server stream Watch and a client stream Import.
func description(unary ...string) *grpc.ServiceDesc {
	d := &grpc.ServiceDesc{
		ServiceName: "raceday.test.v1.TestService",
		HandlerType: (*any)(nil),
		Streams: []grpc.StreamDesc{
			{StreamName: "Watch", ServerStreams: true, Handler: func(service any, stream grpc.ServerStream) error {
				if err := stream.RecvMsg(&wrapperspb.StringValue{}); err != nil {
					return err
				}
				return service.(*handlers).serverStream(stream)
			}},
			{StreamName: "Import", ClientStreams: true, Handler: func(service any, stream grpc.ServerStream) error {
				return service.(*handlers).clientStream(stream)
			}},
		},
	}
	for _, name := range unary {
		d.Methods = append(d.Methods, grpc.MethodDesc{
			MethodName: name,
			Handler: func(service any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
				request := &wrapperspb.StringValue{}
				if err := decode(request); err != nil {
					return nil, err
				}
				handler := func(ctx context.Context, _ any) (any, error) {
					if do := service.(*handlers).unary; do != nil {
						if err := do(ctx); err != nil {
							return nil, err
						}
					}
					return wrapperspb.String(ActorFrom(ctx).Name), nil
				}
				return interceptor(ctx, request, &grpc.UnaryServerInfo{Server: service, FullMethod: testService + name}, handler)
			},
		})
	}
	return d
}

// openRoles lets everybody call everything of description(unary...).
func openRoles(unary ...string) map[string][]access.Role {
	roles := map[string][]access.Role{testService + "Watch": {access.Public}, testService + "Import": {access.Public}}
	for _, name := range unary {
		roles[testService+name] = []access.Role{access.Public}
	}
	return roles
}

// keys is an Authenticator whose keys are the names of roles.
type keys struct{}

func (keys) Authenticate(_ context.Context, bearer string) (access.Actor, error) {
	if bearer == "" {
		return access.Actor{}, access.ErrKeyMissing
	}
	role, err := access.ParseKeyRole(bearer)
	if err != nil {
		return access.Actor{}, access.ErrKeyUnknown
	}
	return access.Actor{Name: "the " + bearer, Role: role}, nil
}

// running is a server with one client connection.
type running struct {
	conn *grpc.ClientConn
	log  *logBuffer
	// stop ends the server and returns what Serve returned.
	stop func() error
}

// run serves until the test ends or stop is called.
func run(t *testing.T, options Options, service *handlers, unary ...string) running {
	t.Helper()
	log := &logBuffer{}
	options.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if options.Authenticator == nil {
		options.Authenticator = keys{}
	}
	if options.Roles == nil {
		options.Roles = openRoles(unary...)
	}
	server := New(options)
	server.RegisterService(description(unary...), service)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-served
	})
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return running{conn: conn, log: log, stop: stop}
}

// call makes a unary call with the key, if there is one.
func (r running) call(t *testing.T, method, key string, options ...grpc.CallOption) (string, error) {
	t.Helper()
	ctx := t.Context()
	if key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
	}
	response := &wrapperspb.StringValue{}
	err := r.conn.Invoke(ctx, testService+method, wrapperspb.String(""), response, options...)
	return response.GetValue(), err
}

// logBuffer is a log that tests read while the server writes it.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
