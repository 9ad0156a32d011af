package racetime

import (
	"math"
	"math/bits"
	"strconv"
	"time"
)

// millimetresInKilometre is the length that a pace is for.
const millimetresInKilometre = 1_000_000

// Pace returns the time that a kilometre of a stretch took, rounded up to a microsecond; unknown where the stretch has no
// length or took no time.
func Pace(exact time.Duration, lengthMillimetres int64) Optional {
	if exact <= 0 || lengthMillimetres <= 0 {
		return Optional{}
	}
	high, low := bits.Mul64(uint64(exact.Microseconds()), millimetresInKilometre)
	length := uint64(lengthMillimetres)
	if high >= length {
		return Optional{}
	}
	pace, rest := bits.Div64(high, low, length)
	if rest > 0 {
		pace++
	}
	if pace > math.MaxInt64/uint64(time.Microsecond) {
		return Optional{}
	}
	return Known(time.Duration(pace) * time.Microsecond)
}

// FormatPace writes a pace as m:ss, rounded up to the next second like any time; nothing where it is not known.
func FormatPace(pace Optional) string {
	if !pace.Known {
		return ""
	}
	seconds := int64(RoundUp(pace.Time, time.Second) / time.Second)
	text := strconv.AppendInt(nil, seconds/60, 10)
	return string(appendPadded(append(text, ':'), seconds%60, 2))
}
