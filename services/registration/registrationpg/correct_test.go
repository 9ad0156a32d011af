package registrationpg_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func (f *fixture) correct(
	t *testing.T, reference registration.Reference, value race.Entrant, fields ...string,
) (registration.Entry, error) {
	t.Helper()
	return f.CorrectEntry(t.Context(), "desk 1", registration.Correction{
		Event: f.event.ID, Reference: reference, Fields: fields, Value: value, Reason: "asked for it",
	})
}

func (f *fixture) register(t *testing.T, n int, id race.ID) registration.Entry {
	t.Helper()
	entry, err := f.RegisterPerson(t.Context(), "tester", request(n, id))
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func TestCorrectEntry(t *testing.T) {
	t.Parallel()
	f := start(t)
	entry := f.register(t, 1, "marathon")
	value := race.Entrant{
		Race: "half", Bib: "2001", Chips: []string{"00c1"}, Wave: "B", Tags: []string{"veteran"},
		Person: race.Person{Name: "Somebody Else", Sex: race.X, BirthDay: civil.Day{Year: 1980, Month: time.May, Day: 2}},
	}
	after, err := f.correct(t, entry.Reference, value, "race", "bib", "chips", "wave", "tags", "person.name", "person.sex",
		"person.birth_date")
	if err != nil {
		t.Fatal(err)
	}
	value.ID, value.Country = after.ID, "KAZ"
	if diff := cmp.Diff(value, after.Entrant); diff != "" {
		t.Errorf("corrected entry (-want +got):\n%s", diff)
	}
	found, err := f.GetEntry(t.Context(), f.event.ID, registration.Key{Bib: "2001"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, found); diff != "" {
		t.Errorf("stored entry (-want +got):\n%s", diff)
	}
	if n := f.count(t, `SELECT sum(taken) FILTER (WHERE race = 'half') * 10 + sum(taken) FROM registration.races`); n != 11 {
		t.Errorf("got places %d, want one taken in all, in the half", n)
	}
	var actor, reason, name, newName string
	const selectChange = `
SELECT actor, reason, p.before->>'name', p.after->>'name'
FROM registration.entry_changes
JOIN registration.batches USING (event, batch)
JOIN registration.changed_people AS p USING (event, number, entrant)
WHERE entrant = $1 AND action = 'CORRECT' AND change = 1`
	if err := f.pool.QueryRow(t.Context(), selectChange, after.ID).Scan(&actor, &reason, &name, &newName); err != nil {
		t.Fatal(err)
	}
	got := []string{actor, reason, name, newName}
	if diff := cmp.Diff([]string{"desk 1", "asked for it", "Runner 1", "Somebody Else"}, got); diff != "" {
		t.Errorf("recorded change (-want +got):\n%s", diff)
	}
	for _, query := range []string{
		`UPDATE registration.entry_changes SET reason = ''`, `DELETE FROM registration.entry_changes`,
		`TRUNCATE registration.entry_changes`,
	} {
		if _, err := f.pool.Exec(t.Context(), query); err == nil {
			t.Errorf("%s: got no error", query)
		}
	}

	// The same again is no change; without its bib the entrant leaves the roster.
	if _, err := f.correct(t, entry.Reference, value, "bib", "person.name"); err != nil {
		t.Fatal(err)
	}
	if n := f.change(t); n != 1 {
		t.Errorf("got change %d after correcting nothing, want 1", n)
	}
	if _, err := f.correct(t, entry.Reference, race.Entrant{}, "bib"); err != nil {
		t.Fatal(err)
	}
	if gone := f.since(t, 1); len(gone) != 1 || !gone[0].Gone || gone[0].ID != after.ID {
		t.Errorf("got %v since change 1, want entrant %d gone", gone, after.ID)
	}
	if left := f.since(t, 0); len(left) != 0 {
		t.Errorf("got roster %v, want none", left)
	}
}

func TestCorrectEntryRefuses(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.event.Races[1].Capacity = 1
	entry := f.register(t, 1, "marathon")
	other := f.register(t, 2, "half")
	if _, err := f.correct(t, other.Reference, race.Entrant{Bib: "2001", Chips: []string{"C1"}}, "bib", "chips"); err != nil {
		t.Fatal(err)
	}
	teamEntry, err := f.RegisterTeam(t.Context(), "tester", team(1))
	if err != nil {
		t.Fatal(err)
	}
	five := team(2).Members[1:]
	stolen := team(2).Members
	stolen[0].Person = person(2)
	twoChips := team(1).Members
	twoChips[0].Chips, twoChips[1].Chips = []string{"X1"}, []string{"x1"}
	tests := []struct {
		name      string
		reference registration.Reference
		value     race.Entrant
		field     string
		want      *fault.Fault
	}{
		{"bib of another", entry.Reference, race.Entrant{Bib: "2001", Wave: "A"}, "bib", registration.ErrWaveUnknown},
		{"chip of another", entry.Reference, race.Entrant{Chips: []string{"0c1"}}, "chips", registration.ErrChipTaken},
		{"no chip", entry.Reference, race.Entrant{Chips: []string{"?"}}, "chips", registration.ErrChipInvalid},
		{"chip twice in a team", teamEntry.Reference, race.Entrant{Members: twoChips}, "members", registration.ErrChipRepeated},
		{"no bib", entry.Reference, race.Entrant{Bib: "b1"}, "bib", registration.ErrBibInvalid},
		{"full race", entry.Reference, race.Entrant{Race: "half"}, "race", registration.ErrRaceFull},
		{"race of teams", entry.Reference, race.Entrant{Race: "ekiden"}, "race", registration.ErrRaceTakesTeams},
		{"team in a race of persons", teamEntry.Reference, race.Entrant{Race: "ten"}, "race", registration.ErrRaceTakesPersons},
		{"members of a person", entry.Reference, race.Entrant{Members: five}, "members", registration.ErrRaceTakesPersons},
		{"unknown race", entry.Reference, race.Entrant{Race: "ultra"}, "race", registration.ErrRaceNotFound},
		{"unknown wave", entry.Reference, race.Entrant{Wave: "Q"}, "wave", registration.ErrWaveUnknown},
		{
			"too young", entry.Reference, race.Entrant{Person: born(2007, time.September, 29)}, "person.birth_date",
			registration.ErrAgeBelowMinimum,
		},
		{"birth date taken away", entry.Reference, race.Entrant{}, "person.birth_date", registration.ErrBirthDateMissing},
		{"somebody entered", entry.Reference, race.Entrant{Person: person(2)}, "person", registration.ErrAlreadyEntered},
		{"member of a team", entry.Reference, race.Entrant{Person: person(1003)}, "person", registration.ErrAlreadyEntered},
		{"five members", teamEntry.Reference, race.Entrant{Members: five}, "members", registration.ErrTeamSize},
		{"no members any more", teamEntry.Reference, race.Entrant{}, "members", registration.ErrTeamSize},
		{"member in another race", teamEntry.Reference, race.Entrant{Members: stolen}, "members", registration.ErrAlreadyEntered},
		{"tag of two words", entry.Reference, race.Entrant{Tags: []string{"a b"}}, "tags", registration.ErrTagInvalid},
		{"unknown field", entry.Reference, race.Entrant{}, "reference", registration.ErrFieldUnknown},
		{"unknown entry", "NOPE-NOPE", race.Entrant{}, "bib", registration.ErrEntryNotFound},
	}
	for _, tt := range tests {
		_, err := f.correct(t, tt.reference, tt.value, tt.field)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	_, err = f.correct(t, entry.Reference, race.Entrant{Bib: "2001", Wave: "A"}, "bib", "wave")
	if !errors.Is(err, registration.ErrBibTaken) {
		t.Errorf("bib of another: got %v, want %v", err, registration.ErrBibTaken)
	}
	if _, err := f.correct(t, entry.Reference, race.Entrant{}); !errors.Is(err, registration.ErrFieldUnknown) {
		t.Errorf("no field: got %v, want %v", err, registration.ErrFieldUnknown)
	}
	_, err = f.CorrectEntry(t.Context(), "desk 1", registration.Correction{
		Event: f.event.ID, Reference: entry.Reference, Fields: []string{"bib"}, Reason: " ",
	})
	if !errors.Is(err, registration.ErrReasonMissing) {
		t.Errorf("no reason: got %v, want %v", err, registration.ErrReasonMissing)
	}
	found, err := f.GetEntry(t.Context(), f.event.ID, registration.Key{Reference: entry.Reference})
	if err != nil {
		t.Fatal(err)
	}
	entry.ID = found.ID
	if diff := cmp.Diff(entry, found); diff != "" {
		t.Errorf("the entry changed (-before +after):\n%s", diff)
	}
}

func TestCorrectEntryNamesFieldsFromTheRequestsRoot(t *testing.T) {
	t.Parallel()
	f := start(t)
	entry := f.register(t, 1, "marathon")
	relay, err := f.RegisterTeam(t.Context(), "tester", team(1))
	if err != nil {
		t.Fatal(err)
	}
	young, twoLines := team(1).Members, team(1).Members
	young[2].BirthDay = civil.Day{Year: 2015, Month: time.January, Day: 1}
	twoLines[2].Name = "two\nlines"
	for _, tt := range []struct {
		field     string
		reference registration.Reference
		value     race.Entrant
		want      fault.Violation
	}{
		{"bib", entry.Reference, race.Entrant{Bib: "no bib"}, registration.ErrBibInvalid.At("entry.bib")},
		{
			"chips", entry.Reference, race.Entrant{Chips: []string{"C1", "no chip"}},
			registration.ErrChipInvalid.At("entry.chips[1]"),
		},
		{"wave", entry.Reference, race.Entrant{Wave: "Z"}, registration.ErrWaveUnknown.At("entry.wave")},
		{"tags", entry.Reference, race.Entrant{Tags: []string{"a b"}}, registration.ErrTagInvalid.At("entry.tags[0]")},
		{"person.birth_date", entry.Reference, race.Entrant{}, registration.ErrBirthDateMissing.At("entry.person.birth_date")},
		{
			"person.club", entry.Reference, race.Entrant{Person: race.Person{Club: "two\nlines"}},
			registration.ErrTextInvalid.At("entry.person.club"),
		},
		{
			"members", relay.Reference, race.Entrant{Members: team(1).Members[1:]},
			saying(registration.ErrTeamSize, "entry.members", "regulars 5 of 6, reserves 0 of at most 2"),
		},
		{
			"members", relay.Reference, race.Entrant{Members: twoLines},
			registration.ErrTextInvalid.At("entry.members[3].person.name"),
		},
		{
			"members", relay.Reference, race.Entrant{Members: young},
			saying(registration.ErrAgeBelowMinimum, "entry.members[3].person.birth_date", "it is 16"),
		},
	} {
		_, err := f.correct(t, tt.reference, tt.value, tt.field)
		if diff := cmp.Diff([]fault.Violation{tt.want}, fault.Violations(err)); diff != "" {
			t.Errorf("%s: got %v (-want +got):\n%s", tt.field, err, diff)
		}
	}
}

func TestCorrectionOfSparseLineNeedNotMakeItWhole(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t, "marathon,7,,Young,,2010-01-01,,,,,,,,", "ekiden,9001,,,,,,,,,,,,", "ekiden,,,A,,,,,,,,9001,2,")
	child, err := f.GetEntry(t.Context(), f.event.ID, registration.Key{Bib: "7"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.correct(t, child.Reference, race.Entrant{Person: race.Person{Club: "Sunkar"}}, "person.club"); err != nil {
		t.Errorf("club of an entrant who is too young: %v", err)
	}
	_, err = f.correct(t, child.Reference, race.Entrant{Race: "half", Wave: "A"}, "race", "wave")
	if !errors.Is(err, registration.ErrAgeBelowMinimum) {
		t.Errorf("another race: got %v, want %v", err, registration.ErrAgeBelowMinimum)
	}
	relay, err := f.GetEntry(t.Context(), f.event.ID, registration.Key{Bib: "9001"})
	if err != nil {
		t.Fatal(err)
	}
	members := []race.Member{{Leg: 3, Person: race.Person{Name: "A"}}}
	if _, err := f.correct(t, relay.Reference, race.Entrant{Members: members}, "members"); err != nil {
		t.Errorf("leg of the one member known: %v", err)
	}
	if _, err := f.correct(t, relay.Reference, race.Entrant{}, "members"); !errors.Is(err, registration.ErrTeamSize) {
		t.Errorf("no member any more: got %v, want %v", err, registration.ErrTeamSize)
	}
}
