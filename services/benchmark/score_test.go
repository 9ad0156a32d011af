package benchmark

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raceday/services/event"
	"raceday/services/registration"
	"raceday/services/rehearsal"
	"raceday/services/timing"
)

func formats() Formats {
	return Formats{ParseEvent: event.Parse, WriteRoster: registration.WriteRoster}
}

func TestAMadeUpDayCanBeReadByTheProductAndTheFloor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const wanted = 60_000
	bench := ScoreBench{Formats: formats(), Reads: wanted}
	if err := bench.makeUp(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	open := func(name string) *os.File {
		file, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		return file
	}
	content, err := os.ReadFile(filepath.Join(dir, "event.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	definition, err := event.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	if definition.ID != "bench-score" {
		t.Errorf("event is %s", definition.ID)
	}
	roster, err := registration.ParseRoster("roster.csv", open("roster.csv"), definition)
	if err != nil || len(roster) != scoreEntrants {
		t.Errorf("%d entrants, %v, want %d", len(roster), err, scoreEntrants)
	}
	rulings, _, err := timing.ParseRulings("rulings.csv", open("rulings.csv"), definition)
	if err != nil || len(rulings) != len(definition.Races) {
		t.Errorf("%d rulings, %v, want %d", len(rulings), err, len(definition.Races))
	}
	reads := 0
	if err := timing.EachRead("reads.csv.gz", open("reads.csv.gz"), definition, func(*timing.Line) { reads++ }); err != nil {
		t.Error(err)
	}
	floor, err := ScoreFloor(filepath.Join(dir, "reads.csv.gz"))
	if err != nil || floor != reads {
		t.Errorf("the floor reads %d, %v, the product %d", floor, err, reads)
	}
}

func TestNumberOfReads(t *testing.T) {
	t.Parallel()
	for _, wanted := range []int{20_000, 100_000} {
		d, err := newDay(formats(), "many", 2000, wanted, rehearsal.Usual())
		if err != nil {
			t.Fatal(err)
		}
		if reads, _ := d.size(); float64(reads) < 0.8*float64(wanted) || float64(reads) > 1.25*float64(wanted) {
			t.Errorf("%d reads, about %d are wanted", reads, wanted)
		}
	}
}

func TestFloorNamesTheFileThatItCannotRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "reads.csv.gz")
	if _, err := ScoreFloor(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("missing: got %v", err)
	}
	if err := os.WriteFile(path, []byte("mat,chip,at\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ScoreFloor(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("not packed: got %v", err)
	}
}
