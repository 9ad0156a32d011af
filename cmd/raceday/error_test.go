package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestWhyACommandEnded(t *testing.T) {
	t.Parallel()
	ended, interrupt := context.WithCancel(t.Context())
	interrupt()
	broken := errors.New("PostgreSQL did not stop")
	published := fmt.Errorf("publish batch of mat line-a: %w", context.Canceled)
	called := fmt.Errorf("get the event: %w", status.Error(codes.Canceled, "context canceled"))
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error
		want error
	}{
		{"a call of a library", ended, published, errInterrupted},
		{"a call of a server", ended, called, errInterrupted},
		{"both", ended, fmt.Errorf("both: %w", errors.Join(published, called)), errInterrupted},
		{"canceled by others", t.Context(), published, published},
		{"too late", ended, context.DeadlineExceeded, context.DeadlineExceeded},
		{"broken", ended, broken, broken},
	} {
		if got := whyEnded(tt.ctx, tt.err); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := whyEnded(ended, errors.Join(published, broken)); !errors.Is(got, broken) {
		t.Errorf("broken meanwhile: %v, want that too", got)
	}
}

func TestInterruptedCommandSaysSo(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes calls and answers none
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var out, failed bytes.Buffer
	args := []string{"places", "--server", silent.Addr().String(), "--event", "almaty-2026", "--key", "k"}
	if got := run(ctx, args, os.Getenv, &out, &failed); got != exitFailure || failed.String() != "raceday: interrupted\n" {
		t.Errorf("status %d, says %q", got, failed.String())
	}
}

func TestPrintErrorTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	refused := func(message, reason string, fields ...*errdetails.BadRequest_FieldViolation) error {
		answer, err := status.New(codes.InvalidArgument, message).WithDetails(
			&errdetails.ErrorInfo{Reason: reason, Domain: "raceday"}, &errdetails.BadRequest{FieldViolations: fields})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Err()
	}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"no answer of a server", fmt.Errorf("open roster.csv: no such file"), "raceday: open roster.csv: no such file\n"},
		{
			"a roster with bad lines",
			refused("the roster has bad lines; nothing was imported", "ROSTER_INVALID",
				&errdetails.BadRequest_FieldViolation{
					Field: "line 3: bib", Reason: "LINE_INVALID", Description: `"7" is taken by bib 7 of race marathon`,
				},
				&errdetails.BadRequest_FieldViolation{Reason: "MORE_FAULTS", Description: "36 more faults follow"}),
			"raceday: the roster has bad lines; nothing was imported (ROSTER_INVALID)\n" +
				"  line 3: bib: \"7\" is taken by bib 7 of race marathon\n" +
				"  36 more faults follow\n",
		},
		{
			"a field without a description",
			fmt.Errorf("send the gun: %w", refused("the ruling cannot be recorded as it is", "RULING_INVALID",
				&errdetails.BadRequest_FieldViolation{Field: "ruling.at", Reason: "AT_INVALID"})),
			"raceday: send the gun: the ruling cannot be recorded as it is (RULING_INVALID)\n  ruling.at: AT_INVALID\n",
		},
	}
	for _, tt := range tests {
		var got bytes.Buffer
		printError(&got, tt.err)
		if diff := cmp.Diff(tt.want, got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
