package racetime

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestOfficialTimesAreRoundedUpOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		exact, rounding time.Duration
		want            string
	}{
		{"on the second", 2*time.Hour + 9*time.Minute + 44*time.Second, time.Second, "2:09:44"},
		{"a thousandth over", 2*time.Hour + 9*time.Minute + 44*time.Second + time.Millisecond, time.Second, "2:09:45"},
		{"a microsecond over", time.Microsecond, time.Second, "0:00:01"},
		{"a microsecond under the hour", time.Hour - time.Microsecond, time.Second, "1:00:00"},
		{"tenths", 61*time.Second + 20*time.Millisecond, 100 * time.Millisecond, "0:01:01.1"},
		{"halves", 10 * time.Millisecond, 500 * time.Millisecond, "0:00:00.5"},
		{"hundredths stay", 61*time.Second + 20*time.Millisecond, 10 * time.Millisecond, "0:01:01.02"},
		{"whole minutes", 61 * time.Second, time.Minute, "0:02:00"},
		{"more than a day", 30*time.Hour + time.Millisecond, time.Second, "30:00:01"},
		{"before a corrected gun", -1500 * time.Millisecond, time.Second, "-0:00:01"},
	} {
		if got := Official(c.exact, c.rounding); got != c.want {
			t.Errorf("%s: Official(%v, %v) = %q, want %q", c.name, c.exact, c.rounding, got, c.want)
		}
	}
}

func TestParseInstantAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	day := time.Date(1999, 12, 30, 23, 59, 58, 123_456_000, time.UTC)
	for range 40_000 {
		for _, text := range []string{day.Format(time.RFC3339Nano), day.In(time.FixedZone("", -34200)).Format(time.RFC3339Nano)} {
			got, err := ParseInstant(text)
			if err != nil || got != At(day) {
				t.Fatalf("ParseInstant(%q) = %v, %v, want %v", text, got, err, At(day))
			}
		}
		day = day.Add(37*time.Hour + 11*time.Second + 7*time.Microsecond)
	}
}

// noMinute is what a parser has before its first minute.
var noMinute = string(make([]byte, len(minuteText{})))

func TestParseInstantRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "07:00:00", "2025-09-28", "2025-09-28T07:00:00", "2025-09-28 07:00:00Z", "2025-13-01T07:00:00Z",
		"2025-02-30T07:00:00Z", "2025-09-28T24:00:00Z", "2025-09-28T07:00:00.Z", "2025-09-28T07:00:00+5:00",
		"2025-09-28T07:00:00+0500", "2025-04-31T07:00:00Z", "2025-06-31T07:00:00Z",
		"2025-09-31T07:00:00Z", "2025-11-31T07:00:00Z", "2025-01-32T07:00:00Z", "2025-02-29T07:00:00Z", "2025-00-01T07:00:00Z",
		noMinute + ":00Z",
		"0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "2025-09-2xT07:00:00Z",
	} {
		if got, err := ParseInstant(text); err == nil {
			t.Errorf("ParseInstant(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseInstantCutsToMicroseconds(t *testing.T) {
	t.Parallel()
	got, err := ParseInstant("2025-09-28T07:00:00.123456999+05:00")
	if want := At(time.Date(2025, 9, 28, 2, 0, 0, 123_456_000, time.UTC)); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// A text means the same after whatever others.
func TestWhatAnInstantParserReadBeforeChangesNothing(t *testing.T) {
	t.Parallel()
	minutes := rapid.SampledFrom([]string{
		"2025-09-28T07:00:", "2025-09-28T07:01:", "2025-09-29T07:00:", "2025-02-30T07:00:", "2025-09-31T07:00:", "2025-09-28 07:00:",
		"2025-09-28T24:00:", "1969-12-31T23:59:", noMinute + ":", "",
	})
	seconds := rapid.SampledFrom([]string{"00", "59", "60", "5x", "7", ""})
	fractions := rapid.SampledFrom([]string{"", ".5", ".123456", ".123456999", ".", ".1x", ",", ",5"})
	zones := rapid.SampledFrom([]string{"Z", "z", "+05:00", "-09:30", "+24:00", "+05:60", "+0500", "ZZ", ""})
	rapid.Check(t, func(t *rapid.T) {
		var p InstantParser
		for range rapid.IntRange(1, 30).Draw(t, "texts") {
			text := minutes.Draw(t, "minute") + seconds.Draw(t, "second") + fractions.Draw(t, "fraction") + zones.Draw(t, "zone")
			got, err := p.Parse([]byte(text))
			want, wantErr := time.Parse(time.RFC3339Nano, text)
			if wantErr == nil && got != At(want) || (err == nil) != (wantErr == nil) {
				t.Fatalf("Parse(%q) = %v, %v, want %v, %v", text, got, err, want, wantErr)
			}
		}
	})
}

func TestHeldInstants(t *testing.T) {
	t.Parallel()
	first := At(time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC))
	end := At(time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC))
	for _, c := range []struct {
		at   Instant
		want bool
	}{{first - 1, false}, {first, true}, {0, true}, {end - 1, true}, {end, false}} {
		if got := c.at.Held(); got != c.want {
			t.Errorf("%v is held: %v, want %v", c.at, got, c.want)
		}
		if _, err := ParseInstant(c.at.String()); (err == nil) != c.want {
			t.Errorf("ParseInstant(%v) returns error %v, though held is %v", c.at, err, c.want)
		}
	}
}

func TestOptionalInMicroseconds(t *testing.T) {
	t.Parallel()
	for _, want := range []Optional{{}, Known(0), Known(90 * time.Minute), Known(-time.Microsecond)} {
		if got := FromMicroseconds(want.Microseconds()); got != want {
			t.Errorf("%v comes back as %v", want, got)
		}
	}
}

func TestParseOfficial(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"2:21:27": 2*time.Hour + 21*time.Minute + 27*time.Second, "0:00:01": time.Second, "100:00:00": 100 * time.Hour, "02:09:45": 2*time.Hour + 9*time.Minute + 45*time.Second,
	} {
		if got, err := ParseOfficial(text); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "2:21", "2:21:60", "2:60:00", "2:2:27", "2:21:7", "2:21:27.5", "-2:21:27", "+2:21:27", "2:21:27:00", "1000:00:00", "2h21m27s", "2:21: 7"} {
		if got, err := ParseOfficial(text); !errors.Is(err, ErrNotOfficial) {
			t.Errorf("%q: %v, %v, want none", text, got, err)
		}
	}
}

func TestParseOfficialReadsWhatFormatWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, 999*3600).Draw(t, "seconds")) * time.Second
		if got, err := ParseOfficial(Format(want, time.Second)); err != nil || got != want {
			t.Fatalf("got %v, %v, want %v", got, err, want)
		}
	})
}
