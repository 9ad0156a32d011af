package registrationpg_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

const (
	// lanes are how many sequences run side by side, each on a database of its own.
	lanes = 4
	// sequences run in each check, one after another: rapid has one number of checks for all properties of a binary.
	sequences = 5
)

// TestAnySequenceKeepsTheInvariants does anything in any order: registers, pays, lets places run out, accepts, withdraws,
// transfers, joins, substitutes, raises and lowers, corrects, assigns, imports, erases. After every step places and claims
// are those of the entries, nobody was passed over on the waitlist, money is accounted for, and every change stands in the
// history; at the end, who followed the changes has the roster.
func TestAnySequenceKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	for lane := range lanes {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			f := start(t)
			events := 0
			rapid.Check(t, func(rt *rapid.T) {
				for range sequences {
					events++
					f.newSequence(t, rt, events).run(rt)
				}
			})
		})
	}
}

// sequence is one event and what was done to it.
type sequence struct {
	*fixture
	t      *testing.T
	change int64
	roster map[race.EntrantID]race.Entrant
	// answers are the references that requests were answered with.
	answers map[string]registration.Reference
	// registrations may be sent again.
	registrations []registration.Registration
	requests      int
}

// newSequence makes an event of few places: a marathon with a fee and a waitlist, a half marathon without, an Ekiden whose
// teams may be completed later.
func (f *fixture) newSequence(t *testing.T, rt *rapid.T, number int) *sequence {
	f.event = almaty()
	f.event.ID = race.EventID(fmt.Sprintf("event-%d", number))
	f.event.Races = []race.Race{f.event.Races[0], f.event.Races[1], f.event.Races[4]}
	marathon, ekiden := &f.event.Races[0], &f.event.Races[2]
	marathon.Capacity, marathon.Registration.Waitlist = 3, 4
	marathon.Fees = []race.Fee{{AmountMinor: 100, CharityPercent: 20}}
	f.event.Races[1].Capacity, f.event.Races[1].Registration.Waitlist = 2, 4
	ekiden.Capacity, ekiden.Team = 2, &race.Team{Size: 2, Reserves: 1, CompleteUntil: racetime.At(time.Now().Add(time.Hour))}
	for i := range f.event.Races {
		f.event.Races[i].Registration.Hold, f.event.Races[i].Registration.Offer = time.Hour, time.Hour
	}
	const insertEvent = `
INSERT INTO event.events (id, version, name, day, races)
VALUES ($1, 1, 'Any', '2025-09-28', '{}')`
	if _, err := f.pool.Exec(t.Context(), insertEvent, f.event.ID); err != nil {
		rt.Fatal(err)
	}
	return &sequence{
		fixture: f, t: t, roster: map[race.EntrantID]race.Entrant{}, answers: map[string]registration.Reference{},
	}
}

func (s *sequence) run(rt *rapid.T) {
	for range rapid.IntRange(1, 12).Draw(rt, "steps") {
		if err := s.step(rt); err != nil {
			if f, refused := fault.Of(err); !refused || f.Kind == fault.Unavailable {
				rt.Fatal(err) // Nobody else is at work, so nothing may be busy.
			}
		}
		s.check(rt)
		s.follow(rt)
	}
	s.checkRoster(rt)
}

func (s *sequence) step(rt *rapid.T) error {
	steps := map[string]func(rt *rapid.T) error{
		"register": s.registerSomebody, "again": s.registerAgain, "late": s.registerLate, "team": s.registerTeam,
		"pay": s.pay, "accept": s.accept, "run out": s.runOut, "settle": s.settle, "withdraw": s.withdraw,
		"transfer": s.transfer, "join": s.join, "substitute": s.substitute, "operate": s.operate, "correct": s.correct,
		"office": s.office, "import": s.importSome, "erase": s.erase,
	}
	names := slices.Sorted(maps.Keys(steps))
	// What moves entries on is drawn more often.
	names = append(names, "register", "register", "pay", "pay", "run out", "withdraw")
	return steps[rapid.SampledFrom(names).Draw(rt, "step")](rt)
}

func (s *sequence) requestID() string {
	s.requests++
	return fmt.Sprint("request ", s.requests)
}

func (s *sequence) race(rt *rapid.T) race.ID {
	return rapid.SampledFrom([]race.ID{"marathon", "half"}).Draw(rt, "race")
}

func (s *sequence) somebody(rt *rapid.T) race.Person {
	return person(rapid.IntRange(1, 9).Draw(rt, "who"))
}

// entry picks one of all entries; ok is false where there is none.
func (s *sequence) entry(rt *rapid.T) (registration.Entry, bool) {
	entries, err := s.ListEntries(s.t.Context(), s.event.ID, "", 0, 100)
	if err != nil {
		rt.Fatal(err)
	}
	if len(entries) == 0 {
		return registration.Entry{}, false
	}
	return rapid.SampledFrom(entries).Draw(rt, "entry"), true
}

// answered notes what a request was answered with, which never changes.
func (s *sequence) answered(rt *rapid.T, id string, e registration.Entry, err error) error {
	if err != nil {
		return err
	}
	if before, again := s.answers[id]; again && before != e.Reference {
		rt.Errorf("request %q has two answers: %s and %s", id, before, e.Reference)
	}
	s.answers[id] = e.Reference
	return nil
}

func (s *sequence) registerSomebody(rt *rapid.T) error {
	r := registration.Registration{
		Event: s.event.ID, Race: s.race(rt), RequestID: s.requestID(), Person: s.somebody(rt),
		JoinWaitlist: rapid.Bool().Draw(rt, "join the waitlist"),
	}
	s.registrations = append(s.registrations, r)
	e, err := s.RegisterPerson(s.t.Context(), "frontend", r)
	return s.answered(rt, r.RequestID, e, err)
}

func (s *sequence) registerAgain(rt *rapid.T) error {
	if len(s.registrations) == 0 {
		return nil
	}
	r := rapid.SampledFrom(s.registrations).Draw(rt, "registration")
	e, err := s.RegisterPerson(s.t.Context(), "frontend", r)
	return s.answered(rt, r.RequestID, e, err)
}

func (s *sequence) registerLate(rt *rapid.T) error {
	r := registration.Registration{
		Event: s.event.ID, Race: s.race(rt), RequestID: s.requestID(), Person: s.somebody(rt),
	}
	late := registration.Late{Reason: "a sponsor's guest", AllowSecondEntry: rapid.Bool().Draw(rt, "allow a second entry")}
	e, err := s.RegisterLate(s.t.Context(), "registrar", r, false, late)
	return s.answered(rt, r.RequestID, e, err)
}

func (s *sequence) registerTeam(rt *rapid.T) error {
	r := registration.Registration{
		Event: s.event.ID, Race: "ekiden", RequestID: s.requestID(), Person: race.Person{Name: "Team"},
	}
	for leg := range rapid.IntRange(0, 2).Draw(rt, "members") {
		r.Members = append(r.Members, race.Member{Leg: leg + 1, Person: s.somebody(rt)})
	}
	e, err := s.RegisterTeam(s.t.Context(), "frontend", r)
	return s.answered(rt, r.RequestID, e, err)
}

func (s *sequence) pay(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	p := registration.PaymentNotice{
		Event: s.event.ID, RequestID: s.requestID(), Key: registration.Key{Reference: e.Reference},
		Payment:     registration.PaymentID(fmt.Sprint("payment ", rapid.IntRange(1, 6).Draw(rt, "payment"))),
		AmountMinor: int64(rapid.SampledFrom([]int{100, 100, 40}).Draw(rt, "amount")),
	}
	_, first, err := s.ConfirmPayment(s.t.Context(), "webhook", p)
	if err != nil {
		return err
	}
	p.RequestID = s.requestID()
	if _, second, err := s.ConfirmPayment(s.t.Context(), "frontend", p); err != nil || second != first {
		rt.Errorf("the same payment again: refund due %v, %v, want %v", second, err, first)
	}
	return nil
}

func (s *sequence) accept(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	_, err := s.AcceptOffer(s.t.Context(), "frontend", s.event.ID, s.requestID(), e.Reference)
	return err
}

// runOut lets the time of a place pass.
func (s *sequence) runOut(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok || e.ExpiresAt.IsZero() {
		return nil
	}
	const passTime = `
UPDATE registration.entries
SET expires_at = clock_timestamp()
WHERE event = $1 AND entrant = $2 AND expires_at IS NOT NULL`
	_, err := s.pool.Exec(s.t.Context(), passTime, s.event.ID, e.ID)
	return err
}

// settle lets a keeper look once.
func (s *sequence) settle(*rapid.T) error {
	_, _, err := registration.NewKeeper(s.Service).Settle(s.t.Context())
	return err
}

func (s *sequence) withdraw(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	_, err := s.Withdraw(s.t.Context(), "frontend", registration.Withdrawal{
		Event: s.event.ID, RequestID: s.requestID(), Reference: e.Reference, Reason: "ill",
	})
	return err
}

func (s *sequence) transfer(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	transfer := registration.Transfer{Event: s.event.ID, RequestID: s.requestID(), Reference: e.Reference}
	if rapid.Bool().Draw(rt, "to a race") {
		transfer.ToRace = s.race(rt)
	} else {
		transfer.ToPerson = &registration.Successor{Person: s.somebody(rt)}
	}
	old, successor, err := s.TransferEntry(s.t.Context(), "frontend", transfer)
	if err == nil && (old.State != registration.Transferred || successor.CameFrom.Reference != old.Reference) {
		rt.Errorf("transferred: got %s %s, and %s from %v", old.Reference, old.State, successor.Reference, successor.CameFrom)
	}
	return err
}

func (s *sequence) join(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok || e.JoinCode == "" {
		return nil
	}
	_, err := s.JoinTeam(s.t.Context(), "frontend", registration.Joining{
		Event: s.event.ID, RequestID: s.requestID(), JoinCode: e.JoinCode, Person: s.somebody(rt),
	})
	return err
}

func (s *sequence) substitute(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	_, err := s.SubstituteMember(s.t.Context(), "frontend", registration.Substitution{
		Event: s.event.ID, RequestID: s.requestID(), Reference: e.Reference, Leg: rapid.IntRange(1, 2).Draw(rt, "leg"),
		Reserve: rapid.IntRange(0, 1).Draw(rt, "reserve"), Person: s.somebody(rt),
	})
	return err
}

func (s *sequence) operate(rt *rapid.T) error {
	o := registration.Operation{Event: s.event.ID, RequestID: s.requestID(), Race: s.race(rt), Reason: "any"}
	ctx := s.t.Context()
	switch rapid.SampledFrom([]string{"capacity", "capacity", "close", "reopen"}).Draw(rt, "operation") {
	case "close":
		_, err := s.CloseRegistration(ctx, "registrar", o)
		return err
	case "reopen":
		_, err := s.ReopenRegistration(ctx, "registrar", o)
		return err
	}
	_, err := s.SetCapacity(ctx, "registrar", o, rapid.IntRange(1, 5).Draw(rt, "capacity"))
	return err
}

func (s *sequence) correct(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	value := race.Entrant{
		Race: s.race(rt), Bib: s.bib(rt), Wave: "A", Chips: []string{s.chip(rt)}, Person: s.somebody(rt),
	}
	field := rapid.SampledFrom([]string{"race", "bib", "chips", "person", "wave"})
	fields := rapid.SliceOfNDistinct(field, 1, 3, rapid.ID).Draw(rt, "fields")
	_, err := s.CorrectEntry(s.t.Context(), "registrar", registration.Correction{
		Event: s.event.ID, Reference: e.Reference, Fields: fields, Value: value, Reason: "any",
	})
	return err
}

func (s *sequence) bib(rt *rapid.T) race.Bib {
	return race.Bib(fmt.Sprint(rapid.IntRange(1, 6).Draw(rt, "bib")))
}

func (s *sequence) chip(rt *rapid.T) string {
	return fmt.Sprintf("c%d", rapid.IntRange(1, 5).Draw(rt, "chip"))
}

func (s *sequence) office(rt *rapid.T) error {
	ctx := s.t.Context()
	switch rapid.SampledFrom([]string{"bibs", "chips", "swap"}).Draw(rt, "office") {
	case "bibs":
		_, err := s.AssignBibs(ctx, "registrar", bibs(s.event.ID, "marathon", []string{"1-7"}))
		return err
	case "chips":
		assignment := registration.ChipAssignment{Bib: s.bib(rt), Chips: []string{s.chip(rt)}}
		_, err := s.AssignChips(ctx, "registrar", s.event.ID, []registration.ChipAssignment{assignment})
		return err
	}
	_, _, err := s.SwapChips(ctx, "registrar", registration.ChipSwap{
		Event: s.event.ID, RequestID: s.requestID(), Bib: s.bib(rt), OtherBib: s.bib(rt), Reason: "mixed up",
	})
	return err
}

func (s *sequence) importSome(rt *rapid.T) error {
	lines := fmt.Sprintf("%s,%s,%s,A,Runner %d,F,1995-01-01\n", s.race(rt), s.bib(rt), s.chip(rt),
		rapid.IntRange(1, 9).Draw(rt, "who"))
	_, err := s.ImportRoster(s.t.Context(), "registrar", registration.RosterFile{
		Event: s.event.ID, Replace: rapid.Bool().Draw(rt, "replace"),
		Content: strings.NewReader("race,bib,chips,wave,name,sex,birth_date\n" + lines),
	})
	return err
}

func (s *sequence) erase(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	_, err := s.EraseEntry(s.t.Context(), "admin", s.event.ID, s.requestID(), e.Reference, "asked for")
	return err
}

// follow does what a scorer does.
func (s *sequence) follow(rt *rapid.T) {
	changed := s.since(s.t, s.change)
	if s.change == 0 {
		clear(s.roster)
	}
	for _, e := range changed {
		if e.Gone {
			delete(s.roster, e.ID)
		} else {
			s.roster[e.ID] = e
		}
	}
	const selectChange = `
SELECT change
FROM event.events
WHERE id = $1`
	if err := s.pool.QueryRow(s.t.Context(), selectChange, s.event.ID).Scan(&s.change); err != nil {
		rt.Fatal(err)
	}
}

func (s *sequence) checkRoster(rt *rapid.T) {
	byID := func(a, b race.Entrant) int { return cmp.Compare(a.ID, b.ID) }
	followed := slices.SortedFunc(maps.Values(s.roster), byID)
	if whole := s.since(s.t, 0); len(whole)+len(followed) > 0 {
		if diff := gocmp.Diff(whole, followed); diff != "" {
			rt.Errorf("roster (-whole +followed):\n%s", diff)
		}
	}
}
