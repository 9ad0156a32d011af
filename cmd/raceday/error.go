package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// errInterrupted is what is said of a command that somebody ended.
var errInterrupted = errors.New("interrupted")

// whyEnded returns errInterrupted for the error of a command that failed only because its context ended, else the error.
func whyEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil && onlyCanceled(err) {
		return errInterrupted
	}
	return err
}

// onlyCanceled reports whether all that an error joins is that a context ended.
func onlyCanceled(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return !onlyCanceled(err) })
	}
	if inner := errors.Unwrap(err); inner != nil {
		return onlyCanceled(inner)
	}
	return err == context.Canceled || status.Code(err) == codes.Canceled
}

// sayUnknown tells, of a call that may have been carried out although its answer did not come, with which flag the same command
// is safe to give again.
func sayUnknown(w io.Writer, err error, flag string) {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.Unknown:
		fmt.Fprintf(w, "whether it was done is not known: give the same command again with %s\n", flag)
	}
}

// answer is an error that a server sent.
type answer interface {
	error
	GRPCStatus() *status.Status
}

// refusal returns the reason of a server's answer, empty where an error is none.
func refusal(err error) string {
	sent, ok := errors.AsType[answer](err)
	if !ok {
		return ""
	}
	for _, detail := range sent.GRPCStatus().Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// printError writes why a command failed; of a server's answer its reason and every field that was wrong.
func printError(w io.Writer, err error) {
	sent, ok := errors.AsType[answer](err)
	if !ok {
		fmt.Fprintf(w, "raceday: %v\n", err)
		return
	}
	reason := sent.GRPCStatus().Code().String()
	var fields []*errdetails.BadRequest_FieldViolation
	for _, detail := range sent.GRPCStatus().Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.BadRequest:
			fields = d.GetFieldViolations()
		}
	}
	if sent.GRPCStatus().Code() == codes.Unavailable && len(sent.GRPCStatus().Details()) == 0 {
		fmt.Fprintf(w, "raceday: no server answers at the address of --server; is raceday serve running there?\n  %s\n", sent.GRPCStatus().Message())
		return
	}
	// What the command was at stays in front of the server's own words.
	text := strings.Replace(err.Error(), sent.Error(), sent.GRPCStatus().Message(), 1)
	fmt.Fprintf(w, "raceday: %s (%s)\n", text, reason)
	for _, field := range fields {
		text := cmp.Or(field.GetDescription(), field.GetReason())
		if field.GetField() != "" {
			text = field.GetField() + ": " + text
		}
		fmt.Fprintf(w, "  %s\n", text)
	}
}
