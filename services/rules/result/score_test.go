package result_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/age"
	"raceday/services/rules/agegrade"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/civil"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ranking"
	"raceday/services/rules/result"
)

// graded is the ten with a list of age grades by net time beside one by gun.
func graded() *race.Race {
	r := ten()
	r.Classifications = []race.Classification{
		{ID: "overall"}, {ID: "graded", Basis: race.Net, Score: race.ScoreAgeGrade},
	}
	return r
}

func born(id race.EntrantID, bib race.Bib, sex race.Sex, year int) *race.Entrant {
	return &race.Entrant{ID: id, Race: "ten", Bib: bib, Person: race.Person{Sex: sex, BirthDay: civil.Day{Year: year, Month: 1, Day: 1}}}
}

func TestAgeGradesRankAnOlderSlowerRunnerFirst(t *testing.T) {
	t.Parallel()
	r := graded()
	field := []result.Result{
		compute(r, born(1, "1", race.Male, 1995), seen{0: 1005, 2: 3400}),
		compute(r, born(2, "2", race.Male, 1955), seen{0: 1060, 2: 3700}),
		compute(r, born(3, "3", race.Female, 1995), seen{0: 1010, 2: 3600}),
		compute(r, born(4, "4", race.X, 1995), seen{0: 1001, 2: 3000}),
	}
	order := func(classification int) []race.Bib {
		l := ranking.NewList()
		for i := range field {
			if score := field[i].Score(&r.Classifications[classification]); score.Known {
				l.Put(ranking.Entry{Entrant: field[i].Entrant, Bib: field[i].Bib, Time: score.Time})
			}
		}
		var bibs []race.Bib
		for i := range l.Len() {
			e, _ := l.At(i)
			bibs = append(bibs, e.Bib)
		}
		return bibs
	}
	if diff := cmp.Diff([]race.Bib{"4", "1", "3", "2"}, order(0)); diff != "" {
		t.Errorf("by gun (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]race.Bib{"2", "3", "1"}, order(1)); diff != "" {
		t.Errorf("by age grade (-want +got):\n%s", diff)
	}
	if got := field[1].Time(race.Net); got != took(2640) {
		t.Errorf("the time stays one: %v, want 44 minutes", got)
	}
}

func TestAgeStandard(t *testing.T) {
	t.Parallel()
	years := 35
	of := func(sex race.Sex, age int) racetime.Optional {
		standard, ok := agegrade.Standard(sex, age, 10_000_000)
		if !ok {
			t.Fatalf("no standard for %v at %d", sex, age)
		}
		return racetime.Known(standard)
	}
	birthday := runner()
	dayAfter := runner()
	dayAfter.BirthDay = dayAfter.BirthDay.AddDays(1)
	ageOnly := runner()
	ageOnly.BirthDay, ageOnly.AgeYears = civil.Day{}, &years
	ageless := runner()
	ageless.BirthDay = civil.Day{}
	x := runner()
	x.Sex = race.X
	for _, c := range []struct {
		name    string
		entrant *race.Entrant
		spoil   func(*race.Race)
		want    racetime.Optional
	}{
		{"35 on race day", birthday, nil, of(race.Female, 35)},
		{"35 the day after", dayAfter, nil, of(race.Female, 34)},
		{"35 in that year", dayAfter, func(r *race.Race) { r.Age.On = age.YearEnd }, of(race.Female, 35)},
		{"the age without a birth date", ageOnly, nil, of(race.Female, 35)},
		{"age not known", ageless, nil, racetime.Optional{}},
		{"X", x, nil, racetime.Optional{}},
		{"no list of age grades", birthday, func(r *race.Race) { r.Classifications = r.Classifications[:1] }, racetime.Optional{}},
		{"a distance without standards", birthday, func(r *race.Race) { r.DistanceMillimetres = 3_000_000 }, racetime.Optional{}},
		{"Nordic walking", birthday, func(r *race.Race) { r.Nordic = &race.Nordic{YellowToDSQ: 3} }, racetime.Optional{}},
		{"a team", birthday, func(r *race.Race) { r.Team = &race.Team{Size: 2} }, racetime.Optional{}},
	} {
		r := graded()
		if c.spoil != nil {
			c.spoil(r)
		}
		got := compute(r, c.entrant, whole())
		if got.AgeStandard != c.want {
			t.Errorf("%s: %v, want %v", c.name, got.AgeStandard, c.want)
		}
		for i := range r.Classifications {
			if score := got.Score(&r.Classifications[i]); score.Known != (got.Lists[i] != "") {
				t.Errorf("%s: in list %q with score %v", c.name, got.Lists[i], score)
			}
		}
	}
}

func TestScoreOfAgeGrades(t *testing.T) {
	t.Parallel()
	byGrade := &race.Classification{Score: race.ScoreAgeGrade}
	score := func(gun, standard time.Duration) time.Duration {
		r := result.Result{Status: result.Finished, Gun: racetime.Known(gun), AgeStandard: racetime.Known(standard)}
		return r.Score(byGrade).Time
	}
	const share = time.Microsecond // a trillionth
	for _, c := range []struct {
		name           string
		gun, standard  time.Duration
		want, moreThan time.Duration
	}{
		{name: "the standard itself", gun: 2 * time.Hour, standard: 2 * time.Hour, want: 1e12 * share},
		{name: "twice the standard", gun: 4 * time.Hour, standard: 2 * time.Hour, want: 2e12 * share},
		{name: "a microsecond more is more", gun: 8*time.Hour + time.Microsecond, standard: 6 * time.Hour, moreThan: score(8*time.Hour, 6*time.Hour)},
		{name: "entered before the gun", gun: -time.Second, standard: time.Hour, want: 0},
		{name: "entered months later", gun: 100 * 24 * time.Hour, standard: 4 * time.Minute, want: math.MaxInt64 / share * share},
		{name: "entered centuries later", gun: math.MaxInt64, standard: 4 * time.Minute, want: math.MaxInt64 / share * share},
	} {
		got := score(c.gun, c.standard)
		if c.moreThan == 0 && got != c.want || got <= c.moreThan && c.moreThan != 0 || got%time.Microsecond != 0 {
			t.Errorf("%s: %d, want %d or above %d", c.name, got, c.want, c.moreThan)
		}
	}
}

func TestEqualLooksAtEveryField(t *testing.T) {
	t.Parallel()
	one := compute(graded(), runner(), whole(), penalty(1))
	same := compute(graded(), runner(), whole(), penalty(1))
	if !one.Equal(&same) {
		t.Error("the same facts give results that are not equal")
	}
	outside := map[string]bool{"Passings": true, "Legs": true, "Anomalies": true} // of EqualRow
	fields := reflect.TypeFor[result.Result]()
	for i := range fields.NumField() {
		other := one
		field := reflect.ValueOf(&other).Elem().Field(i)
		switch v := field.Addr().Interface().(type) {
		case *racetime.Optional:
			v.Known, v.Time = !v.Known, v.Time+1
		case *[]passing.Passing:
			*v = append([]passing.Passing{{Visit: 1, At: 1}}, *v...)
		case *[]result.Leg:
			*v = []result.Leg{{Number: 1}}
		case *[]string:
			*v = []string{"another", "list"}
		case *[]race.Bib:
			*v = []race.Bib{"9"}
		case *[]anomaly.Anomaly:
			*v = []anomaly.Anomaly{{Kind: anomaly.FalseStart}}
		default:
			change(t, field)
		}
		name := fields.Field(i).Name
		if one.Equal(&other) {
			t.Errorf("Equal does not look at %s", name)
		}
		if one.EqualRow(&other) != outside[name] {
			t.Errorf("EqualRow on %s: %v", name, one.EqualRow(&other))
		}
		if one.EqualShown(&other) != (name == "Anomalies") {
			t.Errorf("EqualShown on %s: %v", name, one.EqualShown(&other))
		}
	}
}

func change(t *testing.T, field reflect.Value) {
	t.Helper()
	switch {
	case field.CanInt():
		field.SetInt(field.Int() + 1)
	case field.CanUint():
		field.SetUint(field.Uint() + 1)
	case field.Kind() == reflect.Bool:
		field.SetBool(!field.Bool())
	case field.Kind() == reflect.String:
		field.SetString(field.String() + "x")
	default:
		t.Fatalf("the test knows no other %v", field.Type())
	}
}
