package rehearsal_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rehearsal"
	"raceday/services/rules/entry"
	"raceday/services/rules/race"
)

func TestFieldIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	event := almaty(t)
	if diff := cmp.Diff(rehearsal.NewField(7, event, 500, 9), rehearsal.NewField(7, event, 500, 9)); diff != "" {
		t.Errorf("(-first +second)\n%s", diff)
	}
	if cmp.Equal(rehearsal.NewField(7, event, 500, 9), rehearsal.NewField(8, event, 500, 9)) {
		t.Error("another seed makes the same field")
	}
}

func TestEveryoneMayEnter(t *testing.T) {
	t.Parallel()
	event := almaty(t)
	field := rehearsal.NewField(1, event, 17_000, 120)
	if len(field.Persons) != 17_000 || len(field.Teams) != 120 {
		t.Fatalf("%d persons and %d teams, want 17000 and 120", len(field.Persons), len(field.Teams))
	}
	type who struct {
		name, birth string
	}
	entered := map[who]bool{}
	check := func(r *race.Race, p race.Person) {
		if problems := entry.Check(r, p, event.Day); len(problems) > 0 {
			t.Errorf("race %s: %v", r.ID, problems)
		}
		id := who{p.Name, p.BirthDay.String()}
		if entered[id] {
			t.Errorf("race %s: someone enters twice", r.ID)
		}
		entered[id] = true
	}
	for _, p := range field.Persons {
		check(event.Race(p.Race), p.Person)
	}
	for _, team := range field.Teams {
		r := event.Race(team.Race)
		if len(team.Members) != r.Team.Size {
			t.Errorf("a team of %d, want %d", len(team.Members), r.Team.Size)
		}
		for i, m := range team.Members {
			if m.Leg != i+1 {
				t.Errorf("member %d runs leg %d", i+1, m.Leg)
			}
			check(r, m.Person)
		}
	}
}

func TestFieldIsSpreadOverTheRaces(t *testing.T) {
	t.Parallel()
	entered := map[race.ID]int{}
	women := 0
	for _, p := range rehearsal.NewField(3, almaty(t), 2_000, 20).Persons {
		entered[p.Race]++
		if p.Sex == race.Female {
			women++
		}
	}
	want := map[race.ID]int{"marathon": 400, "half": 640, "ten": 760, "nordic": 200}
	if diff := cmp.Diff(want, entered); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if women < 600 || women > 900 {
		t.Errorf("%d women of 2000", women)
	}
}

func TestRosterHasBibsInEveryWave(t *testing.T) {
	t.Parallel()
	event := almaty(t)
	for _, size := range []int{0, 7, 2_000, 60_000} {
		entrants, err := rehearsal.NewField(5, event, size, size/100).Roster(event)
		if err != nil {
			t.Fatal(err)
		}
		waves := map[race.WaveID]bool{}
		bibs, chips := map[race.Bib]bool{}, map[string]bool{}
		for i := range entrants {
			e := &entrants[i]
			r := event.Race(e.Race)
			wave := r.WaveOf("", e.Bib)
			if wave == nil || bibs[e.Bib] {
				t.Fatalf("bib %q of race %s is in no wave or stands twice", e.Bib, e.Race)
			}
			bibs[e.Bib] = true
			waves[race.WaveID(r.ID)+"/"+wave.ID] = true
			for _, chip := range e.Chips {
				if _, err := race.ParseChip(chip); err != nil || chips[chip] {
					t.Fatalf("chip %q is none or stands twice", chip)
				}
				chips[chip] = true
			}
		}
		if size >= 2_000 && len(waves) != 10 {
			t.Errorf("%d entrants in %d waves, want 10", size, len(waves))
		}
	}
}

func TestRosterNeedsEnoughBibs(t *testing.T) {
	t.Parallel()
	event := almaty(t)
	for i := range event.Races {
		for j := range event.Races[i].Waves {
			event.Races[i].Waves[j].Bibs = []race.BibRange{{First: 1 + 10*j + 100*i, Last: 5 + 10*j + 100*i}}
		}
	}
	if _, err := rehearsal.NewField(5, event, 500, 0).Roster(event); err == nil {
		t.Error("500 entrants got bibs out of 45")
	}
}
