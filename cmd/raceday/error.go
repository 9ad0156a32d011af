package main

import (
	"fmt"
	"io"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
)

// printError writes why a command failed; of an answer of the server its reason and every field that was wrong.
func printError(w io.Writer, err error) {
	answer, ok := status.FromError(err)
	if !ok {
		fmt.Fprintf(w, "raceday: %v\n", err)
		return
	}
	reason := answer.Code().String()
	var fields []*errdetails.BadRequest_FieldViolation
	for _, detail := range answer.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.BadRequest:
			fields = d.GetFieldViolations()
		}
	}
	fmt.Fprintf(w, "raceday: %s (%s)\n", answer.Message(), reason)
	for _, field := range fields {
		fmt.Fprintf(w, "  %s: %s\n", field.GetField(), field.GetDescription())
	}
}
