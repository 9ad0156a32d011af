package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"raceday/services/fault"
)

func TestEveryKindHasItsOwnCode(t *testing.T) {
	t.Parallel()
	want := map[fault.Kind]codes.Code{
		fault.Invalid:         codes.InvalidArgument,
		fault.NotFound:        codes.NotFound,
		fault.AlreadyExists:   codes.AlreadyExists,
		fault.Refused:         codes.FailedPrecondition,
		fault.Forbidden:       codes.PermissionDenied,
		fault.Unauthenticated: codes.Unauthenticated,
		fault.Exhausted:       codes.ResourceExhausted,
		fault.Unavailable:     codes.Unavailable,
		fault.Aborted:         codes.Aborted,
	}
	for _, kind := range fault.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			server := run(t, Options{}, &handlers{unary: func(context.Context) error {
				return fmt.Errorf("with a private context: %w", fault.New(kind, "A_REASON", "one plain sentence"))
			}}, "Open")
			_, err := server.call(t, "Open", "")
			got := status.Convert(err)
			if got.Code() != want[kind] || got.Code() == codes.OK {
				t.Errorf("got code %v, want %v", got.Code(), want[kind])
			}
			if got.Message() != "one plain sentence" {
				t.Errorf("got message %q, want the fault's own", got.Message())
			}
			wantDetails(t, got, &errdetails.ErrorInfo{Reason: "A_REASON", Domain: "raceday"})
		})
	}
	if _, ok := codeOf(fault.Kind(0)); ok {
		t.Error("the zero kind has a code, want none")
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	invalid := fault.New(fault.Invalid, "FIELDS", "some fields are wrong")
	internal := []proto.Message{
		&errdetails.ErrorInfo{Reason: "INTERNAL", Domain: "raceday"}, &errdetails.RequestInfo{RequestId: "given"},
	}
	many := make([]fault.Violation, 100)
	most := &errdetails.BadRequest{}
	for i := range many {
		many[i] = fault.Violation{Path: fmt.Sprint("line ", i), Reason: "LINE", Message: "is wrong"}
		if i < 64 {
			most.FieldViolations = append(most.FieldViolations,
				&errdetails.BadRequest_FieldViolation{Field: many[i].Path, Reason: "LINE", Description: "is wrong"})
		}
	}
	most.FieldViolations = append(most.FieldViolations,
		&errdetails.BadRequest_FieldViolation{Reason: "MORE_FAULTS", Description: "36 more faults follow"})
	for _, test := range []struct {
		name    string
		handle  func(ctx context.Context) error
		code    codes.Code
		message string
		details []proto.Message
	}{
		{
			"violations",
			func(context.Context) error {
				return invalid.With(fault.Violation{Path: "races[2].id", Reason: "DUPLICATE", Message: "stands twice"},
					fault.Violation{Path: "time_zone", Reason: "UNKNOWN"})
			},
			codes.InvalidArgument, "some fields are wrong",
			[]proto.Message{
				&errdetails.ErrorInfo{Reason: "FIELDS", Domain: "raceday"},
				&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
					{Field: "races[2].id", Reason: "DUPLICATE", Description: "stands twice"},
					{Field: "time_zone", Reason: "UNKNOWN", Description: "UNKNOWN"},
				}},
			},
		},
		{
			"more violations than an answer holds",
			func(context.Context) error { return invalid.With(many...) },
			codes.InvalidArgument, "some fields are wrong",
			[]proto.Message{&errdetails.ErrorInfo{Reason: "FIELDS", Domain: "raceday"}, most},
		},
		{
			"retry after",
			func(context.Context) error {
				return fault.New(fault.Exhausted, "BUSY", "too many at once").After(1500 * time.Millisecond)
			},
			codes.ResourceExhausted, "too many at once",
			[]proto.Message{
				&errdetails.ErrorInfo{Reason: "BUSY", Domain: "raceday"},
				&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)},
			},
		},
		{"no fault", func(context.Context) error { return errors.New("secret") }, codes.Internal, "internal error", internal},
		{"unmapped kind", func(context.Context) error { return fault.New(0, "NONE", "secret") }, codes.Internal, "internal error", internal},
		{"panic", func(context.Context) error { panic("secret") }, codes.Internal, "internal error", internal},
		{
			"a deadline of our own, not the caller's",
			func(context.Context) error { return context.DeadlineExceeded }, codes.Internal, "internal error", internal,
		},
		{
			"grpc's own status, wrapped",
			func(context.Context) error {
				return fmt.Errorf("private: %w", status.Error(codes.Unimplemented, "not here"))
			},
			codes.Unimplemented, "not here", nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := run(t, Options{}, &handlers{unary: test.handle}, "Open")
			ctx := metadata.AppendToOutgoingContext(t.Context(), requestIDHeader, "given")
			err := server.conn.Invoke(ctx, testService+"Open", &errdetails.ErrorInfo{}, &errdetails.ErrorInfo{})
			got := status.Convert(err)
			if got.Code() != test.code || got.Message() != test.message {
				t.Errorf("got %v %q, want %v %q", got.Code(), got.Message(), test.code, test.message)
			}
			wantDetails(t, got, test.details...)
			isError := strings.Contains(server.log.String(), "level=ERROR")
			if want := test.code == codes.Internal; isError != want {
				t.Errorf("got error in the log %v, want %v:\n%s", isError, want, server.log)
			}
			if !strings.Contains(server.log.String(), "request_id=given") {
				t.Errorf("got no request id in the log:\n%s", server.log)
			}
		})
	}
}

func TestPanicIsLoggedWithoutItsValue(t *testing.T) {
	t.Parallel()
	server := run(t, Options{}, &handlers{unary: func(context.Context) error { panic("a runner's name") }}, "Open")
	if _, err := server.call(t, "Open", ""); status.Code(err) != codes.Internal {
		t.Errorf("got %v, want %v", err, codes.Internal)
	}
	log := server.log.String()
	if strings.Contains(log, "runner's name") || !strings.Contains(log, "TestPanicIsLoggedWithoutItsValue") {
		t.Errorf("got log without the stack or with the value:\n%s", log)
	}
	if _, err := server.call(t, "Open", ""); status.Code(err) != codes.Internal {
		t.Errorf("after a panic: got %v, want the server to go on", err)
	}
}

func TestCallerEndsTheCall(t *testing.T) {
	t.Parallel()
	server := run(t, Options{}, &handlers{unary: func(ctx context.Context) error {
		<-ctx.Done()
		return errors.New("driver's own words for it")
	}}, "Open")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := server.conn.Invoke(ctx, testService+"Open", &errdetails.ErrorInfo{}, &errdetails.ErrorInfo{})
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v, want %v", err, codes.DeadlineExceeded)
	}
	if err := server.stop(); err != nil {
		t.Error(err)
	}
	if log := server.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("got an error in the log for what the caller wanted:\n%s", log)
	}
}

func TestUnaryCallsHaveADeadline(t *testing.T) {
	t.Parallel()
	left := make(chan time.Duration, 1)
	server := run(t, Options{}, &handlers{unary: func(ctx context.Context) error {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return nil
	}}, "Open")
	if _, err := server.call(t, "Open", ""); err != nil {
		t.Fatal(err)
	}
	if got := <-left; got <= 0 || got > defaultCallTime {
		t.Errorf("got %v left without a deadline of the caller's, want at most %v", got, defaultCallTime)
	}
	ctx, cancel := context.WithTimeout(t.Context(), minCallTime-time.Millisecond)
	defer cancel()
	err := server.conn.Invoke(ctx, testService+"Open", &errdetails.ErrorInfo{}, &errdetails.ErrorInfo{})
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v with too little time, want %v", err, codes.DeadlineExceeded)
	}
	if len(left) > 0 {
		t.Error("the handler ran with too little time left")
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	server := run(t, Options{}, &handlers{}, "Open")
	for _, test := range []struct {
		name, given string
		kept        bool
	}{
		{"none", "", false},
		{"a word", "order-66.b_1", true},
		{"with a space", "a b", false},
		{"with a line of a log", "a\" level=ERROR", false},
		{"too long", strings.Repeat("a", maxRequestIDBytes+1), false},
		{"longest", strings.Repeat("a", maxRequestIDBytes), true},
	} {
		ctx := t.Context()
		if test.given != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, requestIDHeader, test.given)
		}
		var header metadata.MD
		err := server.conn.Invoke(ctx, testService+"Open", &errdetails.ErrorInfo{}, &errdetails.ErrorInfo{}, grpc.Header(&header))
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		got := header.Get(requestIDHeader)
		if len(got) != 1 || got[0] == "" || (got[0] == test.given) != test.kept {
			t.Errorf("%s: got request ids %q, want it kept %v", test.name, got, test.kept)
		}
	}
}

func TestTooLargeARequest(t *testing.T) {
	t.Parallel()
	server := run(t, Options{}, &handlers{}, "Open")
	for _, test := range []struct {
		bytes int
		want  codes.Code
	}{
		{maxReceiveBytes - 100, codes.OK},
		{maxReceiveBytes + 1, codes.ResourceExhausted},
	} {
		request := &errdetails.ErrorInfo{Reason: strings.Repeat("x", test.bytes)}
		err := server.conn.Invoke(t.Context(), testService+"Open", request, &errdetails.ErrorInfo{})
		if got := status.Code(err); got != test.want {
			t.Errorf("%d bytes: got %v, want %v", test.bytes, err, test.want)
		}
	}
}

func wantDetails(t *testing.T, got *status.Status, want ...proto.Message) {
	t.Helper()
	var details []proto.Message
	for _, detail := range got.Details() {
		details = append(details, detail.(proto.Message))
	}
	if diff := cmp.Diff(want, details, protocmp.Transform()); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
}
