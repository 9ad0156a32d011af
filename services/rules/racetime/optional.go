package racetime

import "time"

// Optional is a time that may not be known.
type Optional struct {
	Time  time.Duration
	Known bool
}

// Known returns a time that is known.
func Known(t time.Duration) Optional { return Optional{t, true} }
