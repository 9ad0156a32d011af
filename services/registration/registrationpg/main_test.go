package registrationpg_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/fault"
	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/registration"
	"raceday/services/registration/registrationpg"
	"raceday/services/rehearsal/proof"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func TestMain(m *testing.M) {
	proof.Rapid(30, 50_000/lanes/sequences)
	postgrestest.Main(m)
}

var errNoEvent = fault.New(fault.NotFound, "EVENT_NOT_FOUND", "there is no event with this id")

// fixture is a registration service on a database of its own.
type fixture struct {
	*registration.Service
	store *registrationpg.Store
	pool  *pgxpool.Pool
	url   string
	event *race.Event
	// other is one more event; nil where there is none.
	other *race.Event
}

// EventVersion makes the fixture a registration.Events.
func (f *fixture) EventVersion(_ context.Context, id race.EventID) (*race.Event, int64, error) {
	switch {
	case id == f.event.ID:
		return f.event, 1, nil
	case f.other != nil && id == f.other.ID:
		return f.other, 1, nil
	}
	return nil, 0, errNoEvent
}

// almaty has one race of every format, all over bibs of their own.
func almaty() *race.Event {
	person := func(id race.ID, minAge, first, last int) race.Race {
		return race.Race{
			ID: id, MinAgeYears: minAge, Capacity: 1000,
			Waves: []race.Wave{{ID: "A", Bibs: []race.BibRange{{First: first, Last: last}}}, {ID: "B"}},
		}
	}
	ekiden := person("ekiden", 16, 9000, 9999)
	ekiden.Team = &race.Team{Size: 6, Reserves: 2}
	return &race.Event{
		ID: "almaty-2025", Day: civil.Day{Year: 2025, Month: time.September, Day: 28},
		Races: []race.Race{
			person("marathon", 18, 1, 1999), person("half", 18, 2000, 3999), person("ten", 15, 4000, 5999),
			person("nordic", 15, 6000, 7999), ekiden,
		},
	}
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{url: postgrestest.URL(t), event: almaty()}
	f.pool = f.open(t)
	const insertEvent = `
INSERT INTO event.events (id, version, name, day, races)
VALUES ('almaty-2025', 1, 'Almaty', '2025-09-28', '{}')`
	if _, err := f.pool.Exec(t.Context(), insertEvent); err != nil {
		t.Fatal(err)
	}
	f.store = registrationpg.New(f.pool)
	f.Service = f.service(f.pool)
	return f
}

// service returns one more service, as another process has.
func (f *fixture) service(pool *pgxpool.Pool) *registration.Service { return newService(f, pool) }

func newService(events registration.Events, pool *pgxpool.Pool) *registration.Service {
	store := registrationpg.New(pool)
	return registration.New(registration.Dependencies{
		Events: events, Store: store, Papers: registrationpg.NewPapers(pool), Census: store,
		Vacancies: registration.NewVacancyBoard(events, store), Now: now,
	})
}

// open returns one more pool, as another process has.
func (f *fixture) open(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), f.url, postgres.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func now() time.Time { return time.Date(2025, time.March, 1, 12, 0, 0, 0, time.UTC) }

// person is somebody of thirty whom n tells from others.
func person(n int) race.Person {
	return race.Person{
		Name: fmt.Sprintf("Runner %d", n), Sex: race.Female,
		BirthDay: civil.Day{Year: 1995, Month: time.January, Day: 1}, Country: "KAZ",
	}
}

func request(n int, id race.ID) registration.Registration {
	return registration.Registration{
		Event: "almaty-2025", Race: id, RequestID: fmt.Sprintf("request-%d", n), Person: person(n),
	}
}

// saying is a fault at a path with a bound behind its message.
func saying(f *fault.Fault, path, bound string) fault.Violation {
	violation := f.At(path)
	violation.Message += ": " + bound
	return violation
}

// count returns the result of a query for one number.
func (f *fixture) count(t *testing.T, query string, arguments ...any) int {
	t.Helper()
	var n int
	if err := f.pool.QueryRow(t.Context(), query, arguments...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func bibs(event race.EventID, id race.ID, ranges []string) registration.BibAssignment {
	return registration.BibAssignment{Event: event, Race: id, Ranges: ranges}
}
