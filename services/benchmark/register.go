package benchmark

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"raceday/services/rehearsal"
	"raceday/services/rules/race"
)

// RegisterBench measures an opening night: many callers at once register persons for one race until it is sold out, and
// then are refused. Its floor stores the same persons one by one, each in a transaction of its own. While places are sold,
// onlookers ask what is left; the floor of that is a call of which the server does nothing.
type RegisterBench struct {
	Start   Start
	Formats Formats
	// Callers are those who register at once.
	Callers int
	// Places are those of the race.
	Places int
	// Refusals is how many registrations come after the race is sold out.
	Refusals int
	Runs     int
	Show     Show
}

// RegisterFigures are what a RegisterBench finds.
type RegisterFigures struct {
	// Entries and Refusals are those of one turn, as they were answered.
	Entries               int     `json:"entries"`
	Refusals              int     `json:"refusals"`
	Callers               int     `json:"callers"`
	Connections           int     `json:"connections"`
	EntriesPerSecond      float64 `json:"entries_per_second"`
	FloorEntriesPerSecond float64 `json:"floor_entries_per_second"`
	// TimesFloor is EntriesPerSecond by FloorEntriesPerSecond: more is better.
	TimesFloor Ratio `json:"times_floor"`
	// The milliseconds that so many per cent of those who got a place waited at most.
	P50Milliseconds float64 `json:"p50_milliseconds"`
	P99Milliseconds float64 `json:"p99_milliseconds"`
	// TimesFairWait is the 99th percentile by what each would wait if all waited equally long, Callers by EntriesPerSecond:
	// less is better.
	TimesFairWait     Ratio   `json:"times_fair_wait"`
	RefusalsPerSecond float64 `json:"refusals_per_second"`
	// The milliseconds that 99 per cent of the questions for what is left, and of the empty calls between them, took at most.
	VacanciesP99Milliseconds float64 `json:"vacancies_p99_milliseconds"`
	EmptyP99Milliseconds     float64 `json:"empty_p99_milliseconds"`
	// TimesEmpty is VacanciesP99Milliseconds by EmptyP99Milliseconds: less is better.
	TimesEmpty Ratio `json:"times_empty"`
	Runs       int   `json:"runs"`
}

// String shows the figures on one line.
func (f RegisterFigures) String() string {
	return fmt.Sprintf("register: %d places, %d callers on %d connections: %.0f entries/s, floor %.0f entries/s: %v × the floor "+
		"in %d runs; p50 %.0f ms, p99 %.0f ms: %v × callers by entries/s; sold out %.0f refusals/s; "+
		"vacancies p99 %.1f ms, empty call %.1f ms: %v ×", f.Entries, f.Callers, f.Connections, f.EntriesPerSecond,
		f.FloorEntriesPerSecond, f.TimesFloor, f.Runs, f.P50Milliseconds, f.P99Milliseconds, f.TimesFairWait, f.RefusalsPerSecond,
		f.VacanciesP99Milliseconds, f.EmptyP99Milliseconds, f.TimesEmpty)
}

// Reaches returns what is to be met.
func (f RegisterFigures) Reaches() []Reach {
	return []Reach{
		atLeast("times the floor's entries", f.TimesFloor.Median, 8),
		atMost("times the fair wait", f.TimesFairWait.Median, 2),
		atMost("times the empty call's p99", f.TimesEmpty.Median, 2),
	}
}

// Run measures.
func (b *RegisterBench) Run(ctx context.Context) (figures RegisterFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

const (
	// registerRace is the race of the event file that all want to run.
	registerRace = race.ID("half")
	// nightTime bounds a turn.
	nightTime = 5 * time.Minute
)

func (b *RegisterBench) measure(ctx context.Context, s *Server) (RegisterFigures, error) {
	b.Show("making up %d persons", b.persons())
	d, err := b.day("bench-register")
	if err != nil {
		return RegisterFigures{}, err
	}
	people := b.people(d.event)
	connections, hangUp, err := s.dial(b.Callers)
	if err != nil {
		return RegisterFigures{}, err
	}
	defer hangUp()
	floor, err := newRegisterFloor(ctx, s, floorClients, people)
	if err != nil {
		return RegisterFigures{}, err
	}
	defer floor.close()
	var nights []night
	times, err := byTurns(ctx, b.Runs, b.Show,
		func(ctx context.Context) (time.Duration, error) {
			return b.floorTurn(ctx, s, floor, race.EventID(fmt.Sprintf("floor-%d", len(nights))))
		},
		func(ctx context.Context) (time.Duration, error) {
			n, err := b.turn(ctx, s, connections, people, race.EventID(fmt.Sprintf("bench-register-%d", len(nights))))
			nights = append(nights, n)
			return n.sale.time, err
		})
	if err != nil {
		return RegisterFigures{}, err
	}
	return b.figures(times, nights[1:], len(connections)), nil
}

// persons counts those who are refused too: every caller of the work or of the floor once when the race is sold out, and
// then as many as were asked for.
func (b *RegisterBench) persons() int { return b.Places + max(b.Callers, floorClients) + b.Refusals }

// people makes up who wants to run.
func (b *RegisterBench) people(event *race.Event) []race.Person {
	alone := *event
	alone.Races = []race.Race{*event.Race(registerRace)}
	field := rehearsal.NewField(seed, &alone, b.persons(), 0).Persons
	people := make([]race.Person, len(field))
	for i := range field {
		people[i] = field[i].Person
	}
	return people
}

// day makes up an event whose race has the bench's places.
func (b *RegisterBench) day(id race.EventID) (*day, error) {
	like, err := b.Formats.ParseEvent(rehearsal.AlmatyFile())
	if err != nil {
		return nil, fmt.Errorf("parse the event: %w", err)
	}
	places := func(n int) []byte { return fmt.Appendf(nil, "capacity: %d\n", n) }
	file := bytes.Replace(rehearsal.AlmatyFile(), places(like.Race(registerRace).Capacity), places(b.Places), 1)
	return newField(b.Formats, id, file, 0)
}

// floorTurn sells as many places to the same persons by the floor.
func (b *RegisterBench) floorTurn(
	ctx context.Context, s *Server, floor *registerFloor, event race.EventID,
) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, nightTime)
	defer cancel()
	if err := floor.open(ctx, event, b.Places); err != nil {
		return 0, err
	}
	if err := s.rest(ctx); err != nil {
		return 0, err
	}
	sold, err := floor.sell(ctx, event)
	if err != nil {
		return 0, err
	}
	if err := b.checkSold(sold); err != nil {
		return 0, err
	}
	return sold.time, floor.check(ctx, event, b.Places)
}

func (b *RegisterBench) checkSold(s sale) error {
	if len(s.waits) != b.Places {
		return fmt.Errorf("%d persons were told that they have one of %d places", len(s.waits), b.Places)
	}
	return nil
}

func (b *RegisterBench) figures(times turns, nights []night, connections int) RegisterFigures {
	var p50, p99, fair, refusing, vacancies, empty []time.Duration
	for i := range nights {
		n := &nights[i]
		p50, p99 = append(p50, percentile(n.sale.waits, 50)), append(p99, percentile(n.sale.waits, 99))
		fair = append(fair, n.sale.time*time.Duration(b.Callers)/time.Duration(b.Places))
		refusing = append(refusing, n.refusing)
		vacancies, empty = append(vacancies, percentile(n.seen.vacancies, 99)), append(empty, percentile(n.seen.empty, 99))
	}
	return RegisterFigures{
		Entries: len(nights[0].sale.waits), Refusals: nights[0].refused, Callers: b.Callers, Connections: connections, Runs: b.Runs,
		EntriesPerSecond: perSecond(b.Places, median(times.work)), FloorEntriesPerSecond: perSecond(b.Places, median(times.floor)),
		TimesFloor:      times.shareOfFloor(),
		P50Milliseconds: milliseconds(median(p50)), P99Milliseconds: milliseconds(median(p99)),
		TimesFairWait:            turns{work: p99, floor: fair}.timesFloor(),
		RefusalsPerSecond:        perSecond(b.Refusals, median(refusing)),
		VacanciesP99Milliseconds: milliseconds(median(vacancies)), EmptyP99Milliseconds: milliseconds(median(empty)),
		TimesEmpty: turns{work: vacancies, floor: empty}.timesFloor(),
	}
}
