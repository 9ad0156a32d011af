package registration

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
)

func (o *office) export(id race.ID, wave race.WaveID) (string, error) {
	var file bytes.Buffer
	err := o.service.ExportRoster(context.Background(), &file, "e", id, wave)
	return file.String(), err
}

// TestExportReadsBack exports any roster: importing it changes nothing there, and elsewhere makes the same roster.
func TestExportReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := newOffice()
		for n := range rapid.IntRange(0, 8).Draw(t, "entries") {
			e := anyEntry(t, n)
			if rapid.Bool().Draw(t, "without a bib") {
				e.Bib = ""
			}
			o.enter(e)
		}
		file, err := o.export("", "")
		if err != nil {
			t.Fatal(err)
		}
		var want []race.Entrant
		for i := range o.entries {
			if e := &o.entries[i]; e.OnRoster() {
				want = append(want, e.Entrant)
			}
		}
		bare := cmp.Options{
			cmpopts.IgnoreFields(race.Entrant{}, "ID"), cmpopts.EquateEmpty(),
			cmpopts.SortSlices(func(a, b race.Entrant) bool { return race.CompareBibs(a.Bib, b.Bib) < 0 }),
		}
		parsed, err := ParseRoster("roster.csv", strings.NewReader(file), o.event)
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		if diff := cmp.Diff(want, parsed, bare); diff != "" {
			t.Fatalf("read back (-want +got):\n%s", diff)
		}
		importInto := func(o *office) Imported {
			done, err := o.service.ImportRoster(context.Background(), "office", RosterFile{
				Event: "e", Content: strings.NewReader(file), Replace: true,
			})
			if err != nil {
				t.Fatalf("%v\n%s", err, file)
			}
			return done
		}
		if diff := cmp.Diff(Imported{Same: len(want)}, importInto(o)); diff != "" {
			t.Fatalf("imported again (-want +got):\n%s", diff)
		}
		other := newOffice()
		if diff := cmp.Diff(Imported{Added: len(want)}, importInto(other)); diff != "" {
			t.Fatalf("imported elsewhere (-want +got):\n%s", diff)
		}
		again, err := other.export("", "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(file, again); diff != "" {
			t.Fatalf("exported again (-want +got):\n%s", diff)
		}
	})
}

// anyEntry is a person or a team, with names, marks and papers of its own number.
func anyEntry(t *rapid.T, n int) Entry {
	shown := rapid.SampledFrom([]race.NameShown{race.NameByAge, race.NameHidden, race.NameInFull})
	text := rapid.SampledFrom([]string{"", "Sunkar", `Two "quoted", words`, "Жеті"})
	e := confirmed("ten", race.Bib(fmt.Sprint(n+1)))
	if rapid.Bool().Draw(t, "is a team") {
		e = relayTeam(n)
		for i := range e.Members {
			e.Members[i].NameShown = shown.Draw(t, "member's name shown")
			if rapid.Bool().Draw(t, "has no mark") {
				e.Members[i].Bib, e.Members[i].Chips = "", nil
			}
		}
	} else {
		e.Person = runner(1000 + n)
	}
	e.State = rapid.SampledFrom([]State{Confirmed, Confirmed, Withdrawn, Expired, Transferred}).Draw(t, "state")
	e.Chips = rapid.SampledFrom([][]string{nil, {fmt.Sprintf("00c%d", n)}, {fmt.Sprintf("D%d", n), fmt.Sprintf("e%d", n)}}).
		Draw(t, "chips")
	e.Tags = rapid.SampledFrom([][]string{nil, {"b", "a"}}).Draw(t, "tags")
	e.NameShown, e.Club, e.Category = shown.Draw(t, "name shown"), text.Draw(t, "club"), text.Draw(t, "category")
	if e.Race == "ten" {
		e.Wave = rapid.SampledFrom([]race.WaveID{"", "A", "B"}).Draw(t, "wave")
	}
	return e
}

func TestExportPart(t *testing.T) {
	t.Parallel()
	o := newOffice(confirmed("ten", "5"), confirmed("ten", "F1"), confirmed("half", "200"), confirmed("ten", ""), relayTeam(1))
	o.entries[0].Wave = "B"
	for n := range walkPage + 5 {
		e := confirmed("ten", race.Bib(fmt.Sprintf("A%d", n)))
		e.Wave = "A"
		o.enter(e)
	}
	for _, tt := range []struct {
		race race.ID
		wave race.WaveID
		want int
	}{
		{"", "", walkPage + 5 + 4}, {"ten", "", walkPage + 5 + 2}, {"ten", "A", walkPage + 5}, {"ten", "B", 2},
		{"half", "H", 1}, {"relay", "R", 1},
	} {
		file, err := o.export(tt.race, tt.wave)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseRoster("roster.csv", strings.NewReader(file), o.event)
		if err != nil || len(got) != tt.want {
			t.Errorf("race %q, wave %q: got %d entrants, %v, want %d", tt.race, tt.wave, len(got), err, tt.want)
		}
	}
	_, err := o.export("ultra", "")
	wantFault(t, "unknown race", err, ErrRaceNotFound)
	_, err = o.export("half", "A")
	wantFault(t, "wave of another race", err, ErrWaveUnknown, ErrWaveUnknown.At("wave"))
	_, err = o.export("", "A")
	wantFault(t, "wave without a race", err, ErrWaveUnknown, ErrWaveUnknown.At("wave"))
}
