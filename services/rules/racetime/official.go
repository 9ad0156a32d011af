package racetime

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// RoundUp returns the official time of an exact one: the next multiple of rounding that is not below it.
// [World Athletics TR19.24.5]
func RoundUp(exact, rounding time.Duration) time.Duration {
	down := exact / rounding * rounding
	if down < exact {
		return down + rounding
	}
	return down
}

// Format writes an official time as h:mm:ss with as many decimals as a multiple of rounding can need.
func Format(official, rounding time.Duration) string {
	text := make([]byte, 0, len("-123:45:06.789012"))
	if official < 0 {
		text, official = append(text, '-'), -official
	}
	seconds := int64(official / time.Second)
	text = strconv.AppendInt(text, seconds/3600, 10)
	text = appendPadded(append(text, ':'), seconds/60%60, 2)
	text = appendPadded(append(text, ':'), seconds%60, 2)
	if n := decimals(rounding); n > 0 {
		text = appendPadded(append(text, '.'), int64(official%time.Second/unit(n)), n)
	}
	return string(text)
}

// appendPadded appends a number with leading zeros to a width.
func appendPadded(text []byte, number int64, width int) []byte {
	for scale := int64(unit(0) / unit(width-1)); scale > 0; scale /= 10 {
		text = append(text, byte('0'+number/scale%10))
	}
	return text
}

// Official rounds an exact time up and writes it.
func Official(exact, rounding time.Duration) string {
	return Format(RoundUp(exact, rounding), rounding)
}

// Milliseconds returns whole milliseconds, cut.
func Milliseconds(exact time.Duration) int64 { return exact.Milliseconds() }

// decimals returns how many decimals of a second multiples of rounding have, at most six.
func decimals(rounding time.Duration) int {
	n := 0
	for n < 6 && rounding%unit(n) != 0 {
		n++
	}
	return n
}

// unit returns one second divided by ten n times.
func unit(n int) time.Duration {
	d := time.Second
	for range n {
		d /= 10
	}
	return d
}

// ErrNotOfficial is returned by ParseOfficial.
var ErrNotOfficial = errors.New("not a time written h:mm:ss, such as 2:09:45")

// ParseOfficial reads an official time in whole seconds as Format writes it, with at most three digits of hours. Error:
// ErrNotOfficial.
func ParseOfficial(text string) (time.Duration, error) {
	hours, rest, _ := strings.Cut(text, ":")
	minutes, seconds, _ := strings.Cut(rest, ":")
	if len(hours) < 1 || len(hours) > 3 || len(minutes) != 2 || len(seconds) != 2 {
		return 0, ErrNotOfficial
	}
	h, okHours := digits(hours)
	m, okMinutes := digits(minutes)
	s, okSeconds := digits(seconds)
	if !okHours || !okMinutes || !okSeconds || m > 59 || s > 59 {
		return 0, ErrNotOfficial
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second, nil
}
