// Package civil holds calendar days without clock or zone, as birth dates and race days are.
package civil

import (
	"errors"
	"time"
)

// Day is a day of the proleptic Gregorian calendar. The zero Day means "not known".
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// ErrDay is returned for text that is not a day written YYYY-MM-DD.
var ErrDay = errors.New("not a day written YYYY-MM-DD")

// ParseDay reads YYYY-MM-DD; years run from 0001 to 9999.
func ParseDay(text string) (Day, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil || at.Year() < 1 {
		return Day{}, ErrDay
	}
	return DayOf(at), nil
}

// DayOf returns the day that at shows in its own location.
func DayOf(at time.Time) Day {
	year, month, day := at.Date()
	return Day{year, month, day}
}

// IsZero reports whether the day is not known.
func (d Day) IsZero() bool { return d == Day{} }

// String returns the day as YYYY-MM-DD, or nothing for the zero Day.
func (d Day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.midnight().Format(time.DateOnly)
}

// Before reports whether d is earlier than other.
func (d Day) Before(other Day) bool { return d.midnight().Before(other.midnight()) }

// AddDays returns the day n days later.
func (d Day) AddDays(n int) Day { return DayOf(d.midnight().AddDate(0, 0, n)) }

func (d Day) midnight() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}
