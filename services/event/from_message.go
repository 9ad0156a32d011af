package event

import (
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// FromMessage returns the event that a message describes, with all defaults filled in, and everything that is wrong with it.
// Only an event without problems may be used.
func FromMessage(m *eventv1.Event) (*race.Event, []race.Problem) {
	c := &converter{}
	e := c.event(m)
	faulty := make([]string, 0, len(c.problems))
	for _, p := range c.problems {
		faulty = append(faulty, p.Path)
	}
	problems := append(c.problems, unrelated(race.Check(e), faulty)...)
	if e.TimeZone != "" && !zoneExists(e.TimeZone) {
		problems = append(problems, race.Problem{Path: "time_zone", Reason: strconv.Quote(e.TimeZone) + " is unknown"})
	}
	if len(problems) == 0 {
		fillLegs(e)
	}
	return e, problems
}

func zoneExists(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local" // That zone is another on every machine.
}

// fillLegs gives an EKIDEN without legs those of its format; race.Check has found that its course fits them.
func fillLegs(e *race.Event) {
	for i := range e.Races {
		r := &e.Races[i]
		if r.Format != race.Ekiden || len(r.Team.Legs) > 0 {
			continue
		}
		for leg, length := range r.Format.Rules().LegMillimetres {
			r.Team.Legs = append(r.Team.Legs, race.Leg{To: r.Course[leg+1].Point, LengthMillimetres: length})
		}
	}
}

// converter turns messages into values and gathers what cannot be one. Its methods take the path of what they convert.
type converter struct {
	problems []race.Problem
}

func (c *converter) fault(path, reason string) {
	c.problems = append(c.problems, race.Problem{Path: path, Reason: reason})
}

func (c *converter) event(m *eventv1.Event) *race.Event {
	e := &race.Event{
		ID:        race.EventID(m.GetId()),
		Name:      m.GetName(),
		Day:       c.day("day", m.GetDay()),
		TimeZone:  m.GetTimeZone(),
		Currency:  m.GetCurrency(),
		Cancelled: named(c, "status", m.GetStatus(), eventStatuses()),
	}
	for _, point := range m.GetPoints() {
		e.Points = append(e.Points, race.PointID(point.GetId()))
	}
	for i, mat := range m.GetMats() {
		at := index("mats", i)
		e.Mats = append(e.Mats, race.Mat{
			ID:          race.MatID(mat.GetId()),
			Point:       race.PointID(mat.GetPoint()),
			Backup:      mat.GetBackup(),
			From:        c.instant(at+".from", mat.GetFrom()),
			Until:       c.instant(at+".until", mat.GetUntil()),
			ClockOffset: c.duration(at+".clock_offset", mat.GetClockOffset(), 0),
		})
	}
	for i, r := range m.GetRaces() {
		e.Races = append(e.Races, c.race(index("races", i), r))
	}
	return e
}

// day reads a civil day; an empty one is not given.
func (c *converter) day(path, text string) civil.Day {
	if text == "" {
		return civil.Day{}
	}
	day, err := civil.ParseDay(text)
	if err != nil {
		c.fault(path, short(text)+" is "+err.Error())
	}
	return day
}

// instant cuts to whole microseconds; an unset message is the zero Instant.
func (c *converter) instant(path string, m *timestamppb.Timestamp) racetime.Instant {
	if m == nil {
		return 0
	}
	if !m.IsValid() {
		c.fault(path, "is no instant")
		return 0
	}
	// Only what can be written can be read again.
	at, err := racetime.ParseInstant(m.AsTime().Format(time.RFC3339Nano))
	if err != nil || at == 0 {
		c.fault(path, "is too far from our time")
	}
	return at
}

// duration returns the default where the message is unset. Whether it may be negative or zero is race.Check's to say.
func (c *converter) duration(path string, m *durationpb.Duration, byDefault time.Duration) time.Duration {
	if m == nil {
		return byDefault
	}
	d := m.AsDuration()
	if !m.IsValid() || d == math.MaxInt64 || d == math.MinInt64 {
		c.fault(path, "is no duration")
		return byDefault
	}
	return d
}

// limit reads the duration of a cut-off, where zero means none and so cannot be asked for.
func (c *converter) limit(path string, m *durationpb.Duration) time.Duration {
	d := c.duration(path, m, 0)
	if m != nil && m.IsValid() && d == 0 {
		c.fault(path, "is not above zero")
	}
	return d
}

// most reads an upper limit, where zero means none and so cannot be asked for.
func (c *converter) most(path string, n *int32) int {
	if n == nil {
		return 0
	}
	if *n == 0 {
		c.fault(path, "is 0; leave it out for no limit")
	}
	return int(*n)
}

// maxScaled bounds decimals so that a double carries them exactly.
const maxScaled = 1e15

// decimal returns a number with so many decimals as a whole one. The shortest decimal that stands for a double is what
// its sender wrote, so nothing is rounded; what is finer is a fault.
func (c *converter) decimal(path string, number float64, decimals int) int64 {
	text := strconv.FormatFloat(number, 'f', -1, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > decimals {
		c.fault(path, text+" has more than "+strconv.Itoa(decimals)+" decimals")
		return 0
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 64)
	if err != nil || n > maxScaled || n < -maxScaled {
		c.fault(path, "is no number that can be kept exactly")
		return 0
	}
	return n
}

func (c *converter) millimetres(path string, metres float64) int64 {
	return c.decimal(path, metres, 3)
}

// named looks an enum's value up. An unset one is the default, which is the values' zero.
func named[E ~int32, V any](c *converter, path string, value E, names map[E]V) V {
	known, ok := names[value]
	if !ok && value != 0 {
		c.fault(path, strconv.Itoa(int(value))+" is unknown")
	}
	return known
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
