package classification

import (
	"testing"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func TestList(t *testing.T) {
	t.Parallel()
	years := func(n int) *int { return &n }
	day := civil.Day{Year: 2025, Month: 9, Day: 28}
	woman := race.Entrant{Tags: []string{"veteran"}, Person: race.Person{
		Sex: race.Female, BirthDay: civil.Day{Year: 1990, Month: 9, Day: 28}, Country: "KAZ", Club: "A/B|C", Category: "Open 40+"}}
	for _, c := range []struct {
		name    string
		class   race.Classification
		entrant race.Entrant
		want    string
	}{
		{"without by", race.Classification{ID: "overall"}, woman, "overall"},
		{"by sex", race.Classification{ID: "sex", By: []race.By{race.BySex}}, woman, "sex/F"},
		{"birthday on race day", race.Classification{ID: "age", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{18, 35, 40}}, woman, "age/F35-39"},
		{"X, last band open", race.Classification{ID: "age", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{18, 70}},
			race.Entrant{Person: race.Person{Sex: race.X, AgeYears: years(71)}}, "age/X70+"},
		{"a band of one year", race.Classification{ID: "age", By: []race.By{race.ByAge}, Bands: age.Bands{18, 19}},
			race.Entrant{Person: race.Person{AgeYears: years(18)}}, "age/18-18"},
		{"by category", race.Classification{ID: "cat", By: []race.By{race.ByCategory}}, woman, "cat/Open 40+"},
		{"category and sex", race.Classification{ID: "c", By: []race.By{race.ByCategory, race.BySex}}, woman, "c/Open 40+|F"},
		{"slash and bar in a value", race.Classification{ID: "club", By: []race.By{race.ByClub}}, woman, "club/A_B_C"},
		{"age and category", race.Classification{ID: "c", By: []race.By{race.BySex, race.ByAge, race.ByCountry}, Bands: age.Bands{18}}, woman, "c/F18+|KAZ"},
		{"with the tag", race.Classification{ID: "veterans", Tag: "veteran", By: []race.By{race.BySex}}, woman, "veterans/F"},
		{"without the tag", race.Classification{ID: "juniors", Tag: "junior"}, woman, ""},
		{"lacks the value", race.Classification{ID: "sex", By: []race.By{race.BySex}}, race.Entrant{}, ""},
		{"age not known", race.Classification{ID: "age", By: []race.By{race.ByAge}, Bands: age.Bands{0}}, race.Entrant{}, ""},
		{"younger than the first band", race.Classification{ID: "age", By: []race.By{race.ByAge}, Bands: age.Bands{36}}, woman, ""},
	} {
		r := race.New(race.Marathon)
		if got := List(&c.class, &r, &c.entrant, day); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestARaceMovedToAnotherDayChangesAgeGroups(t *testing.T) {
	t.Parallel()
	r := race.New(race.Marathon)
	r.Classifications = append(r.Classifications,
		race.Classification{ID: "age", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{18, 35}})
	e := race.Entrant{Person: race.Person{Sex: race.Male, BirthDay: civil.Day{Year: 1990, Month: 9, Day: 30}}}
	if got := AgeGroup(&r, &e, civil.Day{Year: 2025, Month: 9, Day: 28}); got != "M18-34" {
		t.Errorf("on 28 September: got %q", got)
	}
	if got := AgeGroup(&r, &e, civil.Day{Year: 2025, Month: 10, Day: 1}); got != "M35+" {
		t.Errorf("on 1 October: got %q", got)
	}
}
