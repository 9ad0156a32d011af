package grpcserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"raceday/services/fault"
)

// errorDomain qualifies the reasons in google.rpc.ErrorInfo.
const errorDomain = "raceday"

// codeOf is the one table from a fault's kind to a gRPC code; ok is false for a kind that is not in it.
func codeOf(kind fault.Kind) (code codes.Code, ok bool) {
	switch kind {
	case fault.Invalid:
		return codes.InvalidArgument, true
	case fault.NotFound:
		return codes.NotFound, true
	case fault.AlreadyExists:
		return codes.AlreadyExists, true
	case fault.Refused:
		return codes.FailedPrecondition, true
	case fault.Forbidden:
		return codes.PermissionDenied, true
	case fault.Unauthenticated:
		return codes.Unauthenticated, true
	case fault.Exhausted:
		return codes.ResourceExhausted, true
	case fault.Unavailable:
		return codes.Unavailable, true
	case fault.Aborted:
		return codes.Aborted, true
	default:
		return codes.Internal, false
	}
}

// toStatus returns what a caller may see of err: a fault with its reason and fields, a status that grpc itself made, the
// end of the call's own context; anything else is "internal error" and the request id to ask for.
func toStatus(ctx context.Context, err error, requestID string) *status.Status {
	if err == nil {
		return status.New(codes.OK, "")
	}
	if found, ok := fault.Of(err); ok {
		if code, ok := codeOf(found.Kind); ok {
			return faultStatus(code, found, err)
		}
	}
	if errors.Is(context.Cause(ctx), errStopping) {
		return withDetails(status.New(codes.Unavailable, "the server is stopping; call again"),
			&errdetails.ErrorInfo{Reason: "SERVER_STOPPING", Domain: errorDomain})
	}
	if made, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		return made.GRPCStatus()
	}
	// Drivers report a context's end in many ways; what it did to them is nobody's fault.
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return status.New(codes.DeadlineExceeded, "the call's time is over")
	case ctx.Err() != nil:
		return status.New(codes.Canceled, "the call was cancelled")
	}
	return withDetails(status.New(codes.Internal, "internal error"),
		&errdetails.ErrorInfo{Reason: "INTERNAL", Domain: errorDomain},
		&errdetails.RequestInfo{RequestId: requestID})
}

func faultStatus(code codes.Code, found *fault.Fault, err error) *status.Status {
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: found.Reason, Domain: errorDomain}}
	if violations := fault.Violations(err); len(violations) > 0 {
		details = append(details, &errdetails.BadRequest{FieldViolations: fieldViolations(violations)})
	}
	if wait, ok := fault.RetryAfter(err); ok {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	}
	return withDetails(status.New(code, found.Message), details...)
}

// maxViolations keeps an answer's trailers within what clients of other languages take.
const maxViolations = 64

func fieldViolations(violations []fault.Violation) []*errdetails.BadRequest_FieldViolation {
	if more := len(violations) - maxViolations; more > 0 {
		violations = append(violations[:maxViolations:maxViolations],
			fault.Violation{Reason: "MORE_FAULTS", Message: fmt.Sprintf("%d more faults follow", more)})
	}
	fields := make([]*errdetails.BadRequest_FieldViolation, len(violations))
	for i, violation := range violations {
		fields[i] = &errdetails.BadRequest_FieldViolation{
			Field: violation.Path, Reason: violation.Reason, Description: cmp.Or(violation.Message, violation.Reason),
		}
	}
	return fields
}

// withDetails can fail only for a status that is OK; then the caller gets the status without them.
func withDetails(answer *status.Status, details ...protoadapt.MessageV1) *status.Status {
	detailed, err := answer.WithDetails(details...)
	if err != nil {
		return answer
	}
	return detailed
}

// reasonOf returns the reason that the caller gets, "" if none.
func reasonOf(answer *status.Status) string {
	for _, detail := range answer.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
