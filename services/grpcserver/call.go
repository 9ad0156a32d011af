package grpcserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"raceday/services/access"
)

const (
	requestIDHeader   = "x-request-id"
	maxRequestIDBytes = 64
)

// call is one call from its first header to its status.
type call struct {
	method    string
	requestID string
	began     time.Time
	actor     access.Actor
}

func begin(ctx context.Context, method string) *call {
	return &call{method: method, requestID: requestIDOf(ctx), began: time.Now(), actor: access.Actor{Role: access.Public}}
}

func (s *Server) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (response any, err error) {
	c := begin(ctx, info.FullMethod)
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	defer func() {
		if caught := recover(); caught != nil {
			err = panicked(caught)
		}
		err = s.end(ctx, c, err)
	}()
	// It can fail only after the headers were sent.
	_ = grpc.SetHeader(ctx, metadata.Pairs(requestIDHeader, c.requestID))
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < minCallTime {
		return nil, status.Error(codes.DeadlineExceeded, "too little time is left to answer")
	}
	if c.actor, err = s.admit(ctx, c.method); err != nil {
		return nil, err
	}
	return handler(WithActor(ctx, c.actor), request)
}

func (s *Server) stream(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	c := begin(stream.Context(), info.FullMethod)
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	// A client that sends ends the call itself, and what it has sent so far would be lost.
	if info.IsServerStream && !info.IsClientStream {
		defer context.AfterFunc(s.stopping, func() { cancel(errStopping) })()
	}
	defer func() {
		if caught := recover(); caught != nil {
			err = panicked(caught)
		}
		err = s.end(ctx, c, err)
	}()
	_ = stream.SetHeader(metadata.Pairs(requestIDHeader, c.requestID))
	if c.actor, err = s.admit(ctx, c.method); err != nil {
		return err
	}
	return handler(service, &callStream{ServerStream: stream, ctx: WithActor(ctx, c.actor)})
}

// callStream is a stream whose context knows the caller.
type callStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *callStream) Context() context.Context { return s.ctx }

func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, defaultCallTime)
}

// panicError is a handler's panic on its way to the log.
type panicError struct {
	cause error
	stack []byte
}

func (e *panicError) Error() string { return "panic: " + e.cause.Error() }

// panicked keeps what a handler panicked with if it is an error, as the runtime's are. Anything else may be a piece of a
// request and is named by its type alone.
func panicked(caught any) error {
	cause, ok := caught.(error)
	if !ok {
		cause = fmt.Errorf("value of type %T", caught)
	}
	return &panicError{cause: cause, stack: debug.Stack()}
}

// end returns the status for err and writes the call's one log line: an error's text only where it is nobody's but ours.
func (s *Server) end(ctx context.Context, c *call, err error) error {
	answer := toStatus(ctx, err, c.requestID)
	level := slog.LevelDebug
	attributes := []slog.Attr{
		slog.String("method", c.method),
		slog.String("role", string(c.actor.Role)),
		slog.String("code", answer.Code().String()),
		slog.String("request_id", c.requestID),
		slog.Duration("took", time.Since(c.began)),
	}
	if reason := reasonOf(answer); reason != "" {
		attributes = append(attributes, slog.String("reason", reason))
	}
	if answer.Code() == codes.Internal {
		level = slog.LevelError
		attributes = append(attributes, slog.Any("error", err))
		if panicked, ok := errors.AsType[*panicError](err); ok {
			attributes = append(attributes, slog.String("stack", string(panicked.stack)))
		}
	}
	s.log.LogAttrs(ctx, level, "call", attributes...)
	return answer.Err()
}

// requestIDOf returns the id that the caller gave, if it is one that can be logged, else a new one.
func requestIDOf(ctx context.Context) string {
	values := metadata.ValueFromIncomingContext(ctx, requestIDHeader)
	if len(values) == 1 && isRequestID(values[0]) {
		return values[0]
	}
	return strings.ToLower(rand.Text())
}

func isRequestID(text string) bool {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return text != "" && len(text) <= maxRequestIDBytes && strings.Trim(text, alphabet) == ""
}

// errStopping is why a long stream's context ended.
var errStopping = errors.New("server is stopping")
