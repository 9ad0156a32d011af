package rehearsal

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/rules/entry"
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
			t.print.line("%s persons and %s teams registered and paid for in %.1f s, %s entries a second.",
				count(len(t.field.Persons)), count(len(t.field.Teams)), seconds, count(int(float64(total)/seconds)))
			return t.tellPaid(ctx)
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

// registerOne enters the person or team with an index in the references, and pays the fee.
func (t *teller) registerOne(ctx context.Context, i int) (reference string, err error) {
	id := fmt.Sprintf("rehearsal-%d-%d", t.Seed, i+1)
	var made *registrationv1.Entry
	err = untilTaken(ctx, func(ctx context.Context) (err error) {
		if i < len(t.field.Persons) {
			made, err = t.registerPerson(ctx, id, t.field.Persons[i])
		} else {
			made, err = t.registerTeam(ctx, id, t.field.Teams[i-len(t.field.Persons)])
		}
		return err
	})
	if err == nil {
		err = t.pay(ctx, id, made)
	}
	return made.GetReference(), err
}

func (t *teller) registerPerson(ctx context.Context, requestID string, p Person) (*registrationv1.Entry, error) {
	response, err := t.registration.RegisterPerson(ctx, &registrationv1.RegisterPersonRequest{
		EventId: string(t.Event.ID), Race: string(p.Race), RequestId: requestID, Person: toPerson(p.Person), Tags: p.Tags,
		Guardian: t.guardian(p.Race, p.Person),
	})
	return response.GetEntry(), err
}

func (t *teller) registerTeam(ctx context.Context, requestID string, team Team) (*registrationv1.Entry, error) {
	request := &registrationv1.RegisterTeamRequest{
		EventId: string(t.Event.ID), Race: string(team.Race), RequestId: requestID, Team: toPerson(team.Person),
		Guardians: map[int32]*registrationv1.Guardian{},
	}
	for i, m := range team.Members {
		request.Members = append(request.Members, &registrationv1.Member{Leg: int32(m.Leg), Person: toPerson(m.Person)})
		if guardian := t.guardian(team.Race, m.Person); guardian != nil {
			request.Guardians[int32(i)] = guardian
		}
	}
	response, err := t.registration.RegisterTeam(ctx, request)
	return response.GetEntry(), err
}

// guardian returns who answers for a minor, nil for anybody else.
func (t *teller) guardian(id race.ID, p race.Person) *registrationv1.Guardian {
	if !entry.Minor(t.Event.Race(id), p, t.Event.Day) {
		return nil
	}
	return &registrationv1.Guardian{
		Name: "A parent of " + p.Name, Contact: "parent@example.org", ConsentVersion: "rehearsal-1",
	}
}

// pay pays what is owed for an entry.
func (t *teller) pay(ctx context.Context, id string, made *registrationv1.Entry) error {
	owed := made.GetFeeMinor() - made.GetPaidMinor()
	if owed <= 0 {
		return nil
	}
	request := &registrationv1.ConfirmPaymentRequest{
		EventId: string(t.Event.ID), RequestId: id + "-paid", PaymentId: id, AmountMinor: owed,
		Key: &registrationv1.ConfirmPaymentRequest_Reference{Reference: made.GetReference()},
	}
	return untilTaken(ctx, func(ctx context.Context) error {
		paid, err := t.registration.ConfirmPayment(ctx, request)
		if err == nil && paid.GetEntry().GetState() != registrationv1.EntryState_ENTRY_STATE_CONFIRMED {
			err = fmt.Errorf("paid for, it is %s", paid.GetEntry().GetState())
		}
		return err
	})
}

// tellPaid tells what was paid, as the organiser's books have it.
func (t *teller) tellPaid(ctx context.Context) error {
	var counted *registrationv1.GetTotalsResponse
	err := untilTaken(ctx, func(ctx context.Context) (err error) {
		counted, err = t.registration.GetTotals(ctx, &registrationv1.GetTotalsRequest{EventId: string(t.Event.ID)})
		return err
	})
	if err != nil {
		return fmt.Errorf("get totals: %w", err)
	}
	var confirmed int32
	var paid, charity int64
	for _, totals := range counted.GetTotals() {
		for _, of := range totals.GetStates() {
			if of.GetState() == registrationv1.EntryState_ENTRY_STATE_CONFIRMED {
				confirmed += of.GetEntries()
			}
		}
		paid, charity = paid+totals.GetPaidMinor(), charity+totals.GetCharityMinor()
	}
	t.print.line("%s entries are confirmed and paid %s %s, of which %s go to charity.",
		count(confirmed), count(paid/100), counted.GetCurrency(), count(charity/100))
	return nil
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
		for _, listed := range page.GetEntries() {
			bibs[listed.GetReference()] = race.Bib(listed.GetBib())
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
