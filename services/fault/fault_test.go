package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
)

func TestOf(t *testing.T) {
	t.Parallel()
	taken := fault.New(fault.AlreadyExists, "BIB_TAKEN", "this bib belongs to another entrant")
	tests := []struct {
		name string
		err  error
		want *fault.Fault
	}{
		{"nil", nil, nil},
		{"no fault", errors.New("disk full"), nil},
		{"the fault itself", taken, taken},
		{"wrapped for context", fmt.Errorf("assign bib 7: %w", taken), taken},
		{"with violations", fmt.Errorf("assign: %w", taken.With(fault.Violation{Path: "bib", Reason: "TAKEN"})), taken},
		{"with a time to wait", taken.After(time.Second), taken},
		{"joined with an internal cause", fmt.Errorf("%w: %w", taken, errors.New("socket closed")), taken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := fault.Of(tt.err)
			if got != tt.want || ok != (tt.want != nil) {
				t.Errorf("Of(%v) = %v, %t, want %v", tt.err, got, ok, tt.want)
			}
			if tt.want != nil && !errors.Is(tt.err, tt.want) {
				t.Errorf("errors.Is(%v, %v) = false, want true", tt.err, tt.want)
			}
		})
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	invalid := fault.New(fault.Invalid, "EVENT_INVALID", "the event file is not valid")
	want := []fault.Violation{
		{Path: "races[2].course[0].at_metres", Reason: "COURSE_START"},
		{Path: "time_zone", Reason: "TIME_ZONE_UNKNOWN"},
	}
	err := fmt.Errorf("apply event: %w", invalid.With(want...))
	if diff := cmp.Diff(want, fault.Violations(err)); diff != "" {
		t.Errorf("Violations (-want +got):\n%s", diff)
	}
	if got := fault.Violations(invalid); got != nil {
		t.Errorf("Violations of a plain fault = %v, want nil", got)
	}
	const text = "apply event: the event file is not valid " +
		"(races[2].course[0].at_metres COURSE_START, time_zone TIME_ZONE_UNKNOWN)"
	if err.Error() != text {
		t.Errorf("Error() = %q, want %q", err, text)
	}
}

func TestAtSaysWhatTheFaultSays(t *testing.T) {
	t.Parallel()
	taken := fault.New(fault.AlreadyExists, "BIB_TAKEN", "the bib belongs to another entrant")
	want := fault.Violation{Path: "entry.bib", Reason: "BIB_TAKEN", Message: "the bib belongs to another entrant"}
	if diff := cmp.Diff(want, taken.At("entry.bib")); diff != "" {
		t.Errorf("At (-want +got):\n%s", diff)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	busy := fault.New(fault.Exhausted, "QUEUE_FULL", "too many entries arrive at once")
	got, ok := fault.RetryAfter(fmt.Errorf("register: %w", busy.After(3*time.Second)))
	if got != 3*time.Second || !ok {
		t.Errorf("RetryAfter = %v, %t, want 3s, true", got, ok)
	}
	if got, ok := fault.RetryAfter(busy); got != 0 || ok {
		t.Errorf("RetryAfter of a plain fault = %v, %t, want 0s, false", got, ok)
	}
}

func TestKindsAreNamedAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, kind := range fault.Kinds() {
		name := kind.String()
		if name == "Unknown" || seen[name] {
			t.Errorf("kind %d is named %q, want a name of its own", int(kind), name)
		}
		seen[name] = true
	}
	if next := fault.Kind(len(seen) + 1); next.String() != "Unknown" {
		t.Errorf("kind %v is missing from Kinds", next)
	}
}
