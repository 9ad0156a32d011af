package civil

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want Day
	}{
		{"2025-09-28", Day{2025, time.September, 28}},
		{"2024-02-29", Day{2024, time.February, 29}},
		{"0001-01-01", Day{1, time.January, 1}},
		{"9999-12-31", Day{9999, time.December, 31}},
	} {
		if got, err := ParseDay(c.text); err != nil || got != c.want {
			t.Errorf("ParseDay(%q) = %v, %v, want %v", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{
		"", "2025-02-29", "1900-02-29", "2025-13-01", "2025-09-31", "2025-9-28", "28.09.2025", "2025-09-28 ", "2025-09-28T00:00:00Z",
		"0000-01-01", "-001-01-01", "10000-01-01", "20250928",
	} {
		if got, err := ParseDay(text); err == nil {
			t.Errorf("ParseDay(%q) = %v, want an error", text, got)
		}
	}
}

func TestDayOfShowsTheDayWhereItIs(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, time.September, 27, 22, 30, 0, 0, time.UTC)
	almaty := time.FixedZone("", 5*60*60)
	if got, want := DayOf(at), (Day{2025, time.September, 27}); got != want {
		t.Errorf("in UTC: %v, want %v", got, want)
	}
	if got, want := DayOf(at.In(almaty)), (Day{2025, time.September, 28}); got != want {
		t.Errorf("in Almaty: %v, want %v", got, want)
	}
}

func TestTheZeroDayIsNotKnown(t *testing.T) {
	t.Parallel()
	if d := (Day{}); !d.IsZero() || d.String() != "" {
		t.Errorf("zero %v, text %q", d.IsZero(), d.String())
	}
	if d := (Day{1, time.January, 1}); d.IsZero() || d.String() != "0001-01-01" {
		t.Errorf("zero %v, text %q", d.IsZero(), d.String())
	}
}

func TestAddDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		day  Day
		days int
		want Day
	}{
		{"over a leap day", Day{2024, time.February, 28}, 1, Day{2024, time.February, 29}},
		{"over no leap day", Day{2025, time.February, 28}, 1, Day{2025, time.March, 1}},
		{"into the next year", Day{2025, time.December, 31}, 1, Day{2026, time.January, 1}},
		{"back", Day{2025, time.March, 1}, -1, Day{2025, time.February, 28}},
		{"a whole leap year", Day{2024, time.January, 1}, 366, Day{2025, time.January, 1}},
	} {
		if got := c.day.AddDays(c.days); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTextAndOrderOfDays(t *testing.T) {
	t.Parallel()
	days := rapid.Custom(func(t *rapid.T) Day {
		return Day{1900, time.January, 1}.AddDays(rapid.IntRange(0, 80_000).Draw(t, "days"))
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := days.Draw(t, "a"), days.Draw(t, "b")
		if got, err := ParseDay(a.String()); err != nil || got != a {
			t.Fatalf("%v is read back as %v, %v", a, got, err)
		}
		if a.Before(b) != (a.String() < b.String()) {
			t.Fatalf("%v before %v: %v", a, b, a.Before(b))
		}
	})
}
