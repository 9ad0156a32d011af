package grpcserver

import (
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	// The codec of protobuf registers itself.
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// Encoded is a message as it travels. What many streams send is encoded once, and all of them send the same bytes.
type Encoded struct{ data []byte }

// Encode encodes a message.
func Encode(m proto.Message) (Encoded, error) {
	data, err := proto.Marshal(m)
	if err != nil {
		return Encoded{}, fmt.Errorf("encode a message: %w", err)
	}
	return Encoded{data}, nil
}

// Codec lets a server send Encoded where else it sends messages. New sets it.
func Codec() grpc.ServerOption {
	return grpc.ForceServerCodecV2(codec{encoding.GetCodecV2(protocodec.Name)})
}

type codec struct{ encoding.CodecV2 }

// Marshal leaves Encoded as it is: its buffer belongs to no pool, so that nobody writes to it while others send it.
func (c codec) Marshal(m any) (mem.BufferSlice, error) {
	if e, ok := m.(Encoded); ok {
		return mem.BufferSlice{mem.SliceBuffer(e.data)}, nil
	}
	return c.CodecV2.Marshal(m)
}
