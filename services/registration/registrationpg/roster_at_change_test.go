package registrationpg_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"raceday/services/fault"
	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/registration/registrationpg"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// TestRosterAtChangeIsTheRosterOfThatMoment lets the office do anything in any order, and other facts take change numbers
// between; after all of it, the roster at every earlier change number is what it was then, but for names that were erased.
func TestRosterAtChangeIsTheRosterOfThatMoment(t *testing.T) {
	t.Parallel()
	f := start(t)
	events := 0
	rapid.Check(t, func(rt *rapid.T) {
		events++
		s := f.newSequence(t, rt, events)
		for i := range s.event.Races { // Most entries come on the roster.
			r := &s.event.Races[i]
			r.Capacity, r.Fees, r.Registration.Waitlist = 100, nil, 0
		}
		moments := []moment{s.moment(rt)}
		if err := s.importField(); err != nil {
			rt.Fatal(err)
		}
		moments = append(moments, s.moment(rt))
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			if err := s.officeStep(rt); err != nil {
				if f, refused := fault.Of(err); !refused || f.Kind == fault.Unavailable {
					rt.Fatal(err) // Nobody else is at work, so nothing may be busy.
				}
			}
			moments = append(moments, s.moment(rt))
		}
		for i := range moments {
			s.checkMoment(rt, &moments[i])
		}
	})
}

// moment is the roster as it was at a change number.
type moment struct {
	change int64
	// history is the number of the last change in the history.
	history int64
	roster  []race.Entrant
}

func (s *sequence) moment(rt *rapid.T) moment {
	const selectMoment = `
SELECT change, (SELECT coalesce(max(number), 0) FROM registration.entry_changes WHERE event = $1)
FROM event.events
WHERE id = $1`
	var m moment
	if err := s.pool.QueryRow(s.t.Context(), selectMoment, s.event.ID).Scan(&m.change, &m.history); err != nil {
		rt.Fatal(err)
	}
	var err error
	if m.roster, err = s.rosterBy(s.t.Context(), registrationpg.RosterAt); err != nil {
		rt.Fatal(err)
	}
	return m
}

// rosterBy reads a roster in a transaction of its own.
func (f *fixture) rosterBy(
	ctx context.Context, read func(context.Context, pgx.Tx, race.EventID) ([]race.Entrant, error),
) (roster []race.Entrant, err error) {
	err = postgres.InTx(ctx, f.pool, func(ctx context.Context, tx pgx.Tx) (err error) {
		roster, err = read(ctx, tx, f.event.ID)
		return err
	})
	return roster, err
}

func (f *fixture) rosterAtChange(ctx context.Context, change int64) ([]race.Entrant, error) {
	return f.rosterBy(ctx, func(ctx context.Context, tx pgx.Tx, event race.EventID) ([]race.Entrant, error) {
		return registrationpg.RosterAtChange(ctx, tx, event, change)
	})
}

func (s *sequence) checkMoment(rt *rapid.T, m *moment) {
	got, err := s.rosterAtChange(s.t.Context(), m.change)
	if err != nil {
		rt.Fatal(err)
	}
	const selectErased = `
SELECT DISTINCT entrant
FROM registration.entry_changes
WHERE event = $1 AND action = 'ERASE' AND number > $2`
	rows, err := s.pool.Query(s.t.Context(), selectErased, s.event.ID, m.history)
	if err != nil {
		rt.Fatal(err)
	}
	erased, err := pgx.CollectRows(rows, pgx.RowTo[race.EntrantID])
	if err != nil {
		rt.Fatal(err)
	}
	want := slices.Clone(m.roster)
	for _, roster := range [][]race.Entrant{want, got} {
		for i := range roster {
			if slices.Contains(erased, roster[i].ID) {
				roster[i] = withoutPeople(roster[i])
			}
		}
	}
	if !reflect.DeepEqual(want, got) {
		rt.Errorf("roster at change %d (-then +now):\n%s", m.change, cmp.Diff(want, got))
	}
}

// withoutPeople leaves out what an erasure changes.
func withoutPeople(e race.Entrant) race.Entrant {
	forget := func(p *race.Person) {
		p.Name, p.BirthDay, p.AgeYears, p.NameShown = "", civil.Day{}, nil, race.NameByAge
	}
	forget(&e.Person)
	e.Members = slices.Clone(e.Members)
	for i := range e.Members {
		forget(&e.Members[i].Person)
	}
	return e
}

func (s *sequence) officeStep(rt *rapid.T) error {
	steps := []struct {
		name string
		do   func(rt *rapid.T) error
	}{
		{"import", s.importLines}, {"import again", s.importLines}, {"import a team", s.importTeam},
		{"register", s.registerSomebody}, {"register a team", s.registerTeam}, {"join", s.join},
		{"correct", s.correct}, {"correct again", s.correctDetails}, {"transfer", s.transfer}, {"withdraw", s.withdraw},
		{"substitute", s.substituteMember}, {"office", s.office}, {"swap chips", s.swapChips},
		{"assign bibs to teams", s.assignTeamBibs}, {"check in", s.checkIn}, {"show a name", s.showName},
		{"erase", s.eraseSometimes}, {"another fact", s.takeChange},
	}
	names := make([]string, len(steps))
	for i := range steps {
		names[i] = steps[i].name
	}
	return steps[slices.Index(names, rapid.SampledFrom(names).Draw(rt, "step"))].do(rt)
}

// takeChange numbers a fact that is no line of the roster.
func (s *sequence) takeChange(*rapid.T) error {
	_, err := s.pool.Exec(s.t.Context(), `SELECT event.next_change($1)`, s.event.ID)
	return err
}

func (s *sequence) eraseSometimes(rt *rapid.T) error {
	if rapid.IntRange(0, 2).Draw(rt, "do it") > 0 {
		return nil
	}
	return s.erase(rt)
}

func (s *sequence) importLines(rt *rapid.T) error {
	var file strings.Builder
	file.WriteString(header)
	for range rapid.IntRange(1, 3).Draw(rt, "lines") {
		born := rapid.SampledFrom([]string{"1995-01-01,", ",40", ","}).Draw(rt, "birth date or age")
		fmt.Fprintf(&file, "%s,%s,%s,Runner %d,F,%s,KAZ,%s,,A,,,%s\n", s.race(rt), s.bib(rt), s.chip(rt),
			rapid.IntRange(1, 9).Draw(rt, "who"), born, rapid.SampledFrom([]string{"", "Sunkar"}).Draw(rt, "club"),
			rapid.SampledFrom([]string{"", "local", "veteran local"}).Draw(rt, "tags"))
	}
	return s.importFile(rt, file.String())
}

// importField puts some people and two teams on the roster.
func (s *sequence) importField() error {
	file := header + "marathon,1,c1,Runner 1,F,1995-01-01,,KAZ,,,A,,,\n" + "half,2,c2,Runner 2,F,1995-01-01,,KAZ,,,A,,,\n" +
		teamLines(9001, 11, 12, 13) + teamLines(9002, 14, 15, 16)
	_, err := s.ImportRoster(s.t.Context(), "registrar", registration.RosterFile{
		Event: s.event.ID, Content: strings.NewReader(file),
	})
	return err
}

// teamLines are a team of two and a reserve.
func teamLines(bib int, who ...int) string {
	lines := fmt.Sprintf("ekiden,%d,,Team,X,,,,,,A,,,\n", bib)
	for i, n := range who {
		leg := fmt.Sprint(i + 1)
		if i == 2 {
			leg = ""
		}
		lines += fmt.Sprintf("ekiden,%d-%d,m%d,Runner %d,F,1995-01-01,,KAZ,,,,%d,%s,\n", bib, i+1, n, n, bib, leg)
	}
	return lines
}

func (s *sequence) importTeam(rt *rapid.T) error {
	who := rapid.SliceOfNDistinct(rapid.IntRange(11, 16), 2, 3, rapid.ID).Draw(rt, "who")
	return s.importFile(rt, header+teamLines(rapid.IntRange(9001, 9002).Draw(rt, "team"), who...))
}

func (s *sequence) importFile(rt *rapid.T, content string) error {
	_, err := s.ImportRoster(s.t.Context(), "registrar", registration.RosterFile{
		Event: s.event.ID, Replace: rapid.IntRange(0, 3).Draw(rt, "replace") == 0, Content: strings.NewReader(content),
	})
	return err
}

func (s *sequence) correctDetails(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	value := e.Entrant
	value.Person.Club = rapid.SampledFrom([]string{"", "Sunkar", "Barys"}).Draw(rt, "club")
	value.Person.Name = fmt.Sprint("Runner ", rapid.IntRange(1, 9).Draw(rt, "name"))
	value.Tags = rapid.SampledFrom([][]string{nil, {"local"}, {"local", "veteran"}}).Draw(rt, "tags")
	_, err := s.CorrectEntry(s.t.Context(), "registrar", registration.Correction{
		Event: s.event.ID, Reference: e.Reference, Fields: []string{"person", "tags"}, Value: value, Reason: "any",
	})
	return err
}

func (s *sequence) swapChips(rt *rapid.T) error {
	var worn []race.Bib
	for _, e := range s.moment(rt).roster {
		worn = append(worn, e.Bib)
		for i := range e.Members {
			worn = append(worn, e.Members[i].Bib)
		}
	}
	if len(worn) == 0 {
		return nil
	}
	_, _, err := s.SwapChips(s.t.Context(), "registrar", registration.ChipSwap{
		Event: s.event.ID, RequestID: s.requestID(), Bib: rapid.SampledFrom(worn).Draw(rt, "bib"),
		OtherBib: rapid.SampledFrom(worn).Draw(rt, "other bib"), Reason: "mixed up",
	})
	return err
}

// substituteMember has a reserve run, or somebody new.
func (s *sequence) substituteMember(rt *rapid.T) error {
	var teams []race.Bib
	for _, e := range s.moment(rt).roster {
		if len(e.Members) > 0 {
			teams = append(teams, e.Bib)
		}
	}
	if len(teams) == 0 {
		return nil
	}
	e, err := s.GetEntry(s.t.Context(), s.event.ID, registration.Key{Bib: rapid.SampledFrom(teams).Draw(rt, "team")})
	if err != nil {
		return err
	}
	change := registration.Substitution{
		Event: s.event.ID, RequestID: s.requestID(), Reference: e.Reference, Leg: rapid.IntRange(1, 2).Draw(rt, "leg"),
	}
	if rapid.Bool().Draw(rt, "a reserve") {
		change.Reserve = 1
	} else {
		change.Person = person(rapid.IntRange(21, 29).Draw(rt, "who"))
	}
	_, err = s.SubstituteMember(s.t.Context(), "frontend", change)
	return err
}

func (s *sequence) assignTeamBibs(*rapid.T) error {
	_, err := s.AssignBibs(s.t.Context(), "registrar", bibs(s.event.ID, "ekiden", []string{"9003-9009"}))
	return err
}

func (s *sequence) checkIn(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	c := registration.CheckIn{
		Event: s.event.ID, RequestID: s.requestID(), Key: registration.Key{Reference: e.Reference}, IdentitySeen: true,
		AgeConfirmed: true,
	}
	if rapid.Bool().Draw(rt, "with a chip") {
		c.Chips = []string{s.chip(rt)}
	}
	_, err := s.CheckIn(s.t.Context(), "registrar", c)
	return err
}

func (s *sequence) showName(rt *rapid.T) error {
	e, ok := s.entry(rt)
	if !ok {
		return nil
	}
	n := registration.NameRequest{
		Event: s.event.ID, RequestID: s.requestID(), Reference: e.Reference, NameShown: race.NameHidden,
	}
	if len(e.Members) > 0 {
		member := rapid.IntRange(0, len(e.Members)-1).Draw(rt, "member")
		n.Member = &member
	}
	_, err := s.SetNameShown(s.t.Context(), "frontend", n)
	return err
}

// TestRosterAtChangeOfSomebodyErased has neither name nor birth day, and the age of the result.
func TestRosterAtChangeOfSomebodyErased(t *testing.T) {
	t.Parallel()
	f := start(t)
	ctx := t.Context()
	f.mustImport(t, "marathon,7,C7,Ann,F,1990-05-01,,KAZ,Sunkar,,A,,,")
	f.mustImport(t, "marathon,7,C8,Ann,F,1990-05-01,,KAZ,Barys,,A,,,")
	before := f.change(t)
	entries, err := f.ListEntries(ctx, f.event.ID, "", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.EraseEntry(ctx, "admin", f.event.ID, "e1", entries[0].Reference, "asked for"); err != nil {
		t.Fatal(err)
	}
	years := 35
	want := race.Entrant{
		ID: entries[0].ID, Race: "marathon", Bib: "7", Chips: []string{"C7"}, Wave: "A",
		Person: race.Person{Sex: race.Female, AgeYears: &years, Country: "KAZ", Club: "Sunkar", NameShown: race.NameHidden},
	}
	for change := before - 1; change <= before+1; change++ {
		if change == before {
			want.Chips, want.Club = []string{"C8"}, "Barys"
		}
		got, err := f.rosterAtChange(ctx, change)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]race.Entrant{want}, got); diff != "" {
			t.Errorf("at change %d (-want +got):\n%s", change, diff)
		}
	}
}
