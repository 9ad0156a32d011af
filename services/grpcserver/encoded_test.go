package grpcserver_test

import (
	"context"
	"fmt"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"raceday/services/grpcserver"
)

// A message that is encoded once arrives at every stream that sends it, between others that are not.
func TestManyStreamsSendWhatWasEncodedOnce(t *testing.T) {
	t.Parallel()
	once, err := grpcserver.Encode(wrapperspb.String("once"))
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpcserver.Codec(), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		if err := stream.RecvMsg(&wrapperspb.StringValue{}); err != nil {
			return err
		}
		if err := stream.SendMsg(once); err != nil {
			return err
		}
		return stream.SendMsg(wrapperspb.String("each"))
	}))
	conn := dialed(t, server)
	for range 3 {
		stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/any/Call")
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.SendMsg(wrapperspb.String("")); err != nil {
			t.Fatal(err)
		}
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"once", "each"} {
			got := &wrapperspb.StringValue{}
			if err := stream.RecvMsg(got); err != nil || got.GetValue() != want {
				t.Errorf("received %q, %v, want %q", got.GetValue(), err, want)
			}
		}
		if err := stream.RecvMsg(&wrapperspb.StringValue{}); err == nil {
			t.Error("the stream goes on")
		}
	}
}

// dialed serves until the test ends and returns a connection.
func dialed(t *testing.T, server *grpc.Server) *grpc.ClientConn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := conn.Close()
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err != nil {
			t.Error(err)
		}
	})
	return conn
}

// A method answers with what was encoded once and what is of this call alone, through interceptors and without them.
func TestAMethodAnswersEncoded(t *testing.T) {
	t.Parallel()
	encode := func(m proto.Message) grpcserver.Encoded {
		e, err := grpcserver.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	const method = "/any.Service/Call"
	once := encode(&timestamppb.Timestamp{Seconds: 7})
	answer := func(_ context.Context, request *wrapperspb.Int32Value) (grpcserver.Encoded, error) {
		if request.GetValue() < 0 {
			return grpcserver.Encoded{}, status.Error(codes.OutOfRange, "negative")
		}
		return once.With(encode(&timestamppb.Timestamp{Nanos: request.GetValue()})), nil
	}
	description := &grpc.ServiceDesc{
		ServiceName: "any.Service", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{grpcserver.EncodedMethod(method, answer)},
	}
	var intercepted string
	interceptor := func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		intercepted = fmt.Sprint(info.FullMethod, " ", info.Server, " ", request.(*wrapperspb.Int32Value).GetValue())
		return handler(ctx, request)
	}
	for _, options := range [][]grpc.ServerOption{nil, {grpc.UnaryInterceptor(interceptor)}} {
		server := grpc.NewServer(append(options, grpcserver.Codec())...)
		server.RegisterService(description, "the service")
		conn := dialed(t, server)
		for _, nanos := range []int32{1, 2, 0} {
			got, want := &timestamppb.Timestamp{}, &timestamppb.Timestamp{Seconds: 7, Nanos: nanos}
			if err := conn.Invoke(t.Context(), method, wrapperspb.Int32(nanos), got); err != nil || !proto.Equal(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		}
		err := conn.Invoke(t.Context(), method, wrapperspb.Int32(-1), &timestamppb.Timestamp{})
		if status.Code(err) != codes.OutOfRange {
			t.Errorf("got %v", err)
		}
	}
	if want := method + " the service -1"; intercepted != want {
		t.Errorf("intercepted %q, want %q", intercepted, want)
	}
}
