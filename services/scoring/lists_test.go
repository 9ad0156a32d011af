package scoring

import (
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
)

// entry is a runner of 10 km, who starts and finishes so many seconds after the gun; -1: not read.
type entry struct {
	bib           string
	sex           race.Sex
	birth         string
	tag           string
	start, finish int
}

// tenDay is a race of 10 km on 28 September 2025 with these lists.
func tenDay(t *testing.T, entries []entry, classifications ...race.Classification) drawnDay {
	t.Helper()
	r := race.New(race.TenKm)
	r.ID = "ten"
	r.Waves = []race.Wave{{ID: "A", Gun: gunAt}}
	r.Course = []race.Visit{{Point: "start"}, {Point: "finish", AtMillimetres: 10_000_000}}
	r.Classifications = classifications
	day := drawnDay{event: &race.Event{
		ID: "day", Day: civil.Day{Year: 2025, Month: 9, Day: 28}, Points: []race.PointID{"start", "finish"},
		Mats:  []race.Mat{{ID: "start", Point: "start"}, {ID: "finish", Point: "finish"}},
		Races: []race.Race{r},
	}}
	for i, e := range entries {
		birth, err := civil.ParseDay(e.birth)
		if err != nil {
			t.Fatal(err)
		}
		entrant := race.Entrant{
			ID: race.EntrantID(i + 1), Race: "ten", Bib: race.Bib(e.bib), Chips: []string{e.bib}, Wave: "A",
			Person: race.Person{Sex: e.sex, BirthDay: birth},
		}
		if e.tag != "" {
			entrant.Tags = []string{"kazakhstan", e.tag}
		}
		day.entrants = append(day.entrants, entrant)
		for mat, at := range map[race.MatID]int{"start": e.start, "finish": e.finish} {
			if at >= 0 {
				day.reads = append(day.reads, Read{Mat: mat, Chip: race.Chip(e.bib), At: second(at)})
			}
		}
	}
	return day
}

// ranks returns the lists with the rank and bib of who is ranked in them, in order.
func (d drawnDay) ranks() map[string][]string {
	_, changes := d.score()
	lists := map[string][]string{}
	for key, ranks := range standing(changes) {
		for _, rank := range ranks {
			lists[key.List] = append(lists[key.List], fmt.Sprint(rank.Rank, " ", d.entrants[rank.Entrant-1].Bib))
		}
	}
	for _, list := range lists {
		slices.Sort(list)
	}
	return lists
}

func wantRanks(t *testing.T, name string, d drawnDay, want map[string][]string) {
	t.Helper()
	if diff := gocmp.Diff(want, d.ranks()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func years() []entry {
	return []entry{
		{"1", race.Male, "1990-05-05", "", 10, 2400},         // 35, first by gun
		{"2", race.Male, "1980-05-05", "veteran", 100, 2410}, // 45, first by net
		{"3", race.Male, "1985-09-28", "veteran", 5, 2420},   // 40 on the day
		{"4", race.Male, "1985-09-29", "", 5, 2430},          // 40 tomorrow
		{"5", race.Female, "1975-01-01", "veteran", 0, 2500}, // 50
		{"6", race.Female, "2005-01-01", "", 0, 2600},        // 20
	}
}

// The RoK championship of veterans over 10 km: its own eligible entrants, basis and ranks, over the finishes of the race.
func TestAChampionshipInsideARace(t *testing.T) {
	t.Parallel()
	day := tenDay(t, years(),
		race.Classification{ID: "overall"},
		race.Classification{ID: "veterans", Tag: "veteran", By: []race.By{race.BySex}},
		race.Classification{ID: "masters", Tag: "veteran", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{35, 45}, Basis: race.Net},
		race.Classification{ID: "national", Tag: "kazakhstan"},
		race.Classification{ID: "students", Tag: "student"},
	)
	want := map[string][]string{
		"overall":        {"1 1", "2 2", "3 3", "4 4", "5 5", "6 6"},
		"veterans/M":     {"1 2", "2 3"},
		"veterans/F":     {"1 5"},
		"masters/M35-44": {"1 3"}, "masters/M45+": {"1 2"}, "masters/F45+": {"1 5"},
		"national": {"1 2", "2 3", "3 5"},
	}
	wantRanks(t, "as they ran", day, want)

	// A disqualification counts in the race and in the championship; a veteran without the tag on the roster is in none.
	day.rulings = []ruling.Ruling{{ID: "1", Race: "ten", Bib: "2", Kind: ruling.DSQ, Rule: "TR6.3"}}
	day.entrants[4].Tags = nil
	wantRanks(t, "the champion disqualified", day, map[string][]string{
		"overall":    {"1 1", "2 3", "3 4", "4 5", "5 6"},
		"veterans/M": {"1 3"}, "masters/M35-44": {"1 3"}, "national": {"1 3"},
	})
}

func TestSeveralSetsOfAgeGroupsSideBySide(t *testing.T) {
	t.Parallel()
	wantRanks(t, "by decades and by gun, by masters and by net, by age alone", tenDay(t, years(),
		race.Classification{ID: "decades", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{20, 30, 40, 50}},
		race.Classification{ID: "masters", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{35}, Basis: race.Net},
		race.Classification{ID: "all", By: []race.By{race.ByAge}, Bands: age.Bands{0, 40}},
	), map[string][]string{
		"decades/M30-39": {"1 1", "2 4"}, "decades/M40-49": {"1 2", "2 3"}, "decades/F50+": {"1 5"}, "decades/F20-29": {"1 6"},
		"masters/M35+": {"1 2", "2 1", "3 3", "4 4"}, "masters/F35+": {"1 5"},
		"all/0-39": {"1 1", "2 4", "3 6"}, "all/40+": {"1 2", "2 3", "3 5"},
	})
}

// What the bands were last year is nobody's concern: each edition's event file says its own, and how it counts ages.
func TestBandsThatChangeBetweenEditions(t *testing.T) {
	t.Parallel()
	by := []race.By{race.BySex, race.ByAge}
	day := tenDay(t, years(), race.Classification{ID: "age", By: by, Bands: age.Bands{18, 40}})
	wantRanks(t, "one edition", day, map[string][]string{
		"age/M18-39": {"1 1", "2 4"}, "age/M40+": {"1 2", "2 3"}, "age/F40+": {"1 5"}, "age/F18-39": {"1 6"},
	})
	r := &day.event.Races[0]
	r.Classifications[0].Bands = age.Bands{35, 45, 50}
	wantRanks(t, "the next has others, and none for the young", day, map[string][]string{
		"age/M35-44": {"1 1", "2 3", "3 4"}, "age/M45-49": {"1 2"}, "age/F50+": {"1 5"},
	})
	r.Classifications[0].Bands, r.Age.On = age.Bands{18, 40}, age.YearEnd
	wantRanks(t, "the first one's, by the age of 31 December", day, map[string][]string{
		"age/M18-39": {"1 1"}, "age/M40+": {"1 2", "2 3", "3 4"}, "age/F40+": {"1 5"}, "age/F18-39": {"1 6"},
	})
}

func TestWhoRanksWithoutAStartRead(t *testing.T) {
	t.Parallel()
	entries := []entry{
		{"1", race.Male, "1990-05-05", "", -1, 2400}, {"2", race.Male, "1990-05-05", "", 30, 2410},
		{"3", race.Male, "1990-05-05", "", 0, 2420},
	}
	for _, c := range []struct {
		name   string
		policy race.NoStartRead
		want   map[string][]string
	}{
		{"the gun stands in", race.UseGun, map[string][]string{"gun": {"1 1", "2 2", "3 3"}, "net": {"1 2", "2 1", "3 3"}}},
		{"no net time", race.NoNetTime, map[string][]string{"gun": {"1 1", "2 2", "3 3"}, "net": {"1 2", "2 3"}}},
		{"not ranked", race.NotRanked, map[string][]string{"gun": {"1 2", "2 3"}, "net": {"1 2", "2 3"}}},
	} {
		day := tenDay(t, entries, race.Classification{ID: "gun"}, race.Classification{ID: "net", Basis: race.Net})
		day.event.Races[0].NoStartRead = c.policy
		wantRanks(t, c.name, day, c.want)
		day.rulings = []ruling.Ruling{{ID: "1", Race: "ten", Bib: "1", Kind: ruling.ManualTime, Point: "start", At: second(20)}}
		wantRanks(t, c.name+", with a start that an official entered", day, map[string][]string{
			"gun": {"1 1", "2 2", "3 3"}, "net": {"1 1", "1 2", "3 3"},
		})
	}
}
