package racetime

import (
	"fmt"
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
	sign := ""
	if official < 0 {
		sign, official = "-", -official
	}
	seconds := official / time.Second
	text := fmt.Sprintf("%s%d:%02d:%02d", sign, seconds/3600, seconds/60%60, seconds%60)
	if n := decimals(rounding); n > 0 {
		text += fmt.Sprintf(".%0*d", n, official%time.Second/unit(n))
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
