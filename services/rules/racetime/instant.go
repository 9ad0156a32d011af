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

// ParseInstant reads an RFC 3339 instant; what is finer than a microsecond is cut.
func ParseInstant(text string) (Instant, error) {
	if i, ok := parseFast(text); ok {
		return i, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !At(t).Held() {
		return 0, ErrInstant
	}
	return At(t), nil
}

// microDigits is how many digits of a fraction of a second make microseconds.
const microDigits = 6

// parseFast reads the one form that reads are written in, YYYY-MM-DDThh:mm:ss[.ffffff](Z|±hh:mm), and leaves all
// else to time.Parse.
func parseFast(s string) (Instant, bool) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	hour, ok4 := digits(s[11:13])
	minute, ok5 := digits(s[14:16])
	second, ok6 := digits(s[17:19])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || year < 1970 || year > 2200 ||
		month < 1 || month > 12 || day < 1 || day > 30 || day > 28 && month == 2 ||
		hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	rest, micros := s[19:], int64(0)
	if rest[0] == '.' {
		n := 1
		for ; n < len(rest) && rest[n] >= '0' && rest[n] <= '9'; n++ {
			if n <= microDigits {
				micros = 10*micros + int64(rest[n]-'0')
			}
		}
		if n == 1 {
			return 0, false
		}
		for missing := 1 + microDigits - n; missing > 0; missing-- {
			micros *= 10
		}
		rest = rest[n:]
	}
	offset := int64(0)
	if rest != "Z" {
		if len(rest) != 6 || rest[0] != '+' && rest[0] != '-' || rest[3] != ':' {
			return 0, false
		}
		offsetHours, ok1 := digits(rest[1:3])
		offsetMinutes, ok2 := digits(rest[4:6])
		if !ok1 || !ok2 || offsetHours > 23 || offsetMinutes > 59 {
			return 0, false
		}
		offset = offsetHours*3600 + offsetMinutes*60
		if rest[0] == '-' {
			offset = -offset
		}
	}
	seconds := daysSince1970(year, month, day)*86_400 + hour*3600 + minute*60 + second - offset
	return Instant(seconds*1_000_000 + micros), true
}

// digits reads a number of decimal digits only.
func digits(s string) (int64, bool) {
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}

// daysSince1970 counts the days of the Gregorian calendar, in years that begin on 1 March so that a leap day comes last.
func daysSince1970(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719_468
}
