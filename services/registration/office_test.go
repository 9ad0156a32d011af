package registration

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// office is a service on a store in memory that also answers questions.
type office struct {
	*memory
	service  *Service
	requests map[string]Answered
	papers   map[race.EntrantID]Papers
}

// newOffice has a race of persons with two waves, one with three places and a waitlist, and a relay of three legs whose
// members wear chips.
func newOffice(entries ...Entry) *office {
	o := &office{requests: map[string]Answered{}, papers: map[race.EntrantID]Papers{}}
	o.memory = &memory{event: &race.Event{
		ID: "e", Day: civil.Day{Year: 2025, Month: time.September, Day: 28},
		Races: []race.Race{
			{ID: "ten", Capacity: 10_000, MinAgeYears: 15, Waves: []race.Wave{
				{ID: "A", Bibs: []race.BibRange{{First: 1, Last: 99}}},
				{ID: "B", Bibs: []race.BibRange{{Prefix: "F", First: 1, Last: 99}}},
			}},
			{
				ID: "half", Capacity: 3, MinAgeYears: 18, MaxAgeYears: 79, Waves: []race.Wave{{ID: "H"}},
				Registration: race.Registration{Waitlist: 5, Offer: time.Hour},
			},
			{
				ID: "relay", Capacity: 10, MinAgeYears: 16, Waves: []race.Wave{{ID: "R"}},
				Team: &race.Team{Size: 3, Reserves: 1, Chip: race.MemberChip},
			},
		},
	}}
	for _, e := range entries {
		o.enter(e)
	}
	o.service = New(Dependencies{Events: o.memory, Store: o, Papers: o, Census: o.memory, Now: time.Now})
	return o
}

// enter adds an entry with the next ID and, where it has none, a reference such as ENTR-YYY3.
func (o *office) enter(e Entry) Entry {
	e.ID = race.EntrantID(len(o.entries) + 1)
	if e.Reference == "" {
		e.Reference = numbered(int(e.ID))
	}
	o.entries = append(o.entries, e)
	return e
}

func numbered(n int) Reference {
	digits := []byte("YYYY")
	for i := len(digits) - 1; n > 0; i-- {
		digits[i] = codeLetters[n%8]
		n /= 8
	}
	return Reference("ENTR-" + string(digits))
}

func (o *office) InRaces(ctx context.Context, _ Basis, f func(ctx context.Context, tx Tx) error) error {
	return f(ctx, officeTx{memoryTx{o.memory, time.Now()}, o})
}

func (o *office) Look(ctx context.Context, _ race.EventID, _ race.ID, q Question) (Seen, error) {
	known, err := officeTx{memoryTx{o.memory, time.Now()}, o}.Ask(ctx, q)
	return Seen{Known: known, Now: time.Now(), Version: 1}, err
}

func (o *office) ListEntries(
	_ context.Context, _ race.EventID, id race.ID, after race.EntrantID, limit int,
) ([]Entry, error) {
	var page []Entry
	for _, e := range o.entries {
		if e.ID > after && (id == "" || e.Race == id) && len(page) < limit {
			page = append(page, e)
		}
	}
	return page, nil
}

func (o *office) Papers(_ context.Context, _ race.EventID, entrant race.EntrantID) (Papers, error) {
	return o.papers[entrant], nil
}

type officeTx struct {
	memoryTx
	office *office
}

func (tx officeTx) Ask(ctx context.Context, q Question) (Known, error) {
	known, err := tx.memoryTx.Ask(ctx, q)
	known.Requests, known.Entries = tx.office.requests, map[Key]Entry{}
	for _, e := range tx.entries {
		claims := e.Claims()
		for _, bib := range claims.Bibs {
			known.Bibs[bib] = Wearer{e.ID, e.Bib}
		}
		for _, chip := range claims.Chips {
			known.Chips[chip] = Wearer{e.ID, e.Bib}
		}
		for _, person := range claims.People {
			holding := Holding{Entrant: e.ID, Reference: e.Reference, InTeam: e.isTeam()}
			known.People[person] = append(known.People[person], holding)
		}
		for _, key := range q.Entries {
			if e.Reference == key.Reference || key.Bib != "" && (e.Bib == key.Bib || memberWith(&e, key.Bib)) {
				known.Entries[key] = e
			}
		}
	}
	return known, err
}

func memberWith(e *Entry, bib race.Bib) bool {
	for i := range e.Members {
		if e.Members[i].Bib == bib {
			return true
		}
	}
	return false
}

func (tx officeTx) Save(ctx context.Context, changes Changes) error {
	for _, r := range changes.Requests {
		tx.office.requests[r.ID] = Answered{Digest: r.Digest, Entry: Entry{Entrant: race.Entrant{ID: r.Entrant}}}
	}
	return tx.memoryTx.Save(ctx, changes)
}

func day(year int, month time.Month, dayOfMonth int) civil.Day {
	return civil.Day{Year: year, Month: month, Day: dayOfMonth}
}

func runner(n int) race.Person {
	return race.Person{Name: fmt.Sprintf("Runner %d", n), Sex: race.Female, BirthDay: day(1990, time.March, 1+n%28)}
}

func confirmed(id race.ID, bib race.Bib, chips ...string) Entry {
	return Entry{State: Confirmed, Entrant: race.Entrant{Race: id, Bib: bib, Chips: chips}}
}

func relayTeam(n int) Entry {
	e := confirmed("relay", race.Bib(fmt.Sprintf("R%d", n)))
	e.Name, e.Sex = fmt.Sprintf("Team %d", n), race.X
	for leg := range 3 {
		e.Members = append(e.Members, race.Member{
			Leg: leg + 1, Person: runner(100*n + leg), Bib: race.Bib(fmt.Sprintf("R%d-%d", n, leg+1)),
			Chips: []string{fmt.Sprintf("M%dM%d", n, leg+1)},
		})
	}
	return e
}

// teamSize is ErrTeamSize at a path, with what the team has.
func teamSize(path, has string) fault.Violation {
	violation := ErrTeamSize.At(path)
	violation.Message += ": " + has
	return violation
}

// wantFault compares a fault and its fields with what is wanted.
func wantFault(t *testing.T, name string, err error, want *fault.Fault, fields ...fault.Violation) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", name, err, want)
	}
	if diff := cmp.Diff(fields, fault.Violations(err)); diff != "" {
		t.Errorf("%s: fields (-want +got):\n%s", name, diff)
	}
}
