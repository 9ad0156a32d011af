package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestInterruptedCommandsSayThatAndNothingElse(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"standings", "--server", "127.0.0.1:1", "--event", "almaty-2026", "--key", "k", "half", "overall"}, "raceday: interrupted\n"},
		{
			[]string{"score", "--event", "none.yaml", "--roster", "r", "--reads", "r", "--results", "r.csv"},
			"raceday: open none.yaml: no such file or directory\n",
		},
	} {
		var out, failed bytes.Buffer
		status := run(ctx, tt.args, os.Getenv, &out, &failed)
		if status != exitFailure || failed.String() != tt.want {
			t.Errorf("%s: status %d, says %q, want %q", tt.args[0], status, failed.String(), tt.want)
		}
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
