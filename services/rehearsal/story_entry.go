package rehearsal

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/race"
)

// frontends is how many entries are under way at once.
const frontends = 64

// register enters the whole field.
func (t *teller) register(ctx context.Context) error {
	t.field = NewField(t.Seed, t.Event, t.Persons, t.Teams)
	total := len(t.field.Persons) + len(t.field.Teams)
	t.references = make([]string, total)
	began := time.Now()
	var entered atomic.Int64
	done := make(chan error, 1)
	go func() { done <- t.registerAll(ctx, &entered) }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return err
			}
			seconds := time.Since(began).Seconds()
			t.print.line("%s persons and %s teams registered in %.1f s, %s entries a second.",
				count(len(t.field.Persons)), count(len(t.field.Teams)), seconds, count(int(float64(total)/seconds)))
			return nil
		case <-tick.C:
			t.print.show(fmt.Sprintf("%s of %s registered", count(entered.Load()), count(total)))
		}
	}
}

func (t *teller) registerAll(ctx context.Context, entered *atomic.Int64) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(frontends)
	for i := range t.references {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			reference, err := t.registerOne(ctx, i)
			if err != nil {
				return fmt.Errorf("register entry %d of the field: %w", i+1, err)
			}
			t.references[i] = reference
			entered.Add(1)
			return nil
		})
	}
	return group.Wait()
}

// registerOne enters the person or team with an index in the references.
func (t *teller) registerOne(ctx context.Context, i int) (reference string, err error) {
	requestID := fmt.Sprintf("rehearsal-%d-%d", t.Seed, i+1)
	err = untilTaken(ctx, func(ctx context.Context) error {
		if i < len(t.field.Persons) {
			entry, err := t.registerPerson(ctx, requestID, t.field.Persons[i])
			reference = entry.GetReference()
			return err
		}
		entry, err := t.registerTeam(ctx, requestID, t.field.Teams[i-len(t.field.Persons)])
		reference = entry.GetReference()
		return err
	})
	return reference, err
}

func (t *teller) registerPerson(ctx context.Context, requestID string, p Person) (*registrationv1.Entry, error) {
	response, err := t.registration.RegisterPerson(ctx, &registrationv1.RegisterPersonRequest{
		EventId: string(t.Event.ID), Race: string(p.Race), RequestId: requestID, Person: toPerson(p.Person), Tags: p.Tags,
	})
	return response.GetEntry(), err
}

func (t *teller) registerTeam(ctx context.Context, requestID string, team Team) (*registrationv1.Entry, error) {
	request := &registrationv1.RegisterTeamRequest{
		EventId: string(t.Event.ID), Race: string(team.Race), RequestId: requestID, Team: toPerson(team.Person),
	}
	for _, m := range team.Members {
		request.Members = append(request.Members, &registrationv1.Member{Leg: int32(m.Leg), Person: toPerson(m.Person)})
	}
	response, err := t.registration.RegisterTeam(ctx, request)
	return response.GetEntry(), err
}

func toPerson(p race.Person) *registrationv1.Person {
	sex := map[race.Sex]registrationv1.Sex{
		race.Female: registrationv1.Sex_SEX_F, race.Male: registrationv1.Sex_SEX_M, race.X: registrationv1.Sex_SEX_X,
	}[p.Sex]
	return &registrationv1.Person{
		Name: p.Name, Sex: sex, BirthDate: p.BirthDay.String(), Country: p.Country, Club: p.Club, Category: p.Category,
	}
}

// giveNumbers gives bibs by ranges of the waves and a chip to each bib, and lets the field run the race whose reads are to
// be published.
func (t *teller) giveNumbers(ctx context.Context) error {
	bibs := map[string]race.Bib{}
	for i := range t.Event.Races {
		if err := t.assignBibs(ctx, &t.Event.Races[i], bibs); err != nil {
			return err
		}
	}
	var assignments []*registrationv1.ChipAssignment
	for i, reference := range t.references {
		e := t.entrant(i)
		e.Bib = bibs[reference]
		if e.Bib == "" {
			return fmt.Errorf("entry %s is without a bib", reference)
		}
		t.entrants = append(t.entrants, e)
		assignments = append(assignments, &registrationv1.ChipAssignment{Bib: string(e.Bib), Chips: e.Chips})
	}
	if err := t.assignChips(ctx, assignments); err != nil {
		return err
	}
	t.recording = Record(t.Seed, t.Event, t.entrants, Usual())
	t.print.line("%s bibs and their chips given out; %s reads will come from %d mats.",
		count(len(t.entrants)), count(t.recording.Reads()), len(t.recording.Mats()))
	return nil
}

// entrant returns the roster's line of the entry with an index in the references, without its bib.
func (t *teller) entrant(i int) race.Entrant {
	e := race.Entrant{ID: race.EntrantID(i + 1)}
	if i < len(t.field.Persons) {
		p := t.field.Persons[i]
		e.Race, e.Person, e.Tags = p.Race, p.Person, p.Tags
	} else {
		team := t.field.Teams[i-len(t.field.Persons)]
		e.Race, e.Person, e.Members = team.Race, team.Person, team.Members
	}
	e.Chips = Chips(t.Event.Race(e.Race), i+1)
	return e
}

// assignBibs numbers a race and adds its bibs by reference.
func (t *teller) assignBibs(ctx context.Context, r *race.Race, bibs map[string]race.Bib) error {
	entries := 0
	for i := range t.references {
		if t.entrant(i).Race == r.ID {
			entries++
		}
	}
	if entries == 0 {
		return nil
	}
	request := &registrationv1.AssignBibsRequest{EventId: string(t.Event.ID), Race: string(r.ID)}
	for _, bibs := range BibRanges(r, entries) {
		request.Ranges = append(request.Ranges, bibs.String())
	}
	err := untilTaken(ctx, func(ctx context.Context) error {
		_, err := t.registration.AssignBibs(ctx, request)
		return err
	})
	if err != nil {
		return fmt.Errorf("assign bibs of race %s: %w", r.ID, err)
	}
	return t.listBibs(ctx, r, bibs)
}

const pageSize = 500

func (t *teller) listBibs(ctx context.Context, r *race.Race, bibs map[string]race.Bib) error {
	request := &registrationv1.ListEntriesRequest{EventId: string(t.Event.ID), Race: string(r.ID), PageSize: pageSize}
	for {
		var page *registrationv1.ListEntriesResponse
		err := untilTaken(ctx, func(ctx context.Context) (err error) {
			page, err = t.registration.ListEntries(ctx, request)
			return err
		})
		if err != nil {
			return fmt.Errorf("list entries of race %s: %w", r.ID, err)
		}
		for _, entry := range page.GetEntries() {
			bibs[entry.GetReference()] = race.Bib(entry.GetBib())
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return nil
		}
	}
}

func (t *teller) assignChips(ctx context.Context, assignments []*registrationv1.ChipAssignment) error {
	for from := 0; from < len(assignments); from += pageSize {
		part := assignments[from:min(from+pageSize, len(assignments))]
		err := untilTaken(ctx, func(ctx context.Context) error {
			_, err := t.registration.AssignChips(ctx, &registrationv1.AssignChipsRequest{
				EventId: string(t.Event.ID), Assignments: part,
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("assign chips from entry %s on: %w", strconv.Itoa(from+1), err)
		}
		t.print.show(fmt.Sprintf("%s of %s chips given out", count(from+len(part)), count(len(assignments))))
	}
	return nil
}
