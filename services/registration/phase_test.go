package registration

import (
	"testing"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestRegistrationPhase(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, time.March, 1, 12, 0, 0, 0, time.UTC)
	at := racetime.At(now)
	for _, c := range []struct {
		name      string
		window    race.Registration
		taking    Taking
		cancelled bool
		want      *fault.Fault
	}{
		{"without times", race.Registration{}, ByTimes, false, nil},
		{"opens this very moment", race.Registration{OpensAt: at}, ByTimes, false, nil},
		{"opens a microsecond later", race.Registration{OpensAt: at + 1}, ByTimes, false, ErrRegistrationNotOpen},
		{"closes this very moment", race.Registration{ClosesAt: at}, ByTimes, false, nil},
		{"closed a microsecond ago", race.Registration{ClosesAt: at - 1}, ByTimes, false, ErrRegistrationClosed},
		{"closed by an operator while it is open", race.Registration{ClosesAt: at + 1}, Closed, false, ErrRegistrationClosed},
		{"reopened by an operator after closing", race.Registration{ClosesAt: at - 1}, Open, false, nil},
		{"opened by an operator ahead of time", race.Registration{OpensAt: at + 1}, Open, false, nil},
		{"cancelled", race.Registration{}, Open, true, ErrEventCancelled},
	} {
		event := &race.Event{Cancelled: c.cancelled}
		if got := phaseOf(event, &race.Race{Registration: c.window}, c.taking, now); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
