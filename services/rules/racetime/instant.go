// Package racetime holds instants in whole microseconds and turns exact times into official ones.
package racetime

import (
	"errors"
	"time"
)

// Instant is a moment in microseconds since 1970-01-01T00:00:00Z. In definitions the zero Instant means "not given".
type Instant int64

// ErrInstant is returned for text that is no RFC 3339 instant with an offset, or one outside the years 1678 to 2261.
var ErrInstant = errors.New("not an instant written like 2025-09-28T07:00:00+05:00")

// The years 1678 to 2261: between any two instants within them microseconds and nanoseconds can be subtracted.
const (
	firstInstant Instant = -9_214_560_000_000_000 // 1678-01-01T00:00:00Z
	lastInstant  Instant = 9_214_646_399_999_999  // 2261-12-31T23:59:59.999999Z
)

// At returns the instant of t, cut to whole microseconds.
func At(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time returns the instant in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Held reports whether an instant lies in the years 1678 to 2261; no other is taken from anybody.
func (i Instant) Held() bool { return i >= firstInstant && i <= lastInstant }

// Sub returns the time from other to i.
func (i Instant) Sub(other Instant) time.Duration { return time.Duration(i-other) * time.Microsecond }

// Add returns the instant after d, cut to whole microseconds.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d/time.Microsecond) }

// String returns the instant as RFC 3339 in UTC with microseconds as needed.
func (i Instant) String() string { return string(i.Append(nil)) }

// Append appends what String returns.
func (i Instant) Append(text []byte) []byte {
	return i.Time().AppendFormat(text, "2006-01-02T15:04:05.999999Z07:00")
}
