package grpcserver_test

import (
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
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
