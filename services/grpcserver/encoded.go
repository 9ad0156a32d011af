package grpcserver

import (
	"context"
	"fmt"
	"path"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	// The codec of protobuf registers itself.
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// Encoded is a message as it travels. What many streams or calls send is encoded once, and all of them send the same bytes.
type Encoded struct{ data mem.BufferSlice }

// Encode encodes a message.
func Encode(m proto.Message) (Encoded, error) {
	data, err := proto.Marshal(m)
	if err != nil {
		return Encoded{}, fmt.Errorf("encode a message: %w", err)
	}
	return Encoded{mem.BufferSlice{mem.SliceBuffer(data)}}, nil
}

// With returns the message with the fields of another of its kind, none of which it has itself: where most of an answer
// stays as it was, the rest is all that is encoded anew.
func (e Encoded) With(rest Encoded) Encoded {
	return Encoded{append(e.data[:len(e.data):len(e.data)], rest.data...)}
}

// EncodedMethod describes a unary method, by its full name, that answers Encoded; what is generated answers messages only.
func EncodedMethod[Request any](method string, answer func(context.Context, *Request) (Encoded, error)) grpc.MethodDesc {
	handle := func(ctx context.Context, request any) (any, error) { return answer(ctx, request.(*Request)) }
	return grpc.MethodDesc{MethodName: path.Base(method), Handler: func(
		service any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor,
	) (any, error) {
		request := new(Request)
		if err := decode(request); err != nil {
			return nil, err
		}
		if interceptor == nil {
			return handle(ctx, request)
		}
		return interceptor(ctx, request, &grpc.UnaryServerInfo{Server: service, FullMethod: method}, handle)
	}}
}

// Codec lets a server send Encoded where else it sends messages. New sets it.
func Codec() grpc.ServerOption {
	return grpc.ForceServerCodecV2(codec{encoding.GetCodecV2(protocodec.Name)})
}

type codec struct{ encoding.CodecV2 }

// Marshal leaves Encoded as it is: its buffers belong to no pool, so that nobody writes to them while others send them.
func (c codec) Marshal(m any) (mem.BufferSlice, error) {
	if e, ok := m.(Encoded); ok {
		return e.data, nil
	}
	return c.CodecV2.Marshal(m)
}
