package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"raceday/services/access/keyfile"
)

// client is how a command reaches a server.
type client struct {
	Server string `default:"127.0.0.1:9090" variable:"RACEDAY_SERVER" help:"Address of the server, or $RACEDAY_SERVER."`
	Key    string `variable:"RACEDAY_KEY" placeholder:"KEY" help:"API key, or $RACEDAY_KEY; on the machine of a server in development none is needed."`
}

// with connects to the server and does work.
func (c *client) with(t *terminal, work func(ctx context.Context, conn *grpc.ClientConn) error) error {
	key := c.Key
	if key == "" {
		kept, err := keyfile.Read(c.Server)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, keyfile.ErrNotLoopback) {
			return err
		}
		key = kept
	}
	conn, err := dial(c.Server, key)
	if err != nil {
		return err
	}
	defer conn.Close()
	return work(t.ctx, conn)
}

// maxAnswer is the largest answer of a call: pages of a thousand rows.
const maxAnswer = 16 << 20

// callTime bounds a call that has no deadline of its own; streams go on for as long as they like.
const callTime = time.Minute

func withDeadline(
	ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return invoke(ctx, method, request, answer, conn, options...)
}

func dial(server, key string) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		grpc.WithUnaryInterceptor(withDeadline),
	}
	if key != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(key)))
	}
	conn, err := grpc.NewClient(server, options...)
	if err != nil {
		return nil, fmt.Errorf("--server %s: %w", server, err)
	}
	return conn, nil
}

// bearer puts an API key into every call.
type bearer string

// GetRequestMetadata returns the header.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity is false: a key is used on loopback, or behind a proxy that speaks TLS.
func (b bearer) RequireTransportSecurity() bool { return false }

// receive hands each message of a stream to take until the stream ends.
func receive[Message any](stream grpc.ServerStreamingClient[Message], take func(*Message) error) error {
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(message); err != nil {
			return err
		}
	}
}
