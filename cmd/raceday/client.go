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
	conn, err := dial(c.Server, key{c.Server, c.Key})
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

func dial(server string, key key) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		grpc.WithUnaryInterceptor(withDeadline),
		grpc.WithPerRPCCredentials(key),
	}
	conn, err := grpc.NewClient(server, options...)
	if err != nil {
		return nil, fmt.Errorf("--server %s: %w", server, err)
	}
	return conn, nil
}

// key puts an API key into every call: the one given, else the one that a server on this machine keeps for it. That is
// looked up when the server answers, since a server that starts makes it anew.
type key struct{ server, given string }

// GetRequestMetadata returns the header.
func (k key) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	text := k.given
	if text == "" {
		kept, err := keyfile.Read(k.server)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, keyfile.ErrNotLoopback) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		text = kept
	}
	return map[string]string{"authorization": "Bearer " + text}, nil
}

// RequireTransportSecurity is false: a key is used on loopback, or behind a proxy that speaks TLS.
func (k key) RequireTransportSecurity() bool { return false }

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
