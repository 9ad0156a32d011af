package racetime

import "time"

// InstantParser does what ParseInstant does, and remembers the minute that it read last: lines of a file of reads that follow
// each other mostly lie in one. Its zero value is ready. It is for one goroutine.
type InstantParser struct {
	minute minuteText
	// began is when the minute began on its clock, in seconds since 1970.
	began int64
	// known is false before the first minute.
	known bool
}

// minuteText is what an instant begins with: YYYY-MM-DDThh:mm
type minuteText [16]byte

// ParseInstant reads an RFC 3339 instant; what is finer than a microsecond is cut.
func ParseInstant(text string) (Instant, error) {
	var p InstantParser
	return p.Parse([]byte(text))
}

// Parse reads an RFC 3339 instant; what is finer than a microsecond is cut.
func (p *InstantParser) Parse(text []byte) (Instant, error) {
	if i, ok := p.parseFast(text); ok {
		return i, nil
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil || !At(t).Held() {
		return 0, ErrInstant
	}
	return At(t), nil
}

// parseFast reads the one form that reads are written in, YYYY-MM-DDThh:mm:ss[.ffffff](Z|±hh:mm), and leaves all
// else to time.Parse.
func (p *InstantParser) parseFast(s []byte) (Instant, bool) {
	if len(s) < len("YYYY-MM-DDThh:mm:ssZ") || s[16] != ':' {
		return 0, false
	}
	if minute := minuteText(s); !p.known || minute != p.minute {
		began, ok := minute.start()
		if !ok {
			return 0, false
		}
		p.minute, p.began, p.known = minute, began, true
	}
	second, ok1 := digits(s[17:19])
	micros, zone, ok2 := fraction(s[19:])
	offset, ok3 := offsetOf(zone)
	if !(ok1 && ok2 && ok3) || second > 59 {
		return 0, false
	}
	return Instant((p.began+second-offset)*1_000_000 + micros), true
}

// start returns when the minute began on its clock, in seconds since 1970.
func (m minuteText) start() (seconds int64, ok bool) {
	if m[4] != '-' || m[7] != '-' || m[10] != 'T' || m[13] != ':' {
		return 0, false
	}
	year, ok1 := digits(m[0:4])
	month, ok2 := digits(m[5:7])
	day, ok3 := digits(m[8:10])
	hour, ok4 := digits(m[11:13])
	minute, ok5 := digits(m[14:16])
	if !(ok1 && ok2 && ok3 && ok4 && ok5) || year < 1970 || year > 2200 ||
		month < 1 || month > 12 || day < 1 || day > surelyDays(month) || hour > 23 || minute > 59 {
		return 0, false
	}
	return daysSince1970(year, month, day)*86_400 + hour*3600 + minute*60, true
}

// microDigits is how many digits of a fraction of a second make microseconds.
const microDigits = 6

// fraction reads the fraction of a second that may come before the zone.
func fraction(s []byte) (micros int64, zone []byte, ok bool) {
	if s[0] != '.' {
		return 0, s, true
	}
	n := 1
	for ; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		if n <= microDigits {
			micros = 10*micros + int64(s[n]-'0')
		}
	}
	for missing := 1 + microDigits - n; missing > 0; missing-- {
		micros *= 10
	}
	return micros, s[n:], n > 1
}

// offsetOf returns by how many seconds the clock of a zone is ahead.
func offsetOf(zone []byte) (seconds int64, ok bool) {
	if string(zone) == "Z" {
		return 0, true
	}
	if len(zone) != 6 || zone[0] != '+' && zone[0] != '-' || zone[3] != ':' {
		return 0, false
	}
	hours, ok1 := digits(zone[1:3])
	minutes, ok2 := digits(zone[4:6])
	if seconds = hours*3600 + minutes*60; zone[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok1 && ok2 && hours <= 23 && minutes <= 59
}

// digits reads a number of decimal digits only.
func digits[Text string | []byte](s Text) (int64, bool) {
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}

// surelyDays returns how many days a month has in every year.
func surelyDays(month int64) int64 {
	if month == 2 {
		return 28
	}
	return 30 + (month+month/8)%2 // long and short ones alternate, but July and August are long
}

// daysSince1970 counts the days of the Gregorian calendar, in years that begin on 1 March so that a leap day comes last.
func daysSince1970(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719_468
}
