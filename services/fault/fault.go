// Package fault holds the one error type that leaves a service. It knows no transport and no service: services declare
// their faults as package variables, and the transport maps a Kind to its own code.
package fault

import (
	"errors"
	"strings"
	"time"
)

// Kind says what a caller can do about a fault. The zero Kind is none and never leaves a service.
type Kind int

// The kinds of faults.
const (
	// Invalid: the request can never succeed as it is.
	Invalid Kind = iota + 1
	// NotFound: what the request names does not exist, or not for this caller.
	NotFound
	// AlreadyExists: what the request would create is there already.
	AlreadyExists
	// Refused: a rule or the present state forbids it; the same request may succeed later.
	Refused
	// Forbidden: this caller may not do it.
	Forbidden
	// Unauthenticated: nobody knows who the caller is.
	Unauthenticated
	// Exhausted: too much was asked for; RetryAfter says when to come back.
	Exhausted
	// Unavailable: the service cannot answer at the moment; the same request may be sent again.
	Unavailable
	// Aborted: somebody else was faster; the caller reads again and decides anew.
	Aborted
)

// Kinds returns every Kind, so that a transport's test can walk them all.
func Kinds() []Kind {
	return []Kind{
		Invalid, NotFound, AlreadyExists, Refused, Forbidden, Unauthenticated, Exhausted, Unavailable, Aborted,
	}
}

// String returns the name of the kind as it is written in Go, and "Unknown" for what is no kind.
func (k Kind) String() string {
	switch k {
	case Invalid:
		return "Invalid"
	case NotFound:
		return "NotFound"
	case AlreadyExists:
		return "AlreadyExists"
	case Refused:
		return "Refused"
	case Forbidden:
		return "Forbidden"
	case Unauthenticated:
		return "Unauthenticated"
	case Exhausted:
		return "Exhausted"
	case Unavailable:
		return "Unavailable"
	case Aborted:
		return "Aborted"
	default:
		return "Unknown"
	}
}

// Fault is an error that a caller may see. Services declare each of theirs once, as a variable, return it wrapped with %w
// where context helps, and recognise it with errors.Is.
type Fault struct {
	// Kind decides the transport's code.
	Kind Kind
	// Reason is stable, UPPER_SNAKE, and meant for programs.
	Reason string
	// Message is one plain sentence, safe for a stranger: no names, no birth dates.
	Message string
}

// New declares a fault.
func New(kind Kind, reason, message string) *Fault {
	return &Fault{Kind: kind, Reason: reason, Message: message}
}

// Error returns the message.
func (f *Fault) Error() string { return f.Message }

// Of finds the fault in err's tree. Without one err must not be shown to a caller.
func Of(err error) (*Fault, bool) {
	return errors.AsType[*Fault](err)
}

// Violation is one field at fault.
type Violation struct {
	// Path leads to the field from the request's or the file's root: races[2].course[0].at_metres. Empty: all of it.
	Path string
	// Reason is stable, UPPER_SNAKE, and meant for programs, as a Fault's.
	Reason string
	// Message says the same to a person, as a Fault's; it may go on where the path leaves off. Empty: the reason says it.
	Message string
}

// At returns f as the violation of one field.
func (f *Fault) At(path string) Violation {
	return Violation{Path: path, Reason: f.Reason, Message: f.Message}
}

// With returns f together with the fields that caused it. errors.Is and Of still find f, Violations finds the fields.
func (f *Fault) With(violations ...Violation) error {
	return &violated{fault: f, violations: violations}
}

// Violations returns the fields at fault that err names, in the order in which they were given; nil if it names none.
func Violations(err error) []Violation {
	if v, ok := errors.AsType[*violated](err); ok {
		return v.violations
	}
	return nil
}

// After returns f together with the time after which the caller may try again. RetryAfter finds it.
func (f *Fault) After(wait time.Duration) error {
	return &delayed{fault: f, wait: wait}
}

// RetryAfter returns the time after which a caller may try again, and whether err says so.
func RetryAfter(err error) (time.Duration, bool) {
	if d, ok := errors.AsType[*delayed](err); ok {
		return d.wait, true
	}
	return 0, false
}

type violated struct {
	fault      *Fault
	violations []Violation
}

func (v *violated) Error() string {
	if len(v.violations) == 0 {
		return v.fault.Message
	}
	fields := make([]string, 0, len(v.violations))
	for _, violation := range v.violations {
		fields = append(fields, violation.Path+" "+violation.Reason)
	}
	return v.fault.Message + " (" + strings.Join(fields, ", ") + ")"
}

func (v *violated) Unwrap() error { return v.fault }

type delayed struct {
	fault *Fault
	wait  time.Duration
}

func (d *delayed) Error() string { return d.fault.Message }

func (d *delayed) Unwrap() error { return d.fault }
